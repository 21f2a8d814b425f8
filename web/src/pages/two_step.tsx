// Two-step sign-in: switching it on, with an app, and off.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { get, post } from "../api/client";
import type { TwoStep as State, TwoStepSecret } from "../api/types";
import { show, showProblem } from "../store/toast";
import { CodeField } from "../ui/code";
import { Dialog } from "../ui/dialog";
import { FormDialog } from "../ui/form";
import { Icon } from "../ui/parts";
import { Secret } from "../ui/secret";
import { t } from "../words/words";

const PATH = "/api/me/two-step";
/** How wide the margin of a QR code is, in its dots. */
const MARGIN = 4;

type Doing = { what: "begin" | "off" } | { what: "scan"; told: TwoStepSecret } | { what: "codes"; codes: string[] };

export function TwoStep() {
  const state = useSignal<State | null>(null);
  const doing = useSignal<Doing | null>(null);
  const read = () => get<State>(PATH).then((said) => { state.value = said; }, showProblem);
  useEffect(() => void read(), []);
  if (state.value === null) return null;
  const { is_on: on, recovery_codes_left: left } = state.value;
  return (
    <section class="card">
      <h2>
        {t("twoStep.title")}
        <span class={on ? "chip grn" : "chip gry"}>{on ? <Icon name="check" /> : null}{t(on ? "twoStep.on" : "twoStep.off")}</span>
      </h2>
      <div class="flds">
        <p class="hint">{on ? t("twoStep.left", { n: left }) : t("twoStep.hint")}</p>
        <div>
          <button type="button" class={on ? "btn ghost" : "btn pri"} onClick={() => { doing.value = { what: on ? "off" : "begin" }; }}>
            {t(on ? "twoStep.switchOff" : "twoStep.switchOn")}
          </button>
        </div>
      </div>
      <Over
        doing={doing.value}
        open={(next) => {
          doing.value = next;
          void read();
        }}
      />
    </section>
  );
}

function Over({ doing, open }: { doing: Doing | null; open: (doing: Doing | null) => void }) {
  const close = () => { open(null); };
  // Once the dialog before has closed.
  const then = (next: Doing) => { setTimeout(() => { open(next); }); };
  switch (doing?.what) {
    case undefined:
      return null;
    case "begin":
      return <Begin then={then} close={close} />;
    case "scan":
      return <Scan told={doing.told} then={then} close={close} />;
    case "codes":
      return <Codes codes={doing.codes} close={close} />;
    case "off":
      return <Off close={close} />;
  }
}

function Begin({ then, close }: { then: (next: Doing) => void; close: () => void }) {
  const password = useSignal("");
  const submit = async () => {
    then({ what: "scan", told: await post<TwoStepSecret>(PATH, { password: password.peek() }) });
  };
  return (
    <FormDialog title={t("twoStep.title")} go={t("twoStep.next")} cls="sm" close={close} submit={submit}>
      <p>{t("twoStep.begin")}</p>
      <Password value={password.value} change={(typed) => { password.value = typed; }} />
    </FormDialog>
  );
}

function Scan({ told, then, close }: { told: TwoStepSecret; then: (next: Doing) => void; close: () => void }) {
  const code = useSignal("");
  const submit = async () => {
    const { recovery_codes: codes } = await post<{ recovery_codes: string[] }>(`${PATH}/on`, { code: code.peek() });
    then({ what: "codes", codes });
  };
  return (
    <FormDialog title={t("twoStep.title")} go={t("twoStep.go")} cls="sm" close={close} submit={submit}>
      <p>{t("twoStep.scan")}</p>
      <QrCode lines={told.qr} />
      <Secret text={told.secret} />
      <CodeField value={code} />
    </FormDialog>
  );
}

/** Dark on light in every theme: not every camera reads the other way round. */
function QrCode({ lines }: { lines: string[] }) {
  const size = lines.length + 2 * MARGIN;
  const bars = lines.flatMap((line, y) =>
    Array.from(line.matchAll(/1+/g), ({ 0: { length }, index }) => `M${String(index + MARGIN)} ${String(y + MARGIN)}h${String(length)}v1h-${String(length)}z`),
  );
  return (
    <svg class="qrs" viewBox={`0 0 ${String(size)} ${String(size)}`} role="img" aria-label={t("twoStep.qr")} shape-rendering="crispEdges">
      <path d={bars.join("")} />
    </svg>
  );
}

function Codes({ codes, close }: { codes: string[]; close: () => void }) {
  return (
    <Dialog title={t("twoStep.codes")} cls="sm" close={close} footer={<button type="button" class="btn pri" onClick={close}>{t("twoStep.done")}</button>}>
      <Secret text={codes.join("\n")}>
        <ul class="rcs" dir="ltr">{codes.map((one) => <li key={one} data-secret>{one}</li>)}</ul>
      </Secret>
      <p class="bn amb"><Icon name="key" /><span>{t("twoStep.codesOnce")}</span></p>
    </Dialog>
  );
}

function Off({ close }: { close: () => void }) {
  const password = useSignal("");
  const code = useSignal("");
  const submit = async () => {
    await post(`${PATH}/off`, { password: password.peek(), code: code.peek() });
    show(t("twoStep.switchedOff"));
  };
  return (
    <FormDialog title={t("twoStep.switchOff")} go={t("twoStep.stop")} danger cls="sm" close={close} submit={submit}>
      <Password value={password.value} change={(typed) => { password.value = typed; }} />
      <CodeField value={code} recovery />
    </FormDialog>
  );
}

function Password({ value, change }: { value: string; change: (typed: string) => void }) {
  return (
    <label class="fld">
      <span>{t("auth.password")}</span>
      <input class="inp" type="password" required autocomplete="current-password" value={value} onInput={(event) => { change(event.currentTarget.value); }} />
    </label>
  );
}
