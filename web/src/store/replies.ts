// Ready replies: as they are kept, and as they are filled in for a customer.

import { signal } from "@preact/signals";

import { get, patch, post, remove } from "../api/client";
import type { ReadyReply } from "../api/types";
import { fold } from "./tickets";

export type ReplyText = Pick<ReadyReply, "shortcut" | "title" | "text">;

/** As they were written: the shared ones and one's own. Null while nobody has read them. */
export const replies = signal<readonly ReadyReply[] | null>(null);

/** Those for the conversation in `of`, filled in; the last ones stay until newer ones are there. */
export const filled = signal<{ of: number; items: readonly ReadyReply[] } | null>(null);

export async function readReplies(): Promise<void> {
  replies.value = (await get<{ items: ReadyReply[] }>("/api/ready-replies")).items;
}

export async function readFilled(ticketId: number): Promise<void> {
  if (filled.peek()?.of !== ticketId) filled.value = null;
  const { items } = await get<{ items: ReadyReply[] }>(`/api/tickets/${String(ticketId)}/ready-replies`);
  filled.value = { of: ticketId, items };
}

export async function addReply(reply: ReplyText, shared: boolean): Promise<void> {
  await post("/api/ready-replies", { ...reply, shared });
  await readReplies();
}

export async function changeReply(id: number, reply: ReplyText): Promise<void> {
  await patch(`/api/ready-replies/${String(id)}`, reply);
  await readReplies();
}

export async function removeReply(id: number): Promise<void> {
  await remove(`/api/ready-replies/${String(id)}`);
  await readReplies();
}

/** Those with *wanted* in them: in the shortcut first, then in the title, then in the text. */
export function found(items: readonly ReadyReply[], wanted: string): ReadyReply[] {
  const text = fold(wanted.trim());
  const rank = (one: ReadyReply) => {
    const places = [one.shortcut.startsWith(wanted.trim().toLowerCase()), fold(one.shortcut).includes(text), fold(one.title).includes(text), fold(one.text).includes(text)];
    const at = places.indexOf(true);
    return at < 0 ? places.length : at;
  };
  return items
    .map((one): [number, ReadyReply] => [rank(one), one])
    .filter(([place]) => place < 4)
    .sort((one, other) => one[0] - other[0])
    .map(([, one]) => one);
}

const PLACE = /\{[\p{L}\p{N}_]+\}/gu;

/** The places of a text that are still to be filled in, as they stand there: `{price}`. */
export function placesOf(text: string): string[] {
  return text.match(PLACE) ?? [];
}

/** A text in pieces: what is between places, a place, what is between places, … */
export function piecesOf(text: string): string[] {
  return text.split(/(\{[\p{L}\p{N}_]+\})/u);
}
