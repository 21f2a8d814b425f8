// The live connection: everything that changes, in order, also after it was lost.

import { signal } from "@preact/signals";

import type { Frame } from "../api/types";

const PAUSES = [1, 2, 4, 8, 15];
const SIGNED_OUT = 4401;
// What a browser says of a connection that ended without a word (RFC 6455, 7.4.1).
const GONE = 1006;
// A sleeping machine hears nothing of its connection's end.
const ASLEEP_MS = 40_000;

export interface Listener {
  frame(frame: Frame): void;
  /** What was missed is not known any more. */
  reload(): void;
  up(): void;
  signedOut(): void;
}

/** When the connection was lost, and when it is tried again. Null while it is up. */
export const lost = signal<{ since: number; retryAt: number } | null>(null);

let listener: Listener | null = null;
let socket: WebSocket | null = null;
let greeted = false;
let cursor: string | null = null;
let failures = 0;
let timer = 0;
let lastBeat = Date.now();

export function start(from: string | null, hears: Listener): void {
  stop();
  listener = hears;
  cursor = from;
  failures = 0;
  connect();
}

export function stop(): void {
  listener = null;
  clearTimeout(timer);
  socket?.close();
  socket = null;
  greeted = false;
  lost.value = null;
}

/** Try at once, and forget how often it failed. */
export function tryNow(): void {
  if (!listener || greeted) return;
  failures = 0;
  connect();
}

function connect(): void {
  clearTimeout(timer);
  socket?.close();
  const url = new URL("/api/live", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (cursor) url.searchParams.set("since", cursor);
  const mine = new WebSocket(url);
  socket = mine;
  greeted = false;
  mine.addEventListener("message", (event) => {
    if (socket === mine) hear(JSON.parse(event.data as string) as Frame);
  });
  mine.addEventListener("close", (event) => {
    if (socket === mine) lose(event.code);
  });
}

function hear(frame: Frame): void {
  // Without a cursor before, nobody knows what came between the lists and this.
  const unsure = cursor === null;
  cursor = frame.cursor;
  if (!greeted) {
    greeted = true;
    failures = 0;
    lost.value = null;
    listener?.up();
  }
  if (frame.type === "reload" || (frame.type === "hello" && unsure)) listener?.reload();
  else if (frame.type !== "hello") listener?.frame(frame);
}

function lose(code: number): void {
  socket = null;
  greeted = false;
  if (!listener) return;
  if (code === SIGNED_OUT) {
    listener.signedOut();
    return;
  }
  const pause = (PAUSES[Math.min(failures, PAUSES.length - 1)] ?? 1) * (0.8 + Math.random() * 0.4) * 1000;
  failures += 1;
  lost.value = { since: lost.peek()?.since ?? Date.now(), retryAt: Date.now() + pause };
  timer = window.setTimeout(connect, pause);
}

function drop(): void {
  const silent = socket;
  if (!silent) return;
  lose(GONE);
  silent.close();
}

addEventListener("online", tryNow);
// Not left to the connection: without a network its goodbye may never be heard.
addEventListener("offline", drop);
setInterval(() => {
  const slept = Date.now() - lastBeat > ASLEEP_MS;
  lastBeat = Date.now();
  if (slept && listener) {
    greeted = false;
    tryNow();
  }
}, 5000);
