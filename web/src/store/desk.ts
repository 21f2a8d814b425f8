// The desk at work: what it reads first, what it hears, what it does about both.

import { batch, computed, effect, signal, untracked } from "@preact/signals";

import { post } from "../api/client";
import type { Frame, Note, ProviderStatus, Ticket } from "../api/types";
import { t } from "../words/words";
import { hearAgent, readAgents } from "./agents";
import { notifyOf } from "./notify";
import { allSaid, closeOutbox, hearMessage, openOutbox, resume } from "./outbox";
import { openId } from "./router";
import { learnAgent, me, provider, readMe, readProvider, seesAll, sessionEnded } from "./session";
import { clearReaders, forgetReaders, handedOver, hearReader } from "./readers";
import { clearRoutes, readRoute } from "./routes";
import { showProblem, warn } from "./toast";
import * as live from "./live";
import * as tickets from "./tickets";
import { clearThreads, learnNote, rereadHistory, refresh, thread } from "./threads";

/** Wrong until the lists are here. */
export const problem = signal(false);

const AGAIN_MS = 3000;

/** Begin to work for whoever is signed in; ends with the sign-in. */
export function work(): void {
  // Of whom alone, not of what they are: a break is no reason to begin anew.
  const who = computed(() => me.value?.id);
  effect(() => {
    const agent = who.value;
    if (agent === undefined) return;
    untracked(() => void begin(agent));
    return end;
  });
}

async function begin(agent: number): Promise<void> {
  try {
    void readProvider();
    void readAgents().catch(() => null);
    const cursor = await readLists();
    if (me.peek()?.id !== agent) return;
    problem.value = false;
    live.start(cursor, { frame: hear, reload, up: resume, signedOut: sessionEnded });
    await openOutbox(agent);
  } catch {
    problem.value = true;
    setTimeout(() => {
      if (me.peek()?.id === agent) void begin(agent);
    }, AGAIN_MS);
  }
}

/** Read what is open; return from where on one hears what changes, of oneself, too. */
async function readLists(): Promise<string | null> {
  const cursor = me.peek()?.live_cursor ?? null;
  const later = await tickets.readActive();
  if (!seesAll.peek()) await tickets.readQueue();
  return cursor ?? later;
}

function end(): void {
  live.stop();
  closeOutbox();
  tickets.clear();
  clearThreads();
  clearRoutes();
  clearReaders();
}

function hear(frame: Frame): void {
  batch(() => {
    if (frame.type === "ticket.changed") hearTicket(frame.entity);
    else if (frame.type === "agent.changed") {
      learnAgent(frame.entity);
      hearAgent(frame.entity);
    }
    else if (frame.type === "provider.changed") hearProvider(frame.entity);
    else if (frame.type === "note.added") learnNote(frame.entity);
    else if (frame.type === "reader.changed") hearReader(frame.entity);
    else if (frame.type === "message.changed") {
      hearMessage(frame.entity);
      tickets.learnStatus(frame.entity);
      notifyOf(frame.entity);
    }
  });
}

function hearProvider(status: ProviderStatus): void {
  provider.value = status;
  // Another one can do other things.
  if (status.provider === me.peek()?.provider) return;
  void readMe().catch(() => null);
  const id = openId.peek();
  if (id !== null) void readRoute(id);
}

function hearTicket(ticket: Ticket): void {
  const mine = me.peek();
  // Given to somebody else: it is theirs now, and no more on an agent's desk.
  const isQueued = !ticket.agent && ticket.status !== "closed";
  if (!seesAll.peek() && ticket.agent?.id !== mine?.id && !isQueued) {
    if (openId.peek() === ticket.id && handedOver.peek() !== ticket.id) warn(t("ticket.gone"));
    tickets.forget(ticket.id, ticket.version);
  } else {
    learnTicket(ticket);
  }
}

