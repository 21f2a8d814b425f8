// Outside WhatsApp's window the composer is this: why, and the approved templates to choose from.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { get } from "../api/client";
import type { FilledButton, FilledTemplate, Template, Ticket } from "../api/types";
import { send } from "../store/outbox";
import { canSay, mostBytes } from "../store/routes";
import { settings } from "../store/settings";
import { showProblem } from "../store/toast";
import { Icon } from "../ui/parts";
import { direction, size } from "../words/format";
import type { Key } from "../words/words";
import { t } from "../words/words";

const CATEGORIES: Record<string, Key> = { UTILITY: "template.utility", MARKETING: "template.marketing", AUTHENTICATION: "template.authentication" };

// Above a template's text, and of which types the provider takes it.
const FILES = {
  image: { choose: "window.image", types: "image/jpeg,image/png" },
  video: { choose: "window.video", types: "video/mp4,video/3gpp" },
  document: { choose: "window.document", types: "" },
} as const;

// Buttons that take a value: the end of an address, a code, what a press sends back.
const VALUED = new Set(["url", "copy_code", "quick_reply"]);
const MAX_TITLE = 60;

export function WindowClosed({ ticket }: { ticket: Ticket }) {
  const templates = canSay(ticket.id, "templates");
  const choose = (template: FilledTemplate, file?: File) => {
    send(ticket.id, { kind: "template", template }, file && { blob: file, name: file.name });
  };
  return (
    <section class="win" aria-label={t("window.title")}>
      <div class="wh">
        <Icon name="time" />
        <div>
          <b>{t("window.title")}</b>
          <p>{templates ? t("window.why") : t("window.noTemplates")}</p>
        </div>
      </div>
      {templates ? <Templates name={ticket.customer.name ?? ""} ticket={ticket.id} choose={choose} /> : null}
    </section>
  );
}

interface TemplatesProps {
  name: string;
  ticket?: number;
  choose: (template: FilledTemplate, file?: File) => void;
}

/** The approved templates, filled in as far as is known; *choose* is told the one to send. */
export function Templates({ name, ticket, choose }: TemplatesProps) {
  const templates = useSignal<Template[] | null>(null);
  const chosen = useSignal(0);
  const values = useSignal<Record<string, string>>({});
  const file = useSignal<File | null>(null);
  useEffect(() => {
    get<{ items: Template[] }>(ticket === undefined ? "/api/templates" : `/api/templates?ticket=${String(ticket)}`).then(({ items }) => {
      // What needs a place on the map first cannot be filled in here.
      templates.value = inOrder(items.filter(canBeFilled));
    }, showProblem);
  }, [ticket]);
  const list = templates.value;
  const template = list?.[chosen.value];
  const fill = (place: string, value: string) => {
    values.value = { ...values.value, [place]: value };
  };
  const filled = (place: string) => values.value[place] ?? (place === "1" || place === "name" ? name : "");
  const title = template ? titlePlace(template) : null;
  const buttons = template?.buttons.flatMap((one, index) => (one.needs_value ? [{ ...one, index, place: `button ${String(index)}` }] : [])) ?? [];
  const kind = template ? fileOf(template) : null;
  const most = kind ? mostBytes(kind, ticket) : Infinity;
  const tooLarge = (file.value?.size ?? 0) > most;
  const places = [...(template?.places ?? []), ...(title ? [title.place] : []), ...buttons.map((one) => one.place)];
  const missing = places.some((place) => !filled(place).trim()) || (kind !== null && (!file.value || tooLarge));
  const submit = () => {
    if (!template || missing) return;
    const { places: inText, named } = template;
    const said = {
      name: template.name,
      language: template.language,
      body: named ? Object.fromEntries(inText.map((one) => [one, filled(one)])) : inText.map(filled),
      buttons: buttons.map((one) => ({ type: one.kind as FilledButton["type"], index: one.index, value: filled(one.place) })),
    };
    if (kind && file.value) choose({ ...said, header: { type: kind } }, file.value);
    else if (title) choose({ ...said, header: { type: "text", text: filled(title.place), name: named ? title.name : null } });
    else choose({ ...said, header: null });
  };
  if (!list) return null;
  if (!list.length) return <p class="mut">{t("window.none")}</p>;
  return (
    <>
      <div class="tpls" role="radiogroup" aria-label={t("window.templates")}>
        {list.map((one, index) => (
          <label key={`${one.name}${one.language}`} class={index === chosen.value ? "tpl on" : "tpl"}>
            <input type="radio" name="template" checked={index === chosen.value} onChange={() => { chosen.value = index; file.value = null; }} />
            <span class="tn">
              <bdi dir="auto">{one.name.replaceAll("_", " ")}</bdi>
              <em class={one.category === "MARKETING" ? "mk" : ""}>{t(CATEGORIES[one.category] ?? "template.other")}</em>
            </span>
            <span class="tx" dir={direction(one.text) ?? "auto"}>
              {one.header?.text ? <b>{withMarks(one.header.text, index === chosen.value ? (name) => filled(inTitle(name)) : () => "")}</b> : null}
              {withMarks(one.text, index === chosen.value ? filled : () => "")}
            </span>
          </label>
        ))}
      </div>
      {places.length ? (
        <div class="places">
          {title ? (
            <label class="fld">
              <span>{t("window.inTitle")}</span>
              <input class="inp" dir="auto" maxLength={MAX_TITLE} value={filled(title.place)} onInput={(event) => { fill(title.place, event.currentTarget.value); }} />
            </label>
          ) : null}
          {template?.places.map((place) => (
            <label key={place} class="fld">
              <span>{t("window.place", { place })}</span>
              <input class="inp" dir="auto" value={filled(place)} onInput={(event) => { fill(place, event.currentTarget.value); }} />
            </label>
          ))}
          {buttons.map((one) => (
            <label key={one.place} class="fld">
              <span>{t("window.forButton", { title: one.title })}</span>
              <input class="inp" dir="auto" value={filled(one.place)} onInput={(event) => { fill(one.place, event.currentTarget.value); }} />
            </label>
          ))}
        </div>
      ) : null}
      {kind ? (
        <label key={chosen.value} class="fld">
          <span>{t(FILES[kind].choose)}</span>
          <input class="inp" type="file" accept={FILES[kind].types} onChange={(event) => { file.value = event.currentTarget.files?.[0] ?? null; }} />
        </label>
      ) : null}
      {kind && tooLarge ? (
        <p class="err" role="alert">
          <Icon name="warn" />
          {t("attach.tooLarge", { size: size(most) })}
        </p>
      ) : null}
      <div class="wf">
        <span class="cost">{t("window.charged")}</span>
        <span class="sp" />
        <button type="button" class="btn pri" disabled={missing} onClick={submit}>
          <Icon name="send" flip />
          {t("window.send")}
        </button>
      </div>
    </>
  );
}

function canBeFilled(one: Template): boolean {
  return one.header?.type !== "location" && one.buttons.every((button) => !button.needs_value || VALUED.has(button.kind));
}

// A title's place may have the same name as one in the text.
const inTitle = (name: string) => `title ${name}`;

/** What is to be filled in above the text: one place at most, as WhatsApp has it. */
function titlePlace({ header }: Template): { place: string; name: string } | null {
  const name = header?.type === "text" ? header.places[0] : undefined;
  return name === undefined ? null : { place: inTitle(name), name };
}

/** Which kind of file stands above it, if one does. */
function fileOf(one: Template): keyof typeof FILES | null {
  const type = one.header?.type;
  return type === "image" || type === "video" || type === "document" ? type : null;
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
