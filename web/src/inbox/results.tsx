// What was found: conversations of this desk and of customers, then messages, and how far back.

import type { ComponentChildren } from "preact";

import type { Found } from "../api/types";
import { now } from "../store/clock";
import { go, pathOf } from "../store/router";
import { lookOn, results } from "../store/search";
import { fold, matching, order } from "../store/tickets";
import { aimed } from "../store/threads";
import { Avatar, Icon } from "../ui/parts";
import { date, direction, listTime, phone } from "../words/format";
import { number, t } from "../words/words";
import { Row } from "./row";

const SHOWN = 12;

export function Results({ wanted }: { wanted: string }) {
  // Another order may mean another conversation.
  void order.value;
  const here = matching(wanted);
  const found = results.value;
  const others = (found?.customers ?? []).filter((one) => !here.includes(one.ticket_id));
  const messages = found?.messages ?? [];
  const count = here.length + others.length;
  const nothing = count + messages.length === 0 && found !== null && !found.busy;
  return (
    <div class="rows sres" role="group" aria-label={t("search.results")} tabIndex={0} onKeyDown={steer}>
      {count ? <h2 class="sg">{t("search.conversations")} <b>{number(count)}</b></h2> : null}
      <ul>
        {here.slice(0, SHOWN).map((id) => <Row key={id} id={id} />)}
        {others.map((one) => (
          <Hit key={one.customer.id} customer={one.customer} ticket={one.ticket_id} wanted={wanted}>
            {one.customer.phone ? <bdi dir="ltr">{phone(one.customer.phone)}</bdi> : t("customer.noNumber")}
          </Hit>
        ))}
      </ul>
      {messages.length ? <h2 class="sg">{t("search.messages")} <b>{number(messages.length)}{found?.next ? "+" : ""}</b></h2> : null}
      <ul>
        {messages.map((one) => (
          <Hit key={one.id} customer={one.customer} ticket={one.ticket_id} message={one.id} at={one.sent_at} wanted={wanted}>
            {one.direction === "out" ? <Icon name="reply" flip /> : null}
            <span dir={direction(one.text) ?? "auto"}><Highlighted text={one.text} wanted={wanted} from /></span>
          </Hit>
        ))}
      </ul>
      {nothing ? <div class="emp"><p dir="auto">{t("search.none", { text: wanted })}</p></div> : null}
      {found?.busy ? <p class="sg" role="status">{t("search.busy")}</p> : null}
      {found?.next && !found.busy ? (
        <p class="sg more">
          {found.until ? <span>{t("search.until", { date: date(found.until) })}</span> : null}
          <button type="button" class="lnk" onClick={lookOn}>{t(found.until ? "search.further" : "search.more")}</button>
        </p>
      ) : null}
    </div>
  );
}

interface HitProps {
  customer: Found["messages"][number]["customer"];
  ticket: number;
  message?: number;
  at?: string;
  wanted: string;
  children: ComponentChildren;
}

function Hit({ customer, ticket, message, at, wanted, children }: HitProps) {
  const open = (event: Event) => {
    event.preventDefault();
    aimed.value = message === undefined ? null : { ticket, message };
    go(pathOf(ticket));
  };
  const name = customer.name ?? (customer.phone ? phone(customer.phone) : t("customer.noNumber"));
  return (
    <li>
      <a class="row" href={pathOf(ticket)} onClick={open}>
        <Avatar id={customer.id} name={customer.name} />
        <span class="rb">
          <span class="l1">
            <span class="nm" dir="auto"><Highlighted text={name} wanted={wanted} /></span>
            {at ? <time>{listTime(at, now.value)}</time> : null}
          </span>
          <span class="l2"><span class="pv">{children}</span></span>
        </span>
      </a>
    </li>
  );
}

const BEFORE = 18;

/** *text* with what was looked for marked; *from* there on, where it would not be in sight. */
function Highlighted({ text, wanted, from }: { text: string; wanted: string; from?: boolean }) {
  const words = fold(wanted).split(/[^\p{L}\p{N}]+/u).filter(Boolean).map(bare);
  const pieces = text.split(/([\p{L}\p{N}\p{M}\u0640]+)/u);
  const isHit = pieces.map((piece, at) => at % 2 === 1 && words.some((word) => fold(piece).startsWith(word) || bare(fold(piece)).startsWith(word)));
  const first = isHit.indexOf(true);
  let start = 0;
  if (from && pieces.slice(0, first).join("").length > BEFORE) start = Math.max(0, first - 2);
  return (
    <>
      {start ? "…" : null}
      {pieces.slice(start).map((piece, at) => (isHit[at + start] ? <mark key={at}>{piece}</mark> : piece))}
    </>
  );
}

/** A word without its article, as the server takes it. */
function bare(word: string): string {
  return word.replace(/^(?:[وفبك]?ال|[وف]?لل)(?=.{3})/u, "");
}

function steer(event: KeyboardEvent): void {
  const rows = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>(".row")];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  rows[Math.max(0, Math.min(rows.length - 1, to))]?.focus();
}
