// Asking the server, and knowing its clock.

import type { Problem } from "./types";

const PATIENCE_MS = 20_000;
const UPLOAD_PATIENCE_MS = 300_000;
// In characters: when a page is left, browsers carry on with 64 kB of all that is under way.
const KEPT_ALIVE = 2_000;

/** The server answered no. `kind` is the problem's slug, `retryAfter` in seconds. */
export class Refused extends Error {
  readonly kind: string;

  constructor(
    readonly status: number,
    readonly problem: Partial<Problem> | null,
    readonly retryAfter: number,
  ) {
    super(problem?.detail ?? problem?.title ?? String(status));
    this.kind = /#([\w-]+)$/.exec(problem?.type ?? "")?.[1] ?? "";
  }

  /** Why, in the words of who reads. */
  words(language: string): string {
    return (language === "ar" && this.problem?.detail_ar) || this.message;
  }
}

/** No answer came, or none that is the server's own. */
export class Away extends Error {}

let ahead = 0;

/** What time it is at the server, in milliseconds. */
export function serverNow(): number {
  return Date.now() + ahead;
}

function learnTime(response: Response): void {
  const said = Date.parse(response.headers.get("Date") ?? "");
  // The header has whole seconds: only a clock that is plainly off is corrected.
  if (!Number.isNaN(said)) ahead = Math.abs(said - Date.now()) > 2000 ? said - Date.now() : 0;
}

export async function call<T>(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<T> {
  const isForm = body instanceof FormData;
  const json = body === undefined || isForm ? "" : JSON.stringify(body);
  const request: RequestInit = {
    method,
    headers: body === undefined || isForm ? headers : { ...headers, "Content-Type": "application/json" },
    credentials: "same-origin",
    // What somebody did is done, also when they leave the page at once.
    keepalive: method !== "GET" && !isForm && json.length <= KEPT_ALIVE,
    signal: AbortSignal.timeout(isForm ? UPLOAD_PATIENCE_MS : PATIENCE_MS),
  };
  if (body !== undefined) request.body = isForm ? body : json;
  const response = await fetch(path, request).catch(() => {
    throw new Away();
  });
  learnTime(response);
  const answer = await read(response);
  if (response.ok) return answer as T;
  // 501 is an answer: the provider cannot. The rest from 500 on may be another the next time.
  if (response.status >= 500 && response.status !== 501) throw new Away();
  throw new Refused(response.status, answer as Problem | null, Number(response.headers.get("Retry-After")) || 0);
}

async function read(response: Response): Promise<unknown> {
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch {
    if (response.ok) throw new Away();
    return null;
  }
}

export const get = <T>(path: string): Promise<T> => call<T>("GET", path);
export const post = <T>(path: string, body?: unknown, headers?: Record<string, string>): Promise<T> =>
  call<T>("POST", path, body, headers);
export const remove = (path: string): Promise<null> => call<null>("DELETE", path);
export const patch = <T>(path: string, body: unknown): Promise<T> => call<T>("PATCH", path, body);

/** A random key: what is sent twice under one is one thing. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
