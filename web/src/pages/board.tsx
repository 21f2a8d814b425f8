// The live board: who waits, who is late, who is here, how much each holds, and how busy it is.

import "../styles/pages.css";

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { Agent, Board as Counted, Ticket } from "../api/types";
import { DOTS, PRESENCES, TransferDialog } from "../inbox/dialogs";
import { KIND_ICONS, kindName } from "../inbox/contents";
import { customerName } from "../inbox/row";
import { Ring, WaitingWords } from "../inbox/waiting";
import { agents, branches, branchName, readAgents, readBranches } from "../store/agents";
import { board, today, watchBoard } from "../store/board";
import { now } from "../store/clock";
import { loads } from "../store/loads";
import { pathOf } from "../store/router";
import { showProblem } from "../store/toast";
import { openTickets } from "../store/tickets";
import { Chart } from "../ui/chart";
import { Avatar, Icon } from "../ui/parts";
import { clock, length } from "../words/format";
import type { Key } from "../words/words";
import { number, t } from "../words/words";

const SHOWN = 12;
const SECOND = 1000;
const GROUPS = ["online", "break", "offline"] as const;

export default function Board() {
  const branch = useSignal<number | null>(null);
  const moving = useSignal<Ticket | null>(null);
  useEffect(() => { Promise.all([readAgents(), readBranches()]).catch(showProblem); }, []);
  useEffect(() => watchBoard(branch.value), [branch.value]);
  const here = (id: number | null) => branch.value === null || id === branch.value;
  const team = [...agents.value.values()].filter((one) => !one.disabled && here(one.branch_id));
  const ids = new Set(team.map((one) => one.id));
  // What nobody has yet is everybody's.
  const open = openTickets.value.filter((one) => branch.value === null || !one.agent || ids.has(one.agent.id));
  return (
    <main class="view page board" id="main" tabIndex={0}>
      <header class="ph0">
        <div>
          <h1>{t("board.title")}</h1>
          <p class="live"><i class="pulse" />{t("board.live")}</p>
        </div>
        <span class="sp" />
        {branches.value.length ? (
          <select class="sel fit" aria-label={t("team.branch")} value={branch.value ?? ""} onChange={(event) => { branch.value = Number(event.currentTarget.value) || null; }}>
            <option value="">{t("figures.everywhere")}</option>
            {branches.value.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
          </select>
        ) : null}
      </header>
      <Standing open={open} team={team} />
      <div class="bg">
        <div class="bc">
          <Need open={open} move={(ticket) => { moving.value = ticket; }} />
          {board.value && branch.value === null ? <Traffic of={board.value} /> : null}
        </div>
        <Team team={team} />
      </div>
      {moving.value ? <TransferDialog ticket={moving.value} close={() => { moving.value = null; }} /> : null}
    </main>
  );
}

/** Since when the first of these waits. */
function since(waiting: Ticket[]): number {
  return Math.min(...waiting.map((one) => Date.parse(one.waiting_since ?? one.opened_at)));
}

function Standing({ open, team }: { open: Ticket[]; team: Agent[] }) {
  const unheld = open.filter((one) => !one.agent);
  const late = open.filter((one) => one.status === "delayed");
  const there = (presence: string) => team.filter((one) => one.presence === presence).length;
  const room = team.reduce((sum, one) => sum + one.capacity, 0);
  const first = today.value?.now.total.first_response ?? null;
  const before = today.value?.before.total.first_response ?? null;
  const faster = first !== null && before !== null ? Math.round(before - first) : 0;
  const lateFor = late.length ? now.value - Math.min(...late.map((one) => Date.parse(one.due_at ?? one.opened_at))) : 0;
  return (
    <dl class="kpis">
      <Figure name="board.unheld" value={number(unheld.length)} cls={unheld.length ? "amb" : ""} small={unheld.length ? t("board.oldest", { time: length(now.value - since(unheld)) }) : ""} />
      <Figure name="list.late" value={number(late.length)} cls={late.length ? "red" : ""} small={late.length ? t("board.longest", { time: length(lateFor) }) : ""} />
      <Figure name="board.open" value={number(open.length)} small={t("board.room", { n: room })} />
      <Figure name="board.here" value={number(there("online"))} of={team.length} small={there("break") ? t("board.onBreak", { n: there("break") }) : ""} />
      <Figure name="figures.average" value={first === null ? "—" : length(first * SECOND)} small={faster ? t(faster > 0 ? "board.faster" : "board.slower", { time: length(Math.abs(faster) * SECOND) }) : t("day.today")} good={faster > 0} />
    </dl>
  );
}

function Figure({ name, value, of, small, cls = "", good }: { name: Key; value: string; of?: number; small: string; cls?: string; good?: boolean }) {
  return (
    <div class={`kpi ${cls}`}>
      <dt>{t(name)}</dt>
      <dd>
        <bdi dir="ltr">{value}{of === undefined ? null : <span class="of">/{number(of)}</span>}</bdi>
        <small>{good ? <span class="up">{small}</span> : small || " "}</small>
      </dd>
    </div>
  );
}

/** Late first, then who waits longest; after them what nobody has. */
function inNeed(open: Ticket[]): Ticket[] {
  const rank = (one: Ticket) => (one.status === "delayed" ? 0 : one.waiting_since ? 1 : 2);
  return open
    .filter((one) => one.waiting_since || !one.agent)
    .sort((one, other) => rank(one) - rank(other) || since([one]) - since([other]));
}

function Need({ open, move }: { open: Ticket[]; move: (ticket: Ticket) => void }) {
  const need = inNeed(open);
  return (
    <section class="card">
      <h2>{t("board.need")} {need.length ? <span class="cnt">{number(need.length)}</span> : null}</h2>
      {need.length ? (
        <ul class="need">
          {need.slice(0, SHOWN).map((one) => (
            <li key={one.id}>
              <a class="who" href={pathOf(one.id)}>
                <Avatar id={one.customer.id} name={one.customer.name} size="s40"><Ring ticket={one} /></Avatar>
                <span class="nn">
                  <b dir="auto">{customerName(one)}</b>
                  <Said ticket={one} />
                </span>
              </a>
              <span class="nw">
                <WaitingWords ticket={one} otherwise={<span class={one.waiting_since ? "wf" : ""}>{one.waiting_since ? t("conv.waitingFor", { time: length(now.value - Date.parse(one.waiting_since)) }) : t("conv.open")}</span>} />
                <small dir="auto">{one.agent?.name ?? t("conv.unassigned")}</small>
              </span>
              <button type="button" class={one.agent ? "btn tiny" : "btn tiny acc"} onClick={() => { move(one); }}>
                {t(one.agent ? "board.move" : "board.assign")}
              </button>
            </li>
          ))}
        </ul>
      ) : <p class="mut">{t("quiet.title")}</p>}
    </section>
  );
}

/** What was said last: in words, or as what it is. */
function Said({ ticket: { last_message: said, last_message_kind: kind } }: { ticket: Ticket }) {
  const icon = kind ? KIND_ICONS[kind] : undefined;
  return <small dir="auto">{icon ? <Icon name={icon} /> : null}{said ?? (kind ? kindName(kind) : t("row.file"))}</small>;
}

function Traffic({ of: { traffic } }: { of: Counted }) {
  const received = traffic.reduce((sum, one) => sum + one.received, 0);
  const sent = traffic.reduce((sum, one) => sum + one.sent, 0);
  const busiest = traffic.reduce((one, other) => (other.received > one.received ? other : one));
  const times = traffic.map((one) => clock(one.at));
  return (
    <Chart
      kind="side"
      title={t("board.traffic")}
      // Every other five minutes is enough to read the time by.
      labels={times.map((time, at) => (at % 2 ? "" : time.replace(/\s.*/, "")))}
      rows={times}
      series={[
        { name: t("board.in"), colour: "k1", values: traffic.map((one) => one.received) },
        { name: t("board.replies"), colour: "k2", values: traffic.map((one) => one.sent) },
      ]}
      said={number}
      words={received + sent ? t("board.trafficWords", { received, sent, since: times[0] ?? "", peak: clock(busiest.at) }) : t("board.noTraffic")}
    />
  );
}

function Team({ team }: { team: Agent[] }) {
  return (
    <section class="card agents" aria-label={t("nav.team")}>
      {GROUPS.map((presence) => {
        const group = team.filter((one) => one.presence === presence);
        if (!group.length) return null;
        return (
          <section class="ag" key={presence}>
            <h3><i class={`dot ${DOTS[presence] ?? "off"}`} />{t(PRESENCES[presence] ?? "presence.offline")} <b>{number(group.length)}</b></h3>
            <ul>{group.map((one) => <Load key={one.id} agent={one} />)}</ul>
          </section>
        );
      })}
    </section>
  );
}

function Load({ agent }: { agent: Agent }) {
  const held = loads.value.get(agent.id) ?? 0;
  const branch = branchName(agent.branch_id);
  return (
    <li>
      <Avatar id={agent.id} name={agent.name} size="s28" />
      <span class="an"><b dir="auto">{agent.name}</b>{branch ? <small dir="auto">{branch}</small> : null}</span>
      <span class={held >= agent.capacity ? "load full" : "load"}>
        <i style={{ inlineSize: `${String(Math.min(100, (held / Math.max(1, agent.capacity)) * 100))}%` }} />
      </span>
      <span class="ln"><bdi dir="ltr">{`${number(held)}/${number(agent.capacity)}`}</bdi></span>
    </li>
  );
}
