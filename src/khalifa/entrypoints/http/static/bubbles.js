// Messages as bubbles: day lines, corners, ticks. The desk and the sandbox phone show the same.

import { h, hidden, reconcile, tickIcon } from "./dom.js";
import { clock, day, direction, sameDay } from "./format.js";
import { t } from "./words.js";

const TOGETHER_MS = 3 * 60 * 1000;
const TICKS = {
  queued: "clock",
  sending: "clock",
  sent: "tick1",
  delivered: "tick2",
  read: "tick2",
  failed: "fail",
  unknown: "unk",
};

export function tick(status) {
  return h("span", { class: `tick ${status}` }, tickIcon(TICKS[status]), hidden(t(`msg.${status}`)));
}

/**
 * Show *messages* in the list *parent*.
 *
 * Each has `key`, `ours` (on our side of the screen), `at` (Date), `text`,
 * `status` (null: no tick) and `look`, all else it is drawn from; `more` draws
 * what comes above, inside and below its text. `unreadFrom` is the key above
 * which the unread line stands.
 */
export function showMessages(parent, messages, { more = () => ({}), unreadFrom, unreadLine } = {}) {
  reconcile(parent, withLines(messages, unreadFrom), {
    key: (item) => item.key,
    look: (item) => item.line ?? `${item.first}|${item.message.status}|${item.message.text}|${item.message.look}`,
    draw: (item) => draw(item, more, unreadLine),
  });
}

function withLines(messages, unreadFrom) {
  const items = [];
  let before = null;
  for (const message of messages) {
    if (!before || !sameDay(before.at, message.at)) {
      items.push({ key: `day ${message.at.toDateString()}`, line: day(message.at) });
      before = null;
    }
    if (message.key === unreadFrom) {
      items.push({ key: "unread", line: "unread" });
      before = null;
    }
    const together = before && before.ours === message.ours && message.at - before.at < TOGETHER_MS;
    items.push({ key: message.key, message, first: !together });
    before = message;
  }
  return items;
}

function draw(item, more, unreadLine) {
  if (item.key === "unread") return h("li", { class: "unread" }, unreadLine);
  if (item.line) return h("li", { class: "sep" }, item.line);
  const { message, first } = item;
  const side = message.ours ? "out" : "in";
  const { above, inside, below } = more(message);
  return h(
    "li",
    { class: `m ${side}${first ? " first" : ""} t-${message.status ?? "none"}` },
    h(
      "div",
      { class: "wrap" },
      h(
        "div",
        { class: "b" },
        above,
        inside,
        message.text && h("p", { dir: direction(message.text) }, message.text),
        h("span", { class: "meta" }, h("time", { datetime: message.at.toISOString() }, clock(message.at)),
          message.status && tick(message.status)),
      ),
      below,
    ),
  );
}
