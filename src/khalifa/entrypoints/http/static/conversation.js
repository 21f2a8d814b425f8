// One conversation: its messages, what became of ours, and where the next reply is written.

import { showMessages } from "./bubbles.js";
import { h, hidden, icon, reconcile } from "./dom.js";
import { phone } from "./format.js";
import { avatar, nameElement, turnRing } from "./tickets.js";
import { knows, t } from "./words.js";

const MOST = 4096;
const NEAR = 60;
const KINDS_WITH_ICONS = { image: "image", video: "image", audio: "mic", voice: "mic", document: "doc", sticker: "smile", location: "pin", contacts: "person", reaction: "smile" };

/** Why a reply was refused, in the reader's language where we have the words. */
function why({ kind, words }) {
  return knows(`why.${kind}`) ? t(`why.${kind}`) : words;
}

/**
 * Draws the open conversation into `element`. `does` has what it asks for:
 * reply, again, drop, older, seen, close, draft.
 */
export class Conversation {
  constructor(does) {
    this.does = does;
    this.ticket = null;
    this.unreadFrom = undefined;
    this.below = 0;
    this.saidAgain = new Set();
    this.text = h("textarea", { rows: "1", placeholder: t("compose.hint"), "aria-label": t("compose.hint") });
    this.wrong = h("p", { class: "err", role: "alert" });
    this.send = h("button", { type: "submit", class: "sendb", "aria-label": t("compose.send"), title: t("compose.send") }, icon("send", true));
    this.composer = h("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); this.reply(); } },
      this.wrong, h("div", { class: "cr" }, h("div", { class: "ta" }, this.text), this.send));
    this.closed = h("p", { class: "shut" }, t("conv.closedHint"));
    this.head = h("header", { class: "ch" });
    this.messages = h("ol", { class: "msgs", id: "messages", tabindex: "0", role: "log", "aria-live": "off", "aria-label": t("conv.messages") });
    this.jumpCount = h("b");
    this.jump = h("button", { type: "button", class: "ib jump", "aria-label": t("conv.jump"), hidden: true, onclick: () => this.toEnd() }, icon("chev"), this.jumpCount);
    this.empty = h("div", { class: "none" });
    this.element = h("section", { class: "conv", "aria-label": t("conv.messages") }, this.head, this.messages, this.jump, this.composer, this.closed, this.empty);
    this.listen();
  }

  listen() {
    this.text.addEventListener("input", () => {
      this.aim();
      this.does.draft(this.ticket.id, this.text.value);
    });
    this.text.addEventListener("keydown", (event) => {
      // Enter that ends a word of an input method is no Enter.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.reply();
    });
    this.messages.addEventListener("scroll", () => {
      if (this.atEnd) this.read();
      if (this.messages.scrollTop < this.messages.clientHeight) this.does.older(this.ticket?.id);
    }, { passive: true });
  }

  get atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.messages;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  /** Show another conversation, or none: then *words* say why. */
  open(ticket, draft, words) {
    this.ticket = ticket;
    this.unreadFrom = undefined;
    this.below = 0;
    this.messages.drawn = undefined;
    this.messages.replaceChildren(...(ticket ? skeleton() : []));
    this.text.value = draft;
    this.aim();
    for (const part of [this.head, this.messages]) part.hidden = !ticket;
    this.empty.hidden = Boolean(ticket);
    this.empty.replaceChildren(h("p", { class: "ev" }, words));
    this.showTicket(ticket, Date.now(), false);
    this.fresh = true;
  }

