// Writing a reply: kept as a draft while one types, on screen as a bubble the moment one sends it.

import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import { post } from "../api/client";
import type { Message, Ticket } from "../api/types";
import { saveNote } from "../store/desk";
import { drafts, regained, setDraft } from "../store/drafts";
import { send } from "../store/outbox";
import { others, write as writes } from "../store/readers";
import { canSay } from "../store/routes";
import { Icon, IconButton } from "../ui/parts";
import { direction } from "../words/format";
import { t } from "../words/words";
import { attach } from "./attach";
import { Quote } from "./bubble";
import { canRecord, Recorder } from "./recorder";
import { asked } from "./panes";
import { LIST, optionId, ReadyList, useReady } from "./ready";
import { customerName } from "./row";

const MOST = 4096;
const MOST_NOTED = 4000;
const TYPING_MS = 10_000;
// Who has not typed for so long does not write any more.
const PAUSE_MS = 6000;
const TOUCH = matchMedia("(pointer: coarse)");

interface ComposerProps {
  ticket: Ticket;
  answering: Message | null;
  setAnswering: (message: Message | null) => void;
}

export function Composer({ ticket, answering, setAnswering }: ComposerProps) {
  const id = ticket.id;
  const field = useRef<HTMLTextAreaElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const text = useSignal(drafts.peek()[id] ?? "");
  const recording = useSignal(false);
  const noting = useSignal(false);
  const typed = useRef(0);
  // Who writes at the same time, once one was asked about it.
  const beside = useSignal<string | null>(null);
  const pause = useRef(0);

  useEffect(() => {
    // On a phone the keyboard would cover the conversation.
    if (!TOUCH.matches) field.current?.focus();
  }, [id]);
  useEffect(() => {
    if (answering) field.current?.focus();
  }, [answering]);
  useEffect(() => {
    if (asked.value !== "note") return;
    asked.value = null;
    noting.value = true;
  }, [asked.value]);
  useLayoutEffect(() => { grow(field.current); }, [text.value]);

  const write = (value: string) => {
    text.value = value;
    setDraft(id, value);
    writes(id, value !== "");
    clearTimeout(pause.current);
    pause.current = window.setTimeout(() => { writes(id, false); }, PAUSE_MS);
    if (value && canSay(id, "typing") && Date.now() - typed.current > TYPING_MS) {
      typed.current = Date.now();
      void post(`/api/tickets/${String(id)}/typing`).catch(() => null);
    }
  };
  useEffect(() => {
    if (regained.value?.ticket !== id) return;
    write([text.peek(), regained.value.text].filter(Boolean).join("\n"));
    regained.value = null;
    field.current?.focus();
  }, [regained.value]);
  const ready = useReady(id, text, field, write);
  const submit = () => {
    const said = text.peek().trim();
    if (!said || said.length > MOST || !ready.mayGo()) return;
    const other = others.peek().find((one) => one.doing === "writes")?.agent.name;
    if (other && !beside.peek()) {
      beside.value = other;
      return;
    }
    beside.value = null;
    send(id, { text: said, ...(answering ? { reply_to: answering.id } : {}) });
    write("");
    typed.current = 0;
    setAnswering(null);
    field.current?.focus();
  };
  const hears = (event: KeyboardEvent) => {
    if (ready.hears(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !TOUCH.matches) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape" && answering) {
      event.stopPropagation();
      setAnswering(null);
    }
  };
  const over = text.value.length - MOST;
  if (noting.value) return <NoteForm id={id} done={() => { noting.value = false; }} />;

  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); submit(); }}>
      {answering ? (
        <div class="ans">
          <Quote message={answering} customer={customerName(ticket)} />
          <IconButton icon="x" name={t("do.cancel")} small onClick={() => { setAnswering(null); }} />
        </div>
      ) : null}
      {over > 0 ? (
        <p class="err over" role="alert">
          <Icon name="warn" />
          {t("composer.tooLong", { n: over })}
        </p>
      ) : null}
      {ready.missing ? (
        <p class="err over" role="alert">
          <Icon name="warn" />
          {t("replies.unfilled", { place: ready.missing })}
        </p>
      ) : null}
      {beside.value ? (
        <p class="bn blu beside" role="alert">
          <span>{t("peer.confirm", { name: beside.value })}</span>
          <button type="submit" class="lnk">{t("do.send")}</button>
        </p>
      ) : null}
      <ReadyList ready={ready} />
      {recording.value ? <Recorder record={(blob, name) => { send(id, { kind: "voice" }, { blob, name }); }} done={() => { recording.value = false; }} /> : (
        <div class="cr">
          <IconButton icon="clip" name={t("do.attach")} onClick={() => files.current?.click()} />
          <IconButton icon="bolt" name={t("replies.title")} onClick={ready.ask} />
          <input ref={files} type="file" multiple hidden onChange={(event) => { attach(id, event.currentTarget.files ?? []); event.currentTarget.value = ""; }} />
          <div class="ta">
            <textarea
              ref={field}
              rows={1}
              {...(text.value ? { dir: direction(text.value) ?? "auto" } : {})}
              placeholder={t("composer.hint")}
              aria-label={t("composer.name")}
              aria-autocomplete="list"
              {...(ready.items?.length ? { "aria-controls": LIST, "aria-activedescendant": optionId(ready.at) } : {})}
              value={text.value}
              onInput={(event) => {
                write(event.currentTarget.value);
                ready.look();
              }}
              onSelect={ready.look}
              onKeyDown={hears}
              onPaste={(event) => {
                const pasted = event.clipboardData?.files;
                if (pasted?.length) {
                  event.preventDefault();
                  attach(id, pasted);
                }
              }}
            />
          </div>
          <IconButton icon="lock" name={t("do.note")} onClick={() => { noting.value = true; }} />
          {text.value.trim() || !canRecord() ? (
            <button type="submit" class="sendb" aria-label={t("do.send")} disabled={!text.value.trim() || over > 0}>
              <Icon name="send" flip />
            </button>
          ) : (
            <IconButton icon="mic" name={t("do.record")} onClick={() => { recording.value = true; }} />
          )}
        </div>
      )}
    </form>
  );
}

