// The record: every administrative act, by whom, on what. Nothing is ever taken from it.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { get } from "../api/client";
import type { AuditEntry, AuditPage } from "../api/types";
import { agents, branchName, readAgents, readBranches } from "../store/agents";
import { now } from "../store/clock";
import { showProblem } from "../store/toast";
import { clock, day } from "../words/format";
import { providerName } from "../words/providers";
import type { Key } from "../words/words";
import { t } from "../words/words";

const ACTS: Record<AuditEntry["act"], Key> = {
  "agent.added": "act.agentAdded",
  "agent.changed": "act.agentChanged",
  "agent.password_reset": "act.passwordReset",
  "agent.token_issued": "act.tokenIssued",
  "agent.session_revoked": "act.sessionRevoked",
  "agent.two_step_on": "act.twoStepOn",
  "agent.two_step_off": "act.twoStepOff",
  "branch.added": "act.branchAdded",
  "branch.changed": "act.branchChanged",
  "ready_reply.added": "act.replyAdded",
  "ready_reply.changed": "act.replyChanged",
  "ready_reply.removed": "act.replyRemoved",
  "ticket.assigned": "act.ticketAssigned",
  "customer.merged": "act.customersMerged",
  "customer.unmerged": "act.customersUnmerged",
  "customer.exported": "act.customerExported",
  "customer.erased": "act.customerErased",
  "customer.blocked": "act.customerBlocked",
  "customer.unblocked": "act.customerUnblocked",
  "customer.pinned": "act.customerPinned",
  "provider.switched": "act.providerSwitched",
  "provider.retired": "act.providerRetired",
  "provider.taken_back": "act.providerTakenBack",
  "provider.pairing_code_asked": "act.pairingCodeAsked",
  "provider.released": "act.providerReleased",
  "settings.changed": "act.settingsChanged",
  "ledger.replayed": "act.bodiesReplayed",
};

const KINDS: Record<string, Key> = { customer: "customer.title", ticket: "ticket", agent: "role.agent", branch: "team.branch" };

export default function ActsRecord() {
  const entries = useSignal<readonly AuditEntry[]>([]);
  const next = useSignal<string | null>("");
  const read = async () => {
    const page = await get<AuditPage>(`/api/audit?cursor=${encodeURIComponent(next.peek() ?? "")}`);
    entries.value = [...entries.peek(), ...page.items];
    next.value = page.next_cursor;
  };
  useEffect(() => { Promise.all([read(), readAgents(), readBranches()]).catch(showProblem); }, []);
  return (
    <section class="card">
      <h2>{t("settings.record")}</h2>
      <p class="mut">{t("settings.recordHint")}</p>
      <ul class="aud">{entries.value.map((one) => <Line key={one.id} entry={one} />)}</ul>
      {next.value ? <button type="button" class="btn ghost" onClick={() => { read().catch(showProblem); }}>{t("search.more")}</button> : null}
    </section>
  );
}

function Line({ entry }: { entry: AuditEntry }) {
  return (
    <li>
      <span class="nn">
        <b>{t(ACTS[entry.act])} <bdi dir="auto">{subjectOf(entry)}</bdi></b>
        <Changes entry={entry} />
      </span>
      <span class="nw">
        <span dir="auto">{entry.by?.name ?? t("act.operator")}</span>
        <time dateTime={entry.at}>{day(entry.at, now.peek())} · {clock(entry.at)}</time>
      </span>
    </li>
  );
}

/** What it was done to, by its name where that is known here. */
function subjectOf({ subject, details }: AuditEntry): string {
  const [kind = "", id = ""] = subject.split(" ");
  if (kind === "provider") return providerName(id);
  if (kind === "ready_reply") return `/${String(details["shortcut"] ?? id)}`;
  const name = kind === "agent" ? agents.value.get(Number(id))?.name : kind === "branch" ? branchName(Number(id)) : null;
  if (name) return name;
  const word = KINDS[kind];
  return word ? `${t(word)} ${id}` : "";
}

/** What the API calls otherwise than the desk. */
const DETAILS: Record<string, Key> = { capacity: "team.capacity", branch_id: "team.branch", name: "team.name", role: "team.role", phone: "provider.number" };

function valueOf(name: string, value: unknown): string {
  if (name === "branch_id") return branchName(value === null ? null : Number(value)) ?? t("team.noBranch");
  if (name === "role") return t(value === "admin" ? "role.admin" : "role.agent");
  return typeof value === "string" || typeof value === "number" ? String(value) : JSON.stringify(value);
}

/** `Capacity: 15, now 20`: what it was, and what it is; the subject has its own name already. */
function Changes({ entry }: { entry: AuditEntry }) {
  const subject = subjectOf(entry);
  const said = Object.entries(entry.details).filter(([name, value]) => name !== "shortcut" && value !== null && value !== subject);
  if (!said.length) return null;
  return (
    <small>
      {said.map(([name, value], at) => {
        const word = DETAILS[name];
        const values = (Array.isArray(value) && value.length === 2 ? value : [value]).map((one) => valueOf(name, one));
        return (
          <span key={name}>
            {at ? t("list.and") : ""}
            {word ? t(word) : <bdi dir="ltr">{name}</bdi>}{" "}
            <bdi>{values[0]}</bdi>
            {values.length > 1 ? <> <span class="arrow" aria-hidden="true">→</span> <bdi>{values[1]}</bdi></> : null}
          </span>
        );
      })}
    </small>
  );
}
