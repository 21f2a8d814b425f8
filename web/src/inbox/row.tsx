// One conversation in the list. A signal of its own: what changes it touches no other row.

import { useComputed } from "@preact/signals";

import type { Ticket } from "../api/types";
import { now } from "../store/clock";
import { drafts } from "../store/drafts";
import { outbox } from "../store/outbox";
import { openId, pathOf } from "../store/router";
import { ticket as ticketOf } from "../store/tickets";
import { Avatar, Icon, Tick } from "../ui/parts";
import { direction, hours, listTime, phone } from "../words/format";
import { number, t } from "../words/words";
import { KIND_ICONS, kindName } from "./contents";
import { PRIORITIES } from "./ticket";
import { Ring, WaitingWords, windowLeft } from "./waiting";

const SOON_CLOSED_MS = 7_200_000;

export function customerName(ticket: Ticket): string {
  const { name, phone: digits } = ticket.customer;
  return name ?? (digits ? phone(digits) : t("customer.noNumber"));
}

export function Row({ id }: { id: number }) {
  const ticket = ticketOf(id)?.value;
  const isOpen = useComputed(() => openId.value === id).value;
  if (!ticket) return <li class="row" />;
  return (
    <li>
      <a
        class={`row ${ticket.unread ? "un" : ""} ${ticket.status === "delayed" ? "late" : ""}`}
        href={pathOf(id)}
        data-id={id}
        tabIndex={-1}
        aria-current={isOpen ? "true" : undefined}
      >
        <Avatar id={ticket.customer.id} name={ticket.customer.name}>
          <Ring ticket={ticket} />
        </Avatar>
        <span class="rb">
          <span class="l1">
            <Name ticket={ticket} />
            <WaitingWords
              ticket={ticket}
              otherwise={<time>{listTime(ticket.last_message_at ?? ticket.opened_at, now.value)}</time>}
            />
          </span>
          <span class="l2">
            <Preview ticket={ticket} />
            <WindowChip ticket={ticket} />
            {ticket.priority === "high" || ticket.priority === "urgent" ? <span class="chip pri0">{t(PRIORITIES[ticket.priority])}</span> : null}
            {ticket.agent || ticket.status === "closed" ? null : <span class="chip amb un0">{t("conv.unassigned")}</span>}
            {ticket.unread && ticket.agent ? (
              <span class="bdg">
                <span aria-hidden="true">{ticket.unread > 99 ? "99+" : number(ticket.unread)}</span>
                <span class="vh">{t("row.unread", { n: ticket.unread })}</span>
              </span>
            ) : null}
          </span>
        </span>
      </a>
    </li>
  );
}

function Name({ ticket }: { ticket: Ticket }) {
  if (ticket.customer.name) {
    return (
      <span class="nm" dir="auto">
        {ticket.customer.name}
      </span>
    );
  }
  return (
    <span class="nm" dir="auto">
      <bdi dir={ticket.customer.phone ? "ltr" : "auto"}>{customerName(ticket)}</bdi>
    </span>
  );
}

function Preview({ ticket }: { ticket: Ticket }) {
  const draft = drafts.value[ticket.id];
  const unsent = outbox.value.filter((one) => one.ticket === ticket.id);
  const last = unsent.at(-1);
  const kind = ticket.last_message_kind;
  if (unsent.some((one) => one.error)) {
    return (
      <span class="pv">
        <Tick status="failed" />
        {t("row.unsent", { n: unsent.filter((one) => one.error).length })}
      </span>
    );
  }
  if (last) {
    return (
      <span class="pv" dir="auto">
        <Tick status="queued" />
        {last.body.text ?? t("kind.document")}
      </span>
    );
  }
  if (ticket.last_message_status === "failed" && kind !== "revoke") {
    return (
      <span class="pv">
        <Tick status="failed" />
        {t("row.unsent", { n: 1 })}
      </span>
    );
  }
  if (draft && openId.value !== ticket.id) {
    return (
      <span class="pv" dir="auto">
        <b class="dr">{t("row.draft")}</b> {draft}
      </span>
    );
  }
  return (
    // The tick leads where the interface begins, whichever way the words run.
    <span class="pv led">
      {ticket.last_message_status && kind !== "revoke" ? <Tick status={ticket.last_message_status} /> : null}
      {kind && KIND_ICONS[kind] ? <Icon name={KIND_ICONS[kind]} /> : null}
      <span class="pvt" dir={direction(ticket.last_message ?? "") ?? "auto"}>
        {kind === "revoke" ? t("msg.gone") : (ticket.last_message ?? kindName(kind ?? "text"))}
      </span>
    </span>
  );
}

function WindowChip({ ticket }: { ticket: Ticket }) {
  const rest = windowLeft(ticket, now.value);
  if (ticket.status === "closed" || rest === null || rest > SOON_CLOSED_MS) return null;
  return (
    <span class="wl">
      <Icon name="time" />
      <span>{rest > 0 ? t("conv.closesIn", { time: hours(rest) }) : t("conv.templateOnly")}</span>
    </span>
  );
}
