// The field for a code of the second step: from the app, or from paper.

import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { t } from "../words/words";

const MOST = 40;

/** `recovery`: whether a recovery code does as well. */
export function CodeField({ value, recovery = false, focus = false }: { value: Signal<string>; recovery?: boolean; focus?: boolean }) {
  const paper = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => { if (focus) field.current?.focus(); }, [focus]);
  const turn = () => {
    paper.value = !paper.peek();
    value.value = "";
    field.current?.focus();
  };
  return (
    <>
      <label class="fld">
        <span>{t(paper.value ? "auth.recovery" : "auth.code")}</span>
        <input
          class="inp"
          dir="ltr"
          required
          ref={field}
          autocomplete={paper.value ? "off" : "one-time-code"}
          inputMode={paper.value ? "text" : "numeric"}
          autocapitalize="none"
          spellcheck={false}
          maxLength={MOST}
          value={value.value}
          onInput={(event) => { value.value = event.currentTarget.value; }}
        />
      </label>
      {recovery ? <div><button type="button" class="lnk" onClick={turn}>{t(paper.value ? "auth.useApp" : "auth.useRecovery")}</button></div> : null}
    </>
  );
}
