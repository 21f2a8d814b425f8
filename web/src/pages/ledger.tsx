// The ledger's balance: everything that came in is stored, known already, ignored or rejected.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { get } from "../api/client";
import type { LedgerBalance } from "../api/types";
import { showProblem } from "../store/toast";
import { Icon } from "../ui/parts";
import { clock } from "../words/format";
import type { Key } from "../words/words";
import { number, t } from "../words/words";

const PARTS: { of: "stored" | "duplicate" | "ignored" | "rejected"; name: Key; cls?: string }[] = [
  { of: "stored", name: "ledger.stored" },
  { of: "duplicate", name: "ledger.duplicate" },
  { of: "ignored", name: "ledger.ignored" },
  { of: "rejected", name: "ledger.rejected", cls: "rj" },
];

export function Ledger() {
  const balance = useSignal<LedgerBalance | null>(null);
  const busy = useSignal(false);
  const check = async () => {
    busy.value = true;
    try {
      balance.value = await get<LedgerBalance>("/api/ledger");
    } catch (error) {
      showProblem(error);
    } finally {
      busy.value = false;
    }
  };
  useEffect(() => { void check(); }, []);
  const found = balance.value;
  return (
    <section class="card ledger" aria-busy={busy.value}>
      <h2>
        <Icon name="scale" />
        <span>{t("ledger.title")}</span>
        {found ? <span class={found.balanced ? "chip grn" : "chip red"}>{t(found.balanced ? "ledger.balanced" : "ledger.unbalanced")}</span> : null}
      </h2>
      <p class="mut">{t("ledger.about")}</p>
      {found ? (
        <div class="eq">
          <span class="tot"><b>{number(found.found)}</b><small>{t("ledger.found")}</small></span>
          <span class="eqs" aria-hidden="true">=</span>
          <ul>
            {PARTS.map(({ of, name, cls = "" }) => (
              <li key={of} class={found[of] ? cls : ""}><b>{number(found[of])}</b><small>{t(name)}</small></li>
            ))}
          </ul>
        </div>
      ) : null}
      {found && !found.balanced ? (
        <div class="bn red" role="alert">
          <Icon name="warn" />
          <ul dir="ltr">{found.differences.map((one) => <li key={one}>{one}</li>)}</ul>
        </div>
      ) : null}
      <div class="setl">
        <span>{found ? t("ledger.checked", { time: clock(found.checked_at), waiting: found.waiting }) : " "}</span>
        <button type="button" class="btn tiny" disabled={busy.value} onClick={() => void check()}><Icon name="refresh" />{t("ledger.again")}</button>
      </div>
    </section>
  );
}
