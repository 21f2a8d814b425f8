// Who else has the open conversation before them, and whether they write.

import { computed, signal } from "@preact/signals";

import { post, serverNow } from "../api/client";
import type { Reader } from "../api/types";
import { now } from "./clock";
import { openId } from "./router";
import { me, seesAll } from "./session";
import { ticket as ticketOf } from "./tickets";

// They say it again every 20 seconds: who has not is gone, without a word.
const AGAIN_MS = 20_000;
const GONE_MS = 45_000;
// Who steps through the list is nowhere yet.
const SETTLED_MS = 400;

const known = signal<ReadonlyMap<string, Reader>>(new Map());
/** Of the conversation that is open: the others, whoever writes first. */
export const others = computed<Reader[]>(() => {
  const there = [...known.value.values()].filter((one) => one.id === openId.value && isThere(one, now.value));
  return there.sort((one, other) => Number(other.doing === "writes") - Number(one.doing === "writes"));
});

/** Which conversation one is just giving away: of that one nothing is said any more. */
export const handedOver = signal<number | null>(null);

let saidAt = 0;
let said: Reader["doing"] = "left";
let saidOf: number | null = null;

function isThere({ doing, at }: Reader, moment: number): boolean {
  return doing !== "left" && moment - Date.parse(at) < GONE_MS;
}

function keyOf({ id, agent }: Reader): string {
  return `${String(id)}-${String(agent.id)}`;
}

/** Somebody told what they do; who is there, too, tells them in turn. */
export function hearReader(reader: Reader): void {
  if (reader.agent.id === me.peek()?.id) return;
  const before = known.peek().get(keyOf(reader));
  if (before && Date.parse(before.at) > Date.parse(reader.at)) return;
  const isNew = !before || !isThere(before, serverNow());
  known.value = new Map([...known.peek(), [keyOf(reader), reader]]);
  if (isNew && isThere(reader, serverNow()) && reader.id === saidOf && said !== "left") tell(saidOf, said);
}

function beThere(ticket: number, doing: Reader["doing"]): void {
  if (saidOf === ticket && said === doing) return;
  tell(ticket, doing);
}

function tell(ticket: number, doing: Reader["doing"]): void {
  if (!maySpeak(ticket)) return;
  said = doing;
  saidOf = ticket;
  saidAt = Date.now();
  // Nothing depends on it: what was not heard is said again.
  void post(`/api/tickets/${String(ticket)}/here`, { doing }).catch(() => null);
}

/** One writes there: told only where somebody else is to hear it. */
export function write(ticket: number, writes: boolean): void {
  if (writes ? others.peek().length : saidOf === ticket && said === "writes") beThere(ticket, writes ? "writes" : "reads");
}

/** Stay in a conversation until told to stop: say so again while somebody else is there. */
export function stay(ticket: number): () => void {
  const look = () => {
    if (!document.hidden) beThere(ticket, "reads");
    else if (saidOf === ticket) beThere(ticket, "left");
  };
  const settled = setTimeout(look, SETTLED_MS);
  const timer = setInterval(() => {
    if (said !== "left" && others.peek().length && Date.now() - saidAt >= AGAIN_MS) tell(ticket, said);
  }, AGAIN_MS / 4);
  document.addEventListener("visibilitychange", look);
  return () => {
    clearTimeout(settled);
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
    if (saidOf === ticket) beThere(ticket, "left");
  };
}

/** Whose conversation is a colleague's now may say nothing there, not even that one is gone. */
function maySpeak(id: number): boolean {
  const holder = ticketOf(id)?.peek().agent;
  return handedOver.peek() !== id && (seesAll.peek() || holder === null || holder?.id === me.peek()?.id);
}

/** It changed hands: who is still there says so again. */
export function forgetReaders(ticket: number): void {
  known.value = new Map([...known.peek()].filter(([, one]) => one.id !== ticket));
}

export function clearReaders(): void {
  known.value = new Map();
  saidOf = null;
  said = "left";
}
