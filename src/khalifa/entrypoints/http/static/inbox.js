// What is known of tickets and messages. The newest version of each counts, whoever told it.

import { get } from "./api.js";

const LIST = 200;
const PAGE = 50;

/** Holds the lists of one agent; `me` is who is signed in. */
export class Inbox {
  constructor(me) {
    this.me = me;
    this.tickets = new Map();
    this.conversations = new Map();
    this.next = { active: null, closed: null };
    this.heard = new Set();
    this.meanwhile = new Map();
  }

  /** Load a list anew: *status* is active or closed. What is heard meanwhile is newer than it. */
  async load(status) {
    this.heard.clear();
    const page = await get(`/api/tickets?status=${status}&limit=${status === "active" ? LIST : PAGE}`);
    this.next[status] = page.next_cursor;
    if (status === "active" && !page.next_cursor) this.forgetOthers(page.items);
    for (const ticket of page.items) this.take(ticket);
    return page;
  }

  async loadMore(status) {
    const cursor = encodeURIComponent(this.next[status]);
    const page = await get(`/api/tickets?status=${status}&limit=${PAGE}&cursor=${cursor}`);
    this.next[status] = page.next_cursor;
    for (const ticket of page.items) this.take(ticket);
  }

  /** What a full list does not name any more is closed, or somebody else's. */
  forgetOthers(tickets) {
    const named = new Set(tickets.map((ticket) => ticket.id));
    for (const [id, ticket] of this.tickets) if (ticket.status !== "closed" && !named.has(id) && !this.heard.has(id)) this.tickets.delete(id);
  }

  take(ticket) {
    this.heard.add(ticket.id);
    const known = this.tickets.get(ticket.id);
    if (!known || known.version <= ticket.version) this.tickets.set(ticket.id, ticket);
  }

  get isAdmin() {
    return this.me.role === "admin";
  }

  /** Whether this agent may see the ticket, as the server has it. */
  sees(ticket) {
    return this.isAdmin || ticket.agent?.id === this.me.id;
  }

  /** The tickets of one of the list's tabs. */
  shown(tab) {
    const belongs = {
      mine: (ticket) => ticket.status !== "closed" && ticket.agent?.id === this.me.id,
      all: (ticket) => ticket.status !== "closed",
      nobody: (ticket) => ticket.status !== "closed" && !ticket.agent,
      closed: (ticket) => ticket.status === "closed",
    }[tab];
    return [...this.tickets.values()].filter((ticket) => this.sees(ticket) && belongs(ticket));
  }

  messages(ticketId) {
    return this.conversations.get(ticketId)?.messages ?? [];
  }

  isLoaded(ticketId) {
    return this.conversations.has(ticketId);
  }

  /** Load the newest page of a conversation; what comes meanwhile is taken in after it. */
  async loadMessages(ticketId) {
    const came = this.meanwhile.get(ticketId) ?? [];
    this.meanwhile.set(ticketId, came);
    const page = await get(`/api/tickets/${ticketId}/messages?limit=${PAGE}`);
    this.conversations.set(ticketId, { messages: page.items, next: page.next_cursor });
    this.meanwhile.delete(ticketId);
    for (const message of came) this.takeMessage(message);
  }

  /** Load the page before the oldest message; say whether there was one. */
  async loadOlder(ticketId) {
    const conversation = this.conversations.get(ticketId);
    if (!conversation?.next || conversation.loading) return false;
    conversation.loading = true;
    try {
      const page = await get(`/api/tickets/${ticketId}/messages?limit=${PAGE}&cursor=${encodeURIComponent(conversation.next)}`);
      const known = new Set(conversation.messages.map((message) => message.id));
      conversation.messages = [...page.items.filter((message) => !known.has(message.id)), ...conversation.messages];
      conversation.next = page.next_cursor;
      return true;
    } finally {
      conversation.loading = false;
    }
  }

  /** Take a message in where it belongs; say whether it was not known before. */
  takeMessage(message) {
    this.meanwhile.get(message.ticket_id)?.push(message);
    const conversation = this.conversations.get(message.ticket_id);
    if (!conversation) return false;
    const { messages } = conversation;
    const place = messages.findIndex((one) => one.id === message.id);
    if (place >= 0) {
      if (messages[place].version <= message.version) messages[place] = message;
      return false;
    }
    const at = Date.parse(message.sent_at);
    const before = messages.findLastIndex((one) => Date.parse(one.sent_at) <= at);
    // Older than all that is shown: it comes with its page.
    if (before < 0 && conversation.next) return false;
    messages.splice(before + 1, 0, message);
    return true;
  }

  /** Forget the conversations: what was missed of them is not known. */
  forgetMessages() {
    this.conversations.clear();
  }
}
