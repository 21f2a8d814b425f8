// Ready replies while one writes: `/` opens them above the text, and the keys choose.

import { useComputed, useSignal, type Signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import type { ReadyReply } from "../api/types";
import { filled, found, placesOf, piecesOf, readFilled } from "../store/replies";
import { showProblem } from "../store/toast";
import { t } from "../words/words";

/** What stands before the caret and asks for a ready reply, from where on. */
interface Wanted {
  from: number;
  until: number;
  text: string;
}

// At the beginning one may look for several words, elsewhere for one.
const ALONE = /^\/([^\n]*)$/;
const WITHIN = /(?:^|\s)\/(\S*)$/;

function wantedIn(text: string, until: number): Wanted | null {
  const before = text.slice(0, until);
  const wanted = (ALONE.exec(before) ?? WITHIN.exec(before))?.[1];
  return wanted === undefined ? null : { from: until - wanted.length - 1, until, text: wanted };
}

export interface Ready {
  /** Those to choose from; null while the list is closed. */
  items: readonly ReadyReply[] | null;
  at: number;
  /** The place that must be filled in before it goes out, once somebody tried to send it. */
  missing: string | null;
  look: () => void;
  ask: () => void;
  choose: (reply: ReadyReply) => void;
  hears: (event: KeyboardEvent) => boolean;
  mayGo: () => boolean;
}

export const LIST = "ready-replies";
export const optionId = (at: number) => `${LIST}-${String(at)}`;

/** Watch what is written into *field* for `/`, and put the chosen reply in its place. */
export function useReady(ticketId: number, text: Signal<string>, field: RefObject<HTMLTextAreaElement | null>, write: (text: string) => void): Ready {
  const wanted = useSignal<Wanted | null>(null);
  const at = useSignal(0);
  const missing = useSignal<string | null>(null);
  // Where Escape closed the list: it stays closed there.
  const closed = useRef(-1);
  const places = useRef(new Set<string>());
  const selected = useRef<[number, number] | null>(null);
  const isOpen = wanted.value !== null;
  const items = useComputed(() => {
    const known = filled.value;
    if (!wanted.value || known?.of !== ticketId) return null;
    const some = found(known.items, wanted.value.text);
    // What fits nothing is no question: `/` alone tells that there are none.
    return some.length || !wanted.value.text ? some : null;
  });
  useEffect(() => {
    if (isOpen) readFilled(ticketId).catch(showProblem);
  }, [isOpen, ticketId]);
  // Once the text is in the field.
  useLayoutEffect(() => {
    if (!selected.current) return;
    field.current?.focus();
    field.current?.setSelectionRange(...selected.current);
    selected.current = null;
  });

  const look = () => {
    const box = field.current;
    const next = box ? wantedIn(box.value, box.selectionStart) : null;
    if (next?.from !== closed.current) closed.current = -1;
    if (next?.text !== wanted.peek()?.text) at.value = 0;
    wanted.value = next && closed.current < 0 ? next : null;
    if (missing.peek() && !text.peek().includes(missing.peek() ?? "")) missing.value = null;
  };
  const select = (place: string) => {
    const from = text.peek().indexOf(place);
    selected.current = [from, from + place.length];
  };
  const choose = (reply: ReadyReply) => {
    const where = wanted.peek();
    if (!where) return;
    const before = text.peek().slice(0, where.from);
    write(before + reply.text + text.peek().slice(where.until));
    wanted.value = null;
    const [first] = placesOf(reply.text);
    for (const place of placesOf(reply.text)) places.current.add(place);
    if (first) select(first);
    else selected.current = [before.length + reply.text.length, before.length + reply.text.length];
  };
  const close = () => {
    closed.current = wanted.peek()?.from ?? -1;
    wanted.value = null;
  };
  const hears = (event: KeyboardEvent) => {
    const some = items.peek();
    if (!some || event.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = some[at.peek()];
    if (event.key === "Escape") close();
    else if (step && some.length) at.value = (at.peek() + step + some.length) % some.length;
    else if ((event.key === "Tab" || (event.key === "Enter" && !event.shiftKey)) && chosen) choose(chosen);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  return {
    items: items.value,
    at: at.value,
    missing: missing.value,
    look,
    choose,
    hears,
    /** As if somebody had typed `/`; pressed again, close the list. */
    ask: () => {
      const box = field.current;
      if (!box || wanted.peek()) {
        close();
        return;
      }
      const before = text.peek().slice(0, box.selectionStart);
      const slash = /\S$/.test(before) ? " /" : "/";
      write(before + slash + text.peek().slice(box.selectionStart));
      closed.current = -1;
      at.value = 0;
      const caret = before.length + slash.length;
      selected.current = [caret, caret];
      wanted.value = { from: caret - 1, until: caret, text: "" };
    },
    /** Say whether nothing of a ready reply is left to be filled in; else show what is. */
    mayGo: () => {
      const place = placesOf(text.peek()).find((one) => places.current.has(one));
      missing.value = place ?? null;
      if (place) select(place);
      else places.current.clear();
      return !place;
    },
  };
}

export function ReadyList({ ready }: { ready: Ready }) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [ready.at, ready.items]);
  if (!ready.items) return null;
  return (
    <div class="pop">
      <div class="rh">
        <span>{t("replies.title")}</span>
        <span class="sp" />
        <span class="kh" aria-hidden="true">
          <kbd>↑</kbd><kbd>↓</kbd> {t("replies.choose")} <kbd>Enter</kbd> {t("replies.insert")}
        </span>
      </div>
      {ready.items.length ? (
        <div class="rl" id={LIST} role="listbox" aria-label={t("replies.title")} ref={list}>
          {ready.items.map((reply, at) => (
            <div
              key={reply.id}
              id={optionId(at)}
              class={at === ready.at ? "ri on" : "ri"}
              role="option"
              aria-selected={at === ready.at}
              // Not a click: the text must keep the focus.
              onPointerDown={(event) => { event.preventDefault(); }}
              onClick={() => { ready.choose(reply); }}
            >
              <kbd class="sc" dir="auto">/{reply.shortcut}</kbd>
              <span class="rt"><span dir="auto"><b>{reply.title}</b> · <Marked text={reply.text} /></span></span>
              <span class="rk">{reply.shared ? t("replies.shared") : t("replies.mine")}</span>
            </div>
          ))}
        </div>
      ) : (
        <p class="rh">{t("replies.none")} <a class="lnk" href="#/settings/replies">{t("replies.add")}</a></p>
      )}
    </div>
  );
}

/** A ready reply's text, with the places that are filled in later marked. */
export function Marked({ text }: { text: string }) {
  return <>{piecesOf(text).map((piece, at) => (at % 2 ? <var key={at}>{piece}</var> : piece))}</>;
}