function learnTicket(ticket: Ticket): void {
  const before = tickets.ticket(ticket.id)?.peek();
  tickets.learn(ticket);
  if (before && before.agent?.id !== ticket.agent?.id) forgetReaders(ticket.id);
  if (before && (before.agent?.id !== ticket.agent?.id || before.closed_at !== ticket.closed_at || before.status !== ticket.status)) rereadHistory(ticket.id);
}

async function reload(): Promise<void> {
  await Promise.all([readLists(), refresh(openId.peek()), readProvider()]).catch(() => null);
  resume();
}

/** Show a conversation's messages, and fetch the ticket where it is not in a list. */
export async function open(id: number): Promise<void> {
  const messages = thread(id);
  try {
    if (!tickets.ticket(id)) await tickets.readTicket(id);
    await Promise.all([messages.read(), messages.readHistory()]);
  } catch (error) {
    showProblem(error);
  }
}

export async function markRead(id: number): Promise<void> {
  const one = tickets.ticket(id)?.peek();
  if (!one?.unread || one.agent?.id !== me.peek()?.id) return;
  // Not counted as read by an administrator who looks in; see the API.
  tickets.learn({ ...one, unread: 0 });
  await mark(id, "read").catch(() => null);
}

/** Keep a conversation for later, as if one had not looked. */
export async function markUnread(id: number): Promise<void> {
  const one = tickets.ticket(id)?.peek();
  if (!one || one.unread || one.agent?.id !== me.peek()?.id) return;
  tickets.learn({ ...one, unread: 1 });
  try {
    await mark(id, "unread");
  } catch (error) {
    const now = tickets.ticket(id)?.peek();
    if (now) tickets.learn({ ...now, unread: 0 });
    showProblem(error);
  }
}

const marking = new Map<number, Promise<unknown>>();

/** One after the other: of reading and unreading, what was wanted last is what stands. */
async function mark(id: number, as: "read" | "unread"): Promise<void> {
  const before = marking.get(id) ?? Promise.resolve();
  const done = before.then(() => post<Ticket>(`/api/tickets/${String(id)}/${as}`));
  const settled = done.catch(() => null);
  marking.set(id, settled);
  try {
    tickets.learn(await done);
  } finally {
    if (marking.get(id) === settled) marking.delete(id);
  }
}

export async function closeTicket(id: number, reason: string): Promise<boolean> {
  try {
    await allSaid(id);
    learnTicket(await post<Ticket>(`/api/tickets/${String(id)}/close`, { reason }));
    return true;
  } catch (error) {
    showProblem(error);
    return false;
  }
}

/** Take what waits for somebody; of two who do, the second is told who was first. */
export async function take(id: number): Promise<boolean> {
  try {
    learnTicket(await post<Ticket>(`/api/tickets/${String(id)}/take`));
    return true;
  } catch (error) {
    showProblem(error);
    if (!seesAll.peek()) void tickets.readQueue().catch(() => null);
    return false;
  }
}

export async function assign(id: number, agentId: number | null): Promise<boolean> {
  try {
    learnTicket(await post<Ticket>(`/api/tickets/${String(id)}/assign`, { agent_id: agentId }));
    return true;
  } catch (error) {
    showProblem(error);
    return false;
  }
}

/** Hand a conversation to a colleague; an agent's desk has it no more then. */
export async function transfer(id: number, agentId: number, reason: string): Promise<boolean> {
  handedOver.value = id;
  try {
    await allSaid(id);
    hearTicket(await post<Ticket>(`/api/tickets/${String(id)}/transfer`, { agent_id: agentId, reason }));
    return true;
  } catch (error) {
    showProblem(error);
    return false;
  } finally {
    handedOver.value = null;
  }
}

export async function reopenTicket(id: number): Promise<void> {
  try {
    learnTicket(await post<Ticket>(`/api/tickets/${String(id)}/reopen`));
  } catch (error) {
    showProblem(error);
  }
}

/** Write a note that no customer sees. */
export async function saveNote(id: number, text: string): Promise<boolean> {
  try {
    learnNote(await post<Note>(`/api/tickets/${String(id)}/notes`, { text }));
    return true;
  } catch (error) {
    showProblem(error);
    return false;
  }
}
