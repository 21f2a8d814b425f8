// The messages of a conversation: however long, only some hundred are in the page.

import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import type { Message, Ticket } from "../api/types";
import { now } from "../store/clock";
import { markRead } from "../store/desk";
import { outbox } from "../store/outbox";
import { aimed, type Thread } from "../store/threads";
import { showProblem } from "../store/toast";
import { Icon } from "../ui/parts";
import { clock, day, length } from "../words/format";
import { t } from "../words/words";
import { Bubble, OutgoingBubble } from "./bubble";
import { entriesOf, marksOf, shownMessages, type Entry, type Mark } from "./entries";
import { EventLine, NoteBubble } from "./marks";
import { customerName } from "./row";

const STEP = 40;
const MOST = 240;
const NEAR_END = 60;

interface Anchor {
  key: string;
  y: number;
}

export function Messages({ thread, ticket, reply }: { thread: Thread; ticket: Ticket; reply: (message: Message) => void }) {
  const list = useRef<HTMLOListElement>(null);
  const shown = useComputed(() => shownMessages(thread.messages.value));
  const waiting = useComputed(() => outbox.value.filter((one) => one.ticket === thread.ticketId && (one.body.kind !== "reaction" || one.error)));
  // Counted from the newest: what is added at either end moves nothing that is read.
  const hiddenBelow = useSignal(0);
  const mounted = useSignal(STEP);
  const below = useSignal(0);
  const atEnd = useRef(true);
  const anchor = useRef<Anchor | null>(null);
  const lastKey = useRef("");

  const all = shown.value;
  const end = all.length - hiddenBelow.value;
  const start = Math.max(0, end - mounted.value);
  const marks = useComputed(() => marksOf(thread.history.value, thread.delays.value));
  const entries = entriesOf(all.slice(start, end), hiddenBelow.value ? [] : waiting.value, thread.unreadLine, marks.value.filter(inSight));
  function inSight({ at }: Mark): boolean {
    const first = start > 0 || thread.older.value !== null ? all[start]?.message.sent_at : undefined;
    const last = hiddenBelow.value ? all[end - 1]?.message.sent_at : undefined;
    return (!first || Date.parse(at) >= Date.parse(first)) && (!last || Date.parse(at) < Date.parse(last));
  }
  // Of all there is, not of what is in the page.
  const newest = waiting.value.at(-1)?.key ?? String(all.at(-1)?.message.id ?? "");

  useLayoutEffect(() => {
    const box = list.current;
    if (!box) return;
    stay();
    if (newest !== lastKey.current && !atEnd.current && lastKey.current) {
      const last = all.at(-1);
      if (last?.message.direction === "in") below.value += 1;
      else if (waiting.peek().length) toEnd();
    }
    lastKey.current = newest;
    anchor.current = box.scrollHeight > box.clientHeight ? topOf(box) : null;
  });

  useEffect(() => {
    const seen = () => {
      if (!document.hidden && atEnd.current) void markRead(thread.ticketId);
    };
    seen();
    document.addEventListener("visibilitychange", seen);
    return () => {
      document.removeEventListener("visibilitychange", seen);
    };
  }, [thread.ticketId, all.length, ticket.unread]);

  // Found by searching: read as far back as that, and put it into sight.
  const aim = aimed.value?.ticket === thread.ticketId ? aimed.value.message : null;
  useEffect(() => {
    if (aim === null) return;
    void thread.readTo(aim).then((isHere) => {
      aimed.value = null;
      const place = shown.peek().findIndex((one) => one.message.id === aim);
      if (!isHere || place < 0) return;
      atEnd.current = false;
      const after = shown.peek().length - place;
      hiddenBelow.value = Math.max(0, after - STEP);
      mounted.value = STEP * 2;
      requestAnimationFrame(() => { goTo(aim); });
    }, showProblem);
  }, [aim]);

  /** What is read stays where it is; who is at the end stays there. */
  function stay(): void {
    const box = list.current;
    if (!box) return;
    if (atEnd.current && !hiddenBelow.peek()) box.scrollTop = box.scrollHeight;
    else if (anchor.current) keepInPlace(box, anchor.current);
  }

  function toEnd(): void {
    hiddenBelow.value = 0;
    mounted.value = STEP * 2;
    below.value = 0;
    atEnd.current = true;
    requestAnimationFrame(() => {
      const box = list.current;
      if (box) box.scrollTop = box.scrollHeight;
    });
  }

  function look(): void {
    const box = list.current;
    if (!box) return;
    const rest = box.scrollHeight - box.clientHeight - box.scrollTop;
    atEnd.current = rest < NEAR_END && !hiddenBelow.peek();
    anchor.current = topOf(box);
    if (atEnd.current && below.peek()) {
      below.value = 0;
      void markRead(thread.ticketId);
    }
    // Two screens before the top there is more.
    if (box.scrollTop < 2 * box.clientHeight) up();
    else if (rest < box.clientHeight && hiddenBelow.peek()) down();
  }

  function up(): void {
    const inPage = Math.min(mounted.peek(), shown.peek().length - hiddenBelow.peek());
    const further = shown.peek().length - hiddenBelow.peek() - inPage;
    if (further > 0) mount(inPage + STEP);
    else void thread.readOlder().then((came) => { if (came) mount(inPage + came); }, () => null);
  }

  /** Have *wanted* in the page; those at the other end leave it before there are too many. */
  function mount(wanted: number): void {
    hiddenBelow.value += Math.max(0, wanted - MOST);
    mounted.value = Math.min(wanted, MOST);
  }

  function down(): void {
    const by = Math.min(STEP, hiddenBelow.peek());
    hiddenBelow.value -= by;
    mounted.value = Math.min(MOST, mounted.peek() + by);
  }

  function goTo(id: number): void {
    const row = list.current?.querySelector<HTMLElement>(`[data-mid="${String(id)}"]`);
    row?.scrollIntoView({ block: "center" });
    row?.focus({ preventScroll: true });
    // At once, not with the event: until then the end would be kept in sight.
    atEnd.current = false;
    anchor.current = list.current ? topOf(list.current) : null;
  }

  const quotedOf = (message: Message) => message.reply_to_id ? all.find((one) => one.message.id === message.reply_to_id)?.message : null;

  return (
    <>
      <ol class="msgs" id="main" ref={list} tabIndex={0} aria-label={t("messages.name")} onScroll={look} onLoadCapture={stay} onKeyDown={(event) => { steer(event, list.current); }}>
        {entries.map((entry) => (
          <Line key={entry.key} entry={entry} ticket={ticket} reply={reply} goTo={goTo} quotedOf={quotedOf} />
        ))}
      </ol>
      <span class="vh" role="log" aria-live="polite">{announced(all.at(-1)?.message, ticket)}</span>
      {below.value || hiddenBelow.value ? (
        <button type="button" class="jump" aria-label={t("messages.toEnd", { n: below.value })} onClick={toEnd}>
          <Icon name="chev" />
          {below.value ? <b>{below.value}</b> : null}
        </button>
      ) : null}
    </>
  );
}