  /** Show what is known of the ticket now. */
  showTicket(ticket, now, withAgent) {
    this.ticket = ticket;
    const isOpen = Boolean(ticket) && ticket.status !== "closed";
    this.composer.hidden = !isOpen;
    this.closed.hidden = !ticket || isOpen;
    this.jump.hidden = !ticket || this.below === 0;
    if (!ticket) return;
    const { status, customer, number, agent } = ticket;
    reconcile(this.head, [ticket], {
      key: () => ticket.id,
      look: () => `${status}|${customer.name}|${customer.phone}|${agent?.name}|${withAgent}`,
      draw: () =>
        h(
          "div",
          { class: "chr" },
          h("a", { class: "ib backb", href: "#", "aria-label": t("conv.back") }, icon("back", true)),
          h(
            "div",
            { class: "who" },
            avatar(customer, "s40"),
            h(
              "div",
              { class: "wt" },
              h("h2", { class: "l1" }, hidden(`${t("conv.with", { name: "" })} `), nameElement("b", "", customer)),
              h("span", { class: "l2" }, h("bdi", { dir: "ltr" }, customer.phone ? phone(customer.phone) : t("list.noPhone")),
                h("span", { class: "tno" }, " · ", t("conv.ticket"), " ", h("bdi", { dir: "ltr" }, `#${number}`)),
                withAgent && h("span", {}, " · ", h("bdi", {}, agent?.name ?? t("list.nobody")))),
            ),
          ),
          h("span", { class: "sp" }),
          h("span", { class: `chip ${{ open: "grn", delayed: "red", closed: "gry" }[status]}` }, t(`conv.${status}`)),
          isOpen && h("button", { type: "button", class: "btn ghost hd", title: t("close.button"), onclick: () => this.does.close() }, icon("done"), h("span", {}, t("close.button"))),
        ),
    });
    turnRing(this.head, ticket, now);
  }

  /** Show the messages on file, then the replies that are not there yet. */
  showMessages(messages, replies) {
    const stay = this.fresh || this.atEnd;
    const height = this.messages.scrollHeight;
    const top = this.messages.scrollTop;
    const oldest = this.oldest;
    const before = this.last;
    if (this.fresh) {
      this.unreadFrom = firstUnread(messages, this.ticket.unread);
      this.unreadLine = t("unread.count", { n: this.ticket.unread });
    }
    const onFile = messages.map((message) => ({
      key: `m${message.id}`,
      ours: message.direction === "out",
      at: new Date(message.sent_at),
      text: message.text,
      status: message.direction === "out" ? message.status : null,
      look: `${message.kind}|${message.error}|${this.saidAgain.has(message.id)}`,
      message,
    }));
    const unsent = replies.map((reply) => ({
      key: `r${reply.key}`,
      ours: true,
      at: new Date(reply.at),
      text: reply.text,
      status: reply.error ? "failed" : "queued",
      look: reply.error?.kind,
      reply,
    }));
    if (this.fresh) this.messages.replaceChildren();
    showMessages(this.messages, [...onFile, ...unsent], {
      more: (one) => this.more(one),
      unreadFrom: this.unreadFrom,
      unreadLine: this.unreadLine,
    });
    this.oldest = onFile[0]?.key;
    this.last = onFile.at(-1)?.key;
    this.fresh = false;
    if (stay) {
      this.toEnd();
    } else {
      // What came above moves the reader's place down by its height.
      if (this.oldest !== oldest) this.messages.scrollTop = top + this.messages.scrollHeight - height;
      const news = onFile.slice(onFile.findIndex((one) => one.key === before) + 1).filter((one) => !one.ours);
      if (before) this.count(this.below + news.length);
    }
  }

  /** Draw what a bubble has beside its text. */
  more({ message, reply }) {
    if (reply) return { below: reply.error && this.refused(reply) };
    return {
      above: message.sender_type === "phone" && h("span", { class: "nh" }, t("msg.byPhone")),
      inside: message.kind !== "text" && kindOf(message),
      below: message.status === "failed" ? this.failed(message) : message.status === "unknown" && this.unknown(message),
    };
  }

  refused(reply) {
    return h(
      "div",
      { class: "fix bad", role: "group" },
      whyNot(why(reply.error)),
      h("div", { class: "fb" },
        h("button", { type: "button", class: "btn tiny", onclick: () => this.does.retry(reply.key) }, icon("refresh"), t("msg.sendAgain")),
        h("button", { type: "button", class: "btn tiny plain", onclick: () => this.does.drop(reply.key) }, t("msg.drop"))),
    );
  }

  failed(message) {
    return h(
      "div",
      { class: "fix bad", role: "group" },
      whyNot(message.error),
      this.again(message, t("msg.sendAgain")),
    );
  }

