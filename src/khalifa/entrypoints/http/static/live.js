// The live connection: everything that changes, in order, also after it was lost.

const PAUSES = [1, 2, 4, 8, 15];
const SIGNED_OUT = 4401;

/**
 * Tells `frame` each event, `reload` when what was missed is not known any
 * more, `up` and `down` how it stands, `signedOut` when nobody is signed in.
 */
export class Live {
  constructor(hears) {
    this.hears = hears;
    this.cursor = null;
    this.failures = 0;
    this.retryAt = 0;
    this.timer = null;
    this.socket = null;
    this.stopped = true;
  }

  get isUp() {
    return this.socket?.greeted === true;
  }

  start(cursor) {
    this.cursor = cursor;
    this.stopped = false;
    this.failures = 0;
    this.ends = new AbortController();
    addEventListener("online", () => this.tryNow(), { signal: this.ends.signal });
    addEventListener("offline", () => this.socket?.close(), { signal: this.ends.signal });
    this.connect();
  }

  stop() {
    this.stopped = true;
    this.ends?.abort();
    clearTimeout(this.timer);
    this.socket?.close();
    this.socket = null;
  }

  tryNow() {
    if (this.stopped || this.isUp) return;
    this.failures = 0;
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    this.socket?.close();
    const url = new URL("/api/live", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    if (this.cursor) url.searchParams.set("since", this.cursor);
    const socket = new WebSocket(url);
    this.socket = socket;
    const isCurrent = () => this.socket === socket;
    socket.addEventListener("message", (event) => { if (isCurrent()) this.hear(JSON.parse(event.data)); });
    socket.addEventListener("close", (event) => { if (isCurrent()) this.lost(event.code); });
  }

  hear(frame) {
    // Without a cursor before, nobody knows what came between the lists and this.
    const unsure = this.cursor === null;
    this.cursor = frame.cursor ?? this.cursor;
    if (!this.isUp) {
      this.socket.greeted = true;
      this.failures = 0;
      this.hears.up();
    }
    if (frame.type === "reload" || (frame.type === "hello" && unsure)) this.hears.reload();
    else if (frame.type !== "hello") this.hears.frame(frame);
  }

  lost(code) {
    this.socket = null;
    if (this.stopped) return;
    if (code === SIGNED_OUT) {
      this.hears.signedOut();
      return;
    }
    const pause = PAUSES[Math.min(this.failures, PAUSES.length - 1)] * (0.8 + Math.random() * 0.4);
    this.failures += 1;
    this.retryAt = Date.now() + pause * 1000;
    this.timer = setTimeout(() => this.connect(), pause * 1000);
    this.hears.down();
  }
}
