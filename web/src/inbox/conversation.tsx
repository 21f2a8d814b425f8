// One conversation: who it is, what was said, and where one answers.

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import type { Message, Ticket } from "../api/types";
import { now } from "../store/clock";
import { open, reopenTicket, take } from "../store/desk";
import { go } from "../store/router";
import { others, stay } from "../store/readers";
import { readRoute } from "../store/routes";
import { seesAll } from "../store/session";
import { thread as threadOf } from "../store/threads";
import { show } from "../store/toast";
import { Menu, type Choice } from "../ui/menu";
import { Avatar, Icon, IconButton, Phone } from "../ui/parts";
import { hours, phone } from "../words/format";
import { t } from "../words/words";
import { attach, AttachDialog } from "./attach";
import { Composer } from "./composer";
import { CloseDialog, TransferDialog } from "./dialogs";
import { Messages, Skeleton } from "./messages";
import { asked } from "./panes";
import { customerName } from "./row";
import { TakeButton } from "./unclaimed";
import { canUnread, unread } from "./unread";
import { Ring, waitingWords, windowLeft } from "./waiting";
import { WindowClosed } from "./window";

const SOON_CLOSED_MS = 7_200_000;

export function Conversation({ ticket }: { ticket: Ticket }) {
  const { id } = ticket;
  const thread = useMemo(() => threadOf(id), [id]);
  const answering = useSignal<Message | null>(null);
  const over = useSignal(false);
  useEffect(() => {
    answering.value = null;
    thread.unreadLine = null;
    const unread = ticket.unread;
    void open(id).then(() => {
      const incoming = thread.messages.peek().filter((one) => one.direction === "in");
      if (unread) thread.unreadLine = incoming.at(-unread)?.id ?? null;
    });
  }, [id]);
  useEffect(() => stay(id), [id]);
  // Somebody may choose another provider for the customer meanwhile.
  useEffect(() => { void readRoute(id); }, [id, ticket.customer.pinned_provider]);
  const closed = ticket.status === "closed";
  const rest = windowLeft(ticket, now.value);
  return (
    <article
      class={over.value ? "conv over" : "conv"}
      aria-label={t("conv.with", { name: customerName(ticket) })}
      onDragOver={(event) => {
        if (closed || !event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={(event) => { if (!event.currentTarget.contains(event.relatedTarget as Node | null)) over.value = false; }}
      onDrop={(event) => {
        over.value = false;
        if (closed || !event.dataTransfer?.files.length) return;
        event.preventDefault();
        attach(id, event.dataTransfer.files);
      }}
    >
      <Head ticket={ticket} />
      <Readers />
      {thread.loaded.value ? <Messages key={id} thread={thread} ticket={ticket} reply={(message) => { answering.value = message; }} /> : <Skeleton />}
      {closed ? <ClosedBar ticket={ticket} /> : rest !== null && rest <= 0 ? <WindowClosed ticket={ticket} /> : (
        <Composer key={id} ticket={ticket} answering={answering.value} setAnswering={(message) => { answering.value = message; }} />
      )}
      {over.value ? <div class="drop"><Icon name="clip" /><b>{t("attach.drop")}</b></div> : null}
      <AttachDialog customer={customerName(ticket)} />
      {asked.value === "close" ? <CloseDialog ticket={ticket} close={() => { asked.value = null; }} /> : null}
      {asked.value === "transfer" ? <TransferDialog ticket={ticket} close={() => { asked.value = null; }} /> : null}
    </article>
  );
}

function ClosedBar({ ticket }: { ticket: Ticket }) {
  return (
    <p class="closedbar">
      <span>{t("conv.closedBar")}</span>
      <button type="button" class="btn tiny" onClick={() => void reopenTicket(ticket.id)}>
        <Icon name="undo" flip />
        {t("do.reopen")}
      </button>
    </p>
  );
}

/** Who else has it open: two answers to one customer are worse than none. */
function Readers() {
  const [first] = others.value;
  if (!first) return null;
  return (
    <p class="pee" role="status">
      <Avatar id={first.agent.id} name={first.agent.name} size="s24" />
      <span>{t(first.doing === "writes" ? "peer.writes" : "peer.reads", { name: first.agent.name })}</span>
    </p>
  );
}

function Head({ ticket }: { ticket: Ticket }) {
  return (
    <header class="ch">
      <IconButton icon="back" flip class="backb" name={t("do.backToList")} onClick={() => { go("#/inbox"); }} />
      <button type="button" class="who" title={t("customer.about")} onClick={() => { asked.value = "customer"; }}>
        <Avatar id={ticket.customer.id} name={ticket.customer.name} size="s40">
          <Ring ticket={ticket} />
        </Avatar>
        <span class="wt">
          <span class="l1">
            <b dir="auto">{customerName(ticket)}</b>
          </span>
          <span class="l2">
            <span>{ticket.customer.phone ? <Phone>{phone(ticket.customer.phone)}</Phone> : t("customer.noNumber")}</span>
            <span class="tno">
              · {t("ticket")} <bdi dir="ltr">#{ticket.number}</bdi>
            </span>
            {seesAll.value && ticket.agent ? <span class="tno">· <bdi dir="auto">{ticket.agent.name}</bdi></span> : null}
          </span>
        </span>
      </button>
      <span class="sp" />
      <WindowChip ticket={ticket} />
      <StateChip ticket={ticket} />
      {ticket.status === "closed" ? null : (
        <>
          {ticket.agent ? null : <TakeButton ticket={ticket} cls="btn pri hd" />}
          <button type="button" class="btn ghost hd" aria-label={t("do.transfer")} onClick={() => { asked.value = "transfer"; }}>
            <Icon name="transfer" />
            <span>{t("do.transfer")}</span>
          </button>
          <button type="button" class="btn ghost hd" aria-label={t("do.close")} onClick={() => { asked.value = "close"; }}>
            <Icon name="done" />
            <span>{t("do.close")}</span>
          </button>
        </>
      )}
      <Menu name={t("do.more")} cls="ib mo" choices={choicesOf(ticket)}>
        <Icon name="more" />
      </Menu>
    </header>
  );
}

function choicesOf(ticket: Ticket): Choice[] {
  const choices: Choice[] = [{ label: t("customer.about"), icon: "person", act: () => { asked.value = "customer"; } }];
  const { phone: digits } = ticket.customer;
  if (digits) choices.push({ label: t("customer.copyNumber"), icon: "doc", act: () => void navigator.clipboard.writeText(`+${digits}`).then(() => { show(t("do.copied")); }) });
  if (ticket.status === "closed") return choices;
  if (!ticket.agent) choices.push({ label: t("do.take"), icon: "done", act: () => void take(ticket.id) });
  if (canUnread(ticket)) choices.push({ label: t("do.unread"), icon: "eye", act: () => { unread(ticket); } });
  choices.push({ label: t("do.note"), icon: "lock", act: () => { asked.value = "note"; } });
  choices.push({ label: t("do.transfer"), icon: "transfer", act: () => { asked.value = "transfer"; } });
  choices.push({ label: t("do.close"), icon: "done", act: () => { asked.value = "close"; } });
  return choices;
}

function WindowChip({ ticket }: { ticket: Ticket }) {
  const rest = windowLeft(ticket, now.value);
  if (ticket.status === "closed" || rest === null || rest > SOON_CLOSED_MS) return null;
  return <span class="chip amb"><Icon name="time" />{rest > 0 ? t("conv.closesIn", { time: hours(rest) }) : t("conv.templateOnly")}</span>;
}

function StateChip({ ticket }: { ticket: Ticket }) {
  if (ticket.status === "closed") return <span class="chip gry">{t("conv.closed")}</span>;
  if (ticket.customer.blocked) return <span class="chip gry">{t("conv.blocked")}</span>;
  const waiting = waitingWords(ticket, now.value);
  if (waiting) return <span class={waiting.cls === "lt" ? "chip red" : "chip amb"}><Icon name="time" />{waiting.words}</span>;
  if (!ticket.agent) return <span class="chip gry">{t("conv.unassigned")}</span>;
  // What is shut says more than that it is open.
  if ((windowLeft(ticket, now.value) ?? 1) <= 0) return null;
  return <span class="chip grn">{t("conv.open")}</span>;
}
