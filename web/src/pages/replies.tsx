// The ready replies: the shared ones, which the supervisor keeps, and everybody's own.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { ReadyReply } from "../api/types";
import { Marked } from "../inbox/ready";
import { addReply, changeReply, readReplies, removeReply, replies } from "../store/replies";
import { isAdmin } from "../store/session";
import { show, showProblem } from "../store/toast";
import { FormDialog } from "../ui/form";
import { Icon, IconButton, Switch } from "../ui/parts";
import { direction } from "../words/format";
import { t } from "../words/words";

const MOST_SHORTCUT = 31;
const MOST_TITLE = 100;
const MOST_TEXT = 4096;

export default function Replies() {
  const editing = useSignal<ReadyReply | "new" | null>(null);
  useEffect(() => { readReplies().catch(showProblem); }, []);
  const all = replies.value;
  const close = () => { editing.value = null; };
  return (
    <section class="card">
      <h2>
        <span>{t("replies.title")}</span>
        <span class="sp" />
        <button type="button" class="btn tiny pri" onClick={() => { editing.value = "new"; }}>
          <Icon name="plus" />
          {t("replies.add")}
        </button>
      </h2>
      <p class="mut">{t("replies.about")}</p>
      {all?.length ? (
        <ul class="rpl">
          {all.map((reply) => (
            <li key={reply.id}>
              <kbd dir="auto">/{reply.shortcut}</kbd>
              <span class="rt">
                <b dir="auto">{reply.title}</b>
                <span dir={direction(reply.text) ?? "auto"}><Marked text={reply.text} /></span>
              </span>
              <span class={reply.shared ? "chip" : "chip grn"}>{reply.shared ? t("replies.shared") : t("replies.mine")}</span>
              {!reply.shared || isAdmin.value ? (
                <IconButton icon="edit" small name={t("replies.edit", { title: reply.title })} onClick={() => { editing.value = reply; }} />
              ) : <span />}
            </li>
          ))}
        </ul>
      ) : null}
      {all?.length === 0 ? <p class="none0">{t("replies.none")}</p> : null}
      {editing.value ? <Form key={editing.value === "new" ? 0 : editing.value.id} reply={editing.value === "new" ? null : editing.value} close={close} /> : null}
    </section>
  );
}

function Form({ reply, close }: { reply: ReadyReply | null; close: () => void }) {
  const shortcut = useSignal(reply?.shortcut ?? "");
  const title = useSignal(reply?.title ?? "");
  const text = useSignal(reply?.text ?? "");
  const shared = useSignal(reply?.shared ?? isAdmin.peek());
  const sure = useSignal(false);
  const save = async () => {
    const kept = { shortcut: shortcut.peek(), title: title.peek(), text: text.peek() };
    await (reply ? changeReply(reply.id, kept) : addReply(kept, shared.peek()));
    show(t("replies.saved"));
  };
  const drop = async (gone: ReadyReply) => {
    // Everybody has it: that is said first. One's own comes back with a press.
    if (gone.shared && !sure.peek()) {
      sure.value = true;
      return;
    }
    await removeReply(gone.id);
    close();
    show(t("replies.removed"), () => void addReply(gone, gone.shared).catch(showProblem));
  };
  return (
    <FormDialog
      title={reply ? t("replies.editTitle") : t("replies.add")}
      go={t("do.save")}
      close={close}
      submit={save}
      aside={reply ? <button type="button" class="btn ghost dang" onClick={() => void drop(reply).catch(showProblem)}>{t(sure.value ? "replies.removeAll" : "do.delete")}</button> : undefined}
    >
      <div class="two rev">
        <label class="fld">
          <span>{t("replies.shortcut")}</span>
          <input class="inp" dir="auto" required maxLength={MOST_SHORTCUT} placeholder={t("replies.example")} value={shortcut.value} onInput={(event) => { shortcut.value = event.currentTarget.value; }} />
        </label>
        <label class="fld">
          <span>{t("replies.name")}</span>
          <input class="inp" dir="auto" required maxLength={MOST_TITLE} value={title.value} onInput={(event) => { title.value = event.currentTarget.value; }} />
        </label>
      </div>
      <label class="fld">
        <span>{t("replies.text")}</span>
        <textarea class="inp" rows={4} required maxLength={MOST_TEXT} {...(text.value ? { dir: direction(text.value) ?? "auto" } : {})} value={text.value} onInput={(event) => { text.value = event.currentTarget.value; }} />
      </label>
      <p class="hint">{t("replies.places", { name: "{name}", agent: "{agent}", price: "{price}" })}</p>
      {reply === null && isAdmin.value ? (
        <div class="srow">
          <div><b>{t("replies.forAll")}</b><small>{t("replies.forAllHint")}</small></div>
          <Switch on={shared.value} name={t("replies.forAll")} change={(on) => { shared.value = on; }} />
        </div>
      ) : null}
      {sure.value ? <p class="bn amb"><Icon name="warn" /><span>{t("replies.sure")}</span></p> : null}
    </FormDialog>
  );
}
