// Closing and handing over.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { Colleague, Ticket } from "../api/types";
import { colleagues, readColleagues } from "../store/agents";
import { assign, closeTicket, reopenTicket, transfer } from "../store/desk";
import { go } from "../store/router";
import { isAdmin } from "../store/session";
import { show, showProblem } from "../store/toast";
import { Dialog } from "../ui/dialog";
import { Avatar, Icon } from "../ui/parts";
import type { Key } from "../words/words";
import { number, t } from "../words/words";
import { customerName } from "./row";

const REASONS: Key[] = ["close.sold", "close.advice", "close.outOfStock", "close.noAnswer", "close.spam"];

export function CloseDialog({ ticket, close }: { ticket: Ticket; close: () => void }) {
  const reason = useSignal<Key>("close.sold");
  const busy = useSignal(false);
  const submit = async () => {
    busy.value = true;
    const closed = await closeTicket(ticket.id, t(reason.peek()));
    busy.value = false;
    if (!closed) return;
    close();
    show(t("close.done", { name: customerName(ticket) }), () => void reopenTicket(ticket.id));
    go("#/inbox");
  };
  return (
    <Dialog
      title={t("close.title")}
      cls="sm"
      close={close}
      footer={
        <>
          <button type="button" class="btn ghost" onClick={close}>{t("do.cancel")}</button>
          <button type="button" class="btn pri" disabled={busy.value} onClick={() => void submit()}>{t("do.close")}</button>
        </>
      }
    >
      <fieldset class="rsn">
        <legend>{t("reason")}</legend>
        {REASONS.map((one) => (
          <label key={one} class={one === reason.value ? "on" : ""}>
            <input type="radio" name="reason" checked={one === reason.value} onChange={() => { reason.value = one; }} />
            <span>{t(one)}</span>
          </label>
        ))}
      </fieldset>
      <p class="hint">{t("close.hint")}</p>
    </Dialog>
  );
}

const WHYS: Key[] = ["transfer.nearest", "transfer.knows", "transfer.shift", "transfer.asked", "transfer.other"];

/** Hand the conversation to a colleague, and say why. */
export function TransferDialog({ ticket, close }: { ticket: Ticket; close: () => void }) {
  const wanted = useSignal("");
  const chosen = useSignal<Colleague | null>(null);
  const why = useSignal<Key>("transfer.nearest");
  const busy = useSignal(false);
  useEffect(() => { readColleagues().catch(showProblem); }, []);
  const team = colleagues.value
    .filter((one) => one.id !== ticket.agent?.id && one.name.toLowerCase().includes(wanted.value.toLowerCase()))
    .sort((one, other) => rank(one) - rank(other) || one.open_tickets - other.open_tickets);
  const submit = async () => {
    const to = chosen.peek();
    const from = ticket.agent?.id ?? null;
    if (!to) return;
    busy.value = true;
    const done = await transfer(ticket.id, to.id, t(why.peek()));
    busy.value = false;
    if (!done) return;
    close();
    // What is a colleague's now is not an agent's to take back.
    if (isAdmin.peek()) show(t("transfer.done", { name: to.name }), () => void assign(ticket.id, from));
    else {
      show(t("transfer.done", { name: to.name }));
      go("#/inbox");
    }
  };
  return (
    <Dialog
      title={t("transfer.title")}
      close={close}
      footer={
        <>
          <button type="button" class="btn ghost" onClick={close}>{t("do.cancel")}</button>
          <button type="button" class="btn pri" disabled={!chosen.value || busy.value} onClick={() => void submit()}>
            {chosen.value ? t("transfer.to", { name: chosen.value.name }) : t("do.transfer")}
          </button>
        </>
      }
    >
      <label class="srch big">
        <Icon name="search" />
        <input autofocus placeholder={t("transfer.search")} aria-label={t("search")} onInput={(event) => { wanted.value = event.currentTarget.value; }} />
      </label>
      <ul class="pick">
        {team.map((one) => (
          <li key={one.id} class={one.id === chosen.value?.id ? "on" : ""}>
            <label>
              <input type="radio" name="agent" checked={one.id === chosen.value?.id} onChange={() => { chosen.value = one; }} />
              <Avatar id={one.id} name={one.name} size="s32">
                <i class={`dot ${DOTS[one.presence] ?? "off"}`} />
              </Avatar>
              <span class="pn">
                <b dir="auto">{one.name}</b>
                <small>{t(PRESENCES[one.presence] ?? "presence.offline")}</small>
              </span>
              <span class={one.open_tickets >= one.capacity ? "lb full" : "lb"}>
                <i style={{ inlineSize: `${String(Math.min(100, (one.open_tickets / Math.max(1, one.capacity)) * 100))}%` }} />
              </span>
              <span class="ln">
                <bdi dir="ltr">{number(one.open_tickets)}/{number(one.capacity)}</bdi>
              </span>
            </label>
          </li>
        ))}
      </ul>
      {team.length === 0 ? <p class="hint">{t("transfer.nobody")}</p> : null}
      <label class="fld">
        <span>{t("reason")}</span>
        <select class="sel" value={why.value} onChange={(event) => { why.value = event.currentTarget.value as Key; }}>
          {WHYS.map((one) => <option key={one} value={one}>{t(one)}</option>)}
        </select>
      </label>
    </Dialog>
  );
}

export const DOTS: Record<string, string> = { online: "on", break: "brk", offline: "off" };
export const PRESENCES: Record<string, Key> = { online: "presence.available", break: "presence.break", offline: "presence.offline" };

function rank(one: Colleague): number {
  return ["online", "break", "offline"].indexOf(one.presence);
}
