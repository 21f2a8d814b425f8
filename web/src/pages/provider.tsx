// The provider: whether it works, and pairing the number.

import "../styles/pages.css";

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { get, post, Refused } from "../api/client";
import type { Provider as Details } from "../api/types";
import { now } from "../store/clock";
import { provider } from "../store/session";
import { settings } from "../store/settings";
import { show, showProblem } from "../store/toast";
import { Icon, Phone } from "../ui/parts";
import { ago, clock, phone } from "../words/format";
import type { Key } from "../words/words";
import { providerName } from "../words/providers";
import { number, t } from "../words/words";

const LOOK_MS = 5000;
const CODE_MS = 2000;

const STATES: Record<string, Key> = {
  connected: "provider.working",
  offline: "provider.phoneAway",
  qr: "provider.notPaired",
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
  const all = useSignal<Details[]>([]);
  useEffect(() => {
    const look = () => void get<{ items: Details[] }>("/api/provider").then(({ items }) => { all.value = items; }, () => null);
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
          {active.capabilities.includes("pairing") && !active.connected ? <Pairing /> : null}
          {active.pace ? <Pace provider={active.provider} pace={active.pace} /> : null}
          {others.map((one) => <Card key={one.provider} details={one} />)}
        </div>
      ) : null}
    </main>
  );
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
    </section>
  );
}

function Pace({ provider: name, pace }: { provider: string; pace: NonNullable<Details["pace"]> }) {
  const isHeld = pace.held_until !== null && Date.parse(pace.held_until) > now.value;
  const why = settings.value.language === "ar" ? (pace.held_because_ar ?? pace.held_because) : pace.held_because;
  const release = () => { post(`/api/provider/${name}/release`).then(() => { show(t("pace.released")); }, showProblem); };
  const used = pace.first_contacts_per_hour === null ? null : pace.first_contacts_per_hour - (pace.first_contacts_left ?? 0);
  return (
    <section class="card pace">
      <h2>
        <Icon name="gauge" />
        <span>{t("pace.title")}</span>
        <span class={isHeld ? "chip red" : "chip grn"}>{isHeld ? t("pace.stopped", { time: clock(pace.held_until ?? "") }) : t("pace.calm")}</span>
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

function Pairing() {
  const until = useSignal<number | null>(null);
  const why = useSignal("");
  useEffect(() => {
    const look = () => void get<{ expires_at: string }>("/api/provider/qr.json").then(
      ({ expires_at }) => { until.value = Date.parse(expires_at); why.value = ""; },
      (error: unknown) => { until.value = null; why.value = error instanceof Refused ? error.words(settings.peek().language) : t("error.away"); },
    );
    look();
    const timer = setInterval(look, CODE_MS);
    return () => { clearInterval(timer); };
  }, []);
  const at = until.value;
  return (
    <section class="card pair">
      <div class="qrb">
        {at ? <img class="qr" src={`/api/provider/qr?until=${String(at)}`} alt={t("pair.code")} /> : <span class="qr none" aria-hidden="true" />}
        <p class="qt" role="status">
          <Icon name="time" />
          {at ? t("pair.renew", { n: Math.max(0, Math.ceil((at - now.value) / 1000)) }) : why.value || t("pair.wait")}
        </p>
      </div>
      <div class="steps">
        <h2>{t("pair.title")}</h2>
        <ol>
          <li class="now">{t("pair.1")}</li>
          <li>{t("pair.2")}</li>
          <li>{t("pair.3")}</li>
          <li>{t("pair.4")}</li>
        </ol>
        <p class="bn amb"><Icon name="warn" /><span>{t("pair.warn")}</span></p>
        <p class="hint">{t("pair.hint", { n: number(5) })}</p>
      </div>
    </section>
  );
}
