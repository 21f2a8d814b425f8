// What was done today, in the place of a conversation while nobody waits.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { get } from "../api/client";
import type { Figures, Report } from "../api/types";
import { now } from "../store/clock";
import { lastDays, query } from "../store/figures";
import { length } from "../words/format";
import { number, t } from "../words/words";

async function figuresOfToday(): Promise<Figures> {
  const [today] = await lastDays(1, now.peek());
  return (await get<Report>(`/api/figures?${query(today, null)}`)).total;
}

export function Today() {
  const done = useSignal<Figures | null>(null);
  // Without them the place is empty, and nothing is missed.
  useEffect(() => { figuresOfToday().then((found) => { done.value = found; }, () => null); }, []);
  const of = done.value;
  if (!of) return null;
  return (
    <div class="emp">
      <h2>{t("today.title")}</h2>
      <dl class="mini">
        <div>
          <dt>{t("figures.conversations")}</dt>
          <dd>{number(of.tickets)}</dd>
        </div>
        <div>
          <dt>{t("figures.average")}</dt>
          <dd><bdi dir="ltr">{of.first_response === null ? "—" : length(of.first_response * 1000)}</bdi></dd>
        </div>
        <div>
          <dt>{t("list.late")}</dt>
          <dd>{number(of.delayed)}</dd>
        </div>
      </dl>
    </div>
  );
}