// As wide, in hundredths, as what people write.
const SHAPES: [side: "in" | "out", wide: number][] = [["in", 46], ["in", 32], ["out", 55], ["out", 26], ["in", 40], ["out", 48]];

/** The shape of what comes, where it is not here at once. */
export function Skeleton() {
  return (
    <ol class="msgs" aria-busy="true">
      {SHAPES.map(([side, wide], at) => <li key={at} class={`skm ${side}`} style={{ inlineSize: `${String(wide)}%` }} aria-hidden="true" />)}
    </ol>
  );
}

interface LineProps {
  entry: Entry;
  ticket: Ticket;
  reply: (message: Message) => void;
  goTo: (id: number) => void;
  quotedOf: (message: Message) => Message | null | undefined;
}

function Line({ entry, ticket, reply, goTo, quotedOf }: LineProps) {
  switch (entry.kind) {
    case "day":
      return <li class="sep"><span>{day(entry.at, now.peek())}</span></li>;
    case "unread":
      return <li class="unread"><span>{t("row.unread", { n: entry.count })}</span></li>;
    case "note":
      return <NoteBubble note={entry.note} />;
    case "event":
      return <EventLine line={entry.line} />;
    case "late":
      return <li class="ev late"><span>{t("ev.late", { time: clock(entry.at) })}</span></li>;
    case "lateOver":
      return <li class="ev"><span>{t("ev.lateOver", { time: length(entry.after) })}</span></li>;
    case "outgoing":
      return <OutgoingBubble outgoing={entry.outgoing} first={entry.first} />;
    case "message":
      return (
        <Bubble shown={entry.shown} first={entry.first} quoted={quotedOf(entry.shown.message)} customer={customerName(ticket)} reply={reply} goTo={goTo} />
      );
  }
}

/** Only what comes in is said, and only while somebody listens to this conversation. */
function announced(message: Message | undefined, ticket: Ticket): string {
  if (message?.direction !== "in") return "";
  return `${customerName(ticket)}: ${message.text ?? t("row.file")}`;
}

/** The first line in sight, and how far below the top it is. */
function topOf(box: HTMLElement): Anchor | null {
  const edge = box.getBoundingClientRect().top;
  for (const row of box.querySelectorAll<HTMLElement>(".m")) {
    const { top, bottom } = row.getBoundingClientRect();
    if (bottom > edge) return { key: row.dataset["mid"] ?? row.dataset["key"] ?? "", y: top - edge };
  }
  return null;
}

function keepInPlace(box: HTMLElement, { key, y }: Anchor): void {
  const row = box.querySelector<HTMLElement>(`[data-mid="${key}"], [data-key="${key}"]`);
  if (!row) return;
  box.scrollTop += row.getBoundingClientRect().top - box.getBoundingClientRect().top - y;
}

function steer(event: KeyboardEvent, list: HTMLElement | null): void {
  const rows = [...(list?.querySelectorAll<HTMLElement>(".m") ?? [])];
  const current = (document.activeElement as HTMLElement | null)?.closest<HTMLElement>(".m");
  const at = current ? rows.indexOf(current) : rows.length;
  const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1 }[event.key];
  if (event.key === "Enter" && current && event.target === current) {
    current.querySelector<HTMLElement>(".act")?.click();
    event.preventDefault();
  }
  if (to === undefined || (event.target as HTMLElement).closest("input")) return;
  event.preventDefault();
  const row = rows[Math.max(0, Math.min(rows.length - 1, to))];
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
}
