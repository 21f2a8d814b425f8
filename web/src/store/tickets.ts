// The conversations: one signal each, so that a change touches one row; and their order.

import { batch, computed, signal, type Signal } from "@preact/signals";

import { get } from "../api/client";
import type { Message, Ticket, TicketPage } from "../api/types";
import { me, seesAll } from "./session";

export type Tab = "mine" | "waiting" | "late" | "all" | "closed";

const PAGE = 500;
const CLOSED_PAGE = 50;
const HOLD_MS = 3000;

const all = new Map<number, Signal<Ticket>>();
/** Of those that are somebody else's now, the version that said so: an older copy may still come. */
const gone = new Map<number, number>();
/** Grows whenever a conversation's place may be another. */
const revision = signal(0);

export const tab = signal<Tab>("mine");
export const loaded = signal(false);
export const closedCursor = signal<string | null | undefined>(undefined);
/** The order as it is shown: it does not change under a pointer. */
export const order = signal<number[]>([]);

let heldUntil = 0;
let waiting = 0;

export function ticket(id: number): Signal<Ticket> | undefined {
  return all.get(id);
}

/** What is known of a conversation, also when it becomes known only later. */
export function awaited(id: number): Ticket | undefined {
  const known = all.get(id);
  if (known) return known.value;
  void revision.value;
  return undefined;
}

/** Take in what a conversation is now; an older copy changes nothing. */
export function learn(one: Ticket): void {
  const known = all.get(one.id);
  if (one.version < (gone.get(one.id) ?? 0)) return;
  gone.delete(one.id);
  if (!known) all.set(one.id, signal(one));
  else if (one.version >= known.peek().version) known.value = { ...one, last_message_status: further(known.peek(), one) };
  else return;
  changed();
}

// A status goes forward only, as at the server; what is as far is taken as it comes.
const FAR: Record<Message["status"], number> = { received: 0, queued: 0, sending: 0, unknown: 0, sent: 1, failed: 2, delivered: 3, read: 4 };

/** Of the same last message, the status that is further: a page may be older than what was told since. */
function further(known: Ticket, one: Ticket): Ticket["last_message_status"] {
  const [before, now] = [known.last_message_status, one.last_message_status];
  const isSame = known.last_message_at === one.last_message_at && known.last_message === one.last_message;
  return isSame && before && now && FAR[before] > FAR[now] ? before : now;
}

/** A message of ours got further: if it is the one that is shown, its row says so. */
export function learnStatus(message: Message): void {
  const known = all.get(message.ticket_id);
  const one = known?.peek();
  // What a customer said last has no status, and stands.
  if (!known || !one?.last_message_at || !one.last_message_status || message.direction === "in" || message.sender_type === "system") return;
  const isLast = Date.parse(message.sent_at) === Date.parse(one.last_message_at) && (message.text ?? "").startsWith(one.last_message ?? "");
  if (isLast && FAR[message.status] >= FAR[one.last_message_status]) known.value = { ...one, last_message_status: message.status };
}

/** *version*: the one that said that it is nothing for this desk any more. */
export function forget(id: number, version?: number): void {
  if (version !== undefined) gone.set(id, Math.max(version, gone.get(id) ?? version));
  if (all.delete(id)) changed();
}

function changed(): void {
  revision.value = revision.peek() + 1;
  if (waiting) return;
  const wait = Math.max(0, Math.min(heldUntil - Date.now(), HOLD_MS));
  // Many changes at once are one new order.
  waiting = window.setTimeout(() => {
    waiting = 0;
    reorder();
  }, wait || 16);
}

/** Put the rows into order now. */
export function reorder(): void {
  const next = sorted(tab.peek());
  const before = order.peek();
  if (next.length !== before.length || next.some((id, at) => id !== before[at])) order.value = next;
}

/** A row is being pointed at: leave all where it is for a while. */
export function hold(): void {
  heldUntil = Date.now() + HOLD_MS;
}

export function release(): void {
  heldUntil = 0;
  clearTimeout(waiting);
  waiting = 0;
  reorder();
}

export function choose(next: Tab): void {
  tab.value = next;
  reorder();
  if (next === "closed" && closedCursor.peek() === undefined) void readClosed();
}

function belongs(one: Ticket, where: Tab): boolean {
  if (where === "closed") return one.status === "closed";
  if (one.status === "closed") return false;
  if (where === "late") return one.status === "delayed";
  if (where === "waiting") return one.waiting_since !== null || !one.agent;
  return where === "all" || one.agent?.id === me.peek()?.id;
}

/** Late first, then who waits longest for an answer, read or not; then the latest. */
function rank(one: Ticket): [number, number] {
  const since = one.waiting_since ? Date.parse(one.waiting_since) : 0;
  if (one.status === "delayed") return [0, since];
  if (since) return [1, since];
  return [2, -Date.parse(one.last_message_at ?? one.opened_at)];
}

