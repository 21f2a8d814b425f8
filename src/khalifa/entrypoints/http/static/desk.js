// The agents' desk: who waits, what was said, and the next reply.

import { get, post, Refused, serverNow } from "./api.js";
import { askReason, Conversation } from "./conversation.js";
import { h, icon, mark, reconcile } from "./dom.js";
import { initial } from "./format.js";
import { Inbox } from "./inbox.js";
import { Live } from "./live.js";
import { showLogin } from "./login.js";
import { Outbox } from "./outbox.js";
import { inOrder, nameOf, showTickets } from "./tickets.js";
import { switchLanguage, t } from "./words.js";

const OFFLINE_AFTER_MS = 2000;
const STILL_MS = 3000;
const TOAST_MS = 6000;
const RELOAD_MS = 3000;
const DRAFT_MS = 300;
const wide = matchMedia("(min-width: 721px)");

class Desk {
  constructor(me) {
    this.me = me;
    this.inbox = new Inbox(me);
    this.tabs = this.inbox.isAdmin ? ["all", "mine", "nobody", "closed"] : ["mine", "closed"];
    this.tab = this.tabs[0];
    this.openId = null;
    this.drafts = new Drafts(me.id);
    this.live = new Live({
      frame: (frame) => this.hear(frame),
      reload: () => this.loadAll(),
      up: () => this.backOnline(),
      down: () => this.lostLine(),
      signedOut: () => this.leave(t("auth.ended")),
    });
    this.outbox = new Outbox(me.id, {
      changed: (ticket) => { if (ticket === this.openId) this.showMessages(); this.showOffline(); },
      stored: (message) => this.takeMessage(message),
      signedOut: () => this.leave(t("auth.ended")),
    });
    this.conversation = new Conversation({
      reply: (text) => this.outbox.add(this.openId, text),
      retry: (key) => this.outbox.again(key),
      drop: (key) => this.outbox.drop(key),
      older: (id) => this.older(id),
      seen: (ticket) => this.seen(ticket),
      close: () => this.close(),
      draft: (id, text) => this.drafts.keep(id, text),
    });
    this.make();
  }

  make() {
    this.offline = h("div", { class: "lost", role: "status", hidden: true });
    this.presence = h("div", { class: "prs" });
    this.tabList = h("div", { class: "tabs", role: "group", "aria-label": t("list.filter") });
    this.rows = h("ul", { class: "rows" });
    this.more = h("button", { type: "button", class: "btn ghost more", hidden: true, onclick: () => this.loadMore() }, t("list.more"));
    this.quiet = h("div", { class: "quiet", hidden: true });
    this.toast = h("div", { class: "toast", role: "status", hidden: true });
    this.news = h("div", { class: "vh", "aria-live": "polite" });
    this.unread = h("b", { class: "nb", hidden: true });
    this.rail = h(
      "nav",
      { class: "rail", "aria-label": t("app.sections") },
      h("a", { class: "logo", href: "#", "aria-label": t("app.name") }, mark()),
      h("a", { class: "ri0", href: "#", "aria-current": "page" }, icon("chat"), this.unread, h("span", {}, t("app.inbox"))),
      h("span", { class: "sp" }),
      h("button", { type: "button", class: "ri0", onclick: switchLanguage }, icon("globe"), h("span", {}, t("app.otherLanguage"))),
      h("button", { type: "button", class: "ri0", onclick: () => this.signOut() }, icon("signout", true), h("span", {}, t("app.signOut"))),
      h("span", { class: "me av s36 h1", title: this.me.name, "aria-label": this.me.name, role: "img" }, initial(this.me.name) ?? icon("person")),
    );
    this.list = h(
      "section",
      { class: "list", "aria-label": t("list.label") },
      h("header", { class: "lh" }, h("div", { class: "lhr" }, h("h1", {}, t("app.inbox")), this.presence), this.tabList),
      h("div", { class: "scroll" }, this.rows, this.more, this.quiet),
    );
    this.element = h("div", { class: "app" }, this.rail, h("main", { class: "inbox" }, this.list, this.conversation.element));
    document.body.replaceChildren(
      this.offline,
      h("a", { class: "skip", href: "#messages", onclick: (event) => { event.preventDefault(); this.conversation.messages.focus(); } }, t("app.skip")),
      this.element,
      this.toast,
      this.news,
    );
    this.ends = new AbortController();
    const { signal } = this.ends;
    addEventListener("hashchange", () => this.follow(), { signal });
    document.addEventListener("keydown", (event) => this.key(event), { signal });
    document.addEventListener("visibilitychange", () => { if (!document.hidden && this.conversation.atEnd) this.conversation.read(); }, { signal });
    document.addEventListener("click", (event) => { if (!this.presence.contains(event.target)) this.showMenu(false); }, { signal });
    this.rows.addEventListener("pointermove", () => { this.pointed = Date.now(); });
    this.rows.addEventListener("pointerleave", () => { this.pointed = 0; this.showList(); });
    this.clock = setInterval(() => this.tickTock(), 1000);
  }

