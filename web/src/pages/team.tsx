// The team, as the supervisor runs it: who is here, how much each holds, and who may come in.

import "../styles/pages.css";

import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { Agent } from "../api/types";
import { DOTS, PRESENCES } from "../inbox/dialogs";
import { agents, branches, branchName, changeAgent, readAgents, readBranches } from "../store/agents";
import { loads } from "../store/loads";
import { fold } from "../store/tickets";
import { show, showProblem } from "../store/toast";
import { Menu, type Choice } from "../ui/menu";
import { Avatar, Icon } from "../ui/parts";
import { number, t } from "../words/words";
import { Branches, Disable, Edit, NewPassword, SessionsOf, ShownPassword } from "./team_dialogs";

/** What is open over the page. */
type Doing =
  | { what: "add" | "branches" }
  | { what: "edit" | "password" | "sessions" | "disable"; agent: Agent }
  | { what: "shown"; name: string; password: string };

const CHIPS: Record<string, string> = { online: "chip grn", break: "chip amb", offline: "chip gry" };

export default function Team() {
  const doing = useSignal<Doing | null>(null);
  const wanted = useSignal("");
  useEffect(() => { Promise.all([readAgents(), readBranches()]).catch(showProblem); }, []);
  const team = useComputed(() => [...agents.value.values()].filter((one) => fold(`${one.name} ${branchName(one.branch_id) ?? ""}`).includes(fold(wanted.value.trim()))));
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
              <th scope="col">{t("team.name")}</th>
              {branches.value.length ? <th scope="col" class="opt">{t("team.branch")}</th> : null}
              <th scope="col">{t("team.state")}</th>
              <th scope="col">{t("team.load")}</th>
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

function Line({ agent, ask }: { agent: Agent; ask: (what: "edit" | "password" | "sessions" | "disable") => void }) {
  const held = loads.value.get(agent.id) ?? 0;
  const branch = branchName(agent.branch_id);
  return (
    <tr class={agent.disabled ? "out" : ""}>
      <td>
        <span class="pc">
          <Avatar id={agent.id} name={agent.name} size="s36">
            <i class={`dot ${agent.disabled ? "off" : (DOTS[agent.presence] ?? "off")}`} />
          </Avatar>
          <span>
            <b dir="auto">{agent.name}</b>
            {agent.role === "admin" ? <small class="mob all">{t("role.admin")}</small> : branch ? <small class="mob" dir="auto">{branch}</small> : null}
          </span>
        </span>
      </td>
      {branches.value.length ? <td class="opt" dir="auto">{branch ?? "—"}</td> : null}
      <td>
        {agent.disabled ? <span class="chip red">{t("presence.disabled")}</span> : <span class={CHIPS[agent.presence] ?? "chip gry"}>{t(PRESENCES[agent.presence] ?? "presence.offline")}</span>}
      </td>
      <td>
        <span class="lcell">
          <span class={held >= agent.capacity ? "load full" : "load"}>
            <i style={{ inlineSize: `${String(Math.min(100, (held / Math.max(1, agent.capacity)) * 100))}%` }} />
          </span>
          <bdi dir="ltr">{`${number(held)}/${number(agent.capacity)}`}</bdi>
        </span>
      </td>
      <td class="acts">
        <Menu name={t("team.more", { name: agent.name })} cls="ib sm" choices={choicesOf(agent, ask)}>
          <Icon name="more" />
        </Menu>
      </td>
    </tr>
  );
}

function choicesOf(agent: Agent, ask: (what: "edit" | "password" | "sessions" | "disable") => void): Choice[] {
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
    case "disable":
      return <Disable agent={doing.agent} close={close} />;
    case "branches":
      return <Branches close={close} />;
  }
}
