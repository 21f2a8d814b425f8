// Closing and handing over.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { Colleague, Ticket } from "../api/types";
import { branchName, colleagues, readBranches, readColleagues } from "../store/agents";
import { assign, closeTicket, reopenTicket, take, transfer } from "../store/desk";
import { go } from "../store/router";
import { isAdmin } from "../store/session";
import { fold } from "../store/tickets";
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
      <fieldset class="rsn" onKeyDown={(event) => { if (event.key === "Enter") void submit(); }}>
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

async function takeBack(id: number): Promise<void> {
  if (await take(id)) go(`#/inbox/${String(id)}`);
}

/** Hand the conversation to a colleague, and say why. */
export function TransferDialog({ ticket, close }: { ticket: Ticket; close: () => void }) {
  const wanted = useSignal("");
  const chosen = useSignal<Colleague | null>(null);
  const why = useSignal<Key>("transfer.nearest");
  const busy = useSignal(false);
  // Who has as many as they take: for whom it was asked whether it is to be done anyway.
  const asked = useSignal<number | null>(null);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => { Promise.all([readColleagues(), readBranches()]).catch(showProblem); }, []);
  const team = colleagues.value
    .filter((one) => one.id !== ticket.agent?.id && fold(`${one.name} ${branchName(one.branch_id) ?? ""}`).includes(fold(wanted.value.trim())))
    .sort((one, other) => rank(one) - rank(other) || one.open_tickets - other.open_tickets);
  const asks = chosen.value !== null && chosen.value.id === asked.value;
  const submit = async () => {
    const to = chosen.peek();
    const from = ticket.agent?.id ?? null;
    if (!to || busy.peek()) return;
    if (isFull(to) && asked.peek() !== to.id) {
      asked.value = to.id;
      return;
    }
    busy.value = true;
    const done = await transfer(ticket.id, to.id, t(why.peek()));
    busy.value = false;
    if (!done) return;
    close();
    const said = t("transfer.done", { name: to.name });
    if (isAdmin.peek()) show(said, () => void assign(ticket.id, from));
    else {
      show(said, () => void takeBack(ticket.id));
      go("#/inbox");
    }
  };
  /** From the field into the list, which the arrows go along by themselves. */
  const enter = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "Enter") return;
    event.preventDefault();
    const radios = list.current;
    const radio = radios?.querySelector<HTMLInputElement>("input:checked") ?? radios?.querySelector("input");
    radio?.focus();
    radio?.click();
  };
  return (
    <Dialog
      title={t("transfer.title")}
      close={close}
      footer={
        <>
          {asks && chosen.value ? (
            <p class="bn amb" role="alert">
              <Icon name="warn" />
              <span>{t("transfer.full", { name: chosen.value.name, most: chosen.value.capacity })}</span>
            </p>
          ) : null}
          <button type="button" class="btn ghost" onClick={close}>{t("do.cancel")}</button>
          {/* The second of two quick clicks is no answer to what the first one asked. */}
          <button type="button" class="btn pri" disabled={!chosen.value || busy.value} onClick={(event) => { if (event.detail < 2) void submit(); }}>
            {asks ? t("transfer.anyway") : chosen.value ? t("transfer.to", { name: chosen.value.name }) : t("do.transfer")}
          </button>
        </>
      }
    >
      <label class="srch big">
        <Icon name="search" />
        <input autofocus placeholder={t("transfer.search")} aria-label={t("transfer.search")} onKeyDown={enter} onInput={(event) => { wanted.value = event.currentTarget.value; }} />
      </label>
      <div role="radiogroup" aria-label={t("transfer.title")} ref={list} onKeyDown={(event) => { if (event.key === "Enter" && !event.repeat) void submit(); }}>
        <ul class="pick">
          {team.map((one) => <Pick key={one.id} one={one} on={one.id === chosen.value?.id} choose={() => { chosen.value = one; }} />)}
        </ul>
      </div>
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

function isFull(one: Colleague): boolean {
  return one.open_tickets >= one.capacity;
}

function Pick({ one, on, choose }: { one: Colleague; on: boolean; choose: () => void }) {
  const branch = branchName(one.branch_id);
  return (
    <li class={on ? "on" : ""}>
      <label>
        <input type="radio" name="agent" checked={on} onChange={choose} />
        <Avatar id={one.id} name={one.name} size="s32">
          <i class={`dot ${DOTS[one.presence] ?? "off"}`} />
        </Avatar>
        <span class="pn">
          <b dir="auto">{one.name}</b>
          <small>
            {branch ? <bdi dir="auto">{branch}</bdi> : null}
            {branch && one.presence !== "online" ? " · " : null}
            {branch && one.presence === "online" ? null : t(one.presence === "break" ? "transfer.onBreak" : (PRESENCES[one.presence] ?? "presence.offline"))}
          </small>
        </span>
        <span class={isFull(one) ? "lb full" : "lb"}>
          <i style={{ inlineSize: `${String(Math.min(100, (one.open_tickets / Math.max(1, one.capacity)) * 100))}%` }} />
        </span>
        <span class="ln">
          <bdi dir="ltr" aria-hidden="true">{number(one.open_tickets)}/{number(one.capacity)}</bdi>
          <span class="vh">{t("transfer.load", { open: one.open_tickets, most: one.capacity })}</span>
        </span>
      </label>
    </li>
  );
}

export const DOTS: Record<string, string> = { online: "on", break: "brk", offline: "off" };
export const PRESENCES: Record<string, Key> = { online: "presence.available", break: "presence.break", offline: "presence.offline" };

function rank(one: Colleague): number {
  return ["online", "break", "offline"].indexOf(one.presence);
}
