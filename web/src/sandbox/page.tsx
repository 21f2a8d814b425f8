// A customer's phone in the page: for demonstrations and training.

import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import { Toast } from "../ui/toast";
import { Dialog, dialogs } from "../ui/dialog";
import { Avatar, Icon, IconButton, Mark, Phone, Switch, Tick } from "../ui/parts";
import { Menu, type Choice } from "../ui/menu";
import { clock, phone as written } from "../words/format";
import type { Key } from "../words/words";
import { t } from "../words/words";
import { Body, kindName } from "../inbox/contents";
import { kindOf } from "../inbox/attach";
import { canRecord, Recorder } from "../inbox/recorder";
import { Viewer } from "../inbox/viewer";
import type { Media } from "../api/types";
import { Words } from "../inbox/text";
import { add, answering, choose, current, phones, play, refused, scenario, screen, sendFile, typing, watch, write, type ScreenMessage } from "./phones";

const BURST = 20;
const HEART = "❤️";

export function SandboxPhone() {
  const adding = useSignal(false);
  useEffect(watch, []);
  return (
    <div class="app alone">
      <main class="view page sandbox" id="main">
        <header class="ph0">
          <div>
            <h1>{t("sandbox.title")}</h1>
            <p>{t("sandbox.about")}</p>
          </div>
          <span class="sp" />
          <a class="btn ghost" href="/" target="_blank" rel="noopener">
            <Icon name="chat" />
            {t("sandbox.desk")}
          </a>
        </header>
        {refused.value ? <p class="bn amb">{t("sandbox.signIn")}</p> : null}
        <div class="sbx">
          <section class="card who2">
            <h2>
              {t("sandbox.customers")}
              <IconButton icon="plus" small name={t("sandbox.new")} onClick={() => { adding.value = true; }} />
            </h2>
            <ul>
              {phones.value.map((one) => (
                <li key={one.phone} class={one.phone === current.value ? "on" : ""}>
                  <button type="button" aria-pressed={one.phone === current.value} onClick={() => { choose(one.phone); }}>
                    <Avatar id={Number(one.phone.slice(-3))} name={one.name} size="s32" />
                    <span>
                      <b dir="auto">{one.name ?? written(one.phone)}</b>
                      <small><Phone>{written(one.phone)}</Phone></small>
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
          <Screen />
          <Tools />
        </div>
        {adding.value ? <NewPhone close={() => { adding.value = false; }} /> : null}
      </main>
      <Viewer />
      <Toast speaks={dialogs.value === 0} />
    </div>
  );
}

function Screen() {
  const list = useRef<HTMLOListElement>(null);
  const items = screen.value;
  const toEnd = () => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight;
  };
  useLayoutEffect(toEnd, [items.length, current.value]);
  return (
    <section class="phone" aria-label={t("sandbox.title")}>
      <div class="pscr">
        <header>
          <span class="av s32"><Mark size="tiny" /></span>
          <span>
            <b>{t("sandbox.shop")}</b>
            <small>{typing.value ? t("sandbox.typing") : t("sandbox.business")}</small>
          </span>
        </header>
        <ol class="msgs" ref={list} onLoadCapture={toEnd} tabIndex={0} aria-label={t("messages.name")}>
          {items.map((one, at) => <Line key={one.id} message={one} first={items[at - 1]?.from_us !== one.from_us} quoted={items.find((other) => other.id === one.reply_to)} />)}
          {items.length ? null : <li class="sep">{current.value ? t("sandbox.none") : t("sandbox.first")}</li>}
        </ol>
        {current.value ? <Writing /> : null}
      </div>
    </section>
  );
}

/** A file lies on the phone itself. */
function fileOn(message: ScreenMessage): Media | null {
  const file = message.content as { id?: string; mime_type?: string; filename?: string | null; size?: number } | null;
  if (!file?.id || !file.mime_type) return null;
  return {
    id: file.id,
    status: "ready",
    error: null,
    error_ar: null,
    url: `/api/sandbox/files/${file.id}`,
    thumbnail_url: null,
    waveform: null,
    mime_type: file.mime_type,
    filename: file.filename ?? null,
    size: file.size ?? null,
  };
}

/** On the customer's phone, what the customer wrote is ours and what we wrote is theirs. */
function Line({ message, first, quoted }: { message: ScreenMessage; first: boolean; quoted: ScreenMessage | undefined }) {
  return (
    <li class={`m ${message.from_us ? "in" : "out"} ${first ? "first" : ""}`} data-from={message.from_us ? "us" : "customer"}>
      <div class="wrap">
        <div class="b">
          {quoted ? <span class="quote"><span class="qt" dir="auto">{quoted.text || kindName(quoted.kind)}</span></span> : null}
          <Body kind={message.kind} content={message.content} media={fileOn(message)} text={message.text} />
          {message.text ? <Words text={message.text} /> : null}
          <span class="meta">
            <time>{clock(message.at)}</time>
            {message.from_us ? null : <Tick status={message.status ?? "sent"} />}
          </span>
          {message.kind === "revoke" ? null : <LineActions message={message} />}
        </div>
        {message.reactions.length ? <span class="react" role="img" aria-label={t("msg.reactions", { emoji: message.reactions.join(" ") })}>{message.reactions.join("")}</span> : null}
      </div>
    </li>
  );
}

/** What one does with a message on a phone: answer it, put a heart on it, take it back. */
function LineActions({ message }: { message: ScreenMessage }) {
  const about = { message_id: message.id };
  const choices: Choice[] = [{ label: t("do.reply"), icon: "reply", act: () => { answering.value = message; } }];
  if (message.from_us) choices.push({ label: t("sandbox.react"), icon: "smile", act: () => void write("", { kind: "reaction", content: { ...about, emoji: HEART } }) });
  else choices.push({ label: t("sandbox.revoke"), icon: "trash", act: () => void write("", { kind: "revoke", content: about }) });
  return <Menu name={t("do.more")} cls="act" choices={choices}><Icon name="chev" /></Menu>;
}

function Writing() {
  const text = useSignal("");
  const recording = useSignal(false);
  const files = useRef<HTMLInputElement>(null);
  const submit = () => {
    const said = text.peek().trim();
    text.value = "";
    if (said) void write(said);
  };
  const record = (blob: Blob, name: string) => void sendFile(blob, name, "voice");
  if (recording.value) return <div class="phc"><Recorder record={record} done={() => { recording.value = false; }} /></div>;
  const answered = answering.value;
  return (
    <form class="phc" onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <IconButton icon="clip" name={t("do.attach")} onClick={() => files.current?.click()} />
      <input
        ref={files}
        type="file"
        hidden
        onChange={(event) => {
          for (const one of event.currentTarget.files ?? []) void sendFile(one, one.name, kindOf(one), text.peek().trim());
          text.value = "";
          event.currentTarget.value = "";
        }}
      />
      <div class="ta">
        {answered ? (
          <button type="button" class="quote" aria-label={`${t("do.cancel")}: ${answered.text || kindName(answered.kind)}`} onClick={() => { answering.value = null; }}>
            <span class="qt" dir="auto">{answered.text || kindName(answered.kind)}</span>
          </button>
        ) : null}
        <textarea
          rows={1}
          placeholder={t("sandbox.write")}
          aria-label={t("sandbox.write")}
          value={text.value}
          onInput={(event) => { text.value = event.currentTarget.value; }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            submit();
          }}
        />
      </div>
      {text.value.trim() || !canRecord() ? (
        <button type="submit" class="sendb" aria-label={t("do.send")}><Icon name="send" flip /></button>
      ) : (
        <IconButton icon="mic" class="sendb" name={t("do.record")} onClick={() => { recording.value = true; }} />
      )}
    </form>
  );
}

function Tools() {
  const now = scenario.value;
  if (!now) return null;
  const burst = async () => {
    for (let n = 1; n <= BURST; n += 1) await write(t("sandbox.burstText", { n }));
  };
  return (
    <section class="card tools">
      <h2>{t("sandbox.say")}</h2>
      <Sayings />
      <h2>{t("sandbox.faults")}</h2>
      <div class="srow">
        <div><b>{t("sandbox.refuse")}</b><small>{t("sandbox.refuseHint")}</small></div>
        <Switch on={now.refuse_next} name={t("sandbox.refuse")} change={(on) => void play({ refuse_next: on })} />
      </div>
      <div class="srow">
        <div><b>{t("sandbox.silent")}</b><small>{t("sandbox.silentHint")}</small></div>
        <Switch on={now.no_answer} name={t("sandbox.silent")} change={(on) => void play({ no_answer: on })} />
      </div>
      <div class="srow">
        <div><b>{t("sandbox.late")}</b></div>
        <Switch on={now.late_receipts} name={t("sandbox.late")} change={(on) => void play({ late_receipts: on })} />
      </div>
      <div class="fb">
        <button type="button" class="btn ghost" disabled={!current.value} onClick={() => void burst()}>
          <Icon name="bolt" />
          {t("sandbox.burst")}
        </button>
      </div>
    </section>
  );
}

const PLACE = { latitude: 31.04112, longitude: 31.37847, name: "المنصورة", address: "شارع الجلاء" };
const CARD = { contacts: [{ name: "د. هبة السيد", phones: ["201055501420"] }] };

/** All kinds of messages, each by one press. */
function Sayings() {
  const ours = screen.value.findLast((one) => one.from_us);
  const all: { icon: string; name: Key; act: () => void; off?: boolean }[] = [
    { icon: "camera", name: "sandbox.prescription", act: () => void prescription().then((photo) => sendFile(photo, "prescription.png", "image")) },
    { icon: "doc", name: "kind.document", act: () => void sendFile(new Blob([PDF], { type: "application/pdf" }), "روشتة.pdf", "document") },
    { icon: "pin", name: "kind.location", act: () => void write("", { kind: "location", content: PLACE }) },
    { icon: "person", name: "kind.contacts", act: () => void write("", { kind: "contacts", content: CARD }) },
    { icon: "smile", name: "sandbox.react", off: !ours, act: () => { if (ours) void write("", { kind: "reaction", content: { message_id: ours.id, emoji: HEART } }); } },
  ];
  return (
    <div class="tgrid">
      {all.map(({ icon, name, act, off }) => (
        <button key={name} type="button" class="tb" disabled={!current.value || off} onClick={act}>
          <Icon name={icon} />
          {t(name)}
        </button>
      ))}
    </div>
  );
}

const PDF = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF";

/** A sheet with some lines of a doctor's hand: drawn here, no picture to load. */
async function prescription(): Promise<Blob> {
  const sheet = Object.assign(document.createElement("canvas"), { width: 480, height: 640 });
  const pen = sheet.getContext("2d");
  if (pen) {
    pen.fillStyle = "#fbfaf4";
    pen.fillRect(0, 0, sheet.width, sheet.height);
    pen.fillStyle = "#2d6b60";
    pen.fillRect(40, 40, 180, 14);
    pen.strokeStyle = "#22407f";
    pen.lineWidth = 4;
    for (let y = 140; y < 560; y += 70) {
      pen.beginPath();
      for (let x = 60; x < 420 - (y % 3) * 40; x += 8) pen.lineTo(x, y + Math.sin(x / 9 + y) * 12);
      pen.stroke();
    }
  }
  return new Promise((resolve, reject) => {
    sheet.toBlob((drawn) => { if (drawn) resolve(drawn); else reject(new Error("nothing was drawn")); }, "image/png");
  });
}

function NewPhone({ close }: { close: () => void }) {
  const name = useSignal("");
  const number = useSignal("");
  const submit = () => {
    if (!name.peek().trim() || !/\d|[٠-٩]/.test(number.peek())) return;
    add(number.peek(), name.peek().trim());
    close();
  };
  return (
    <Dialog
      title={t("sandbox.new")}
      cls="sm"
      close={close}
      footer={
        <>
          <button type="button" class="btn ghost" onClick={close}>{t("do.cancel")}</button>
          <button type="submit" form="new-phone" class="btn pri">{t("sandbox.add")}</button>
        </>
      }
    >
      <form id="new-phone" class="newp" onSubmit={(event) => { event.preventDefault(); submit(); }}>
        <label class="fld">
          <span>{t("team.name")}</span>
          <input class="inp" dir="auto" maxLength={100} required value={name.value} onInput={(event) => { name.value = event.currentTarget.value; }} />
        </label>
        <label class="fld">
          <span>{t("sandbox.newPhone")}</span>
          <input class="inp" dir="ltr" inputMode="tel" placeholder="0101 234 5678" required value={number.value} onInput={(event) => { number.value = event.currentTarget.value; }} />
        </label>
      </form>
    </Dialog>
  );
}