  unknown(message) {
    return h(
      "div",
      { class: "fix unk", role: "group" },
      h("p", {}, t("msg.didItArrive")),
      this.again(message, t("msg.noSendAgain")),
      h("small", {}, t("msg.neverTwice")),
    );
  }

  /** A button that says *message* again as a new one: once, and only while one may reply. */
  again(message, words) {
    if (!message.text || this.saidAgain.has(message.id) || this.ticket.status === "closed") return null;
    const say = () => {
      this.saidAgain.add(message.id);
      this.does.reply(message.text);
    };
    return h("div", { class: "fb" }, h("button", { type: "button", class: "btn tiny", onclick: say }, icon("refresh"), words));
  }

  reply() {
    const text = this.text.value;
    const characters = [...text].length;
    this.wrong.textContent = characters > MOST ? t("compose.long", { most: MOST.toLocaleString("en"), over: characters - MOST }) : "";
    if (!text.trim() || this.wrong.textContent) return;
    this.text.value = "";
    this.aim();
    this.does.draft(this.ticket.id, "");
    this.does.reply(text);
    this.toEnd();
    this.text.focus();
  }

  read() {
    this.count(0);
    if (this.ticket && !document.hidden) this.does.seen(this.ticket);
  }

  toEnd() {
    this.messages.scrollTop = this.messages.scrollHeight;
    this.read();
  }

  count(below) {
    this.below = below;
    this.jump.hidden = !this.ticket || below === 0;
    this.jumpCount.textContent = String(below);
  }

  /** An empty field has the page's direction, or its hint would jump. */
  aim() {
    if (this.text.value) this.text.dir = "auto";
    else this.text.removeAttribute("dir");
    this.wrong.textContent = "";
  }
}

/** "Not sent", and the reason, which may be in the other language. */
function whyNot(reason) {
  if (!reason) return h("p", {}, t("msg.failed"));
  return h("p", {}, `${t("msg.failed")}: `, h("bdi", { dir: "auto" }, reason));
}

function firstUnread(messages, unread) {
  if (!unread) return undefined;
  const theirs = messages.filter((message) => message.direction === "in");
  const first = theirs.at(-unread) ?? theirs[0];
  return first && `m${first.id}`;
}

function kindOf(message) {
  const name = KINDS_WITH_ICONS[message.kind];
  if (!name) return message.text ? null : h("p", { class: "mut" }, t("msg.unsupported"));
  const file = message.media?.filename;
  return h("span", { class: "kind" }, icon(name), t(`kind.${message.kind}`), file && h("bdi", { class: "mut" }, file));
}

function skeleton() {
  return [["in", "w1"], ["out", "w2"], ["in", "w3"]].map(([side, width]) =>
    h("li", { class: `m ${side} bone`, "aria-hidden": "true" }, h("div", { class: `wrap ${width}` }, h("div", { class: "b" }))));
}

/** Ask why the conversation is closed, then call *done* with the reason in words. */
export function askReason(done) {
  const reasons = ["sold", "advice", "stock", "silent", "spam"];
  const dialog = h(
    "dialog",
    { class: "dlg", "aria-labelledby": "close-title" },
    h(
      "form",
      { method: "dialog", onsubmit: () => done(t(`close.${new FormData(dialog.firstChild).get("reason")}`)) },
      h("header", {}, h("h2", { id: "close-title" }, t("close.title")),
        h("button", { type: "button", class: "ib", "aria-label": t("app.cancel"), onclick: () => dialog.close() }, icon("x"))),
      h("div", { class: "db" },
        h("fieldset", { class: "rsn" }, h("legend", {}, t("close.reason")),
          ...reasons.map((reason, index) => h("label", {}, h("input", { type: "radio", name: "reason", value: reason, checked: index === 0 }), t(`close.${reason}`)))),
        h("p", { class: "hint" }, t("close.hint"))),
      h("footer", {},
        h("button", { type: "button", class: "btn ghost", onclick: () => dialog.close() }, t("app.cancel")),
        h("button", { type: "submit", class: "btn pri" }, t("close.do"))),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
