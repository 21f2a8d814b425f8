// What a message says, by its kind.

import type { Media, Message } from "../api/types";
import { settings } from "../store/settings";
import { Icon, Phone } from "../ui/parts";
import { phone } from "../words/format";
import type { Key } from "../words/words";
import { number, t } from "../words/words";
import { Document, fileOf, Photo, Sticker, Video, Voice } from "./media";
import type { Shown } from "./entries";
import { Words } from "./text";

type Content = Record<string, unknown>;

export const KIND_ICONS: Partial<Record<Message["kind"], string>> = {
  image: "camera",
  video: "play",
  audio: "mic",
  voice: "mic",
  document: "doc",
  sticker: "smile",
  location: "pin",
  contacts: "person",
  template: "bolt",
  interactive: "check",
  order: "tag",
};

export function kindName(kind: Message["kind"]): string {
  const names: Partial<Record<Message["kind"], Key>> = {
    image: "kind.image",
    video: "kind.video",
    audio: "kind.voice",
    voice: "kind.voice",
    document: "kind.document",
    sticker: "kind.sticker",
    location: "kind.location",
    contacts: "kind.contacts",
    template: "kind.template",
    interactive: "kind.interactive",
    order: "kind.order",
  };
  return t(names[kind] ?? "kind.message");
}

export function Contents({ shown }: { shown: Shown }) {
  const { message } = shown;
  const { text } = message;
  if (message.revoked_at) return <p class="gone">{message.direction === "in" ? t("msg.deleted") : t("msg.deletedByUs")}</p>;
  return (
    <>
      <Body kind={message.kind} content={message.content} media={message.media} text={message.text} />
      {text ? <Words text={text} /> : null}
    </>
  );
}

type BodyProps = Pick<Message, "kind" | "content" | "media" | "text">;

export function Body({ kind, content: held, media, text: words }: BodyProps) {
  const content = held ?? {};
  if (media && kind === "template") {
    return (
      <>
        <File kind={text((content["header"] as Content | null)?.["type"])} media={media} />
        <TemplateBody content={content} />
      </>
    );
  }
  if (media) return <File kind={kind} media={media} />;
  switch (kind) {
    case "location":
      return <Location content={content} />;
    case "contacts":
      return <Contacts content={content} />;
    case "template":
      return <TemplateBody content={content} />;
    case "interactive":
    case "button":
      return words || content["body"] || content["response_json"] ? <Interactive content={content} /> : <NotShown content={content} />;
    case "order":
      return <Order content={content} />;
    case "text":
    case "system":
      return null;
    case "reaction":
    case "edit":
    case "revoke":
      return <p class="gone">{kind === "revoke" ? t("msg.deleted") : t("msg.edited")}</p>;
    default:
      return words ? null : <NotShown content={content} />;
  }
}

function File({ kind, media }: { kind: string; media: Media }) {
  const file = fileOf(media);
  switch (kind) {
    case "image":
      return <Photo file={file} />;
    case "video":
      return <Video file={file} />;
    case "voice":
    case "audio":
      return <Voice file={file} />;
    case "sticker":
      return <Sticker file={file} />;
    default:
      return <Document file={file} />;
  }
}

function NotShown({ content }: { content: Content }) {
  const told = text(settings.value.language === "ar" ? (content["reason_ar"] ?? content["reason"]) : content["reason"]);
  return <p class="gone">{told || t("msg.unsupported")}</p>;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function list(value: unknown): Content[] {
  return Array.isArray(value) ? (value as Content[]) : [];
}

function Location({ content }: { content: Content }) {
  const at = `${Number(content["latitude"]).toFixed(5)},${Number(content["longitude"]).toFixed(5)}`;
  return (
    <a class="docu" href={mapOf(at)} target="_blank" rel="noopener noreferrer">
      <span class="di plain">
        <Icon name="pin" />
      </span>
      <span class="dn">
        <bdi dir="auto">{text(content["name"]) || t("kind.location")}</bdi>
        <small>{text(content["address"]) || <bdi dir="ltr">{at}</bdi>}</small>
      </span>
    </a>
  );
}

/** A map on somebody else's site: opened by a click only, and told nothing of where it was. */
function mapOf(at: string): string {
  const [latitude = "", longitude = ""] = at.split(",");
  return `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=17/${latitude}/${longitude}`;
}

function Contacts({ content }: { content: Content }) {
  return (
    <>
      {list(content["contacts"]).map((card, index) => {
        const name = card["name"];
        const shown = typeof name === "object" && name ? text((name as Content)["formatted_name"]) : text(name);
        const phones = (Array.isArray(card["phones"]) ? card["phones"] : []).map((one: unknown) =>
          typeof one === "string" ? one : text((one as Content)["phone"]) || text((one as Content)["wa_id"]),
        );
        return (
          <div class="docu" key={index}>
            <span class="di plain">
              <Icon name="person" />
            </span>
            <span class="dn">
              <bdi dir="auto">{shown || t("kind.contacts")}</bdi>
              {phones.map((one) => (
                <small key={one}>
                  <Phone>{phone(one.replace(/\D/g, ""))}</Phone>
                </small>
              ))}
            </span>
          </div>
        );
      })}
    </>
  );
}

function TemplateBody({ content }: { content: Content }) {
  const filled = content["body"];
  const values = Array.isArray(filled) ? filled : Object.values((filled ?? {}) as Content);
  return (
    <>
      <span class="nh">
        <Icon name="bolt" />
        {t("kind.template")} <bdi dir="ltr">{text(content["name"])}</bdi>
      </span>
      {values.length ? <p dir="auto">{values.map(String).join(t("list.and"))}</p> : null}
    </>
  );
}

function Interactive({ content }: { content: Content }) {
  const choices = [
    ...list(content["buttons"]),
    ...list(content["sections"]).flatMap((section) => list(section["rows"])),
  ].map((one) => text(one["title"]));
  const said = text(content["body"]);
  return (
    <>
      {text(content["header"]) ? <b class="ihead" dir="auto">{text(content["header"])}</b> : null}
      {said ? <Words text={said} /> : null}
      {text(content["footer"]) ? <small class="ifoot" dir="auto">{text(content["footer"])}</small> : null}
      {choices.length ? (
        <ul class="choices">
          {choices.map((one) => (
            <li key={one} dir="auto">
              {one}
            </li>
          ))}
        </ul>
      ) : null}
      {text(content["description"]) ? <small class="ifoot" dir="auto">{text(content["description"])}</small> : null}
    </>
  );
}

function Order({ content }: { content: Content }) {
  const items = list(content["product_items"]);
  return (
    <div class="order">
      <span class="nh">
        <Icon name="tag" />
        {t("kind.order")}
      </span>
      {text(content["title"]) ? <b dir="auto">{text(content["title"])}</b> : null}
      <ul>
        {items.map((item, index) => (
          <li key={index}>
            <bdi dir="ltr">{text(item["product_retailer_id"])}</bdi>
            <span>
              {number(Number(item["quantity"]))} × <bdi dir="ltr">{`${text(item["currency"])} ${String(item["item_price"])}`}</bdi>
            </span>
          </li>
        ))}
      </ul>
      {content["total"] === undefined ? null : (
        <span>
          {number(Number(content["item_count"] ?? 1))} · <bdi dir="ltr">{`${text(content["currency"])} ${String(content["total"])}`}</bdi>
        </span>
      )}
    </div>
  );
}
