// The team, as the supervisor runs it: who is here, how much each holds, and who may come in.

import "../styles/pages.css";

import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { Agent } from "../api/types";
import { DOTS, PRESENCES } from "../inbox/dialogs";
import { agents, branches, branchName, changeAgent, readAgents, readBranches, signIns, twoSteps } from "../store/agents";
import { now } from "../store/clock";
import { loads } from "../store/loads";
import { me } from "../store/session";
import { settings } from "../store/settings";
import { fold } from "../store/tickets";
import { show, showProblem } from "../store/toast";
import { Menu, type Choice } from "../ui/menu";
import { Avatar, Icon } from "../ui/parts";
import { SortHead } from "../ui/sort";
import { clock, day } from "../words/format";
import type { Key } from "../words/words";
import { number, t } from "../words/words";
import { Branches, Disable, Edit, NewPassword, SessionsOf, ShownPassword, TwoStepOff } from "./team_dialogs";

type About = "edit" | "password" | "sessions" | "twoStep" | "disable";
/** What is open over the page. */
type Doing =
  | { what: "add" | "branches" }
  | { what: About; agent: Agent }
  | { what: "shown"; name: string; password: string };

const CHIPS: Record<string, string> = { online: "chip grn", break: "chip amb", offline: "chip gry" };

type Column = "name" | "branch" | "state" | "load" | "signedIn" | "twoStep";

const STATES = ["online", "break", "offline"];
const stateOf = (one: Agent) => (one.disabled ? STATES.length : STATES.indexOf(one.presence));
const loadOf = (one: Agent) => (loads.value.get(one.id) ?? 0) / Math.max(1, one.capacity);
const signInOf = (one: Agent) => Date.parse(signIns.value.get(one.id) ?? "") || 0;
/** Rising. */
const ORDERS: Record<Column, (one: Agent, other: Agent) => number> = {
  name: (one, other) => one.name.localeCompare(other.name, settings.value.language),
  branch: (one, other) => (branchName(one.branch_id) ?? "").localeCompare(branchName(other.branch_id) ?? "", settings.value.language),
  state: (one, other) => stateOf(one) - stateOf(other),
  load: (one, other) => loadOf(one) - loadOf(other),
  signedIn: (one, other) => signInOf(one) - signInOf(other),
  twoStep: (one, other) => Number(twoSteps.value.has(one.id)) - Number(twoSteps.value.has(other.id)),
};
const FULLEST_FIRST = new Set<Column>(["load", "signedIn"]);

export default function Team() {
  const doing = useSignal<Doing | null>(null);
  const wanted = useSignal("");
  const here = [...agents.value.values()].filter((one) => one.presence !== "offline").length;
  useEffect(() => { readBranches().catch(showProblem); }, []);
  // Who has just come may have signed in.
  useEffect(() => { readAgents().catch(showProblem); }, [here]);
  const by = useSignal<Column>("name");
  const falling = useSignal(false);
  const team = useComputed(() =>
    [...agents.value.values()]
      .filter((one) => fold(`${one.name} ${branchName(one.branch_id) ?? ""}`).includes(fold(wanted.value.trim())))
      .sort((one, other) => (falling.value ? -1 : 1) * ORDERS[by.value](one, other) || ORDERS.name(one, other)),
  );
  const choose = (column: Column) => {
    falling.value = by.peek() === column ? !falling.peek() : FULLEST_FIRST.has(column);
    by.value = column;
  };
  const head = (column: Column, name: Key, cls = "") => (
    <SortHead name={t(name)} cls={cls} falling={by.value === column ? falling.value : null} choose={() => { choose(column); }} />
  );
  const working = [...agents.value.values()].filter((one) => !one.disabled).length;
  return (
    <main class="view page" id="main">
      <header class="ph0">
        <div>
          <h1>{t("nav.team")}</h1>
          <p>{t("team.count", { n: working })}</p>
        </div>
        <span class="sp" />
        <label class="srch inl">
          <Icon name="search" />
          <input type="search" placeholder={t("team.search")} aria-label={t("team.search")} value={wanted.value} onInput={(event) => { wanted.value = event.currentTarget.value; }} />
        </label>
        <button type="button" class="btn ghost" onClick={() => { doing.value = { what: "branches" }; }}>
          <Icon name="pin" />
          {t("team.branches")}
        </button>
        <button type="button" class="btn pri" onClick={() => { doing.value = { what: "add" }; }}>
          <Icon name="plus" />
          {t("team.add")}
        </button>
      </header>
      <section class="card tablec">
        <table>
          <thead>
            <tr>
              {head("name", "team.name")}
              {branches.value.length ? head("branch", "team.branch", "opt") : null}
              {head("state", "team.state", "opt")}
              {head("load", "team.load")}
              {head("signedIn", "team.lastSignIn", "opt")}
              {head("twoStep", "twoStep.title", "opt")}
              <th scope="col" class="acts"><span class="vh">{t("do.more")}</span></th>
            </tr>
          </thead>
          <tbody>
            {team.value.map((one) => (
              <Line key={one.id} agent={one} ask={(what) => { doing.value = { what, agent: one }; }} />
            ))}
          </tbody>
        </table>
        {team.value.length === 0 ? <p class="none0">{t("transfer.nobody")}</p> : null}
      </section>
      <Over doing={doing.value} show={(next) => { doing.value = next; }} />
    </main>
  );
}

