// What every dialog with a form has: its fields, what went wrong, and its buttons.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

import { problemWords } from "../store/toast";
import { t } from "../words/words";
import { Dialog } from "./dialog";
import { Icon } from "./parts";

interface FormDialogProps {
  title: string;
  /** What the button that does it says. */
  go: string;
  danger?: boolean;
  /** False while something is missing without which it cannot be done. */
  ready?: boolean;
  cls?: string;
  close: () => void;
  /** Does it; the dialog closes when it is done, and says why when it is not. */
  submit: () => Promise<void>;
  /** A button of its own at the start: deleting. */
  aside?: ComponentChildren;
  children: ComponentChildren;
}

export function FormDialog({ title, go, danger, ready = true, cls = "", close, submit, aside, children }: FormDialogProps) {
  const id = useId();
  const wrong = useSignal("");
  const busy = useSignal(false);
  const send = async () => {
    if (busy.peek()) return;
    busy.value = true;
    try {
      await submit();
      close();
    } catch (error) {
      wrong.value = problemWords(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <Dialog
      title={title}
      cls={cls}
      close={close}
      footer={
        <>
          {aside ? <>{aside}<span class="sp" /></> : null}
          <button type="button" class="btn ghost" onClick={close}>{t("do.cancel")}</button>
          <button type="submit" form={id} class={danger ? "btn danger" : "btn pri"} disabled={busy.value || !ready}>{go}</button>
        </>
      }
    >
      <form id={id} class="flds" onSubmit={(event) => { event.preventDefault(); void send(); }}>
        {children}
        {wrong.value ? <p class="err" role="alert"><Icon name="warn" />{wrong.value}</p> : null}
      </form>
    </Dialog>
  );
}
