// What was begun and not sent, by conversation; kept in this browser, through sign-out too.

import { signal } from "@preact/signals";

import { keep, recall } from "./settings";

const PLACE = "khalifa.drafts";
const PAUSE_MS = 300;

export const drafts = signal<Record<number, string>>(recall(PLACE, {}));
/** What is to stand in a conversation's field again, after what stands there. */
export const regained = signal<{ ticket: number; text: string } | null>(null);
let timer = 0;

export function setDraft(ticketId: number, text: string): void {
  if ((drafts.peek()[ticketId] ?? "") === text) return;
  const next = { ...drafts.peek() };
  if (text.trim()) next[ticketId] = text;
  else Reflect.deleteProperty(next, ticketId);
  drafts.value = next;
  clearTimeout(timer);
  timer = window.setTimeout(keepDrafts, PAUSE_MS);
}

function keepDrafts(): void {
  keep(PLACE, drafts.peek());
}

addEventListener("pagehide", keepDrafts);
