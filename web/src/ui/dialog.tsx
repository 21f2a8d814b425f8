// A dialog: one purpose, Esc closes it, focus is kept inside and given back.

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";

import { t } from "../words/words";
import { IconButton } from "./parts";
import { Toast } from "./toast";

const FIRST = ".db :is(input:not([hidden], [type=radio]), input[type=radio]:checked, select, textarea, button), footer :is(textarea, .pri)";

/** How many are open: single keys do nothing beneath one. */
export const dialogs = signal(0);

export function Dialog({ title, cls = "", close, children, footer }: { title: string; cls?: string; close: () => void; children: ComponentChildren; footer?: ComponentChildren }) {
  const id = useId();
  const box = useRef<HTMLDialogElement>(null);
  const level = useRef(0);
  useLayoutEffect(() => {
    const before = document.activeElement;
    const dialog = box.current;
    // The browser's own: it keeps the focus in, and the rest out of reach.
    dialog?.showModal();
    // What it is for comes first, not the way out.
    if (!dialog?.querySelector("[autofocus]")) (dialog?.querySelector<HTMLElement>(FIRST) ?? dialog)?.focus();
    level.current = dialogs.value += 1;
    return () => {
      dialog?.close();
      dialogs.value -= 1;
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={box}
      class={`dlg ${cls}`}
      tabIndex={-1}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onMouseDown={(event) => {
        if (event.target === box.current) close();
      }}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <IconButton icon="x" name={t("close")} onClick={close} />
      </header>
      <div class="db">{children}</div>
      {footer ? <footer>{footer}</footer> : null}
      <Toast speaks={dialogs.value === level.current} />
    </dialog>
  );
}
