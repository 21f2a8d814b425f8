// What the live board shows that is not on the desk already: the traffic, and today's first replies.

import { signal } from "@preact/signals";

import { get, serverNow } from "../api/client";
import type { Board } from "../api/types";
import { lastDays, readFigures, type Compared } from "./figures";

const AGAIN_MS = 15_000;
// Figures of whole days change slowly, and cost more to count.
const FIGURES_EVERY = 4;

export const board = signal<Board | null>(null);
export const today = signal<Compared | null>(null);

/** Look now and again until told to stop. What goes wrong is tried again with the next look. */
export function watchBoard(branch: number | null): () => void {
  let looks = 0;
  const look = () => {
    if (document.hidden) return;
    void get<Board>("/api/board").then((found) => { board.value = found; }, () => null);
    if (looks % FIGURES_EVERY === 0) {
      const read = async () => { today.value = await readFigures(await lastDays(1, serverNow()), branch); };
      read().catch(() => null);
    }
    looks += 1;
  };
  look();
  const timer = setInterval(look, AGAIN_MS);
  return () => { clearInterval(timer); };
}
