// One message, and what one can do about it.

import type { ComponentChildren } from "preact";

import { post } from "../api/client";
import type { Message } from "../api/types";
import { agents } from "../store/agents";
import { regained } from "../store/drafts";
import { again, discardMessage, drop, hearMessage, putBack, send, type Outgoing } from "../store/outbox";
import { canSay } from "../store/routes";
import { me } from "../store/session";
import { settings } from "../store/settings";
import { show, showProblem } from "../store/toast";
import { Icon, Tick } from "../ui/parts";
import { Menu, type Choice } from "../ui/menu";
import { clock } from "../words/format";
import { t } from "../words/words";
import { Contents, kindName } from "./contents";
import type { Shown } from "./entries";
import { Document, Photo, Voice } from "./media";
import { Words } from "./text";

const EMOJI = ["👍", "❤️", "😂", "😮", "🙏"];

interface BubbleProps {
  shown: Shown;
  first: boolean;
  quoted: Message | null | undefined;
  customer: string;
  reply: (message: Message) => void;
  goTo: (id: number) => void;
}

export function Bubble({ shown, first, quoted, customer, reply, goTo }: BubbleProps) {
  const { message } = shown;
  const out = message.direction === "out";
  const kind = message.kind === "image" ? "k-img" : message.kind === "sticker" ? "k-stk" : "";
  return (
    <li class={`m ${out ? "out" : "in"} ${first ? "first" : ""} ${kind} t-${message.status}`} data-mid={message.id} data-key={message.idempotency_key ?? undefined} tabIndex={-1} aria-label={spoken(message, customer)}>
      <div class="wrap">
        <div class="b">
          {out && message.agent_id !== me.value?.id && first ? <Author message={message} /> : null}
          {quoted ? <Quote message={quoted} customer={customer} goTo={goTo} /> : null}
          <Contents shown={shown} />
          <span class="meta">
            {message.forwarded ? <span>{t("msg.forwarded")}</span> : null}
            {message.edited_at ? <span title={message.original_text ?? undefined}>{t("msg.edited")}</span> : null}
            <time dateTime={message.sent_at}>{clock(message.sent_at)}</time>
            {out ? <Tick status={message.status} /> : null}
          </span>
          {message.revoked_at ? null : <Actions message={message} reply={reply} />}
        </div>
        {message.reactions.length ? (
          <span class="react" role="img" aria-label={t("msg.reactions", { emoji: message.reactions.map((one) => one.emoji).join(" ") })}>
            {message.reactions.map((one) => one.emoji).join("")}
          </span>
        ) : null}
        {message.status === "failed" ? <Failed message={message} /> : null}
        {message.status === "unknown" ? <Unknown message={message} /> : null}
      </div>
    </li>
  );
}

function Author({ message }: { message: Message }) {
  const name = message.sender_type === "phone" ? t("sender.phone") : message.sender_type === "system" ? t("sender.system") : agents.value.get(message.agent_id ?? 0)?.name;
  return name ? <span class="by">{name}</span> : null;
}

function spoken(message: Message, customer: string): string {
  const who = message.direction === "out" ? t("sender.us") : customer;
  return `${who}: ${message.text ?? kindName(message.kind)}`;
}

export function Quote({ message, customer, goTo }: { message: Message; customer: string; goTo?: (id: number) => void }) {
  return (
    <button type="button" class="quote" onClick={() => goTo?.(message.id)}>
      <span class="qn" dir="auto">{message.direction === "in" ? customer : t("sender.us")}</span>
      <span class="qt" dir="auto">{message.text || kindName(message.kind)}</span>
    </button>
  );
}

function Actions({ message, reply }: { message: Message; reply: (message: Message) => void }) {
  const choices: Choice[] = [];
  if (message.whatsapp_message_id && canSay(message.ticket_id, "quote_with_text")) choices.push({ label: t("do.reply"), icon: "reply", act: () => { reply(message); } });
  if (message.text) {
    const { text } = message;
    choices.push({ label: t("do.copy"), icon: "doc", act: () => void navigator.clipboard.writeText(text).then(() => { show(t("do.copied")); }) });
  }
  const reacts = canSay(message.ticket_id, "reactions") && message.whatsapp_message_id !== null;
  if (!choices.length && !reacts) return null;
  const ours = message.reactions.find((one) => one.from_us)?.emoji;
  const react = (emoji: string) => {
    send(message.ticket_id, { kind: "reaction", reaction: { message_id: message.id, emoji: emoji === ours ? "" : emoji } });
  };
  return (
    <Menu
      name={t("do.more")}
      cls="act"
      choices={choices}
      head={reacts ? (close) => (
        <div class="emo">
          {EMOJI.map((emoji) => (
            <button key={emoji} type="button" role="menuitemcheckbox" aria-checked={emoji === ours} aria-label={t("do.react", { emoji })} tabIndex={-1} onClick={() => { close(); react(emoji); }}>
              {emoji}
            </button>
          ))}
        </div>
      ) : undefined}
    >
      <Icon name="chev" />
    </Menu>
  );
}

