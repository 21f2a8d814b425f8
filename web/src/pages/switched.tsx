// After a switch: whether the new provider is proven, what waits, and what became of it all.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

import { get, post } from "../api/client";
import type { LedgerBalance, PlannedSwitch, Provider as Details, SwitchWatch } from "../api/types";
import { now } from "../store/clock";
import { settings } from "../store/settings";
import { show } from "../store/toast";
import { FormDialog } from "../ui/form";
import { Icon } from "../ui/parts";
import { ago, clock, day } from "../words/format";
import { providerName } from "../words/providers";
import { t } from "../words/words";

const HOUR_MS = 3_600_000;
const MOST_HOURS = 720;
const PAGE = "#/provider";

/** When something last went out through the active provider and came back, if since the switch. */
export function provenAt(active: Details, watch: SwitchWatch): string | null {
  const delivered = watch.providers.find((one) => one.provider === active.provider);
  const proofs = [active.last_proven_at, delivered?.after.proven_at, delivered?.lately.proven_at];
  const last = proofs.reduce<string | null>((newest, one) => (one && (!newest || Date.parse(one) > Date.parse(newest)) ? one : newest), null);
  return last && Date.parse(last) >= Date.parse(watch.switched_at ?? last) ? last : null;
}

interface SwitchedProps {
  details: Details;
  watch: SwitchWatch;
  /** Counted since the switch. */
  plan: PlannedSwitch;
  at: number;
  isProven: boolean;
  count: () => void;
}

export function Switched({ details, watch, plan, at, isProven, count }: SwitchedProps) {
  const balance = useSignal<LedgerBalance | null>(null);
  const switchedAt = watch.switched_at;
  useEffect(() => {
    if (!isProven || !switchedAt) return;
    const hours = Math.ceil((Date.now() - Date.parse(switchedAt)) / HOUR_MS) || 1;
    if (hours <= MOST_HOURS) void get<LedgerBalance>(`/api/ledger?hours=${String(hours)}`).then((found) => { balance.value = found; }, () => null);
  }, [isProven, switchedAt, at]);
  const name = providerName(plan.target);
  const old = watch.old_provider;
  const proof = provenAt(details, watch);
  const why = settings.value.language === "ar" ? (details.detail_ar ?? details.detail) : details.detail;
  const waiting = Object.values(plan.waiting).reduce((sum, n) => sum + n, 0);
  const left = plan.active_tickets - plan.active_reachable;
  return (
    <section class="card plan">
      {isProven ? <Verdict name={name} n={plan.active_reachable} balance={balance.value} /> : <h2>{t("switch.verifying", { name })}</h2>}
      <ul class="pl3">
        <Fact good>{switchedAt ? t("switch.goBy", { name, day: day(switchedAt, now.value), time: clock(switchedAt) }) : t("switch.goByAlways", { name })}</Fact>
        <Fact good={proof !== null && details.connected}>
          {details.connected ? (proof ? t("switch.proof", { name, ago: ago(proof, now.value) }) : t("switch.noProof", { name })) : `${t("switch.notConnected", { name })} ${why ?? ""}`}
        </Fact>
        <Fact good={waiting === 0}>{t("switch.waiting", { n: waiting })}</Fact>
        {left ? <Fact good={false}>{t("switch.left", { n: left, name })}</Fact> : null}
      </ul>
      {old ? <p class="bn blu"><Icon name="undo" /><span><b>{t("switch.canBack")}</b>{t("switch.doneHint")}</span></p> : null}
      <div class="pf">
        <span class="mut">{t("switch.counted", { time: clock(at) })}</span>
        <span class="sp" />
        <button type="button" class="btn ghost" onClick={count}><Icon name="refresh" />{t("switch.again")}</button>
        {old ? <WayBack from={plan.target} to={old} done={() => { location.hash = PAGE; }} /> : null}
      </div>
    </section>
  );
}

/** One button, and what it means in words before it is done. */
export function WayBack({ from, to, done }: { from: string; to: string; done?: () => void }) {
  const sure = useSignal(false);
  const name = providerName(to);
  const back = async () => {
    await post("/api/provider/rollback", { active: from });
    show(t("switch.isBack"));
    done?.();
  };
  return (
    <>
      <button type="button" class="btn ghost" onClick={() => { sure.value = true; }}><Icon name="undo" flip />{t("switch.backTo", { name })}</button>
      {sure.value ? (
        <FormDialog title={t("switch.sureBack", { name })} go={t("switch.backTo", { name })} cls="sm" close={() => { sure.value = false; }} submit={back}>
          <p>{t("switch.sureBackHint", { name })}</p>
        </FormDialog>
      ) : null}
    </>
  );
}

/** That nothing was missed is said when the ledger's balance says so, and not before. */
function Verdict({ name, n, balance }: { name: string; n: number; balance: LedgerBalance | null }) {
  const isWhole = balance?.balanced && balance.waiting === 0 && balance.rejected === 0;
  return (
    <>
      <p class="bn grn" role="status">
        <Icon name="done" />
        <span>
          <b>{t("switch.isDone", { n, name })}</b>
          {isWhole ? t("switch.noneMissed") : balance?.balanced ? t("switch.someWaiting", { n: balance.waiting, rejected: balance.rejected }) : null}
        </span>
      </p>
      {balance && !balance.balanced ? <p class="bn red" role="alert"><Icon name="warn" /><span>{t("switch.unbalanced")} <a href={PAGE}>{t("ledger.title")}</a></span></p> : null}
    </>
  );
}

function Fact({ good, children }: { good: boolean; children: ComponentChildren }) {
  return (
    <li class={good ? "fact g" : "fact a"}>
      <Icon name={good ? "done" : "time"} />
      <strong>{children}</strong>
    </li>
  );
}
