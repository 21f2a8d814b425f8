// Who writes: name, number, tags, notes, earlier tickets. What one edits here wins over WhatsApp's.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { get, patch } from "../api/client";
import type { Customer, Ticket } from "../api/types";
import { branches, readBranches } from "../store/agents";
import { now } from "../store/clock";
import { go, pathOf } from "../store/router";
import { learn, ticket as ticketOf } from "../store/tickets";
import { isAdmin } from "../store/session";
import { showProblem } from "../store/toast";
import { Dialog } from "../ui/dialog";
import { Avatar, Icon, IconButton, Phone } from "../ui/parts";
import { day, month, phone } from "../words/format";
import { providerName } from "../words/providers";
import { number, t } from "../words/words";
import { Merges } from "./merge";
import { Files } from "./files";
import { ProviderChoice } from "./provider";
import { customerName } from "./row";
import { Tags } from "./tags";
import { TicketFacts } from "./ticket";

const BEST = 5;

type Change = Partial<Pick<Customer, "name" | "notes" | "tags" | "blocked" | "branch_id">>;

export function CustomerPane({ ticket, close }: { ticket: Ticket; close: () => void }) {
  const customer = useSignal<Customer | null>(null);
  const editing = useSignal(false);
  const id = ticket.customer.id;
  useEffect(() => {
    let gone = false;
    customer.value = null;
    get<Customer>(`/api/customers/${String(id)}`).then((found) => { if (!gone) customer.value = found; }, () => null);
    return () => { gone = true; };
  }, [id]);
  const change = async (some: Change): Promise<boolean> => {
    try {
      const changed = await patch<Customer>(`/api/customers/${String(id)}`, some);
      customer.value = changed;
      const shown = ticketOf(ticket.id)?.peek();
      if (shown) learn({ ...shown, customer: { ...shown.customer, name: changed.name, tags: changed.tags, blocked: changed.blocked } });
      return true;
    } catch (error) {
      showProblem(error);
      return false;
    }
  };
  const known = customer.value;
  return (
    <aside class="cust" aria-label={t("customer.about")}>
      <header class="cuh">
        <IconButton icon="back" flip class="backb closec" name={t("do.back")} onClick={close} />
        <h2>{t("customer.title")}</h2>
        <span class="sp" />
        <IconButton icon="edit" small name={t("customer.editName")} onClick={() => { editing.value = true; }} />
      </header>
      <div class="cub" tabIndex={0} role="group" aria-label={t("customer.about")}>
        <div class="idc">
          <Avatar id={id} name={ticket.customer.name} size="s64" />
          <b dir="auto">{customerName(ticket)}</b>
          <span class="ph1">{ticket.customer.phone ? <Phone>{phone(ticket.customer.phone)}</Phone> : t("customer.noNumber")}</span>
          {known ? <Tags tags={known.tags} change={(tags) => change({ tags })} /> : null}
        </div>
        {known ? <Facts customer={known} ticket={ticket} change={change} changed={(now) => { customer.value = now; }} /> : null}
      </div>
      {editing.value && known ? <NameDialog customer={known} change={change} close={() => { editing.value = false; }} /> : null}
    </aside>
  );
}

interface FactsProps {
  customer: Customer;
  ticket: Ticket;
  change: (some: Change) => Promise<boolean>;
  changed: (customer: Customer) => void;
}

