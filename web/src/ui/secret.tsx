// What is shown only once, to be copied or written down.

import "../styles/secret.css";

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";

import { t } from "../words/words";
import { Icon } from "./parts";

export function Secret({ text, children }: { text: string; children?: ComponentChildren }) {
  const copied = useSignal(false);
  const copy = () => void navigator.clipboard.writeText(text).then(() => { copied.value = true; });
  return (
    <div class="secret">
      {children ?? <bdi dir="ltr" data-secret>{text}</bdi>}
      <button type="button" class="btn tiny" onClick={copy}>
        <Icon name={copied.value ? "check" : "doc"} />
        {t(copied.value ? "do.copied" : "do.copy")}
      </button>
    </div>
  );
}
