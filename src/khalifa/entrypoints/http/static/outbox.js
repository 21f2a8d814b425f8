// Replies on their way to the server: kept in the browser until the server has them, sent once.

import { Away, newKey, post, Refused } from "./api.js";

const RETRY_MS = 5000;

/**
 * `changed` is told of every change of a ticket's replies, `stored` of each
 * reply the server has taken, as a message; `signedOut` when nobody is signed in.
 */
export class Outbox {
  constructor(agentId, hears) {
    this.place = `khalifa.outbox.${agentId}`;
    this.hears = hears;
    this.sending = new Set();
    this.replies = recall(this.place);
    this.ends = new AbortController();
    addEventListener("beforeunload", (event) => { if (this.waiting) event.preventDefault(); }, { signal: this.ends.signal });
  }

  /** Send no more: what waits is this agent's, and the next one here is another. */
  end() {
    this.ends.abort();
  }

  get waiting() {
    return this.replies.filter((reply) => !reply.error).length;
  }

  of(ticket) {
    return this.replies.filter((reply) => reply.ticket === ticket);
  }

  add(ticket, text) {
    this.replies.push({ key: newKey(), ticket, text, at: Date.now(), error: null, seen: null });
    this.note(ticket);
    this.send(ticket);
  }

  drop(key) {
    const reply = this.replies.find((one) => one.key === key);
    if (!reply) return;
    this.replies = this.replies.filter((one) => one !== reply);
    this.note(reply.ticket);
  }

  /** Say again what was refused: a new press, a new key. */
  again(key) {
    const reply = this.replies.find((one) => one.key === key);
    this.drop(key);
    if (reply) this.add(reply.ticket, reply.text);
  }

  /** Send whatever waits, of every conversation. */
  resume() {
    for (const ticket of new Set(this.replies.map((reply) => reply.ticket))) this.send(ticket);
  }

  /**
   * Take note that *message* is on file: the live connection may tell it before
   * the server's answer does, and it must not be shown twice.
   */
  recognise(message) {
    if (this.replies.some((reply) => reply.seen === message.id)) return;
    const reply = this.of(message.ticket_id).find((one) => !one.error && one.seen === null && one.text === message.text);
    if (!reply || Date.parse(message.stored_at) < reply.at - 60000) return;
    reply.seen = message.id;
  }

  /** Send a conversation's replies one after the other: they arrive as they were typed. */
  async send(ticket) {
    if (this.sending.has(ticket) || this.ends.signal.aborted) return;
    this.sending.add(ticket);
    try {
      for (;;) {
        const reply = this.of(ticket).find((one) => !one.error);
        if (!reply || this.ends.signal.aborted) return;
        const message = await post(`/api/tickets/${ticket}/messages`, { text: reply.text }, { "Idempotency-Key": reply.key });
        this.hears.stored(message);
        this.drop(reply.key);
      }
    } catch (error) {
      this.failed(ticket, error);
    } finally {
      this.sending.delete(ticket);
    }
  }

  failed(ticket, error) {
    if (error instanceof Refused && error.status === 401) {
      this.hears.signedOut();
    } else if (error instanceof Refused && error.status !== 429) {
      const reply = this.of(ticket).find((one) => !one.error);
      if (reply) reply.error = { kind: error.kind, words: error.message };
      this.note(ticket);
      setTimeout(() => this.send(ticket));
    } else if (error instanceof Away || error instanceof Refused) {
      setTimeout(() => this.send(ticket), Math.max(RETRY_MS, (error.retryAfter ?? 0) * 1000));
    } else {
      throw error;
    }
  }

  note(ticket) {
    try {
      localStorage.setItem(this.place, JSON.stringify(this.replies.map((reply) => ({ ...reply, seen: null }))));
    } catch {
      // Then it is kept only while the page is open.
    }
    this.hears.changed(ticket);
  }
}

function recall(place) {
  try {
    return JSON.parse(localStorage.getItem(place)) ?? [];
  } catch {
    return [];
  }
}
