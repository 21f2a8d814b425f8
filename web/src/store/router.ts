// Where one is: the part after # in the address, so that back and forward work.

import { computed, signal } from "@preact/signals";

export type View = "inbox" | "board" | "figures" | "team" | "provider" | "settings";

const VIEWS: readonly View[] = ["inbox", "board", "figures", "team", "provider", "settings"];

const hash = signal(location.hash);
addEventListener("hashchange", () => {
  hash.value = location.hash;
});

export const view = computed<View>(() => {
  const first = hash.value.replace(/^#\/?/, "").split("/")[0];
  return VIEWS.find((one) => one === first) ?? "inbox";
});

/** What of a page: the second part of its address, "" for its first. */
export const section = computed<string>(() => hash.value.replace(/^#\/?/, "").split("/")[1] ?? "");

/** The conversation that is open. */
export const openId = computed<number | null>(() => Number(/^#\/inbox\/(\d+)$/.exec(hash.value)?.[1]) || null);

export function pathOf(ticketId: number): string {
  return `#/inbox/${String(ticketId)}`;
}

export function go(path: string): void {
  if (location.hash !== path) location.hash = path;
  // At once, not with the event: the screen answers the key.
  hash.value = path;
}
