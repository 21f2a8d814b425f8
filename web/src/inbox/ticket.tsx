// What a conversation is about: how urgent, which category, and its own tags.

import { patch } from "../api/client";
import type { Ticket, TicketChange } from "../api/types";
import { learn, openTickets } from "../store/tickets";
import { showProblem } from "../store/toast";
import type { Key } from "../words/words";
import { t } from "../words/words";
import { Tags } from "./tags";

export const PRIORITIES: Record<Ticket["priority"], Key> = {
  low: "priority.low",
  normal: "priority.normal",
  high: "priority.high",
  urgent: "priority.urgent",
};
const MOST = 50;

async function change(ticket: Ticket, some: TicketChange): Promise<boolean> {
  try {
    learn(await patch<Ticket>(`/api/tickets/${String(ticket.id)}`, some));
    return true;
  } catch (error) {
    showProblem(error);
    return false;
  }
}

export function TicketFacts({ ticket }: { ticket: Ticket }) {
  // What others are about: the same thing is to be called the same.
  const categories = [...new Set(openTickets.value.flatMap((one) => (one.category ? [one.category] : [])))].sort();
  return (
    <section class="tkf">
      <h3>
        {t("ticket")} <bdi dir="ltr">#{ticket.number}</bdi>
      </h3>
      <label>
        <span>{t("ticket.priority")}</span>
        <select class="sel" value={ticket.priority} onChange={(event) => void change(ticket, { priority: event.currentTarget.value as Ticket["priority"] })}>
          {(Object.keys(PRIORITIES) as Ticket["priority"][]).map((one) => <option key={one} value={one}>{t(PRIORITIES[one])}</option>)}
        </select>
      </label>
      <label>
        <span>{t("ticket.category")}</span>
        <input
          class="inp"
          dir="auto"
          list="categories"
          maxLength={MOST}
          value={ticket.category ?? ""}
          onChange={(event) => void change(ticket, { category: event.currentTarget.value.trim() || null })}
        />
      </label>
      <datalist id="categories">{categories.map((one) => <option key={one} value={one} />)}</datalist>
      <div class="tkt" role="group" aria-label={t("ticket.tags")}>
        <span>{t("ticket.tags")}</span>
        <Tags tags={ticket.tags} change={(tags) => change(ticket, { tags })} />
      </div>
    </section>
  );
}
