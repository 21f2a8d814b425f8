// Times, lengths, phones and sizes, as the design writes them. No component formats by itself.

import { settings } from "../store/settings";
import { locale, number, t } from "./words";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// Making one takes longer than all else that a bubble needs.
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale() + JSON.stringify(options);
  const made = formatters.get(key) ?? new Intl.DateTimeFormat(locale(), options);
  formatters.set(key, made);
  return made;
}

/** `10:42 ص`, or `10:42 AM`. */
export function clock(at: string | number | Date, options: Intl.DateTimeFormatOptions = {}): string {
  const twelve = settings.value.clock === "12";
  const time = formatter({ hour: "numeric", minute: "2-digit", hour12: twelve, ...options }).format(new Date(at));
  return time.replace(/\bam\b/, "AM").replace(/\bpm\b/, "PM");
}

/** The same of `09:00`, a time of any day. */
export function timeOfDay(time: string): string {
  return clock(`2000-01-01T${time}Z`, { timeZone: "UTC" });
}

function midnight(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}

/** The day as people say it: today, yesterday, a weekday within a week, else the date. */
export function day(at: string | number | Date, now: number): string {
  const date = new Date(at);
  const days = Math.round((midnight(new Date(now)) - midnight(date)) / DAY);
  if (days <= 0) return t("day.today");
  if (days === 1) return t("day.yesterday");
  if (days < 7) return formatter({ weekday: "long" }).format(date);
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  return formatter({ day: "numeric", month: "long", ...(sameYear ? {} : { year: "numeric" }) }).format(date);
}

/** `12 نوفمبر 2026`. */
export function date(at: string | number | Date): string {
  return formatter({ day: "numeric", month: "long", year: "numeric" }).format(new Date(at));
}

// A day of the calendar is that day everywhere, whatever the clocks of whoever looks.
function ofDay(day: string, options: Intl.DateTimeFormatOptions): string {
  return formatter({ ...options, timeZone: "UTC" }).format(Date.parse(day));
}

/** `12`: a day under a chart. */
export function shortDay(day: string): string {
  return ofDay(day, { day: "numeric" });
}

/** `12 نوفمبر`. */
export function wholeDay(day: string): string {
  return ofDay(day, { day: "numeric", month: "long" });
}

/** `الجمعة، 25 ديسمبر 2026`. */
export function fullDay(day: string): string {
  return ofDay(day, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}

/** `الجمعة، 25`, beside its month. */
export function dayOfMonth(day: string): string {
  return ofDay(day, { weekday: "long", day: "numeric" });
}

/** `ديسمبر 2026`, of one of its days. */
export function monthOfYear(day: string): string {
  return ofDay(day, { month: "long", year: "numeric" });
}

/** `8–21 نوفمبر 2026`, from one day to another. */
export function span(first: string, last: string): string {
  return formatter({ day: "numeric", month: "long", year: "numeric", timeZone: "UTC" }).formatRange(Date.parse(first), Date.parse(last));
}

export function month(at: string): string {
  return formatter({ month: "long", year: "numeric" }).format(new Date(at));
}

/** What the list shows: the time today, before that the day. */
export function listTime(at: string, now: number): string {
  return midnight(new Date(at)) === midnight(new Date(now)) ? clock(at) : day(at, now);
}

export function sameDay(one: string, other: string): boolean {
  return midnight(new Date(one)) === midnight(new Date(other));
}

function two(value: number): string {
  return number(value, { minimumIntegerDigits: 2 });
}

/** A running time: `2:14`, from an hour on `1:40` with its unit. */
export function length(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds >= 86400) return t("length.days", { n: Math.floor(seconds / 86400) });
  if (seconds >= 3600) {
    return t("length.hours", { time: `${number(Math.floor(seconds / 3600))}:${two(Math.floor((seconds % 3600) / 60))}` });
  }
  return `${number(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}

/** A time left that is counted in hours: `1:40`. */
export function hours(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / MINUTE));
  return `${number(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** `قبل دقيقتين`: how long ago something was. */
export function ago(at: string, now: number): string {
  const passed = Math.max(0, now - Date.parse(at));
  if (passed < MINUTE) return t("ago.second", { n: Math.floor(passed / 1000) });
  if (passed < HOUR) return t("ago.minute", { n: Math.floor(passed / MINUTE) });
  if (passed < DAY) return t("ago.hour", { n: Math.floor(passed / HOUR) });
  return t("ago.day", { n: Math.floor(passed / DAY) });
}

/** A phone with its country code and spaces; digits are never converted. */
export function phone(digits: string): string {
  const egyptian = /^(20)(1\d{2})(\d{3})(\d{4})$/.exec(digits) ?? /^(20)(\d{2})(\d{3,4})(\d{4})$/.exec(digits);
  if (egyptian) return `+${egyptian.slice(1).join(" ")}`;
  const gulf = /^(9\d{2})(\d{2})(\d{3})(\d{3,4})$/.exec(digits);
  if (gulf) return `+${gulf.slice(1).join(" ")}`;
  return `+${digits.replace(/(\d{3})(?=\d{2,})/g, "$1 ").trim()}`;
}

/** `84 KB`: the same in every language, as file sizes are. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${String(bytes)} B`;
  if (bytes < 1_000_000) return `${String(Math.round(bytes / 1000))} KB`;
  return `${(bytes / 1_000_000).toFixed(1).replace(/\.0$/, "")} MB`;
}

const STRONG = /([\u0591-\u08ff\ufb1d-\ufdff\ufe70-\ufefc])|(\p{L})/gu;

/** Which way a text reads: by its letters, not by the first one. Undefined without any. */
export function direction(text: string): "rtl" | "ltr" | undefined {
  let balance = 0;
  let letters = 0;
  for (const found of text.slice(0, 500).matchAll(STRONG)) {
    balance += found[1] ? 1 : -1;
    letters += 1;
  }
  // A few Arabic words among names of medicines: the sentence is Arabic.
  if (letters === 0) return undefined;
  return balance > -letters * 0.4 ? "rtl" : "ltr";
}