  async start() {
    this.showPresence();
    this.showTabs();
    this.live.start(this.me.live_cursor);
    this.offerSandbox();
    await this.loadAll();
    this.follow();
    this.outbox.resume();
  }

  end() {
    this.ends.abort();
    clearInterval(this.clock);
    clearTimeout(this.offlineTimer);
    clearTimeout(this.reloadTimer);
    this.live.stop();
    this.outbox.end();
  }

  leave(words) {
    this.end();
    signIn(words);
  }

  async signOut() {
    try {
      await post("/api/agents/me/presence", { presence: "offline" });
      await post("/api/auth/logout");
      this.leave("");
    } catch (error) {
      this.refused(error);
    }
  }

  // --- loading ---

  async loadAll() {
    clearTimeout(this.reloadTimer);
    try {
      await this.inbox.load("active");
      if (this.tab === "closed") await this.inbox.load("closed");
      this.inbox.forgetMessages();
      if (this.openId !== null) await this.loadConversation(this.openId);
    } catch (error) {
      if (this.refused(error)) this.reloadTimer = setTimeout(() => this.loadAll(), RELOAD_MS);
    }
    this.showAll();
  }

  async loadMore() {
    const status = this.tab === "closed" ? "closed" : "active";
    await this.inbox.loadMore(status).catch((error) => this.refused(error));
    this.showAll();
  }

