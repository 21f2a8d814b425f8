// Outside WhatsApp's window the composer is this: why, and the approved templates to choose from.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { get } from "../api/client";
import type { NewMessage, Template, Ticket } from "../api/types";
import { send } from "../store/outbox";
import { can } from "../store/session";
import { settings } from "../store/settings";
import { showProblem } from "../store/toast";
import { Icon } from "../ui/parts";
import { direction } from "../words/format";
import type { Key } from "../words/words";
import { t } from "../words/words";

const CATEGORIES: Record<string, Key> = { UTILITY: "template.utility", MARKETING: "template.marketing", AUTHENTICATION: "template.authentication" };

export function WindowClosed({ ticket }: { ticket: Ticket }) {
  return (
    <section class="win" aria-label={t("window.title")}>
      <div class="wh">
        <Icon name="time" />
        <div>
          <b>{t("window.title")}</b>
          <p>{can("templates") ? t("window.why") : t("window.noTemplates")}</p>
        </div>
      </div>
      {can("templates") ? <Templates name={ticket.customer.name ?? ""} choose={(template) => { send(ticket.id, { kind: "template", template }); }} /> : null}
    </section>
  );
}

/** The approved templates, filled in as far as is known; *choose* is told the one to send. */
export function Templates({ name, choose }: { name: string; choose: (template: NonNullable<NewMessage["template"]>) => void }) {
  const templates = useSignal<Template[] | null>(null);
  const chosen = useSignal(0);
  const values = useSignal<Record<string, string>>({});
  useEffect(() => {
    get<{ items: Template[] }>("/api/templates").then(({ items }) => {
      // What needs a file or a place first cannot be filled in here.
      templates.value = inOrder(items.filter(isSimple));
    }, showProblem);
  }, []);
  const list = templates.value;
  const template = list?.[chosen.value];
  const fill = (place: string, value: string) => {
    values.value = { ...values.value, [place]: value };
  };
  const filled = (place: string) => values.value[place] ?? (place === "1" || place === "name" ? name : "");
  const missing = template?.places.find((place) => !filled(place).trim());
  const submit = () => {
    if (!template || missing) return;
    const { places, named } = template;
    const body = named ? Object.fromEntries(places.map((one) => [one, filled(one)])) : places.map(filled);
    choose({ name: template.name, language: template.language, body, header: null, buttons: [] });
  };
  if (!list) return null;
  if (!list.length) return <p class="mut">{t("window.none")}</p>;
  return (
    <>
      <div class="tpls" role="radiogroup" aria-label={t("window.templates")}>
        {list.map((one, index) => (
          <label key={`${one.name}${one.language}`} class={index === chosen.value ? "tpl on" : "tpl"}>
            <input type="radio" name="template" checked={index === chosen.value} onChange={() => { chosen.value = index; }} />
            <span class="tn">
              <bdi dir="auto">{one.name.replaceAll("_", " ")}</bdi>
              <em class={one.category === "MARKETING" ? "mk" : ""}>{t(CATEGORIES[one.category] ?? "template.other")}</em>
            </span>
            <span class="tx" dir={direction(one.text) ?? "auto"}>
              {withMarks(one.text, index === chosen.value ? filled : () => "")}
            </span>
          </label>
        ))}
      </div>
      {template?.places.length ? (
        <div class="places">
          {template.places.map((place) => (
            <label key={place} class="fld">
              <span>{t("window.place", { place })}</span>
              <input class="inp" dir="auto" value={filled(place)} onInput={(event) => { fill(place, event.currentTarget.value); }} />
            </label>
          ))}
        </div>
      ) : null}
      <div class="wf">
        <span class="cost">{t("window.charged")}</span>
        <span class="sp" />
        <button type="button" class="btn pri" disabled={Boolean(missing)} onClick={submit}>
          <Icon name="send" flip />
          {t("window.send")}
        </button>
      </div>
    </>
  );
}

function isSimple(one: Template): boolean {
  const header = one.header === null || (one.header.type === "text" && one.header.places.length === 0);
  return header && one.buttons.every((button) => !button.needs_value);
}

/** Those in the reader's own language first. */
function inOrder(items: Template[]): Template[] {
  const mine = settings.peek().language;
  return [...items].sort((one, other) => Number(other.language.startsWith(mine)) - Number(one.language.startsWith(mine)));
}

function withMarks(text: string, filled: (place: string) => string) {
  return text.split(/(\{\{\w+\}\})/).map((part) => {
    const place = /^\{\{(\w+)\}\}$/.exec(part)?.[1];
    return place ? <mark>{filled(place) || `{${place}}`}</mark> : part;
  });
}
