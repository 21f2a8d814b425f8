// Writing first: to whom, and what. Where WhatsApp takes nothing else, an approved template.

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import { newKey, post, Refused } from "../api/client";
import type { NewMessage, StartedConversation } from "../api/types";
import { withFile } from "../store/outbox";
import { go, pathOf } from "../store/router";
import { can } from "../store/session";
import { learn } from "../store/tickets";
import { showProblem } from "../store/toast";
import { Dialog } from "../ui/dialog";
import { Segments } from "../ui/parts";
import { t } from "../words/words";
import { Templates } from "./window";

export function StartDialog({ close }: { close: () => void }) {
  const phone = useSignal("");
  const text = useSignal("");
  const busy = useSignal(false);
  const way = useSignal<"text" | "template">("text");
  // Of this dialog: pressed twice it is still one message.
  const key = useRef(newKey());
  const submit = async (what: NewMessage, file?: File) => {
    if (busy.peek() || !/\d/.test(phone.peek())) return;
    busy.value = true;
    try {
      const said = file ? await withFile(what, { blob: file, name: file.name }) : what;
      const { ticket } = await post<StartedConversation>("/api/tickets", { phone: phone.peek().trim(), ...said }, { "Idempotency-Key": key.current });
      learn(ticket);
      close();
      go(pathOf(ticket.id));
    } catch (error) {
      // Another try may be another message.
      key.current = newKey();
      if (error instanceof Refused && error.kind === "window-closed" && can("templates")) way.value = "template";
      showProblem(error);
    } finally {
      busy.value = false;
    }
  };
  const says = () => { if (text.peek().trim()) void submit({ text: text.peek().trim() }); };
  return (
    <Dialog
      title={t("start.title")}
      cls="sm"
      close={close}
      footer={
        way.value === "template" ? undefined : (
          <>
            <button type="button" class="btn ghost" onClick={close}>{t("do.cancel")}</button>
            <button type="button" class="btn pri" disabled={busy.value || !text.value.trim() || !phone.value.trim()} onClick={says}>{t("do.send")}</button>
          </>
        )
      }
    >
      <label class="fld">
        <span>{t("start.phone")}</span>
        <input class="inp" dir="ltr" inputMode="tel" placeholder="+20 101 234 5678" value={phone.value} onInput={(event) => { phone.value = event.currentTarget.value; }} />
      </label>
      {can("templates") ? (
        <Segments name={t("kind.message")} value={way.value} choices={[["text", t("kind.message")], ["template", t("kind.template")]]} change={(value) => { way.value = value; }} />
      ) : null}
      {way.value === "template" ? <Templates name="" choose={(template, file) => void submit({ kind: "template", template }, file)} /> : (
        <label class="fld">
          <span>{t("composer.name")}</span>
          <textarea class="inp" rows={3} dir="auto" maxLength={4096} value={text.value} onInput={(event) => { text.value = event.currentTarget.value; }} />
        </label>
      )}
    </Dialog>
  );
}
