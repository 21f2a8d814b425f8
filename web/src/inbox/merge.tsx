// Two customers who are one person: finding the other, joining them, and parting them again.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { get, post } from "../api/client";
import type { Customer, CustomerSummary } from "../api/types";
import { now } from "../store/clock";
import { show, showProblem } from "../store/toast";
import { FormDialog } from "../ui/form";
import { Avatar, Icon, Phone } from "../ui/parts";
import { ago, phone } from "../words/format";
import { t } from "../words/words";

const SHOWN = 8;
const TYPING_MS = 250;

const pathOf = (customer: Customer) => `/api/customers/${String(customer.id)}`;

/** Undo the newest merge of *customer*; tell *changed* what is left. */
async function part(customer: Customer, changed: (customer: Customer) => void): Promise<void> {
  try {
    changed(await post<Customer>(`${pathOf(customer)}/unmerge`));
    show(t("merge.undone"));
  } catch (error) {
    showProblem(error);
  }
}

/** What was joined, and the way back; for whoever runs the team. */
export function Merges({ customer, changed }: { customer: Customer; changed: (customer: Customer) => void }) {
  const asking = useSignal(false);
  const last = customer.merges.find((one) => one.undone_at === null && one.kept_id === customer.id);
  return (
    <>
      {last ? (
        <p class="mrg">
          <span>{t("merge.since", { ago: ago(last.at, now.value) })}</span>
          <button type="button" class="lnk" onClick={() => void part(customer, changed)}>{t("merge.undo")}</button>
        </p>
      ) : null}
      <button type="button" class="btn ghost" onClick={() => { asking.value = true; }}>{t("merge.open")}</button>
      {asking.value ? <MergeDialog customer={customer} changed={changed} close={() => { asking.value = false; }} /> : null}
    </>
  );
}

function MergeDialog({ customer, changed, close }: { customer: Customer; changed: (customer: Customer) => void; close: () => void }) {
  const wanted = useSignal("");
  const found = useSignal<CustomerSummary[]>([]);
  const other = useSignal<CustomerSummary | null>(null);
  useEffect(() => {
    const text = wanted.value.trim();
    if (!text) {
      found.value = [];
      return undefined;
    }
    const timer = setTimeout(() => {
      get<{ items: CustomerSummary[] }>(`/api/customers?limit=${String(SHOWN)}&query=${encodeURIComponent(text)}`).then(
        ({ items }) => { found.value = items.filter((one) => one.id !== customer.id); },
        showProblem,
      );
    }, TYPING_MS);
    return () => { clearTimeout(timer); };
  }, [wanted.value]);
  const submit = async () => {
    const chosen = other.peek();
    if (!chosen) return;
    const merged = await post<Customer>(`${pathOf(customer)}/merge`, { other_id: chosen.id });
    changed(merged);
    show(t("merge.done", { name: chosen.name ?? chosen.phone ?? "" }), () => void part(merged, changed));
  };
  return (
    <FormDialog title={t("merge.title", { name: customer.name ?? customer.phone ?? "" })} go={t("merge.go")} ready={other.value !== null} close={close} submit={submit}>
      <p class="hint">{t("merge.hint")}</p>
      <label class="srch big">
        <Icon name="search" />
        <input autofocus type="search" placeholder={t("merge.search")} aria-label={t("merge.search")} onInput={(event) => { wanted.value = event.currentTarget.value; }} />
      </label>
      <ul class="pick">
        {found.value.map((one) => (
          <li key={one.id} class={one.id === other.value?.id ? "on" : ""}>
            <label>
              <input type="radio" name="other" checked={one.id === other.value?.id} onChange={() => { other.value = one; }} />
              <Avatar id={one.id} name={one.name} size="s32" />
              <span class="pn">
                <b dir="auto">{one.name ?? t("customer.noNumber")}</b>
                <small>{one.phone ? <Phone>{phone(one.phone)}</Phone> : t("customer.noNumber")}</small>
              </span>
            </label>
          </li>
        ))}
      </ul>
      {wanted.value.trim() && !found.value.length ? <p class="hint">{t("transfer.nobody")}</p> : null}
    </FormDialog>
  );
}