function Fix({ cls, children }: { cls: string; children: ComponentChildren }) {
  return (
    <div class={`fix ${cls}`} role="group">
      {children}
    </div>
  );
}

function Failed({ message }: { message: Message }) {
  const why = settings.value.language === "ar" ? (message.error_ar ?? message.error) : message.error;
  const { text, ticket_id: ticket } = message;
  const isText = message.kind === "text" && text !== null && message.agent_id === me.value?.id;
  const discard = () => {
    discardMessage(message.id).then(() => { show(t("msg.deletedByUs"), isText ? () => { regained.value = { ticket, text }; } : undefined); }, showProblem);
  };
  return (
    <Fix cls="bad">
      <p dir="auto">{why ?? t("failed.unsaid")}</p>
      <div class="fb">
        {isText ? (
          <button type="button" class="btn tiny" onClick={() => { send(ticket, { text }); }}>
            <Icon name="refresh" />
            {t("do.sendAgain")}
          </button>
        ) : null}
        <Delete act={discard} />
      </div>
    </Fix>
  );
}

function Delete({ act }: { act: () => void }) {
  return (
    <button type="button" class="btn tiny plain" onClick={act}>
      <Icon name="trash" />
      {t("do.delete")}
    </button>
  );
}

function Unknown({ message }: { message: Message }) {
  const answer = (what: "arrived" | "resend") => {
    post<Message>(`/api/messages/${String(message.id)}/${what}`).then(hearMessage, showProblem);
  };
  return (
    <Fix cls="unk">
      <p>{t("unknown.question")}</p>
      <div class="fb">
        <button type="button" class="btn tiny" onClick={() => { answer("arrived"); }}>
          {t("unknown.yes")}
        </button>
        <button type="button" class="btn tiny" onClick={() => { answer("resend"); }}>
          {t("unknown.no")}
        </button>
      </div>
      <small>{t("unknown.never")}</small>
    </Fix>
  );
}

/** A message that the server does not have yet. */
export function OutgoingBubble({ outgoing, first }: { outgoing: Outgoing; first: boolean }) {
  const { body, error, key } = outgoing;
  const why = error && (settings.value.language === "ar" ? error.wordsAr : error.words);
  return (
    <li class={`m out ${first ? "first" : ""} ${body.kind === "image" ? "k-img" : ""} ${error ? "t-failed" : "t-queued"}`} data-key={key} tabIndex={-1}>
      <div class="wrap">
        <div class="b">
          {outgoing.file ? <Preview outgoing={outgoing} /> : null}
          {body.text ? <Words text={body.text} /> : outgoing.file ? null : <p>{what(body.kind ?? "text", body.reaction?.emoji)}</p>}
          <span class="meta">
            <time>{clock(outgoing.at)}</time>
            <Tick status={error ? "failed" : "queued"} />
          </span>
        </div>
        {why ? (
          <Fix cls="bad">
            <p dir="auto">{why}</p>
            <div class="fb">
              <button type="button" class="btn tiny" onClick={() => { again(key); }}>
                <Icon name="refresh" />
                {t("do.sendAgain")}
              </button>
              <Delete act={() => { drop(key); show(t("msg.deletedByUs"), () => { putBack(outgoing); }); }} />
            </div>
          </Fix>
        ) : null}
      </div>
    </li>
  );
}

function what(kind: Message["kind"], emoji: string | undefined): string {
  return emoji ?? kindName(kind);
}

const addresses = new WeakMap<Blob, string>();

function addressOf(blob: Blob): string {
  const url = addresses.get(blob) ?? URL.createObjectURL(blob);
  addresses.set(blob, url);
  return url;
}

function Preview({ outgoing }: { outgoing: Outgoing }) {
  if (!outgoing.file) return null;
  const { blob, name } = outgoing.file;
  const url = addressOf(blob);
  const file = { url, thumbnail: url, mime: blob.type, name, size: blob.size, state: "ready" as const, why: null, waveform: null };
  if (outgoing.body.kind === "image") return <Photo file={file} />;
  if (outgoing.body.kind === "voice" || outgoing.body.kind === "audio") return <Voice file={file} />;
  return <Document file={file} />;
}
