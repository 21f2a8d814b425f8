// One short word at the bottom, with a way back where there is one.

import { signal } from "@preact/signals";

import { Away, Refused } from "../api/client";
import { t } from "../words/words";
import { settings } from "./settings";

export interface Toast {
  words: string;
  undo?: () => void;
}

const SHOWN_MS = 6000;

export const toast = signal<Toast | null>(null);
let timer = 0;

export function show(words: string, undo?: () => void): void {
  clearTimeout(timer);
  toast.value = undo ? { words, undo } : { words };
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
  if (error instanceof Refused) show(error.words(settings.peek().language));
  else if (error instanceof Away) show(t("error.away"));
  else throw error;
}