/** Writing to colleagues instead: yellow, with a lock, so that nobody takes it for a reply. */
function NoteForm({ id, done }: { id: number; done: () => void }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const text = useSignal("");
  const busy = useSignal(false);
  useEffect(() => { field.current?.focus(); }, []);
  useLayoutEffect(() => { grow(field.current); }, [text.value]);
  const submit = async () => {
    const said = text.peek().trim();
    if (!said || busy.peek()) return;
    busy.value = true;
    const saved = await saveNote(id, said);
    busy.value = false;
    if (saved) done();
  };
  const hears = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !TOUCH.matches) {
      event.preventDefault();
      void submit();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      done();
    }
  };
  return (
    <form class="composer noting" onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      <div class="cr">
        <IconButton icon="lock" name={t("note.leave")} aria-pressed="true" onClick={done} />
        <div class="ta">
          <textarea ref={field} rows={1} dir={direction(text.value) ?? "auto"} maxLength={MOST_NOTED} placeholder={t("note.hint")} aria-label={t("note.internal")} value={text.value} onInput={(event) => { text.value = event.currentTarget.value; }} onKeyDown={hears} />
        </div>
        <button type="submit" class="btn noteb" disabled={!text.value.trim() || busy.value}>{t("do.saveNote")}</button>
      </div>
    </form>
  );
}

/** As tall as what is in it, where the browser does not do that by itself. */
function grow(field: HTMLTextAreaElement | null): void {
  if (!field || CSS.supports("field-sizing", "content")) return;
  field.style.blockSize = "auto";
  field.style.blockSize = `${String(field.scrollHeight)}px`;
}
