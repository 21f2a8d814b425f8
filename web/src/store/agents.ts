// The team, as far as one may know it.

import { signal } from "@preact/signals";

import { get } from "../api/client";
import type { Agent, Colleague } from "../api/types";
import { isAdmin } from "./session";

export const agents = signal<ReadonlyMap<number, Agent>>(new Map());
/** Whom a conversation can be handed to. */
export const colleagues = signal<readonly Colleague[]>([]);

export async function readColleagues(): Promise<void> {
  colleagues.value = (await get<{ items: Colleague[] }>("/api/colleagues")).items;
}

export async function readAgents(): Promise<void> {
  if (!isAdmin.peek()) return;
  const { items } = await get<{ items: Agent[] }>("/api/agents");
  agents.value = new Map(items.map((one) => [one.id, one]));
}

export function hearAgent(agent: Agent): void {
  const known = agents.peek().get(agent.id);
  if (known && known.version > agent.version) return;
  if (isAdmin.peek()) agents.value = new Map([...agents.peek(), [agent.id, agent]]);
}
