// The customers' phones that are played: what is on them, and what goes wrong with them.

import { signal } from "@preact/signals";

import { get, post, Refused } from "../api/client";
import type { Message } from "../api/types";
import { keep, recall } from "../store/settings";
import { showProblem } from "../store/toast";

export interface PlayedPhone {
  phone: string;
  name: string | null;
}

export interface Scenario {
  refuse_next: boolean;
  no_answer: boolean;
  late_receipts: boolean;
}

export interface ScreenMessage {
  id: string;
  from_us: boolean;
  kind: Message["kind"];
  text: string | null;
  content: Message["content"];
  /** The id of the message on this phone that it answers. */
  reply_to: string | null;
  reactions: string[];
  at: string;
  status: string | null;
}

const PLACE = "khalifa.sandbox.phones";
const LOOK_MS = 700;

export const phones = signal<PlayedPhone[]>([]);
export const scenario = signal<Scenario | null>(null);
export const current = signal<string | null>(null);
export const screen = signal<ScreenMessage[]>([]);
export const refused = signal(false);
/** Whether the customer is shown that somebody types. */
export const typing = signal(false);

/** Look at the phone in front, and at which there are. */
export async function look(): Promise<void> {
  try {
    const list = await get<{ items: PlayedPhone[]; scenario: Scenario }>("/api/sandbox/phones");
    refused.value = false;
    const added = recall<PlayedPhone[]>(PLACE, []).filter((one) => !list.items.some((other) => other.phone === one.phone));
    const next = [...list.items, ...added];
    if (JSON.stringify(next) !== JSON.stringify(phones.peek())) phones.value = next;
    if (JSON.stringify(list.scenario) !== JSON.stringify(scenario.peek())) scenario.value = list.scenario;
    current.value ??= next[0]?.phone ?? null;
    await lookAtScreen();
  } catch (error) {
    refused.value = error instanceof Refused && error.status === 401;
  }
}

async function lookAtScreen(): Promise<void> {
  const phone = current.peek();
  // Looking at a phone reads it: only while somebody does.
  if (phone === null || document.hidden) return;
  const { items, typing: types } = await get<{ items: ScreenMessage[]; typing: boolean }>(`/api/sandbox/phones/${phone}/messages`);
  if (current.peek() !== phone) return;
  typing.value = types;
  if (JSON.stringify(items) !== JSON.stringify(screen.peek())) screen.value = items;
}

export function watch(): () => void {
  void look();
  const timer = setInterval(() => void look(), LOOK_MS);
  return () => { clearInterval(timer); };
}

export function choose(phone: string): void {
  current.value = phone;
  answering.value = null;
  screen.value = [];
  void look();
}

export function add(phone: string, name: string): void {
  const digits = phone.replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x0660)).replace(/\D/g, "").replace(/^0(?=1)/, "20");
  if (!digits) return;
  keep(PLACE, [...recall<PlayedPhone[]>(PLACE, []).filter((one) => one.phone !== digits), { phone: digits, name }]);
  choose(digits);
}

/** The message on this phone that the next text answers. */
export const answering = signal<ScreenMessage | null>(null);

/** What a customer can say beside texts and files. */
export interface Said {
  kind: "location" | "contacts" | "reaction" | "revoke";
  content: Record<string, unknown>;
}

export async function write(text: string, more: Partial<Said> = {}): Promise<void> {
  const phone = current.peek();
  if (phone === null) return;
  const name = phones.peek().find((one) => one.phone === phone)?.name ?? phone;
  const quoted = more.kind ? null : answering.peek();
  if (!more.kind) answering.value = null;
  try {
    await post(`/api/sandbox/phones/${phone}/messages`, { name, text, ...more, ...(quoted ? { reply_to: quoted.id } : {}) });
    await look();
  } catch (error) {
    showProblem(error);
  }
}

/** Send a file from the phone in front. */
export async function sendFile(file: Blob, filename: string, kind: string, text = ""): Promise<void> {
  const phone = current.peek();
  if (phone === null) return;
  const form = new FormData();
  form.append("name", phones.peek().find((one) => one.phone === phone)?.name ?? phone);
  form.append("text", text);
  form.append("kind", kind);
  form.append("file", file, filename);
  try {
    await post(`/api/sandbox/phones/${phone}/files`, form);
    await look();
  } catch (error) {
    showProblem(error);
  }
}

export async function play(change: Partial<Scenario>): Promise<void> {
  try {
    scenario.value = await post<Scenario>("/api/sandbox/scenario", change);
  } catch (error) {
    showProblem(error);
  }
}