function Facts({ customer, ticket, change, changed }: FactsProps) {
  const writing = useSignal<string | null>(null);
  const save = () => {
    const text = writing.peek()?.trim() ?? "";
    void change({ notes: text || null }).then((done) => { if (done) writing.value = null; });
  };
  useEffect(() => { if (!branches.peek().length) readBranches().catch(() => null); }, []);
  const ratings = customer.tickets.flatMap((one) => (one.rating === null ? [] : [one.rating]));
  const earlier = customer.tickets.filter((one) => one.id !== ticket.id);
  return (
    <>
      <dl class="kv">
        {branches.value.length ? (
          <div>
            <dt id="branch-of">{t("team.branch")}</dt>
            <dd>
              <select class="sel bare" aria-labelledby="branch-of" value={customer.branch_id ?? ""} onChange={(event) => void change({ branch_id: Number(event.currentTarget.value) || null })}>
                <option value="">{t("team.noBranch")}</option>
                {branches.value.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
              </select>
            </dd>
          </div>
        ) : null}
        <div>
          <dt>{t("customer.first")}</dt>
          <dd>{month(customer.created_at)}</dd>
        </div>
        <div>
          <dt>{t("customer.tickets")}</dt>
          <dd>{number(customer.tickets.length)}{customer.more_tickets ? "+" : ""}</dd>
        </div>
        {ratings.length ? (
          <div>
            <dt>{t("figures.satisfaction", { best: BEST })}</dt>
            <dd class="stars">
              <Icon name="star" /> <bdi dir="ltr">{number(ratings.reduce((sum, one) => sum + one, 0) / ratings.length, { maximumFractionDigits: 1 })}</bdi>
            </dd>
          </div>
        ) : null}
        {customer.blocked ? (
          <div>
            <dt>{t("customer.state")}</dt>
            <dd class="redtext">{t("conv.blocked")}</dd>
          </div>
        ) : null}
      </dl>
      <TicketFacts ticket={ticket} />
      <ProviderChoice ticket={ticket} />
      <section>
        <h3>{t("customer.notes")}</h3>
        {writing.value === null ? (
          customer.notes ? (
            <button type="button" class="cn" dir="auto" title={t("do.edit")} onClick={() => { writing.value = customer.notes ?? ""; }}>{customer.notes}</button>
          ) : (
            <button type="button" class="lnk" onClick={() => { writing.value = ""; }}>{t("customer.addNote")}</button>
          )
        ) : (
          <div class="notef">
            <textarea class="cn" dir="auto" rows={3} autoFocus aria-label={t("customer.notes")} value={writing.value} onInput={(event) => { writing.value = event.currentTarget.value; }} onKeyDown={(event) => { if (event.key === "Escape") { event.stopPropagation(); writing.value = null; } }} />
            <div class="fb">
              <button type="button" class="btn tiny pri" onClick={save}>{t("do.saveNote")}</button>
              <button type="button" class="btn tiny plain" onClick={() => { writing.value = null; }}>{t("do.cancel")}</button>
            </div>
          </div>
        )}
      </section>
      <Files ticket={ticket} />
      {earlier.length ? (
        <section>
          <h3>{t("customer.earlier")}</h3>
          <ul class="pt">
            {earlier.map((one) => (
              <li key={one.id}>
                <a href={pathOf(one.id)} onClick={() => { learn(one); go(pathOf(one.id)); }}>
                  <bdi dir="ltr">#{one.number}</bdi> · {one.status === "closed" ? (one.close_reason ? <bdi dir="auto">{one.close_reason}</bdi> : t("conv.closed")) : t("conv.open")}
                </a>
                <time>{day(one.opened_at, now.peek())}</time>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <Identities customer={customer} />
      {isAdmin.value ? <Merges customer={customer} changed={changed} /> : null}
      {isAdmin.value ? (
        <button type="button" class={customer.blocked ? "btn ghost" : "btn ghost dang"} onClick={() => void change({ blocked: !customer.blocked })}>
          {customer.blocked ? t("customer.unblock") : t("customer.block")}
        </button>
      ) : null}
    </>
  );
}

/** By what each provider knows the customer: what they are found by, and what they gave up. */
function Identities({ customer }: { customer: Customer }) {
  return (
    <details class="ids">
      <summary>{t("customer.identities")} <b>{number(customer.identities.length)}</b></summary>
      <ul>
        {customer.identities.map((one) => (
          <li key={`${one.provider}${one.kind}${one.id_ext}`} class={one.former ? "former" : ""}>
            {one.provider ? <bdi dir="ltr">{providerName(one.provider)}</bdi> : null}
            <bdi dir="ltr">{one.id_ext}</bdi>
            {one.former ? <small>{t("customer.former")}</small> : null}
          </li>
        ))}
      </ul>
    </details>
  );
}

function NameDialog({ customer, change, close }: { customer: Customer; change: (some: Change) => Promise<boolean>; close: () => void }) {
  const name = useSignal(customer.name ?? "");
  const submit = () => void change({ name: name.peek().trim() || null }).then((done) => { if (done) close(); });
  return (
    <Dialog
      title={t("customer.editName")}
      cls="sm"
      close={close}
      footer={
        <>
          <button type="button" class="btn ghost" onClick={close}>{t("do.cancel")}</button>
          <button type="button" class="btn pri" onClick={submit}>{t("do.save")}</button>
        </>
      }
    >
      <form onSubmit={(event) => { event.preventDefault(); submit(); }}>
        <label class="fld">
          <span>{t("customer.name")}</span>
          <input class="inp" dir="auto" maxLength={200} value={name.value} onInput={(event) => { name.value = event.currentTarget.value; }} />
        </label>
        {customer.whatsapp_name ? <p class="hint">{t("customer.whatsappName")} <bdi dir="auto">{customer.whatsapp_name}</bdi></p> : null}
      </form>
    </Dialog>
  );
}
