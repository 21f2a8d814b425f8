// Who is signed in, and what they may do.

import { computed, signal } from "@preact/signals";

import { get, post, Refused } from "../api/client";
import type { Agent, Me, Presence, ProviderStatus } from "../api/types";
import { keep, recall, settingsOf } from "./settings";
import { t } from "../words/words";
import { show, showProblem } from "./toast";

/** Undefined while nobody knows yet, null when nobody is signed in. */
export const me = signal<Me | null | undefined>(undefined);
/** Why one has to sign in again. */
export const endedBy = signal<"ended" | null>(null);
export const provider = signal<ProviderStatus | null>(null);
export const isAdmin = computed(() => me.value?.role === "admin");
/** Whether all conversations are to be seen, and not only own ones. */
export const seesAll = computed(() => me.value?.sees_all ?? false);

const capabilities = computed(() => new Set(me.value?.capabilities ?? []));

/** Say whether the active provider can do it; what it cannot is offered to nobody. */
export function can(what: string): boolean {
  return capabilities.value.has(what);
}

/** Whether this browser was signed in when it was last here: else nobody need ask. */
const HINT = "khalifa.signedIn";

export async function readMe(): Promise<Me | null> {
  if (!recall(HINT, false)) {
    me.value = null;
    return null;
  }
  try {
    const mine = await get<Me>("/api/me");
    settingsOf(mine.id);
    me.value = mine;
  } catch (error) {
    if (!(error instanceof Refused && error.status === 401)) throw error;
    keep(HINT, null);
    me.value = null;
  }
  return me.value;
}

/** Sign in; `code` where two-step sign-in asks for one. */
export async function signIn(name: string, password: string, code: string | null): Promise<void> {
  await post("/api/auth/login", { name, password, code });
  endedBy.value = null;
  keep(HINT, true);
  await readMe();
}

export async function signOut(): Promise<void> {
  await post("/api/auth/logout").catch(() => null);
  keep(HINT, null);
  settingsOf(null);
  me.value = null;
}

export function sessionEnded(): void {
  if (me.peek()) endedBy.value = "ended";
  settingsOf(null);
  me.value = null;
}

/** Take note of what an agent became; others' matter to nobody here. */
export function learnAgent(agent: Agent): void {
  const mine = me.peek();
  if (mine?.id !== agent.id || agent.version < mine.version) return;
  // Every session has ended with it.
  if (agent.disabled) sessionEnded();
  else me.value = { ...mine, ...agent };
}

export async function setPresence(presence: Presence): Promise<void> {
  const before = me.peek()?.presence;
  try {
    learnAgent(await post<Agent>("/api/agents/me/presence", { presence }));
    if (presence === "break" && before) show(t("presence.onBreak"), () => void setPresence(before));
  } catch (error) {
    showProblem(error);
  }
}

export async function readProvider(): Promise<void> {
  provider.value = await get<ProviderStatus>("/api/whatsapp/status").catch(() => provider.peek());
}
