// One short word at the bottom, with a way back where there is one.

import { signal } from "@preact/signals";

import { Away, Refused } from "../api/client";
import { t } from "../words/words";
import { settings } from "./settings";

export interface Toast {
  words: string;
  undo?: () => void;
  isProblem?: true;
}

const SHOWN_MS = 6000;

export const toast = signal<Toast | null>(null);
let timer = 0;

export function show(words: string, undo?: () => void): void {
  put(undo ? { words, undo } : { words });
}

/** Say that something did not go as it was meant. */
export function warn(words: string): void {
  put({ words, isProblem: true });
}

function put(next: Toast): void {
  clearTimeout(timer);
  toast.value = next;
  timer = window.setTimeout(() => {
    toast.value = null;
  }, SHOWN_MS);
}

export function undoLast(): void {
  const last = toast.peek();
  toast.value = null;
  last?.undo?.();
}

/** Say what went wrong, in words. */
export function showProblem(error: unknown): void {
  warn(problemWords(error));
}

/** What went wrong, in words; what is nobody's answer is thrown on. */
export function problemWords(error: unknown): string {
  if (error instanceof Refused) return error.words(settings.peek().language);
  if (error instanceof Away) return t("error.away");
  throw error;
}