  async loadConversation(id) {
    try {
      if (!this.inbox.tickets.has(id)) this.inbox.take(await get(`/api/tickets/${id}`));
      await this.inbox.loadMessages(id);
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 401) throw error;
      // Closed by somebody, moved to somebody, or never there.
      this.inbox.tickets.delete(id);
    }
  }

  async older(id) {
    if (id === undefined || this.inbox.messages(id).length === 0) return;
    const came = await this.inbox.loadOlder(id).catch(() => false);
    if (came && id === this.openId) this.showMessages();
  }

  /** Say what went wrong; return whether trying again may help. */
  refused(error) {
    if (error instanceof Refused && error.status === 401) {
      this.leave(t("auth.ended"));
      return false;
    }
    this.say(error instanceof Refused ? error.message : t("app.server"));
    return !(error instanceof Refused);
  }

  // --- hearing ---

  hear(frame) {
    const { type, entity } = frame;
    if (type === "ticket.changed") this.takeTicket(entity);
    else if (type === "message.changed") this.takeMessage(entity);
    else if (type === "agent.changed" && entity.id === this.me.id) this.takeMe(entity);
  }

  takeTicket(ticket) {
    this.inbox.take(ticket);
    this.showList();
    if (ticket.id === this.openId) this.showTicket();
  }

  takeMessage(message) {
    this.outbox.recognise(message);
    const isNew = this.inbox.takeMessage(message);
    if (message.ticket_id !== this.openId) return;
    this.showMessages();
    if (isNew && message.direction === "in") {
      const ticket = this.inbox.tickets.get(this.openId);
      this.news.textContent = t("conv.newMessage", { name: ticket ? nameOf(ticket.customer) : "", text: message.text ?? "" });
    }
  }

  takeMe(agent) {
    if (agent.version < this.me.version) return;
    Object.assign(this.me, agent);
    this.showPresence();
    this.showList();
  }

  // --- the line ---

  lostLine() {
    this.offlineTimer ??= setTimeout(() => { this.isOffline = true; this.showOffline(); }, OFFLINE_AFTER_MS);
  }

  backOnline() {
    clearTimeout(this.offlineTimer);
    this.offlineTimer = null;
    if (this.isOffline) {
      this.isOffline = false;
      this.say(t("offline.back"), 2000);
    }
    this.outbox.resume();
    this.showOffline();
  }

  showOffline() {
    this.offline.hidden = !this.isOffline;
    this.showPresence();
    if (!this.isOffline) return;
    const kept = this.outbox.waiting;
    const seconds = Math.max(0, Math.ceil((this.live.retryAt - Date.now()) / 1000));
    reconcile(this.offline, [kept], {
      key: () => "line",
      look: String,
      draw: () => h("span", { class: "ofl" }, icon("cloudoff"), h("span", {}, kept ? t("offline.kept", { n: kept }) : t("offline.none")),
        h("button", { type: "button", class: "lnk", onclick: () => this.live.tryNow() }, t("app.retry")), h("bdi", { class: "cd", dir: "ltr", "aria-hidden": "true" })),
    });
    this.offline.querySelector(".cd").textContent = String(seconds);
  }

  // --- showing ---

  showAll() {
    this.showTabs();
    this.showList();
    this.showTicket();
    if (this.openId !== null && this.inbox.isLoaded(this.openId)) this.showMessages();
  }

  showTabs() {
    reconcile(this.tabList, this.tabs, {
      key: String,
      look: (tab) => `${tab === this.tab}|${this.count(tab)}`,
      draw: (tab) =>
        h("button", { type: "button", "aria-pressed": String(tab === this.tab), onclick: () => this.choose(tab) },
          t(`list.${tab}`), tab !== "closed" && h("b", {}, this.count(tab))),
    });
  }

  count(tab) {
    if (tab === "closed") return "";
    return `${this.inbox.shown(tab).length}${this.inbox.next.active ? "+" : ""}`;
  }

  async choose(tab) {
    this.tab = tab;
    this.pointed = 0;
    this.showAll();
    if (tab !== "closed") return;
    await this.inbox.load("closed").catch((error) => this.refused(error));
    this.showAll();
  }

  showList() {
    this.showTabs();
    this.showPresence();
    const now = serverNow();
    const tickets = this.tab === "closed" ? newestFirst(this.inbox.shown("closed")) : inOrder(this.inbox.shown(this.tab), now);
    showTickets(this.rows, this.settled(tickets), {
      open: this.openId,
      withAgent: this.inbox.isAdmin && this.tab !== "mine",
      draftOf: (id) => this.drafts.of(id),
      now,
    });
    this.more.hidden = !this.inbox.next[this.tab === "closed" ? "closed" : "active"];
    this.quiet.hidden = tickets.length > 0;
    if (tickets.length === 0) this.showQuiet();
    const unread = this.inbox.shown("mine").filter((ticket) => ticket.unread).length;
    this.unread.hidden = unread === 0;
    this.unread.textContent = String(unread);
    document.title = unread ? `(${unread}) ${t("app.name")}` : t("app.name");
  }

  /** Keep the rows where they are while somebody points at one of them. */
  settled(tickets) {
    const places = new Map([...(this.rows.drawn?.keys() ?? [])].map((id, place) => [id, place]));
    if (!this.pointed || Date.now() - this.pointed > STILL_MS) return tickets;
    const place = (ticket) => places.get(ticket.id) ?? places.size;
    return [...tickets].sort((one, other) => place(one) - place(other));
  }

  showQuiet() {
    const words = this.tab !== "mine" ? t("list.quietAll") : t(this.me.presence === "online" ? "list.quietOnline" : "list.quietAway");
    reconcile(this.quiet, [words], {
      key: String,
      look: String,
      draw: () => h("div", { class: "emp" }, mark("big"), this.tab === "mine" && h("h2", {}, t("list.quiet")), h("p", {}, words)),
    });
  }

  showTicket() {
    const ticket = this.openId === null ? null : this.visible(this.openId);
    if (this.openId !== null && !ticket && this.conversation.ticket) this.conversation.open(null, "", t("conv.gone"));
    else this.conversation.showTicket(ticket, serverNow(), this.inbox.isAdmin);
  }

  visible(id) {
    const ticket = this.inbox.tickets.get(id);
    return ticket && this.inbox.sees(ticket) ? ticket : null;
  }

  showMessages() {
    if (!this.conversation.ticket || !this.inbox.isLoaded(this.openId)) return;
    const messages = this.inbox.messages(this.openId);
    const known = new Set(messages.map((message) => message.id));
    this.conversation.showMessages(messages, this.outbox.of(this.openId).filter((reply) => !known.has(reply.seen)));
  }

  tickTock() {
    this.showList();
    if (this.conversation.ticket) this.showTicket();
    if (this.isOffline) this.showOffline();
  }

  say(words, milliseconds = TOAST_MS) {
    this.toast.textContent = words;
    this.toast.hidden = false;
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => { this.toast.hidden = true; }, milliseconds);
  }

  // --- doing ---

  /** Open what the address names. */
  async follow() {
    const id = Number(/^#ticket\/(\d+)$/.exec(location.hash)?.[1]) || null;
    this.openId = id;
    this.element.classList.toggle("reading", id !== null);
    const words = t(id === null ? "conv.pick" : "conv.gone");
    if (id === null) {
      this.conversation.open(null, "", words);
      this.showList();
      return;
    }
    if (!this.visible(id)) await this.loadConversation(id).catch((error) => this.refused(error));
    if (this.openId !== id) return;
    const ticket = this.visible(id);
    this.conversation.open(ticket, this.drafts.of(id), words);
    this.showList();
    if (!ticket) return;
    this.showTicket();
    if (wide.matches) this.conversation.text.focus();
    if (!this.inbox.isLoaded(id)) await this.loadConversation(id).catch((error) => this.refused(error));
    if (this.openId === id) this.showMessages();
  }

  async seen(ticket) {
    const known = this.inbox.tickets.get(ticket.id);
    if (!known?.unread || known.agent?.id !== this.me.id || this.reading) return;
    this.reading = true;
    try {
      this.takeTicket(await post(`/api/tickets/${ticket.id}/read`));
    } catch {
      // It stays unread, and is read the next time it is looked at.
    } finally {
      this.reading = false;
    }
  }

  close() {
    const ticket = this.visible(this.openId);
    if (!ticket || ticket.status === "closed") return;
    askReason(async (reason) => {
      try {
        this.takeTicket(await post(`/api/tickets/${ticket.id}/close`, { reason }));
        this.say(t("close.done", { name: nameOf(ticket.customer) }));
      } catch (error) {
        this.refused(error);
      }
    });
  }

  showPresence() {
    const { presence } = this.me;
    const load = `${this.inbox.shown("mine").length}/${this.me.capacity}`;
    reconcile(this.presence, ["pill", "menu"], {
      key: String,
      look: (part) => `${part}|${presence}|${load}|${this.isOffline}`,
      draw: (part) => (part === "pill" ? this.pill(presence, load) : this.menu(presence)),
    });
  }

  pill(presence, load) {
    const state = t(this.isOffline ? "presence.connecting" : `presence.${presence}`);
    return h("button", { type: "button", class: "pres", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": t("presence.change", { state }), onclick: () => this.showMenu() },
      h("i", { class: `dot ${this.isOffline ? "offline" : presence}` }), h("span", {}, state),
      !this.isOffline && h("span", { class: "ld" }, h("bdi", { dir: "ltr" }, load)), icon("chev"));
  }

  menu(presence) {
    const entry = (value, hint) =>
      h("button", { type: "button", role: "menuitemradio", "aria-checked": String(presence === value), onclick: () => this.be(value) },
        h("i", { class: `dot ${value}` }), h("span", {}, h("b", {}, t(`presence.${value}`)), h("small", {}, hint)), presence === value && icon("check"));
    return h("div", { class: "menu", role: "menu", hidden: true, onkeydown: (event) => this.moveInMenu(event) },
      entry("online", t("presence.onlineHint")), entry("break", t("presence.breakHint")));
  }

  showMenu(open) {
    const [pill, menu] = this.presence.children;
    const shown = open ?? menu.hidden;
    if (menu.hidden === !shown) return;
    menu.hidden = !shown;
    pill.setAttribute("aria-expanded", String(shown));
    if (shown) menu.firstChild.focus();
  }

  moveInMenu(event) {
    const entries = [...event.currentTarget.children];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const place = entries.indexOf(document.activeElement) + step;
      entries[(place + entries.length) % entries.length].focus();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.showMenu(false);
      this.presence.firstChild.focus();
    }
  }

  async be(presence) {
    this.showMenu(false);
    this.presence.firstChild.focus();
    try {
      this.takeMe(await post("/api/agents/me/presence", { presence }));
      if (presence === "break") this.say(t("presence.breakHint"));
    } catch (error) {
      this.refused(error);
    }
  }

  /** Only whoever may see the providers knows that there is a phone to play. */
  async offerSandbox() {
    if (!this.inbox.isAdmin) return;
    const { items } = await get("/api/provider").catch(() => ({ items: [] }));
    if (!items.some((provider) => provider.capabilities.includes("sandbox_phone"))) return;
    this.rail.querySelector(".sp").before(
      h("a", { class: "ri0", href: "/sandbox", target: "khalifa-sandbox" }, icon("device"), h("span", {}, t("app.sandbox"))));
  }

  // --- keys ---

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const inField = event.target.closest("input, textarea, select");
    if (event.code === "Escape") {
      if (inField) inField.blur();
      else if (this.openId !== null) location.hash = "";
      return;
    }
    const action = inField ? null : this.keys[event.code];
    if (!action) return;
    event.preventDefault();
    action.call(this);
  }

  // By the key's place, so that they work on an Arabic keyboard.
  keys = {
    KeyJ: this.nextWaiting,
    KeyR: () => this.conversation.text.focus(),
    KeyE: this.close,
    KeyB: () => this.be(this.me.presence === "break" ? "online" : "break"),
    ArrowDown: () => this.step(1),
    ArrowUp: () => this.step(-1),
  };

  nextWaiting() {
    const waiting = inOrder(this.inbox.shown("mine"), serverNow()).filter((ticket) => ticket.waiting_since && ticket.id !== this.openId);
    if (waiting.length) location.hash = `ticket/${waiting[0].id}`;
  }

  step(by) {
    const links = [...this.rows.querySelectorAll("a")];
    if (!links.length) return;
    const place = links.indexOf(document.activeElement);
    links[Math.min(links.length - 1, Math.max(0, place + by))].focus();
  }
}

