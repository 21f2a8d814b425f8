// A conversation that nobody has yet: who waits, for how long, and the way to take it.

import { useSignal } from "@preact/signals";

import type { Ticket } from "../api/types";
import { now } from "../store/clock";
import { take } from "../store/desk";
import { go, pathOf } from "../store/router";
import { Avatar, Icon, IconButton } from "../ui/parts";
import { direction, length } from "../words/format";
import { t } from "../words/words";
import { customerName } from "./row";
import { Ring, WaitingWords } from "./waiting";

export function Unclaimed({ ticket }: { ticket: Ticket }) {
  const since = ticket.waiting_since ? t("conv.waitingFor", { time: length(now.value - Date.parse(ticket.waiting_since)) }) : t("conv.unassigned");
  return (
    <article class="conv none" aria-label={t("conv.with", { name: customerName(ticket) })}>
      <header class="ch uch"><IconButton icon="back" flip class="backb" name={t("do.backToList")} onClick={() => { go("#/inbox"); }} /></header>
      <div class="emp">
        <Avatar id={ticket.customer.id} name={ticket.customer.name} size="s64"><Ring ticket={ticket} /></Avatar>
        <h2 dir="auto">{customerName(ticket)}</h2>
        <p class="uw"><WaitingWords ticket={ticket} otherwise={since} /></p>
        {ticket.last_message ? <p class="uq" dir={direction(ticket.last_message) ?? "auto"}>{ticket.last_message}</p> : null}
        <TakeButton ticket={ticket} cls="btn pri" focus />
        <p>{t("queue.hint")}</p>
      </div>
    </article>
  );
}

export function TakeButton({ ticket, cls, focus }: { ticket: Ticket; cls: string; focus?: boolean }) {
  const busy = useSignal(false);
  const press = async () => {
    busy.value = true;
    const taken = await take(ticket.id);
    busy.value = false;
    if (taken) go(pathOf(ticket.id));
  };
  return (
    <button type="button" class={cls} disabled={busy.value} ref={(button) => { if (focus && document.activeElement === document.body) button?.focus(); }} onClick={() => void press()}>
      <Icon name="done" />
      {t("do.take")}
    </button>
  );
}
