// Pairing the number: by a QR code that is scanned, or by a code that is typed on the phone.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId } from "preact/hooks";

import { get, post, Refused, remove } from "../api/client";
import type { PairingCode } from "../api/types";
import { now } from "../store/clock";
import { settings } from "../store/settings";
import { problemWords, showProblem } from "../store/toast";
import { Icon, Phone } from "../ui/parts";
import { phone } from "../words/format";
import type { Key } from "../words/words";
import { number, t } from "../words/words";

const CODE_MS = 2000;
const BY_CODE = "/api/provider/pairing-code";

/** Where it stands is the server's to say: whoever loads the page anew sees the same. */
export function Pairing({ byCode }: { byCode: boolean }) {
  const awaited = useSignal<PairingCode | null>(null);
  const asking = useSignal(false);
  useEffect(() => {
    if (byCode) void get<PairingCode>(BY_CODE).then((found) => { awaited.value = found; }, () => null);
  }, [byCode]);
  const back = () => {
    asking.value = false;
    if (awaited.peek()) remove(BY_CODE).then(() => { awaited.value = null; }, showProblem);
  };
  if (awaited.value) return <TypedCode awaited={awaited.value} found={(one) => { awaited.value = one; }} back={back} />;
  return <ScannedCode>{asking.value ? <AskForCode asked={(one) => { awaited.value = one; asking.value = false; }} back={back} /> : byCode ? <p>{t("pair.noCamera")} <button type="button" class="lnk" onClick={() => { asking.value = true; }}>{t("pair.byCode")}</button></p> : null}</ScannedCode>;
}

function ScannedCode({ children }: { children: ComponentChildren }) {
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
          {at ? t("pair.renew", { n: secondsTo(at) }) : why.value || t("pair.wait")}
        </p>
      </div>
      <Steps of={["pair.1", "pair.2", "pair.3", "pair.4"]}>
        {children}
        <p class="hint">{t("pair.hint", { n: number(5) })}</p>
      </Steps>
    </section>
  );
}

interface TypedCodeProps {
  awaited: PairingCode;
  /** What the server says of it now; null: it was accepted, or too long ago. */
  found: (now: PairingCode | null) => void;
  back: () => void;
}

function TypedCode({ awaited, found, back }: TypedCodeProps) {
  useEffect(() => {
    const look = () => void get<PairingCode>(BY_CODE).then(found, (error: unknown) => { if (error instanceof Refused) found(null); });
    const timer = setInterval(look, CODE_MS);
    return () => { clearInterval(timer); };
  }, []);
  const { code, expires_at } = awaited;
  return (
    <section class="card pair">
      <div class="qrb">
        <div class={code ? "tcode" : "tcode none"} role="status" aria-label={t("pair.code")}>{code ? <bdi dir="ltr">{code}</bdi> : null}</div>
        <p class="qt" role="status">
          <Icon name="time" />
          {code && expires_at ? t("pair.codeLasts", { n: secondsTo(Date.parse(expires_at)) }) : t("pair.codeComes")}
        </p>
      </div>
      <Steps of={["pair.1", "pair.2", "pair.linkByPhone", "pair.type", "pair.4"]}>
        <p>{t("pair.forPhone")} <Phone>{phone(awaited.phone)}</Phone></p>
        <p><button type="button" class="lnk" onClick={back}>{t("pair.byQr")}</button></p>
      </Steps>
    </section>
  );
}

function AskForCode({ asked, back }: { asked: (awaited: PairingCode) => void; back: () => void }) {
  const id = useId();
  const given = useSignal("");
  const wrong = useSignal("");
  const busy = useSignal(false);
  const ask = async () => {
    busy.value = true;
    try {
      asked(await post<PairingCode>(BY_CODE, { phone: given.peek().trim() }));
    } catch (error) {
      wrong.value = problemWords(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <form class="flds" onSubmit={(event) => { event.preventDefault(); void ask(); }}>
      <label class="fld" for={id}>
        <span>{t("pair.phone")}</span>
        <input id={id} class="inp" type="tel" dir="ltr" autocomplete="off" autofocus required maxLength={50} placeholder="010 1234 5678" aria-invalid={wrong.value !== ""} value={given.value} onInput={(event) => { given.value = event.currentTarget.value; wrong.value = ""; }} />
      </label>
      {wrong.value ? <p class="err" role="alert"><Icon name="warn" />{wrong.value}</p> : null}
      <div class="pf">
        <button type="submit" class="btn pri" disabled={busy.value || !given.value.trim()}>{t("pair.ask")}</button>
        <button type="button" class="btn ghost" onClick={back}>{t("do.cancel")}</button>
      </div>
    </form>
  );
}

/** What to do on the phone, and beside the code. */
function Steps({ of, children }: { of: Key[]; children: ComponentChildren }) {
  return (
    <div class="steps">
      <h2>{t("pair.title")}</h2>
      <ol>
        {of.map((one, place) => <li key={one} class={place === 0 ? "now" : ""}>{t(one)}</li>)}
      </ol>
      {children}
      <p class="bn amb"><Icon name="warn" /><span>{t("pair.warn")}</span></p>
    </div>
  );
}

function secondsTo(at: number): number {
  return Math.max(0, Math.ceil((at - now.value) / 1000));
}
