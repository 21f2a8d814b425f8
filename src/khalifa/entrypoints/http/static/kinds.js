// What a message holds beside its text, as lines in its bubble: places, cards, templates, questions.

import { h } from "./dom.js";
import { direction } from "./format.js";
import { t } from "./words.js";

const line = (text, name = "p") => text && h(name, { dir: direction(String(text)) }, String(text));

const DRAWN = {
  location: (place) => [
    line(place.name, "b"),
    line(place.address, "small"),
    h("small", { dir: "ltr" }, `${place.latitude}, ${place.longitude}`),
  ],
  contacts: ({ contacts }) =>
    contacts.flatMap((card) => [line(card.name, "b"), ...card.phones.map((phone) => h("small", { dir: "ltr" }, phone))]),
  template: (template) => [
    h("small", { dir: "ltr" }, `${template.name} (${template.language})`),
    ...Object.values(template.body ?? []).map((text) => line(text)),
  ],
  interactive: (asked) => [
    line(asked.header, "b"),
    ...(asked.buttons ?? (asked.sections ?? []).flatMap((section) => section.rows)).map((choice) => line(`▸ ${choice.title}`)),
    line(asked.button, "small"),
    line(asked.footer, "small"),
  ],
};

/** Return the lines of what *kind* holds, below the kind's name; nothing for a text. */
export function contentOf({ kind, content }) {
  const draw = content && DRAWN[kind];
  return draw ? [h("span", { class: "kind" }, t(`kind.${kind}`)), ...draw(content)] : null;
}

/** Return the emojis on a message, and what it answers, where there are any. */
export function around({ reactions = [], quoted }) {
  return {
    above: quoted && h("small", { class: "mut", dir: direction(quoted) }, `↩ ${quoted}`),
    below: reactions.length > 0 && h("span", { class: "mut" }, reactions.join(" ")),
  };
}
