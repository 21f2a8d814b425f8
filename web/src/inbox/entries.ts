// What a conversation shows, line by line: days, messages, the record, and what waits to be sent.

import type { Delay, History, Message, Note, TicketLine } from "../api/types";
import type { Outgoing } from "../store/outbox";
import { sameDay } from "../words/format";

export interface Shown {
  message: Message;
}

/** What stands between the messages. */
export type Mark =
  | { kind: "note"; key: string; at: string; note: Note }
  | { kind: "event"; key: string; at: string; line: TicketLine }
  | { kind: "late"; key: string; at: string }
  | { kind: "lateOver"; key: string; at: string; after: number };

export type Entry =
  | Mark
  | { kind: "day"; key: string; at: string }
  | { kind: "unread"; key: string; count: number }
  | { kind: "message"; key: string; first: boolean; shown: Shown }
  | { kind: "outgoing"; key: string; first: boolean; outgoing: Outgoing };

const CLOSE_MS = 180_000;
const CHANGES: ReadonlySet<Message["kind"]> = new Set(["edit", "revoke", "reaction"]);

/** The messages as they are to be read: what changes another one is put on that, and no line of its own. */
export function shownMessages(messages: Message[]): Shown[] {
  return messages.filter((one) => !CHANGES.has(one.kind) && !isDiscarded(one)).map((message) => ({ message }));
}

/** Nobody outside has ever seen it, and nobody here wants to. */
function isDiscarded(one: Message): boolean {
  return one.direction === "out" && one.status === "failed" && one.revoked_at !== null;
}

// What khalifa does by its own rules is left out: who has it is in the head.
const BY_PEOPLE: ReadonlySet<TicketLine["kind"]> = new Set(["assigned", "transferred", "taken", "closed", "reopened"]);
const isShown = (line: TicketLine) => line.kind === "rated" || (line.by !== null && BY_PEOPLE.has(line.kind));

export function marksOf({ lines, notes }: History, delays: readonly Delay[]): Mark[] {
  const marks: Mark[] = [
    ...notes.map((note): Mark => ({ kind: "note", key: `note-${String(note.id)}`, at: note.at, note })),
    ...lines.filter(isShown).map((line): Mark => ({ kind: "event", key: `line-${String(line.id)}`, at: line.at, line })),
    ...delays.flatMap(delayMarks),
  ];
  return marks.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

function delayMarks({ started_at: at, ended_at: until }: Delay): Mark[] {
  const began: Mark = { kind: "late", key: `late-${at}`, at };
  return until ? [began, { kind: "lateOver", key: `over-${until}`, at: until, after: Date.parse(until) - Date.parse(at) }] : [began];
}

export function entriesOf(shown: Shown[], waiting: Outgoing[], unreadFrom: number | null, marks: Mark[]): Entry[] {
  const entries: Entry[] = [];
  let before: { at: string; side: string; time: number } | null = null;
  const place = (at: string, side: string): boolean => {
    if (!before || !sameDay(before.at, at)) {
      entries.push({ kind: "day", key: `day-${at.slice(0, 10)}-${String(entries.length)}`, at });
      before = null;
    }
    const first = before?.side !== side || Date.parse(at) - before.time > CLOSE_MS;
    before = { at, side, time: Date.parse(at) };
    return first;
  };
  const rest = [...marks];
  const mark = (until: number) => {
    for (let next = rest[0]; next && Date.parse(next.at) < until; next = rest[0]) {
      place(next.at, next.kind);
      entries.push(next);
      rest.shift();
    }
  };
  shown.forEach((one, index) => {
    const { message } = one;
    mark(Date.parse(message.sent_at));
    const isUnread = message.id === unreadFrom;
    const first = place(message.sent_at, message.direction) || isUnread;
    if (isUnread) {
      const count = shown.slice(index).filter((other) => other.message.direction === "in").length;
      entries.push({ kind: "unread", key: "unread", count });
    }
    // By its key where it was typed here: the bubble that settles is the one that was there.
    entries.push({ kind: "message", key: message.idempotency_key ?? String(message.id), first, shown: one });
  });
  mark(Infinity);
  for (const outgoing of waiting) {
    const first = place(new Date(outgoing.at).toISOString(), "out");
    entries.push({ kind: "outgoing", key: outgoing.key, first, outgoing });
  }
  return entries;
}
