// Making elements, and keeping a list of them up to date.

import { ICONS } from "./icons.js";

const SVG = "http://www.w3.org/2000/svg";
const STAR =
  "M24 2l6.44 8.46L41 7l-.46 10.56L48 24l-7.46 6.44L41 41l-10.56-3.46L24 46l-6.44-8.46L7 41l.46-10.56L0 24l7.46-6.44L7 7l10.56 3.46z";
const CROSS = "M20.5 15h7v5.5H33v7h-5.5V33h-7v-5.5H15v-7h5.5z";

/**
 * Make an element. Attributes that are functions listen (`onclick`), true is an
 * attribute without a value, false and null are none; children that are null or
 * false are left out.
 */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

export function icon(name, mirrored = false) {
  return drawing(name, mirrored ? "ic flip" : "ic");
}

/** A tick, a clock or a question mark: how far a message is. */
export function tickIcon(name) {
  return drawing(name, "tk");
}

function drawing(name, className) {
  const [viewBox, shapes] = ICONS[name];
  const element = svg("svg", { class: className, viewBox, "aria-hidden": "true" });
  element.innerHTML = shapes;
  return element;
}

/** The eight-point star and the cross. */
export function mark(size = "") {
  return svg(
    "svg",
    { class: `mark ${size}`, viewBox: "0 0 48 48", "aria-hidden": "true" },
    svg("path", { class: "s", d: STAR, transform: "translate(2.4 2.4) scale(.9)" }),
    svg("path", { class: "c", d: CROSS }),
  );
}

/** The ring around an avatar, filled from 0 to 1. */
export function ring() {
  const circle = (name) => svg("circle", { class: name, cx: 26, cy: 26, r: 24, pathLength: 100 });
  return svg("svg", { class: "ring", viewBox: "0 0 52 52", "aria-hidden": "true" },
    circle("trk"), circle("val"));
}

export function hidden(text) {
  return h("span", { class: "vh" }, text);
}

/**
 * Make *parent*'s children one element for each of *items*, in their order.
 *
 * `key` names an item, `look` says what it is drawn from: an element is drawn
 * again only when that has changed, so focus and reading position stay.
 */
export function reconcile(parent, items, { key, look, draw }) {
  const drawn = parent.drawn ?? new Map();
  const kept = new Map();
  const names = new Set(items.map(key));
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  for (const [name, entry] of drawn) if (!names.has(name)) entry.element.remove();
  let place = parent.firstChild;
  for (const item of items) {
    const shown = look(item);
    let entry = drawn.get(key(item));
    if (!entry) {
      entry = { element: draw(item), shown };
    } else if (entry.shown !== shown) {
      const element = draw(item);
      if (entry.element === place) place = element;
      replace(entry.element, element);
      entry = { element, shown };
    }
    kept.set(key(item), entry);
    if (entry.element === place) place = place.nextSibling;
    else parent.insertBefore(entry.element, place);
  }
  parent.drawn = kept;
  // An element that is moved loses the focus.
  if (focused?.isConnected && document.activeElement !== focused) {
    focused.focus({ preventScroll: true });
  }
}

function replace(old, element) {
  const focused = old.contains(document.activeElement);
  old.replaceWith(element);
  if (focused) (element.querySelector("a, button") ?? element).focus({ preventScroll: true });
}
