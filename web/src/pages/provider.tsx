// The provider: whether it works, and pairing the number.

import "../styles/pages.css";

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { get, post } from "../api/client";
import type { Provider as Details, SwitchWatch } from "../api/types";
import { now } from "../store/clock";
import { section } from "../store/router";
import { provider } from "../store/session";
import { settings } from "../store/settings";
import { show, showProblem } from "../store/toast";
import { Icon, Phone } from "../ui/parts";
import { ago, clock, day, phone } from "../words/format";
import type { Key } from "../words/words";
import { providerName } from "../words/providers";
import { number, t } from "../words/words";
import { Ledger } from "./ledger";
import { Pairing } from "./pairing";
import { WayBack } from "./switched";
import { Switching } from "./switching";

const LOOK_MS = 5000;

const STATES: Record<string, Key> = {
  connected: "provider.working",
  offline: "provider.phoneAway",
  qr: "provider.notPaired",
  code: "provider.notPaired",
  unlinked: "provider.notPaired",
  starting: "provider.connecting",
  stuck: "provider.silent",
  closed: "provider.closed",
  disconnected: "provider.closed",
  unreachable: "provider.unreachable",
  unauthorized: "provider.unauthorized",
  held: "provider.held",
  stopped: "provider.stopped",
};

export default function Provider() {
  return section.value ? <Switching to={section.value} /> : <Overview />;
}

function Overview() {
  const all = useSignal<Details[]>([]);
  const watch = useSignal<SwitchWatch | null>(null);
  // Between the code and the connection a session may close, and start again.
  const unpaired = useRef<string | null>(null);
  useEffect(() => {
    const look = () => void get<{ items: Details[]; watch: SwitchWatch }>("/api/provider").then((found) => {
      const [active] = found.items;
      if (active && isUnpaired(active)) unpaired.current = active.provider;
      else if (active?.connected) {
        if (unpaired.current === active.provider) show(t("pair.done"));
        unpaired.current = null;
      }
      all.value = found.items;
      watch.value = found.watch;
    }, () => null);
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => { clearInterval(timer); };
  }, [provider.value?.state]);
  const [active, ...others] = all.value;
  return (
    <main class="view page prov" id="main">
      <header class="ph0">
        <div>
          <h1>{t("nav.provider")}</h1>
          <p>{t("provider.about")}</p>
        </div>
      </header>
      {active ? (
        <div class="pgrid">
          <Card details={active} />
          {active.capabilities.includes("pairing") && !active.connected ? <Pairing byCode={active.capabilities.includes("pairing_by_code")} /> : null}
          {active.pace ? <Pace provider={active.provider} pace={active.pace} /> : null}
          <Ledger />
          {watch.value?.switched_at ? <Switched watch={watch.value} now={active.provider} /> : null}
          {others.map((one) => <Card key={one.provider} details={one} />)}
        </div>
      ) : null}
    </main>
  );
}

function isUnpaired(details: Details): boolean {
  return ["qr", "code", "unlinked"].includes(details.state);
}

function Card({ details }: { details: Details }) {
  const detail = settings.value.language === "ar" ? (details.detail_ar ?? details.detail) : details.detail;
  const proof = details.last_proven_at ? t("provider.proven", { ago: ago(details.last_proven_at, now.value) }) : t("provider.unproven");
  return (
    <section class="card stat">
      <div class="st1">
        <span class={`big ${details.connected ? "ok" : "bad"}`}>
          <Icon name={details.connected ? "shield" : "warn"} />
        </span>
        <div>
          <h2>{t(STATES[details.state] ?? "provider.unknown")}</h2>
          <p>{details.connected ? proof : (detail ?? t("provider.wait"))}</p>
        </div>
      </div>
      <dl class="kv row3">
        <div>
          <dt>{t("provider.number")}</dt>
          <dd>{details.phone ? <Phone>{phone(details.phone)}</Phone> : "—"}</dd>
        </div>
        <div>
          <dt>{t("provider.name")}</dt>
          <dd><bdi dir="ltr">{providerName(details.provider)}</bdi></dd>
        </div>
        <div>
          <dt>{t("provider.role")}</dt>
          <dd>{details.active ? t("provider.active") : t("provider.ready")}</dd>
        </div>
        <div>
          <dt>{t("provider.checked")}</dt>
          <dd>{details.checked_at ? ago(details.checked_at, now.value) : "—"}</dd>
        </div>
      </dl>
      {details.active ? null : <a class="btn ghost" href={`#/provider/${details.provider}`}><Icon name="transfer" />{t("switch.to", { name: providerName(details.provider) })}</a>}
    </section>
  );
}

