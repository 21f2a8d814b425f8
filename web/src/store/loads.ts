// How many open conversations each agent holds, counted from what is on this desk.

import { computed } from "@preact/signals";

import { openTickets } from "./tickets";

export const loads = computed(() => {
  const held = new Map<number, number>();
  for (const one of openTickets.value) {
    if (one.agent) held.set(one.agent.id, (held.get(one.agent.id) ?? 0) + 1);
  }
  return held;
});
