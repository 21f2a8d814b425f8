// The list of conversations: who waits, how long, and in which order.

import { h, icon, reconcile, ring } from "./dom.js";
import { direction, hue, initial, length, phone, shortTime } from "./format.js";
import { t } from "./words.js";

// The customer's three minutes, and the last one of them.
const WAIT = 180;
const LAST = 60;

/** How long a customer has waited for an answer, in seconds; null when there is nothing to answer. */
function waited(ticket, now) {
  if (ticket.status === "closed" || !ticket.waiting_since) return null;
  return Math.max(0, (now - Date.parse(ticket.waiting_since)) / 1000);
}

export function isLate(ticket, now) {
  return ticket.status === "delayed" || (waited(ticket, now) ?? 0) >= WAIT;
}

/** Late ones first, then the unread, the longest waiting first, then the latest. */
export function inOrder(tickets, now) {
  const rank = (ticket) => (isLate(ticket, now) ? 0 : ticket.unread ? 1 : 2);
  const since = (ticket) => Date.parse(ticket.waiting_since ?? ticket.last_message_at ?? ticket.opened_at);
  const last = (ticket) => Date.parse(ticket.last_message_at ?? ticket.opened_at);
  return [...tickets].sort((one, other) => {
    const first = rank(one) - rank(other);
    if (first) return first;
    return rank(one) < 2 ? since(one) - since(other) : last(other) - last(one);
  });
}

export function nameOf(customer) {
  return customer.name || (customer.phone ? phone(customer.phone) : t("list.noName"));
}

export function nameElement(tag, className, customer) {
  const attributes = { class: className, dir: customer.name ? "auto" : "ltr" };
  return h(tag, attributes, nameOf(customer));
}

export function avatar(customer, size = "") {
  return h("span", { class: `av ${size} ${hue(customer.id)}`, "aria-hidden": "true" },
    h("span", { class: "ini" }, initial(customer.name) ?? icon("person")), ring());
}

/** Fill the ring in *holder* as long as the customer of *ticket* has waited. */
export function turnRing(holder, ticket, now) {
  const element = holder.querySelector(".ring");
  const seconds = waited(ticket, now);
  const late = isLate(ticket, now);
  element.classList.toggle("on", seconds !== null);
  element.classList.toggle("red", late);
  element.classList.toggle("amber", !late && seconds >= WAIT - LAST);
  const share = late ? 100 : Math.min(100, ((seconds ?? 0) / WAIT) * 100);
  element.querySelector(".val").setAttribute("stroke-dasharray", `${share.toFixed(1)} 100`);
}

/**
 * Show *tickets* in the list *parent*; each leads to its conversation.
 *
 * `open` is the id of the one that is shown, `withAgent` names the agents too,
 * `draftOf` returns what is half written in a conversation.
 */
export function showTickets(parent, tickets, { open, withAgent, draftOf, now }) {
  reconcile(parent, tickets, {
    key: (ticket) => ticket.id,
    look: (ticket) => `${ticket.version}|${ticket.id === open}|${draftOf(ticket.id)}`,
    draw: (ticket) => row(ticket, { isOpen: ticket.id === open, withAgent, draft: draftOf(ticket.id) }),
  });
  for (const ticket of tickets) keepTime(parent.drawn.get(ticket.id).element, ticket, now);
}

function row(ticket, { isOpen, withAgent, draft }) {
  const preview = draft && !isOpen ? [h("span", { class: "dr" }, t("list.draft")), " ", draft] : [ticket.last_message ?? t("list.noText")];
  return h(
    "li",
    {},
    h(
      "a",
      { class: `row${ticket.unread ? " un" : ""}`, href: `#ticket/${ticket.id}`, "aria-current": isOpen && "true" },
      avatar(ticket.customer),
      h(
        "span",
        { class: "rb" },
        h("span", { class: "l1" }, nameElement("span", "nm", ticket.customer), h("span", { class: "tm" })),
        h(
          "span",
          { class: "l2" },
          h("span", { class: "pv", dir: direction(draft || ticket.last_message || t("list.noText")) }, ...preview),
          withAgent && h("span", { class: `chip ${ticket.agent ? "gry" : "amb"}` }, ticket.agent?.name ?? t("list.nobody")),
          ticket.unread > 0 && h("span", { class: "bdg", "aria-label": t("unread.count", { n: ticket.unread }) }, String(ticket.unread)),
        ),
      ),
    ),
  );
}

function keepTime(element, ticket, now) {
  turnRing(element, ticket, now);
  const seconds = waited(ticket, now);
  const place = element.querySelector(".tm");
  let kind = "";
  let words = shortTime(new Date(ticket.last_message_at ?? ticket.opened_at));
  if (isLate(ticket, now)) {
    kind = "lt";
    words = t("list.late", { time: length(Math.max(0, (seconds ?? WAIT) - WAIT)) });
  } else if (seconds !== null && seconds >= WAIT - LAST) {
    kind = "lf";
    words = t("list.left", { time: length(WAIT - seconds) });
  }
  if (place.textContent === words && place.dataset.kind === kind) return;
  place.dataset.kind = kind;
  place.className = `tm ${kind}`;
  place.replaceChildren(...(kind === "lt" ? [icon("time"), words] : [words]));
}
