// Figures: what was done, day by day and by whom. Agents see their own.

import "../styles/pages.css";

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { serverNow } from "../api/client";
import type { AgentFigures, DayFigures, Figures as Counted, Report } from "../api/types";
import { branches, branchName, readBranches } from "../store/agents";
import { lastDays, query, readFigures, type Compared, type Span } from "../store/figures";
import { isAdmin } from "../store/session";
import { showProblem } from "../store/toast";
import { Chart } from "../ui/chart";
import { Avatar, Icon, Segments } from "../ui/parts";
import { SortHead } from "../ui/sort";
import { length, shortDay, span as spanWords, wholeDay } from "../words/format";
import type { Key } from "../words/words";
import { number, t } from "../words/words";

type Period = "1" | "7" | "14" | "30";

const SECOND = 1000;
const MINUTE = 60;
const BEST = 5;

interface Asked {
  days: [Span, Span];
  compared: Compared;
}

export default function Figures() {
  const period = useSignal<Period>("14");
  const branch = useSignal<number | null>(null);
  const shown = useSignal<Asked | null>(null);
  useEffect(() => { if (isAdmin.peek()) readBranches().catch(showProblem); }, []);
  useEffect(() => {
    let wanted = true;
    const read = async () => {
      const days = await lastDays(Number(period.value), serverNow());
      const compared = await readFigures(days, branch.value);
      if (wanted) shown.value = { days, compared };
    };
    read().catch(showProblem);
    return () => { wanted = false; };
  }, [period.value, branch.value]);
  const report = shown.value?.compared.now;
  const where = branch.value === null ? t("figures.everywhere") : (branchName(branch.value) ?? "");
  return (
    <main class="view page" id="main" aria-busy={!report}>
      <header class="ph0">
        <div>
          <h1>{isAdmin.value ? t("nav.figures") : t("figures.mine")}</h1>
          <p>{report ? `${spanWords(report.first, report.last)}${isAdmin.value ? ` · ${where}` : ""}` : " "}</p>
        </div>
        <span class="sp" />
        <Segments
          name={t("figures.period")}
          value={period.value}
          choices={[["1", t("day.today")], ["7", t("figures.days", { n: 7 })], ["14", t("figures.days", { n: 14 })], ["30", t("figures.days", { n: 30 })]]}
          change={(next) => { period.value = next; }}
        />
        {isAdmin.value && branches.value.length ? (
          <select class="sel fit" aria-label={t("team.branch")} value={branch.value ?? ""} onChange={(event) => { branch.value = Number(event.currentTarget.value) || null; }}>
            <option value="">{t("figures.everywhere")}</option>
            {branches.value.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
          </select>
        ) : null}
        {shown.value ? (
          <a class="btn ghost" download href={`/api/figures.csv?${query(shown.value.days[0], branch.value)}`}>
            <Icon name="down" />
            {t("figures.export")}
          </a>
        ) : null}
      </header>
      {shown.value ? <Shown {...shown.value.compared} /> : null}
    </main>
  );
}

function Shown({ now, before }: Compared) {
  return (
    <>
      <Totals now={now.total} before={before.total} target={now.target} />
      {now.days.length > 1 ? (
        <div class="fg">
          <FirstReplies report={now} />
          <Conversations days={now.days} />
        </div>
      ) : null}
      {isAdmin.value ? <ByAgent agents={now.agents} /> : null}
    </>
  );
}

function time(seconds: number | null): string {
  return seconds === null ? "—" : length(seconds * SECOND);
}

function percent(part: number, whole: number): string {
  return number(whole ? part / whole : 0, { style: "percent", maximumFractionDigits: 1 });
}

function Totals({ now, before, target }: { now: Counted; before: Counted; target: number }) {
  const faster = now.first_response !== null && before.first_response !== null ? before.first_response - now.first_response : 0;
  const late = now.tickets ? now.delayed / now.tickets : 0;
  const lateBefore = before.tickets ? before.delayed / before.tickets : 0;
  const than = Math.round(Math.abs(faster));
  return (
    <dl class="kpis">
      <Total name="figures.conversations" value={number(now.tickets)} small={before.tickets ? t("figures.change", { percent: number(now.tickets / before.tickets - 1, { style: "percent", maximumFractionDigits: 0, signDisplay: "exceptZero" }) }) : ""} good={now.tickets > before.tickets} />
      <Total name="figures.average" value={time(now.first_response)} small={than ? t(faster > 0 ? "figures.faster" : "figures.slower", { time: than < MINUTE ? t("figures.seconds", { n: than }) : time(than) }) : ""} good={faster > 0} />
      <Total name="figures.within" value={time(now.first_response_p90)} small={t("figures.target", { time: time(target) })} />
      <Total name="list.late" value={percent(now.delayed, now.tickets)} small={before.tickets ? t("figures.was", { value: percent(before.delayed, before.tickets) }) : ""} good={late < lateBefore} />
      <Total name="figures.satisfaction" value={now.satisfaction === null ? "—" : number(now.satisfaction, { maximumFractionDigits: 1 })} small={t("figures.ratings", { n: now.rated })} />
    </dl>
  );
}

function Total({ name, value, small, good }: { name: Key; value: string; small: string; good?: boolean }) {
  return (
    <div class="kpi">
      <dt>{t(name, { best: BEST })}</dt>
      <dd>
        <bdi dir="ltr">{value}</bdi>
        <small>{good ? <span class="up">{small}</span> : small}</small>
      </dd>
    </div>
  );
}

function FirstReplies({ report: { days, target } }: { report: Report }) {
  const answered = days.filter((one) => one.figures.first_response !== null);
  const by = [...answered].sort((one, other) => (one.figures.first_response ?? 0) - (other.figures.first_response ?? 0));
  const [best, worst] = [by[0], by.at(-1)];
  const minutes = (seconds: number | null) => (seconds === null ? null : seconds / MINUTE);
  return (
    <Chart
      kind="lines"
      title={t("figures.firstReply")}
      labels={days.map((one) => shortDay(one.day))}
      rows={days.map((one) => wholeDay(one.day))}
      series={[
        { name: t("figures.mean"), colour: "k1", values: days.map((one) => minutes(one.figures.first_response)) },
        { name: t("figures.within"), colour: "k3", values: days.map((one) => minutes(one.figures.first_response_p90)) },
      ]}
      target={{ name: t("figures.aim"), value: target / MINUTE }}
      said={(value) => time(value * MINUTE)}
      words={best && worst ? t("figures.firstReplyWords", { best: wholeDay(best.day), fast: time(best.figures.first_response), worst: wholeDay(worst.day), slow: time(worst.figures.first_response) }) : t("figures.nothing")}
    />
  );
}

function Conversations({ days }: { days: DayFigures[] }) {
  const most = days.reduce((one, other) => (other.figures.tickets > one.figures.tickets ? other : one));
  const late = days.reduce((sum, one) => sum + one.figures.delayed, 0);
  return (
    <Chart
      kind="stacked"
      title={t("figures.perDay")}
      labels={days.map((one) => shortDay(one.day))}
      rows={days.map((one) => wholeDay(one.day))}
      series={[
        { name: t("figures.onTime"), colour: "k1", values: days.map((one) => one.figures.tickets - one.figures.delayed) },
        { name: t("list.late"), colour: "kx", values: days.map((one) => one.figures.delayed) },
      ]}
      said={number}
      words={most.figures.tickets ? t("figures.perDayWords", { day: wholeDay(most.day), n: most.figures.tickets, late }) : t("figures.nothing")}
    />
  );
}

type Column = "tickets" | "first_response" | "first_response_p90" | "delayed" | "messages" | "satisfaction";

const COLUMNS: { of: Column; name: Key; cls?: string }[] = [
  { of: "tickets", name: "figures.conversations" },
  { of: "first_response", name: "figures.first" },
  { of: "first_response_p90", name: "figures.within", cls: "opt" },
  { of: "delayed", name: "list.late" },
  { of: "messages", name: "figures.messages", cls: "opt" },
  { of: "satisfaction", name: "figures.satisfied", cls: "opt" },
];

function ByAgent({ agents }: { agents: AgentFigures[] }) {
  const by = useSignal<Column>("tickets");
  const falling = useSignal(true);
  const sorted = [...agents].sort((one, other) => {
    const [mine, theirs] = [one.figures[by.value], other.figures[by.value]];
    // Who has none comes last, whichever way.
    if (mine === null || theirs === null) return Number(mine === null) - Number(theirs === null);
    return falling.value ? theirs - mine : mine - theirs;
  });
  const most = Math.max(1, ...agents.map((one) => one.figures.tickets));
  const choose = (column: Column) => {
    falling.value = by.peek() === column ? !falling.peek() : true;
    by.value = column;
  };
  return (
    <section class="card tablec">
      <table>
        <caption class="vh">{t("figures.perAgent")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("figures.agent")}</th>
            {branches.value.length ? <th scope="col" class="opt">{t("team.branch")}</th> : null}
            {COLUMNS.map(({ of, name, cls = "" }) => (
              <SortHead key={of} name={t(name)} cls={`n ${cls}`} falling={by.value === of ? falling.value : null} choose={() => { choose(of); }} />
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map(({ agent, branch_id: branch, figures }) => (
            <tr key={agent?.id ?? 0}>
              <th scope="row">
                <span class="pc">
                  {agent ? <Avatar id={agent.id} name={agent.name} size="s28" /> : null}
                  <b dir="auto">{agent?.name ?? t("conv.unassigned")}</b>
                </span>
              </th>
              {branches.value.length ? <td class="opt" dir="auto">{branchName(branch) ?? "—"}</td> : null}
              <td class="n"><span class="spark"><i style={{ inlineSize: `${String((figures.tickets / most) * 100)}%` }} /></span>{number(figures.tickets)}</td>
              <td class="n"><bdi dir="ltr">{time(figures.first_response)}</bdi></td>
              <td class="n opt"><bdi dir="ltr">{time(figures.first_response_p90)}</bdi></td>
              <td class="n">{number(figures.delayed)}{figures.tickets ? <small> ({percent(figures.delayed, figures.tickets)})</small> : null}</td>
              <td class="n opt">{number(figures.messages)}</td>
              <td class="n opt"><bdi dir="ltr">{figures.satisfaction === null ? "—" : number(figures.satisfaction, { maximumFractionDigits: 1 })}</bdi></td>
            </tr>
          ))}
        </tbody>
      </table>
      {agents.length === 0 ? <p class="none0">{t("figures.nothing")}</p> : null}
    </section>
  );
}
