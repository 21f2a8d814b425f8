// Times, phone numbers, names and the direction of a text, as people here read them.

import { english, t } from "./words.js";

// Digits are 0123456789 in both languages: boxes and prescriptions carry these.
const LOCALE = english ? "en-GB" : "ar-EG-u-nu-latn";
const CLOCK = new Intl.DateTimeFormat(english ? "en-US" : LOCALE, { hour: "numeric", minute: "2-digit", hour12: true });
const WEEKDAY = new Intl.DateTimeFormat(LOCALE, { weekday: "long" });
const DATE = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "long" });
const DATE_AND_YEAR = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "long", year: "numeric" });
const DAY_MS = 24 * 3600 * 1000;
const TITLES = new Set(["ال", "أم", "ام", "أبو", "ابو", "الحاج", "الحاجة", "د.", "د", "دكتور", "أ.", "م.", "Dr.", "Dr", "Mr.", "Mrs."]);
const HUES = 8;

const midnight = (time) => new Date(time.getFullYear(), time.getMonth(), time.getDate());

export function clock(time) {
  return CLOCK.format(time);
}

/** The day of *time* in words, as above its messages. */
export function day(time, now = new Date()) {
  const days = Math.round((midnight(now) - midnight(time)) / DAY_MS);
  if (days === 0) return t("day.today");
  if (days === 1) return t("day.yesterday");
  if (days > 1 && days < 7) return WEEKDAY.format(time);
  return (time.getFullYear() === now.getFullYear() ? DATE : DATE_AND_YEAR).format(time);
}

/** *time* in a list: the clock today, else the day. */
export function shortTime(time, now = new Date()) {
  return midnight(time) - midnight(now) === 0 ? clock(time) : day(time, now);
}

export function sameDay(one, other) {
  return midnight(one) - midnight(other) === 0;
}

/** A length of time as m:ss, or h:mm:ss. */
export function length(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** E.164 digits as people read them. */
export function phone(digits) {
  const grouped = [
    [/^(20)(1\d{2})(\d{3})(\d{4})$/, "+$1 $2 $3 $4"],
    [/^(966)(\d{2})(\d{3})(\d{4})$/, "+$1 $2 $3 $4"],
    [/^(971)(\d{2})(\d{3})(\d{4})$/, "+$1 $2 $3 $4"],
  ].find(([shape]) => shape.test(digits));
  return grouped ? digits.replace(...grouped) : `+${digits}`;
}

/** One letter for a name's avatar, null when it has none. */
export function initial(name) {
  const words = (name ?? "").split(/\s+/).filter((word) => /\p{L}/u.test(word));
  const word = words.find((one) => !TITLES.has(one)) ?? words[0];
  const letter = word?.replace(/^ال(?=\p{L}{2})/u, "").match(/\p{L}/u)?.[0];
  return letter?.toUpperCase() ?? null;
}

/** The class of an avatar's hue, the same for a customer everywhere. */
export function hue(id) {
  let sum = 0;
  for (const sign of String(id)) sum = (sum * 31 + sign.codePointAt(0)) % 9973;
  return `h${(sum % HUES) + 1}`;
}

/**
 * Which way a text runs: by all its letters, not by the first. Arabic sentences
 * are full of Latin brand names; English ones hold no Arabic.
 */
export function direction(text) {
  const letters = (text.match(/\p{L}/gu) ?? []).length;
  const arabic = (text.match(/[\p{Script=Arabic}\p{Script=Hebrew}]/gu) ?? []).length;
  if (letters === 0) return "auto";
  return arabic * 4 >= letters ? "rtl" : "ltr";
}