function sorted(where: Tab): number[] {
  const rows: [number, number, number][] = [];
  for (const [id, one] of all) {
    const value = one.peek();
    if (belongs(value, where)) rows.push([...(where === "closed" ? [3, -Date.parse(value.closed_at ?? value.opened_at)] as [number, number] : rank(value)), id]);
  }
  rows.sort((a, b) => a[0] - b[0] || a[1] - b[1] || b[2] - a[2]);
  return rows.map((row) => row[2]);
}

export const counts = computed(() => {
  const seen = { revision: revision.value, mine: 0, waiting: 0, late: 0, all: 0, unread: 0 };
  for (const one of all.values()) {
    const value = one.peek();
    if (value.status === "closed") continue;
    seen.all += 1;
    const isMine = value.agent?.id === me.value?.id;
    if (isMine) seen.mine += 1;
    if (isMine && value.unread > 0) seen.unread += 1;
    if (belongs(value, "waiting")) seen.waiting += 1;
    if (value.status === "delayed") seen.late += 1;
  }
  return seen;
});

/** Everything open that is here: to whoever sees everything it is the whole shop. */
export const openTickets = computed(() => {
  void revision.value;
  return [...all.values()].map((one) => one.peek()).filter((one) => one.status !== "closed");
});

/** The first who waits for an answer, after *current* in the list. */
export function nextWaiting(current: number | null): number | null {
  const waits = (id: number) => id !== current && all.get(id)?.peek().waiting_since;
  return sorted("mine").find(waits) ?? sorted("waiting").find(waits) ?? null;
}

/** Everything that is open and to be seen, page by page: the first rows are there at once. */
export async function readActive(): Promise<string | null> {
  const whose = seesAll.peek() ? "" : "&agent=me";
  const found = new Set<number>();
  const known = new Set(openTickets.peek().filter((one) => seesAll.peek() || one.agent).map((one) => one.id));
  let cursor: string | null = "";
  let live: string | null = null;
  while (cursor !== null) {
    const page: TicketPage = await get<TicketPage>(`/api/tickets?limit=${String(PAGE)}${whose}&cursor=${encodeURIComponent(cursor)}`);
    if (cursor === "") live = page.live_cursor;
    batch(() => {
      for (const one of page.items) {
        found.add(one.id);
        learn(one);
      }
    });
    loaded.value = true;
    reorder();
    cursor = page.next_cursor;
  }
  // What was open before and is no more: closed meanwhile, or given to somebody else.
  for (const id of known) if (!found.has(id)) forget(id);
  return live;
}

/** What waits for somebody to take it; what happens to it afterwards everybody hears. */
export async function readQueue(): Promise<void> {
  const known = openTickets.peek().filter((one) => !one.agent).map((one) => one.id);
  const { items } = await get<TicketPage>(`/api/tickets?agent=none&limit=${String(PAGE)}`);
  const there = new Set(items.map((one) => one.id));
  batch(() => {
    for (const one of items) learn(one);
    // A colleague has taken them.
    for (const id of known) if (!there.has(id) && !all.get(id)?.peek().agent) forget(id);
  });
}

export async function readClosed(): Promise<void> {
  const cursor = closedCursor.peek();
  if (cursor === null) return;
  closedCursor.value = null;
  const page = await get<TicketPage>(
    `/api/tickets?status=closed&limit=${String(CLOSED_PAGE)}&cursor=${encodeURIComponent(cursor ?? "")}`,
  );
  for (const one of page.items) learn(one);
  reorder();
  closedCursor.value = page.next_cursor;
}

export async function readTicket(id: number): Promise<void> {
  learn(await get<Ticket>(`/api/tickets/${String(id)}`));
}

/** Whose name, phone or last words have *text* in them, among what is here. */
export function matching(text: string): number[] {
  const wanted = fold(text);
  const digits = wanted.replace(/\D/g, "");
  return sorted("all")
    .concat(sorted("closed"))
    .filter((id) => {
      const one = all.get(id)?.peek();
      if (!one) return false;
      const { name, phone } = one.customer;
      return (
        fold(`${name ?? ""} ${one.last_message ?? ""} #${String(one.number)}`).includes(wanted) ||
        (digits.length > 1 && (phone ?? "").includes(digits.replace(/^0/, "")))
      );
    });
}

/** Letters as one searches them: without marks, the forms of alef one, any digits 0 to 9. */
export function fold(text: string): string {
  return text
    .toLowerCase()
    .replace(/[\u064b-\u0652\u0670\u0640]/g, "")
    .replace(/[أإآٱ]/g, "ا")
    .replace(/ى/g, "ي")
    .replace(/ة/g, "ه")
    .replace(/ؤ/g, "و")
    .replace(/ئ/g, "ي")
    .replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x0660));
}

export function clear(): void {
  all.clear();
  gone.clear();
  loaded.value = false;
  closedCursor.value = undefined;
  tab.value = "mine";
  order.value = [];
  revision.value += 1;
}