/** What is half written, kept in this browser. */
class Drafts {
  constructor(agentId) {
    this.place = `khalifa.drafts.${agentId}`;
    try {
      this.texts = JSON.parse(localStorage.getItem(this.place)) ?? {};
    } catch {
      this.texts = {};
    }
  }

  of(ticket) {
    return this.texts[ticket] ?? "";
  }

  keep(ticket, text) {
    if (text.trim()) this.texts[ticket] = text;
    else delete this.texts[ticket];
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      try {
        localStorage.setItem(this.place, JSON.stringify(this.texts));
      } catch {
        // Then it is kept while the page is open.
      }
    }, DRAFT_MS);
  }
}

function newestFirst(tickets) {
  const last = (ticket) => Date.parse(ticket.last_message_at ?? ticket.opened_at);
  return tickets.sort((one, other) => last(other) - last(one));
}

function signIn(words) {
  document.title = t("app.name");
  showLogin(document.body, { words, done: open });
}

async function open() {
  try {
    await new Desk(await get("/api/me")).start();
  } catch (error) {
    if (error instanceof Refused && error.status === 401) signIn("");
    else if (error instanceof Refused) throw error;
    else {
      document.body.replaceChildren(h("p", { class: "away" }, t("app.server")));
      setTimeout(open, RELOAD_MS);
    }
  }
}

open();
