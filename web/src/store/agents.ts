// The team, as far as one may know it.

import { signal } from "@preact/signals";

import { get, patch, post, remove } from "../api/client";
import type { Agent, AgentChange, Branch, Colleague, NewAgent, TeamMember } from "../api/types";
import { isAdmin } from "./session";

export const agents = signal<ReadonlyMap<number, Agent>>(new Map());
/** When somebody last signed in as each of them. */
export const signIns = signal<ReadonlyMap<number, string | null>>(new Map());
/** Whose two-step sign-in is on. */
export const twoSteps = signal<ReadonlySet<number>>(new Set());
/** Whom a conversation can be handed to. */
export const colleagues = signal<readonly Colleague[]>([]);

/** The shop's branches, by name. */
export const branches = signal<readonly Branch[]>([]);

export async function readBranches(): Promise<void> {
  branches.value = (await get<{ items: Branch[] }>("/api/branches")).items;
}

export function branchName(id: number | null): string | null {
  return branches.value.find((one) => one.id === id)?.name ?? null;
}

export async function addBranch(name: string): Promise<void> {
  await post("/api/branches", { name });
  await readBranches();
}

export async function renameBranch(id: number, name: string): Promise<void> {
  await patch(`/api/branches/${String(id)}`, { name });
  await readBranches();
}

export async function readColleagues(): Promise<void> {
  colleagues.value = (await get<{ items: Colleague[] }>("/api/colleagues")).items;
}

export async function readAgents(): Promise<void> {
  if (!isAdmin.peek()) return;
  const { items } = await get<{ items: TeamMember[] }>("/api/agents");
  signIns.value = new Map(items.map((one) => [one.id, one.last_signed_in_at]));
  twoSteps.value = new Set(items.filter((one) => one.two_step).map((one) => one.id));
  agents.value = new Map(items.map((one) => [one.id, one]));
}

export function hearAgent(agent: Agent): void {
  const known = agents.peek().get(agent.id);
  if (known && known.version > agent.version) return;
  if (isAdmin.peek()) agents.value = new Map([...agents.peek(), [agent.id, agent]]);
}

export async function addAgent(agent: NewAgent): Promise<void> {
  hearAgent(await post<Agent>("/api/agents", agent));
}

export async function changeAgent(id: number, change: AgentChange): Promise<void> {
  hearAgent(await patch<Agent>(`/api/agents/${String(id)}`, change));
}

export async function givePassword(id: number, password: string): Promise<void> {
  await post(`/api/agents/${String(id)}/password`, { password });
}

export async function switchTwoStepOff(id: number): Promise<void> {
  await remove(`/api/agents/${String(id)}/two-step`);
  await readAgents();
}

// Without letters and digits that look alike on a poor screen.
const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";
const GROUPS = 4;

/** A password for somebody else to type in: sixteen letters and digits in groups, at random. */
export function newPassword(): string {
  const letter = () => {
    const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
    // The last few values would make some letters likelier than others.
    return byte < LETTERS.length * Math.floor(256 / LETTERS.length) ? LETTERS[byte % LETTERS.length] : null;
  };
  const group = () => {
    let made = "";
    while (made.length < 4) made += letter() ?? "";
    return made;
  };
  return Array.from({ length: GROUPS }, group).join("-");
}