/** How the providers did around the last switch, and whether the old one may be stopped. */
function Switched({ watch, now: active }: { watch: SwitchWatch; now: string }) {
  return (
    <section class="card">
      <h2>
        <Icon name="transfer" />
        <span>{t("switch.last", { day: day(watch.switched_at ?? "", now.value), time: clock(watch.switched_at ?? "") })}</span>
        {watch.old_provider ? <span class={watch.may_stop_old ? "chip grn" : "chip amb"}>{t(watch.may_stop_old ? "switch.mayStop" : "switch.keepOld", { name: providerName(watch.old_provider) })}</span> : null}
      </h2>
      <table class="small">
        <thead>
          <tr>
            <td />
            <th scope="col" class="n">{t("switch.before")}</th>
            <th scope="col" class="n">{t("switch.after")}</th>
          </tr>
        </thead>
        <tbody>
          {watch.providers.map(({ provider: name, before, after }) => (
            <tr key={name}>
              <th scope="row"><bdi dir="ltr">{providerName(name)}</bdi></th>
              <td class="n">{t("switch.carried", { received: before.received, sent: before.sent })}</td>
              <td class="n">{t("switch.carried", { received: after.received, sent: after.sent })}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {watch.still_needed.map((one) => <p key={one.detail} class="mut">{settings.value.language === "ar" ? one.detail_ar : one.detail}</p>)}
      {watch.old_provider ? <WayBack from={active} to={watch.old_provider} /> : null}
    </section>
  );
}

function Pace({ provider: name, pace }: { provider: string; pace: NonNullable<Details["pace"]> }) {
  const isHeld = pace.held_until !== null && Date.parse(pace.held_until) > now.value;
  const slows = pace.first_contacts_left === 0 || Date.parse(pace.next_free_at ?? "") > now.value;
  const why = settings.value.language === "ar" ? (pace.held_because_ar ?? pace.held_because) : pace.held_because;
  const release = () => { post(`/api/provider/${name}/release`).then(() => { show(t("pace.released")); }, showProblem); };
  const used = pace.first_contacts_per_hour === null ? null : pace.first_contacts_per_hour - (pace.first_contacts_left ?? 0);
  return (
    <section class="card pace">
      <h2>
        <Icon name="gauge" />
        <span>{t("pace.title")}</span>
        {isHeld ? (
          <span class="chip red">{t("pace.stopped", { time: clock(pace.held_until ?? "") })}</span>
        ) : (
          <span class={slows ? "chip amb" : "chip grn"}>{t(slows ? "pace.slowing" : "pace.calm")}</span>
        )}
      </h2>
      <p class="mut">{isHeld && why ? why : t("pace.about")}</p>
      {used === null ? null : (
        <div class="pg">
          <span class="pgl">
            <span>{t("pace.first")}</span>
            <b><bdi dir="ltr">{`${number(used)} / ${number(pace.first_contacts_per_hour ?? 0)}`}</bdi></b>
          </span>
          <span class="meter"><i style={{ inlineSize: `${String(Math.min(100, (used / Math.max(1, pace.first_contacts_per_hour ?? 1)) * 100))}%` }} /></span>
        </div>
      )}
      {pace.seconds_apart ? <div class="setl"><span>{t("pace.apart")}</span><b>{t("pace.seconds", { least: pace.seconds_apart[0], most: pace.seconds_apart[1] })}</b></div> : null}
      {pace.warm_up_day !== null ? <div class="setl"><span>{t("pace.warmUp")}</span><b><bdi dir="ltr">{`${number(pace.warm_up_day)} / ${number(pace.warm_up_days ?? 0)}`}</bdi></b></div> : null}
      {isHeld ? <button type="button" class="btn ghost" onClick={release}><Icon name="play" />{t("pace.release")}</button> : null}
    </section>
  );
}
