// Where somebody is signed in, and signing out there.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { get, remove } from "../api/client";
import type { Session } from "../api/types";
import { now } from "../store/clock";
import { showProblem } from "../store/toast";
import { Icon } from "../ui/parts";
import { ago } from "../words/format";
import { t } from "../words/words";

export function SessionList({ path }: { path: string }) {
  const all = useSignal<readonly Session[] | null>(null);
  const read = () => get<{ items: Session[] }>(path).then(({ items }) => { all.value = items; }, showProblem);
  useEffect(() => void read(), [path]);
  const end = (one: Session) => void remove(`${path}/${one.id}`).then(read, showProblem);
  if (all.value === null) return null;
  if (all.value.length === 0) return <p class="none0">{t("sessions.none")}</p>;
  return (
    <ul class="ses">
      {all.value.map((one) => (
        <li key={one.id}>
          <Icon name={one.kind === "api" ? "key" : "device"} />
          <span class="nn">
            <b>{one.kind === "api" ? t("sessions.program") : deviceOf(one.device)}</b>
            <small>
              {one.address ? <><bdi dir="ltr">{one.address}</bdi> · </> : null}
              {ago(one.created_at, now.value)}
            </small>
          </span>
          {one.current ? <span class="chip grn">{t("sessions.here")}</span> : <button type="button" class="btn tiny" onClick={() => { end(one); }}>{t("sessions.end")}</button>}
        </li>
      ))}
    </ul>
  );
}

// The first that fits: Edge and Chrome call themselves Safari, too.
const BROWSERS = ["Edg", "OPR", "Firefox", "Chrome", "Safari"];
const NAMES: Record<string, string> = { Edg: "Edge", OPR: "Opera" };
const SYSTEMS = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"];

/** What a browser calls itself, in two words: `Chrome · Windows`. */
function deviceOf(device: string | null): string {
  const found = [BROWSERS, SYSTEMS].map((some) => some.find((one) => device?.includes(one))).filter((one) => one !== undefined);
  return found.map((one) => NAMES[one] ?? one).join(" · ") || (device ?? t("sessions.unknown"));
}
