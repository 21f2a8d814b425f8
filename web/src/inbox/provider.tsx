// By which provider a customer is answered: by the rule, or as somebody here chose.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { call, get } from "../api/client";
import type { CustomerProvider, Ticket } from "../api/types";
import { showProblem } from "../store/toast";
import { providerName } from "../words/providers";
import { t } from "../words/words";

export function ProviderChoice({ ticket }: { ticket: Ticket }) {
  const known = useSignal<CustomerProvider | null>(null);
  const path = `/api/customers/${String(ticket.customer.id)}/provider`;
  // Others choose, too: the ticket tells what.
  const chosen = ticket.customer.pinned_provider;
  useEffect(() => {
    let gone = false;
    get<CustomerProvider>(path).then((found) => { if (!gone) known.value = found; }, () => null);
    return () => { gone = true; };
  }, [path, chosen]);
  const shown = known.value;
  if (!shown || (shown.choices.length < 2 && !shown.pinned)) return null;
  const choose = (name: string) => {
    const asked = name ? call<CustomerProvider>("PUT", path, { provider: name }) : call<CustomerProvider>("DELETE", path);
    asked.then(
      (now) => { known.value = now; },
      (error: unknown) => { showProblem(error); known.value = { ...shown }; },
    );
  };
  const byRule = !shown.pinned && shown.next ? t("customer.byRuleNow", { name: providerName(shown.next) }) : t("customer.byRule");
  return (
    <label class="fld">
      <span>{t("customer.provider")}</span>
      <select class="sel" value={shown.pinned ?? ""} onChange={(event) => { choose(event.currentTarget.value); }}>
        <option value="">{byRule}</option>
        {[...new Set([...shown.choices, ...(shown.pinned ? [shown.pinned] : [])])].map((name) => <option key={name} value={name}>{providerName(name)}</option>)}
      </select>
    </label>
  );
}
