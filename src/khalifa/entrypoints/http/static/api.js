// Asking the server, and knowing its clock.

/** The server answered no. `kind` is the problem's slug, `retryAfter` in seconds. */
export class Refused extends Error {
  constructor(status, problem, retryAfter) {
    super(problem?.detail ?? problem?.title ?? String(status));
    this.status = status;
    this.kind = /#([\w-]+)$/.exec(problem?.type ?? "")?.[1] ?? "";
    this.retryAfter = retryAfter;
  }
}

/** No answer came, or none that is the server's own. */
export class Away extends Error {}

let ahead = 0;

/** What time it is at the server, in milliseconds. */
export function serverNow() {
  return Date.now() + ahead;
}

function learnTime(response) {
  const said = Date.parse(response.headers.get("Date") ?? "");
  // The header has whole seconds: only a clock that is plainly off is corrected.
  if (!Number.isNaN(said)) ahead = Math.abs(said - Date.now()) > 2000 ? said - Date.now() : 0;
}

export async function call(method, path, body, headers = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? headers : { ...headers, "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      signal: AbortSignal.timeout(20000),
    });
  } catch {
    throw new Away();
  }
  learnTime(response);
  const answer = await read(response);
  if (response.ok) return answer;
  if (response.status >= 500 && response.status !== 501) throw new Away();
  throw new Refused(response.status, answer, Number(response.headers.get("Retry-After")) || 0);
}

async function read(response) {
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch {
    if (response.ok) throw new Away();
    return null;
  }
}

export const get = (path) => call("GET", path);
export const post = (path, body, headers) => call("POST", path, body, headers);

/** A random key: what is sent twice under one is one thing. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
