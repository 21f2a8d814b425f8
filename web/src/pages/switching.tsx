// Another provider: looked at, planned, done, proven; and the way back, at any time.

import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { Away, get, post } from "../api/client";
import type { PlannedSwitch, Provider as Details, SwitchWatch } from "../api/types";
import { settings } from "../store/settings";
import { showProblem } from "../store/toast";
import { FormDialog } from "../ui/form";
import { Icon } from "../ui/parts";
import { clock } from "../words/format";
import { providerName } from "../words/providers";
import type { Key } from "../words/words";
import { number, t } from "../words/words";
import { provenAt, Switched } from "./switched";

type Step = "check" | "plan" | "switch" | "verify" | "done";

const STEPS: { of: Step; name: Key }[] = [
  { of: "check", name: "switch.check" },
  { of: "plan", name: "switch.plan" },
  { of: "switch", name: "switch.switch" },
  { of: "verify", name: "switch.verify" },
  { of: "done", name: "switch.done" },
];
const PAGE = "#/provider";
const LOOK_MS = 3000;

/** What the server says of the providers. Where a switch stands follows from it alone. */
interface Standing {
  items: Details[];
  watch: SwitchWatch;
}

export function Switching({ to }: { to: string }) {
  const standing = useSignal<Standing | null>(null);
  const plan = useSignal<PlannedSwitch | null>(null);
  const plannedAt = useSignal(0);
  const switching = useSignal(false);
  const asked = useSignal(false);
  const step = useComputed(() => (switching.value ? "switch" : stepOf(to, standing.value, plan.value)));
  const look = () => get<Standing>("/api/provider").then((found) => { standing.value = found; }, () => null);
  const count = async () => {
    plan.value = null;
    try {
      plan.value = await get<PlannedSwitch>(`/api/provider/${to}/plan`);
      plannedAt.value = Date.now();
    } catch (error) {
      showProblem(error);
    }
  };
  useEffect(() => {
    void look();
    void count();
    const timer = setInterval(() => void look(), LOOK_MS);
    return () => { clearInterval(timer); };
  }, [to]);
  const go = async () => {
    const from = plan.peek()?.active ?? "";
    switching.value = true;
    try {
      await post(`/api/provider/${to}/switch`, { active: from });
    } catch (error) {
      showProblem(error);
      // No answer came: it was done or it was not, and the server knows.
      if (!(error instanceof Away)) { switching.value = false; return; }
    }
    await look();
    await count();
    switching.value = false;
  };
  const known = plan.value;
  const details = standing.value?.items.find((one) => one.active);
  const active = details?.provider;
  const from = active === to ? (standing.value?.watch.old_provider ?? "") : (active ?? "");
  const at = STEPS.findIndex((one) => one.of === step.value);
  const isOver = step.value === "done";
  return (
    <main class="view page" id="main">
      <div class="wiz">
        <header class="ph0">
          <div>
            <h1>{t("switch.title")}</h1>
            <p><bdi dir="ltr">{from ? `${providerName(from)} → ${providerName(to)}` : providerName(to)}</bdi></p>
          </div>
          <span class="sp" />
          <a class="btn ghost" href={PAGE}>{t(at > 1 ? "close" : "do.cancel")}</a>
        </header>
        <ol class="stepper">
          {STEPS.map(({ of, name }, place) => (
            <li key={of} class={place < at || isOver ? "dn" : place === at ? "now" : ""} aria-current={place === at ? "step" : undefined}>
              <span>{place < at || isOver ? <Icon name="check" /> : number(place + 1)}</span>
              <span>{t(name)}</span>
            </li>
          ))}
        </ol>
        {switching.value ? (
          <section class="card plan" aria-busy="true"><p class="bn blu" role="status"><Icon name="transfer" /><span><b>{t("switch.running", { name: providerName(to) })}</b>{t("switch.mayClose")}</span></p></section>
        ) : step.value === "check" || !known || !standing.value || !details ? (
          <section class="card plan" aria-busy="true"><p class="mut" role="status">{t("switch.looking")}</p></section>
        ) : active === to ? (
          <Switched details={details} watch={standing.value.watch} plan={known} at={plannedAt.value} isProven={isOver} count={() => void count()} />
        ) : (
          <Plan plan={known} at={plannedAt.value} again={() => void count()} go={() => { asked.value = true; }} />
        )}
        {asked.value && known ? (
          <FormDialog title={t("switch.sure", { name: providerName(to) })} go={t("switch.go")} cls="sm" close={() => { asked.value = false; }} submit={() => { void go(); return Promise.resolve(); }}>
            <p>{t("switch.sureHint", { name: providerName(to), old: providerName(known.active) })}</p>
          </FormDialog>
        ) : null}
      </div>
    </main>
  );
}

function stepOf(to: string, standing: Standing | null, plan: PlannedSwitch | null): Step {
  const active = standing?.items.find((one) => one.active);
  if (!standing || !active) return "check";
  if (active.provider !== to) return plan ? "plan" : "check";
  return active.connected && provenAt(active, standing.watch) ? "done" : "verify";
}

interface PlanProps {
  plan: PlannedSwitch;
  at: number;
  again: () => void;
  go: () => void;
}

function Plan({ plan, at, again, go }: PlanProps) {
  const amber = plan.windows_closed;
  const red = plan.active_tickets - plan.active_reachable;
  const green = plan.active_reachable - amber;
  const parts = [["g", green], ["a", amber], ["r", red]] as const;
  const why = settings.value.language === "ar" ? (plan.detail_ar ?? plan.detail) : plan.detail;
  return (
    <section class="card plan">
      <h2>{t("switch.now", { n: plan.active_tickets })}</h2>
      {plan.active_tickets ? (
        <div class="prop" aria-hidden="true">
          {parts.map(([cls, n]) => (n ? <i key={cls} class={cls} style={{ flexGrow: n }} /> : null))}
        </div>
      ) : null}
      <ul class="pl3">
        <Line cls="g" icon="done" n={green} title="switch.green" hint="switch.greenHint" />
        {amber ? <Line cls="a" icon="time" n={amber} title="switch.amber" hint="switch.amberHint" /> : null}
        {red ? <Line cls="r" icon="warn" n={red} title="switch.red" hint="switch.redHint" /> : null}
      </ul>
      {plan.connected ? null : <p class="bn red" role="alert"><Icon name="warn" /><span>{t("switch.notConnected", { name: providerName(plan.target) })} {why}</span></p>}
      <p class="bn blu"><Icon name="undo" /><span><b>{t("switch.canBack")}</b>{t("switch.backHint")}</span></p>
      <div class="pf">
        <span class="mut">{t("switch.counted", { time: clock(at) })}</span>
        <span class="sp" />
        <button type="button" class="btn ghost" onClick={again}><Icon name="refresh" />{t("switch.again")}</button>
        <button type="button" class="btn pri" disabled={!plan.connected} onClick={go}>{t("switch.go")}</button>
      </div>
    </section>
  );
}

function Line({ cls, icon, n, title, hint }: { cls: string; icon: string; n: number; title: Key; hint: Key }) {
  return (
    <li class={cls}>
      <Icon name={icon} />
      <b>{number(n)}</b>
      <div>
        <strong>{t(title)}</strong>
        <p>{t(hint)}</p>
      </div>
    </li>
  );
}
