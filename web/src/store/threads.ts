// The conversations that were opened: the newest messages, older ones on the way up, and the record.

import { batch, signal, type Signal } from "@preact/signals";

import { get } from "../api/client";
import type { Delay, History, Message, MessagePage, Note } from "../api/types";

const PAGE = 40;
const KEPT = 10;
// On the way to one message.
const LONG_PAGE = 500;
const MOST_LOOKS = 20;

export class Thread {
  /** Oldest first. */
  readonly messages: Signal<Message[]> = signal([]);
  readonly loaded = signal(false);
  /** Who handed it over and why, and what colleagues noted. */
  readonly history: Signal<History> = signal({ lines: [], notes: [] });
  /** When the customer waited for too long, and until when. */
  readonly delays: Signal<readonly Delay[]> = signal([]);
  readonly older: Signal<string | null> = signal(null);
  /** How many were unread when it was opened: the line above them stays until one leaves. */
  unreadLine: number | null = null;
  private reading: Promise<number> | null = null;
  /** What was told while a page was on its way: the page may be older. */
  private told: Message[] = [];
  private reads = 0;

  constructor(readonly ticketId: number) {}

  /** Read the newest page; what is known already stays, unless there is a gap between. */
  async read(): Promise<void> {
    this.reads += 1;
    try {
      const page = await this.page("");
      const known = this.messages.peek();
      const meets = known.some((one) => page.items.some((other) => other.id === one.id));
      if (!meets) {
        this.messages.value = page.items;
        this.older.value = page.next_cursor;
      } else {
        this.learn(page.items);
      }
      this.learn(this.told.filter((one) => this.fits(one)));
      this.loaded.value = true;
    } finally {
      this.reads -= 1;
      if (!this.reads) this.told = [];
    }
  }

  /** A message came or changed. */
  hear(message: Message): void {
    if (this.reads) this.told.push(message);
    if (this.loaded.peek() && this.fits(message)) this.learn([message]);
  }

  /** Not where it would stand alone before all that was read: it is read with the others there. */
  private fits(message: Message): boolean {
    const known = this.messages.peek();
    const [first] = known;
    return !first || this.older.peek() === null || byTime(message, first) >= 0;
  }

  /** Return how many came; whoever asks meanwhile waits for the same. */
  readOlder(most = PAGE): Promise<number> {
    this.reading ??= this.readBefore(most).finally(() => { this.reading = null; });
    return this.reading;
  }

  private async readBefore(most: number): Promise<number> {
    const cursor = this.older.peek();
    if (cursor === null) return 0;
    const page = await this.page(cursor, most);
    this.learn(page.items);
    this.older.value = page.next_cursor;
    return page.items.length;
  }

  /** Read back until a message is here; say whether it is. However long the conversation, it ends. */
  async readTo(messageId: number): Promise<boolean> {
    const isHere = () => this.messages.peek().some((one) => one.id === messageId);
    for (let looks = 0; looks < MOST_LOOKS && !isHere() && this.older.peek() !== null; looks += 1) {
      await this.readOlder(LONG_PAGE);
    }
    return isHere();
  }

  async readHistory(): Promise<void> {
    const path = `/api/tickets/${String(this.ticketId)}`;
    const history = await get<History>(`${path}/history`);
    const wasLate = history.lines.some((one) => one.kind === "delayed");
    const delays = wasLate ? (await get<{ items: Delay[] }>(`${path}/delays`)).items : [];
    batch(() => {
      this.history.value = history;
      this.delays.value = delays;
    });
  }

  learnNote(note: Note): void {
    const { lines, notes } = this.history.peek();
    if (!notes.some((one) => one.id === note.id)) this.history.value = { lines, notes: [...notes, note] };
  }

  learn(some: Message[]): void {
    const messages = merged(this.messages.peek(), some);
    if (messages) this.messages.value = messages;
  }

  private page(cursor: string, most = PAGE): Promise<MessagePage> {
    const path = `/api/tickets/${String(this.ticketId)}/messages`;
    return get<MessagePage>(`${path}?limit=${String(most)}&cursor=${encodeURIComponent(cursor)}`);
  }
}

/** *known* with *some* taken in, each once, the newer copy of each; null when nothing is new. */
export function merged(known: Message[], some: Message[]): Message[] | null {
  const at = new Map(known.map((one, index) => [one.id, index]));
  const next = [...known];
  let news = false;
  for (const one of some) {
    const place = at.get(one.id) ?? next.length;
    const before = next[place];
    if (before && before.version >= one.version) continue;
    next[place] = one;
    at.set(one.id, place);
    news = true;
  }
  return news ? next.sort(byTime) : null;
}

function byTime(one: Message, other: Message): number {
  return Date.parse(one.sent_at) - Date.parse(other.sent_at) || one.id - other.id;
}

const threads = new Map<number, Thread>();

/** The message that is to be shown first when its conversation opens. */
export const aimed = signal<{ ticket: number; message: number } | null>(null);

/** The conversation's messages; the last ten that were opened stay in memory. */
export function thread(ticketId: number): Thread {
  const known = threads.get(ticketId) ?? new Thread(ticketId);
  threads.delete(ticketId);
  threads.set(ticketId, known);
  for (const old of [...threads.keys()].slice(0, Math.max(0, threads.size - KEPT))) threads.delete(old);
  return known;
}

export function learnMessage(message: Message): void {
  threads.get(message.ticket_id)?.hear(message);
}

export function learnNote(note: Note): void {
  threads.get(note.ticket_id)?.learnNote(note);
}

/** The conversation has been handed over, closed or opened again: its record has another line. */
export function rereadHistory(ticketId: number): void {
  void threads.get(ticketId)?.readHistory().catch(() => null);
}

/** Read the newest of what is open again, after events were missed. */
export async function refresh(open: number | null): Promise<void> {
  for (const id of [...threads.keys()]) if (id !== open) threads.delete(id);
  const known = open === null ? undefined : threads.get(open);
  if (known) await Promise.all([known.read(), known.readHistory()]);
}

export function clearThreads(): void {
  threads.clear();
}
