// Replies on their way to the server: on screen at once, kept until the server has them, sent once.

import { computed, signal } from "@preact/signals";

import { Away, call, newKey, post, Refused, serverNow } from "../api/client";
import type { Message, NewMessage, UploadedMedia } from "../api/types";
import { sessionEnded } from "./session";
import { learnMessage, thread } from "./threads";
import { dropOne, everyKept, keepOne } from "./outbox_store";

const RETRY_MS = 5000;
// So long a conversation that is closed or given away waits for what was said in it.
const SAID_WITHIN_MS = 5000;

export interface Attached {
  blob: Blob;
  name: string;
}

export interface Outgoing {
  key: string;
  agent: number;
  ticket: number;
  at: number;
  /** Place in the order of typing, among those of one moment too. */
  turn: number;
  body: NewMessage;
  file?: Attached;
  error?: { kind: string; words: string; wordsAr: string };
}

/** Everything that waits, in the order it was typed. */
export const outbox = signal<Outgoing[]>([]);
export const unsent = computed(() => outbox.value.filter((one) => !one.error).length);

const sending = new Set<number>();
const abandoned = new Set<string>();
let agentId: number | null = null;
let turn = 0;

/** Take up what this agent left here, and send it. */
export async function openOutbox(agent: number): Promise<void> {
  agentId = agent;
  const kept = (await everyKept<Outgoing>()).filter((one) => one.agent === agent);
  const here = new Set(outbox.peek().map((one) => one.key));
  outbox.value = asTyped([...outbox.peek(), ...kept.filter((one) => !here.has(one.key))]);
  resume();
}

function asTyped(some: Outgoing[]): Outgoing[] {
  return some.sort((one, other) => one.at - other.at || one.turn - other.turn);
}

export function closeOutbox(): void {
  agentId = null;
  outbox.value = [];
}

export function send(ticket: number, body: NewMessage, file?: Attached): void {
  if (agentId === null) return;
  turn += 1;
  const one: Outgoing = { key: newKey(), agent: agentId, ticket, at: serverNow(), turn, body, ...(file ? { file } : {}) };
  outbox.value = [...outbox.peek(), one];
  void keepOne(one).then(() => deliver(ticket));
}

export function drop(key: string): void {
  abandoned.add(key);
  outbox.value = outbox.peek().filter((one) => one.key !== key);
  void dropOne(key);
}

/** Take back that it was dropped: it stands there again, refused as it was. */
export function putBack(one: Outgoing): void {
  abandoned.delete(one.key);
  outbox.value = asTyped([...outbox.peek(), one]);
  void keepOne(one);
}

/** Delete a message that the server could not send. */
export async function discardMessage(id: number): Promise<void> {
  hearMessage(await call<Message>("DELETE", `/api/messages/${String(id)}`));
}

/** Say again what was refused: a new press, a new key. */
export function again(key: string): void {
  const one = outbox.peek().find((other) => other.key === key);
  drop(key);
  if (one) send(one.ticket, one.body, one.file);
}

/** The server has it: what was shown in its place goes. */
export function settle(message: Message): void {
  const key = message.idempotency_key;
  if (key && outbox.peek().some((one) => one.key === key)) drop(key);
}

/** Send whatever waits, of every conversation. */
export function resume(): void {
  for (const ticket of new Set(outbox.peek().map((one) => one.ticket))) void deliver(ticket);
}

/** Wait until the server has what was said in a conversation, a few seconds at most. */
export async function allSaid(ticket: number): Promise<void> {
  const said = computed(() => !outbox.value.some((one) => one.ticket === ticket && !one.error));
  let stop = (): void => undefined;
  await new Promise<void>((resolve) => {
    setTimeout(resolve, SAID_WITHIN_MS);
    stop = said.subscribe((now) => { if (now) resolve(); });
  });
  stop();
}

function first(ticket: number): Outgoing | undefined {
  return outbox.peek().find((one) => one.ticket === ticket && !one.error);
}

/** Send a conversation's replies one after the other: they arrive as they were typed. */
async function deliver(ticket: number): Promise<void> {
  if (sending.has(ticket)) return;
  sending.add(ticket);
  try {
    for (let one = first(ticket); one && agentId === one.agent; one = first(ticket)) {
      if (await deliverOne(one)) continue;
      setTimeout(() => void deliver(ticket), RETRY_MS);
      return;
    }
  } finally {
    sending.delete(ticket);
  }
}

/** Return whether its fate is known: the server has it, or will not have it. */
async function deliverOne(one: Outgoing): Promise<boolean> {
  try {
    const body = one.file ? await uploaded(one) : one.body;
    if (abandoned.has(one.key)) return true;
    const message = await post<Message>(`/api/tickets/${String(one.ticket)}/messages`, body, { "Idempotency-Key": one.key });
    thread(one.ticket).learn([message]);
    drop(one.key);
    return true;
  } catch (error) {
    if (error instanceof Away) return false;
    if (!(error instanceof Refused)) throw error;
    if (error.status === 401) {
      sessionEnded();
      return false;
    }
    if (error.status === 429) return false;
    refuse(one.key, error);
    return true;
  }
}

/** The message with its file on the server; what is there already is not sent twice. */
async function uploaded(one: Outgoing): Promise<NewMessage> {
  const body = one.file ? await withFile(one.body, one.file, one.ticket) : one.body;
  if (body !== one.body) change(one.key, { body });
  return body;
}

/** Upload a message's file, unless that was done: it is the message itself, or above a template. */
export async function withFile(body: NewMessage, file: Attached, ticket?: number): Promise<NewMessage> {
  const header = body.template?.header;
  if (body.media_id || header?.media_id) return body;
  const form = new FormData();
  form.append("kind", header?.type ?? body.kind ?? "document");
  form.append("file", file.blob, file.name);
  const { id } = await post<UploadedMedia>(ticket === undefined ? "/api/media" : `/api/media?ticket=${String(ticket)}`, form);
  if (!body.template || !header) return { ...body, media_id: id };
  return { ...body, template: { ...body.template, header: { ...header, media_id: id } } };
}

function refuse(key: string, error: Refused): void {
  change(key, { error: { kind: error.kind, words: error.words("en"), wordsAr: error.words("ar") } });
}

function change(key: string, some: Partial<Outgoing>): void {
  outbox.value = outbox.peek().map((one) => (one.key === key ? { ...one, ...some } : one));
  const changed = outbox.peek().find((one) => one.key === key);
  if (changed) void keepOne(changed);
}

export function hearMessage(message: Message): void {
  learnMessage(message);
  settle(message);
}

addEventListener("beforeunload", (event) => {
  if (unsent.peek() > 0) event.preventDefault();
});
addEventListener("online", resume);
