// Looking for something that was said: beside what is on this desk, what the server finds.

import { signal } from "@preact/signals";

import { get, Refused } from "../api/client";
import type { Found } from "../api/types";
import { showProblem } from "./toast";

const PAUSE_MS = 250;
const FEWEST = 2;
// So many looks further back one word is worth without being asked.
const MOST_LOOKS = 8;
const ENOUGH = 20;

export interface Results {
  wanted: string;
  customers: Found["customers"];
  messages: Found["messages"];
  next: string | null;
  until: string | null;
  busy: boolean;
}

/** What was found so far; null while nobody looks for anything. */
export const results = signal<Results | null>(null);

let timer = 0;

/** Look for *text* once one stops typing; what was found before stays until then. */
export function lookFor(text: string): void {
  clearTimeout(timer);
  const wanted = text.trim();
  if (wanted.length < FEWEST) {
    results.value = null;
    return;
  }
  if (!results.peek()) results.value = { wanted, customers: [], messages: [], next: null, until: null, busy: true };
  timer = window.setTimeout(() => void look(wanted), PAUSE_MS);
}

async function look(wanted: string): Promise<void> {
  results.value = { customers: [], messages: [], next: "", until: null, ...(results.peek() ?? {}), wanted, busy: true };
  await further(wanted, "", MOST_LOOKS);
}

/** Look further back than before. */
export function lookOn(): void {
  const known = results.peek();
  if (!known?.next || known.busy) return;
  results.value = { ...known, busy: true };
  void further(known.wanted, known.next, 1);
}

async function further(wanted: string, cursor: string, looks: number): Promise<void> {
  try {
    const found = await get<Found>(`/api/search?query=${encodeURIComponent(wanted)}&cursor=${encodeURIComponent(cursor)}`);
    const known = results.peek();
    // Something else is looked for by now.
    if (known?.wanted !== wanted) return;
    const messages = cursor ? [...known.messages, ...found.messages] : found.messages;
    const goesOn = found.next_cursor !== null && found.searched_until !== null && messages.length < ENOUGH && looks > 1;
    results.value = { wanted, customers: cursor ? known.customers : found.customers, messages, next: found.next_cursor, until: found.searched_until, busy: goesOn };
    if (goesOn && found.next_cursor !== null) await further(wanted, found.next_cursor, looks - 1);
  } catch (error) {
    const known = results.peek();
    if (known?.wanted === wanted) results.value = { ...known, busy: false };
    // Punctuation alone is no mistake: nothing is found.
    if (!(error instanceof Refused && error.kind === "invalid-search")) showProblem(error);
  }
}
