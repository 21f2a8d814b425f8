// What was done, counted by the server: some days, and the same number of days before them.

import { get } from "../api/client";
import type { BusinessSettings, Report } from "../api/types";

const DAY_MS = 86_400_000;

/** A stretch of days of the shop's own calendar, both ends in it. */
export interface Span {
  first: string;
  last: string;
}

export interface Compared {
  now: Report;
  before: Report;
}

/** The days up to today, by the shop's clocks, and as many before these. */
export async function lastDays(days: number, at: number): Promise<[Span, Span]> {
  const { time_zone } = await get<BusinessSettings>("/api/settings");
  // The only format that is a date's own in every browser is Swedish: 2026-03-01.
  const today = Date.parse(new Intl.DateTimeFormat("sv-SE", { timeZone: time_zone }).format(at));
  const day = (back: number) => new Date(today - back * DAY_MS).toISOString().slice(0, 10);
  return [
    { first: day(days - 1), last: day(0) },
    { first: day(2 * days - 1), last: day(days) },
  ];
}

export function query({ first, last }: Span, branch: number | null): string {
  return `first=${first}&last=${last}${branch === null ? "" : `&branch=${String(branch)}`}`;
}

export async function readFigures([span, earlier]: [Span, Span], branch: number | null): Promise<Compared> {
  const [now, before] = await Promise.all(
    [span, earlier].map((one) => get<Report>(`/api/figures?${query(one, branch)}`)),
  ) as [Report, Report];
  return { now, before };
}
