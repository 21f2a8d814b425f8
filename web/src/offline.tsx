// One thin line on top while the server cannot be heard.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { lost, tryNow } from "./store/live";
import { resume, unsent } from "./store/outbox";
import { Icon } from "./ui/parts";
import { number, t } from "./words/words";

const PATIENCE_MS = 2000;
const BACK_MS = 2000;

export function Offline() {
  const at = useSignal(Date.now());
  const back = useSignal(false);
  const gone = lost.value;
  const shown = gone !== null && at.value - gone.since >= PATIENCE_MS;
  useEffect(() => {
    if (!gone) return;
    const timer = setInterval(() => { at.value = Date.now(); }, 500);
    return () => { clearInterval(timer); };
  }, [gone !== null]);
  useEffect(() => {
    if (!shown) return;
    return () => {
      back.value = true;
      setTimeout(() => { back.value = false; }, BACK_MS);
    };
  }, [shown]);
  if (shown) {
    return (
      <div class="offline" role="status">
        <Icon name="cloudoff" />
        <span>{unsent.value ? t("offline.kept", { n: unsent.value }) : t("offline.line")}</span>
        <button type="button" class="lnk" onClick={() => { tryNow(); resume(); }}>
          {t("offline.try")}{" "}
          <span class="cd">
            <bdi dir="ltr">{number(Math.max(0, Math.ceil((gone.retryAt - at.value) / 1000)))}</bdi>
          </span>
        </button>
      </div>
    );
  }
  return back.value ? <div class="offline" role="status">{t("offline.back")}</div> : null;
}
