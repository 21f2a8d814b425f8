// The live board: who waits, who is late, who is here, and how much each holds.

import "../styles/pages.css";

import { useEffect } from "preact/hooks";

import { DOTS } from "../inbox/dialogs";
import { customerName } from "../inbox/row";
import { Ring, WaitingWords } from "../inbox/waiting";
import { agents, readAgents } from "../store/agents";
import { now } from "../store/clock";
import { loads } from "../store/loads";
import { pathOf } from "../store/router";
import { showProblem } from "../store/toast";
import { openTickets } from "../store/tickets";
import { Avatar } from "../ui/parts";
import { length } from "../words/format";
import type { Key } from "../words/words";
import { number, t } from "../words/words";

const SHOWN = 12;

export default function Board() {
  useEffect(() => { readAgents().catch(showProblem); }, []);
  const open = openTickets.value;
  const waiting = open
    .filter((one) => one.waiting_since)
    .sort((one, other) => Date.parse(one.waiting_since ?? "") - Date.parse(other.waiting_since ?? ""));
  const team = [...agents.value.values()].filter((one) => !one.disabled);
  const here = team.filter((one) => one.presence === "online").length;
  const late = open.filter((one) => one.status === "delayed").length;
  const longest = waiting[0]?.waiting_since;
  return (
    <main class="view page board" id="main" tabIndex={0}>
      <header class="ph0">
        <div>
          <h1>{t("board.title")}</h1>
          <p class="live"><i class="pulse" />{t("board.live")}</p>
        </div>
      </header>
      <dl class="kpis">
        <Figure name="list.waiting" value={number(waiting.length)} />
        <Figure name="list.late" value={number(late)} cls={late ? "red" : ""} />
        <Figure name="board.longest" value={longest ? length(now.value - Date.parse(longest)) : "—"} />
        <Figure name="board.open" value={number(open.length)} />
        <Figure name="board.here" value={number(here)} of={team.length} />
      </dl>
      <div class="bg">
        <section class="card">
          <h2>{t("board.need")} {late ? <span class="cnt">{number(late)}</span> : null}</h2>
          {waiting.length ? (
            <ul class="need">
              {waiting.slice(0, SHOWN).map((one) => (
                <li key={one.id}>
                  <Avatar id={one.customer.id} name={one.customer.name} size="s40"><Ring ticket={one} /></Avatar>
                  <span class="nn">
                    <b dir="auto">{customerName(one)}</b>
                    <small dir="auto">{one.last_message ?? t("row.file")}</small>
                  </span>
                  <span class="nw">
                    <WaitingWords ticket={one} otherwise={<span>{t("conv.waitingFor", { time: length(now.value - Date.parse(one.waiting_since ?? "")) })}</span>} />
                    <small dir="auto">{one.agent?.name ?? t("conv.unassigned")}</small>
                  </span>
                  <a class="btn tiny" href={pathOf(one.id)}>{t("do.open")}</a>
                </li>
              ))}
            </ul>
          ) : <p class="mut">{t("quiet.title")}</p>}
        </section>
        <section class="card agents">
          <h2>{t("nav.team")}</h2>
          <ul class="ag">
            {team.map((one) => {
              const held = loads.value.get(one.id) ?? 0;
              return (
                <li key={one.id}>
                  <i class={`dot ${DOTS[one.presence] ?? "off"}`} />
                  <span class="an"><b dir="auto">{one.name}</b></span>
                  <span class={held >= one.capacity ? "load full" : "load"}>
                    <i style={{ inlineSize: `${String(Math.min(100, (held / Math.max(1, one.capacity)) * 100))}%` }} />
                  </span>
                  <span class="ln"><bdi dir="ltr">{`${number(held)}/${number(one.capacity)}`}</bdi></span>
                </li>
              );
            })}
          </ul>
        </section>
      </div>
    </main>
  );
}

function Figure({ name, value, of, cls = "" }: { name: Key; value: string; of?: number; cls?: string }) {
  return (
    <div class={`kpi ${cls}`}>
      <dt>{t(name)}</dt>
      <dd>
        <bdi dir="ltr">{value}</bdi>
        {of === undefined ? null : <span class="of"> / {number(of)}</span>}
      </dd>
    </div>
  );
}