function Line({ agent, ask }: { agent: Agent; ask: (what: About) => void }) {
  const held = loads.value.get(agent.id) ?? 0;
  const branch = branchName(agent.branch_id);
  const state = t(agent.disabled ? "presence.disabled" : (PRESENCES[agent.presence] ?? "presence.offline"));
  const signedIn = signIns.value.get(agent.id);
  return (
    <tr class={agent.disabled ? "out" : ""}>
      <td>
        <span class="pc">
          <Avatar id={agent.id} name={agent.name} size="s36">
            <i class={`dot ${agent.disabled ? "off" : (DOTS[agent.presence] ?? "off")}`} />
          </Avatar>
          <span>
            <b dir="auto">{agent.name}</b>
            {agent.role === "admin" ? <small class="mob all">{t("role.admin")}</small> : null}
            <small class="mob">{branch ? <>{state} · <bdi>{branch}</bdi></> : state}</small>
          </span>
        </span>
      </td>
      {branches.value.length ? <td class="opt">{branch ? <bdi>{branch}</bdi> : "—"}</td> : null}
      <td class="opt">
        <span class={agent.disabled ? "chip red" : (CHIPS[agent.presence] ?? "chip gry")}>{state}</span>
      </td>
      <td>
        <span class="lcell">
          <span class={held >= agent.capacity ? "load full" : "load"}>
            <i style={{ inlineSize: `${String(Math.min(100, (held / Math.max(1, agent.capacity)) * 100))}%` }} />
          </span>
          <bdi dir="ltr">{`${number(held)}/${number(agent.capacity)}`}</bdi>
        </span>
      </td>
      <td class="opt">{signedIn ? `${day(signedIn, now.value)} ${clock(signedIn)}` : "—"}</td>
      <td class="opt">
        {twoSteps.value.has(agent.id) ? <span class="okk"><Icon name="check" />{t("twoStep.on")}</span> : <span class="mut">{t("twoStep.off")}</span>}
      </td>
      <td class="acts">
        <Menu name={t("team.more", { name: agent.name })} cls="ib sm" choices={choicesOf(agent, ask)}>
          <Icon name="more" />
        </Menu>
      </td>
    </tr>
  );
}

function choicesOf(agent: Agent, ask: (what: About) => void): Choice[] {
  const enable = async () => {
    try {
      await changeAgent(agent.id, { disabled: false });
      show(t("team.enabled", { name: agent.name }));
    } catch (error) {
      showProblem(error);
    }
  };
  return [
    { label: t("do.edit"), icon: "edit", act: () => { ask("edit"); } },
    { label: t("team.password"), icon: "key", act: () => { ask("password"); } },
    { label: t("team.sessions"), icon: "device", act: () => { ask("sessions"); } },
    // One's own is switched off in one's settings, with a code.
    ...(twoSteps.value.has(agent.id) && agent.id !== me.value?.id ? [{ label: t("twoStep.switchOff"), icon: "shield", act: () => { ask("twoStep"); } }] : []),
    agent.disabled
      ? { label: t("team.enable"), icon: "check", act: () => void enable() }
      : { label: t("team.disable"), icon: "power", danger: true, act: () => { ask("disable"); } },
  ];
}

function Over({ doing, show: open }: { doing: Doing | null; show: (doing: Doing | null) => void }) {
  const close = () => { open(null); };
  const tell = (name: string, password: string) => { open({ what: "shown", name, password }); };
  switch (doing?.what) {
    case undefined:
      return null;
    case "add":
      return <Edit key="add" agent={null} tell={tell} close={close} />;
    case "edit":
      return <Edit key={doing.agent.id} agent={doing.agent} tell={tell} close={close} />;
    case "password":
      return <NewPassword agent={doing.agent} tell={tell} close={close} />;
    case "shown":
      return <ShownPassword name={doing.name} password={doing.password} close={close} />;
    case "sessions":
      return <SessionsOf agent={doing.agent} close={close} />;
    case "twoStep":
      return <TwoStepOff agent={doing.agent} close={close} />;
    case "disable":
      return <Disable agent={doing.agent} close={close} />;
    case "branches":
      return <Branches close={close} />;
  }
}
