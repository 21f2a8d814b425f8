// The rules of the business, as the supervisor sets them: hours, patience, what is said by itself.

import { useEffect, useState } from "preact/hooks";

import { call, get } from "../api/client";
import type { BusinessSettings, Opening } from "../api/types";
import { show, showProblem } from "../store/toast";
import { Icon, IconButton, Switch } from "../ui/parts";
import { dayOfMonth, fullDay, monthOfYear, timeOfDay } from "../words/format";
import { number, t, type Key } from "../words/words";

type Day = keyof BusinessSettings["week"];

// As the week begins in Egypt.
const DAYS: Day[] = ["saturday", "sunday", "monday", "tuesday", "wednesday", "thursday", "friday"];
const MIDNIGHT = "00:00";
const END_OF_DAY = "24:00";
const ALL_DAY: Opening = { opens: MIDNIGHT, closes: END_OF_DAY };
const QUARTERS = upTo(97).map((n) => [Math.floor(n / 4), (n % 4) * 15].map((part) => String(part).padStart(2, "0")).join(":"));
// Feasts move with the moon: next year's are known by the end of this one.
const MONTHS_AHEAD = 18;
const MAX_TEXT = 1000;
const MAX_MINUTES = 1440;
const MAX_HOURS = 720;

export default function Rules() {
  const [rules, setRules] = useState<BusinessSettings | null>(null);
  useEffect(() => { get<BusinessSettings>("/api/settings").then(setRules).catch(showProblem); }, []);
  if (!rules) return null;
  const edit = (change: Partial<BusinessSettings>) => { setRules({ ...rules, ...change }); };
  const save = async (event: Event) => {
    event.preventDefault();
    const { delay_minutes, grace_minutes, reopen_hours, agents_see_all, week, holidays, away_reply, welcome, rating_request } = rules;
    try {
      setRules(await call("PATCH", "/api/settings", { delay_minutes, grace_minutes, reopen_hours, agents_see_all, week, holidays, away_reply, welcome, rating_request }));
      show(t("rules.saved"));
    } catch (error) {
      showProblem(error);
    }
  };
  return (
    <form class="rules" onSubmit={(event) => void save(event)}>
      <section class="card">
        <h2>{t("rules.hours")}</h2>
        <p class="mut">{t("rules.hoursHint", { zone: rules.time_zone })}</p>
        {DAYS.map((day) => <Hours key={day} day={day} of={rules.week[day]} change={(openings) => { edit({ week: { ...rules.week, [day]: openings } }); }} />)}
      </section>
      <section class="card">
        <h2>{t("rules.holidays")}</h2>
        <Holidays of={rules.holidays} change={(holidays) => { edit({ holidays }); }} />
      </section>
      <section class="card">
        <h2>{t("rules.patience")}</h2>
        <Count name="rules.delay" hint="rules.delayHint" most={MAX_MINUTES} value={rules.delay_minutes} change={(delay_minutes) => { edit({ delay_minutes }); }} />
        <Count name="rules.grace" hint="rules.graceHint" most={MAX_MINUTES} value={rules.grace_minutes} change={(grace_minutes) => { edit({ grace_minutes }); }} />
        <Count name="rules.reopen" hint="rules.reopenHint" most={MAX_HOURS} value={rules.reopen_hours} change={(reopen_hours) => { edit({ reopen_hours }); }} />
      </section>
      <section class="card">
        <h2>{t("rules.sight")}</h2>
        <div class="srow">
          <div>
            <b>{t("rules.seeAll")}</b>
            <small>{t("rules.seeAllHint")}</small>
          </div>
          <Switch on={rules.agents_see_all} name={t("rules.seeAll")} change={(agents_see_all) => { edit({ agents_see_all }); }} />
        </div>
      </section>
      <section class="card">
        <h2>{t("rules.automatic")}</h2>
        <Automatic name="rules.away" hint="rules.awayHint" of={rules.away_reply} change={(away_reply) => { edit({ away_reply }); }} />
        <Automatic name="rules.welcome" hint="rules.welcomeHint" of={rules.welcome} change={(welcome) => { edit({ welcome }); }} />
        <Automatic name="rules.rating" hint="rules.ratingHint" of={rules.rating_request} change={(rating_request) => { edit({ rating_request }); }} />
      </section>
      <button type="submit" class="btn pri">{t("rules.save")}</button>
    </form>
  );
}

const NAMES: Record<Day, Key> = {
  saturday: "day.saturday",
  sunday: "day.sunday",
  monday: "day.monday",
  tuesday: "day.tuesday",
  wednesday: "day.wednesday",
  thursday: "day.thursday",
  friday: "day.friday",
};

/** After a break of an hour until the end of the day; null where no hour is left. */
function openingAfter(last: Opening | undefined): Opening | null {
  const opens = last && QUARTERS[QUARTERS.findIndex((time) => time >= last.closes) + 4];
  return opens && opens < END_OF_DAY ? { opens, closes: END_OF_DAY } : null;
}

function Hours({ day, of, change }: { day: Day; of: Opening[]; change: (openings: Opening[]) => void }) {
  const name = t(NAMES[day]);
  const again = openingAfter(of.at(-1));
  const put = (at: number, opening: Partial<Opening>) => { change(of.map((one, n) => (n === at ? { ...one, ...opening } : one))); };
  return (
    <div class="srow">
      <b>{name}</b>
      <div class="rng">
        {of.map((one, at) => (
          <span key={at}>
            <TimeOfDay name={t("rules.opens", { day: name })} among={QUARTERS.slice(0, -1)} value={one.opens} change={(opens) => { put(at, { opens }); }} />
            <span class="mut">{t("rules.to")}</span>
            <TimeOfDay name={t("rules.closes", { day: name })} among={QUARTERS.slice(1)} value={one.closes} change={(closes) => { put(at, { closes }); }} />
            {one.opens === MIDNIGHT && one.closes === END_OF_DAY ? <small class="mut">{t("rules.allDay")}</small> : null}
            {of.length > 1 ? <IconButton icon="x" small name={t("rules.fewerHours", { day: name })} onClick={() => { change(of.filter((_, n) => n !== at)); }} /> : null}
            {at === of.length - 1 && again ? <IconButton icon="plus" small name={t("rules.moreHours", { day: name })} onClick={() => { change([...of, again]); }} /> : null}
          </span>
        ))}
        {of.length ? null : <span class="mut">{t("rules.closed")}</span>}
      </div>
      <Switch on={of.length > 0} name={name} change={(on) => { change(on ? [ALL_DAY] : []); }} />
    </div>
  );
}

/** Quarters of an hour, and what the API was told between them; a field of time would speak the browser's language. */
function TimeOfDay({ name, among, value, change }: { name: string; among: string[]; value: string; change: (time: string) => void }) {
  const times = among.includes(value) ? among : [...among, value].sort();
  return (
    <select class="sel fit" aria-label={name} value={value} onChange={(event) => { change(event.currentTarget.value); }}>
      {times.map((time) => <option key={time} value={time}>{timeOfDay(time)}</option>)}
    </select>
  );
}

function Holidays({ of, change }: { of: string[]; change: (days: string[]) => void }) {
  return (
    <>
      {of.map((day) => (
        <div class="srow" key={day}>
          <span>{fullDay(day)}</span>
          <IconButton icon="x" name={t("rules.noHoliday", { day: fullDay(day) })} onClick={() => { change(of.filter((one) => one !== day)); }} />
        </div>
      ))}
      <NewHoliday add={(day) => { change([...new Set([...of, day])].sort()); }} />
    </>
  );
}

/** A day of this month or of those to come; a field of dates would speak the browser's language. */
function NewHoliday({ add }: { add: (day: string) => void }) {
  const today = new Date();
  const [day, choose] = useState(calendarDay(today.getFullYear(), today.getMonth(), today.getDate()));
  const months = upTo(MONTHS_AHEAD).map((n) => calendarDay(today.getFullYear(), today.getMonth() + n, 1));
  return (
    <div class="srow">
      <b>{t("rules.addHoliday")}</b>
      <div class="newday">
        <select class="sel fit" aria-label={t("rules.day")} value={day} onChange={(event) => { choose(event.currentTarget.value); }}>
          {daysOf(monthOf(day)).map((one) => <option key={one} value={one}>{dayOfMonth(one)}</option>)}
        </select>
        <select class="sel fit" aria-label={t("rules.month")} value={monthOf(day)} onChange={(event) => {
          const days = daysOf(event.currentTarget.value);
          choose(days[Number(day.slice(8)) - 1] ?? days.at(-1) ?? day);
        }}>
          {months.map((first) => <option key={first} value={first}>{monthOfYear(first)}</option>)}
        </select>
        <button type="button" class="btn ghost" onClick={() => { add(day); }}><Icon name="plus" />{t("do.add")}</button>
      </div>
    </div>
  );
}

/** The first day of the month that *day* is in. */
function monthOf(day: string): string {
  return `${day.slice(0, 7)}-01`;
}

/** The days of the month that begins on *first*. */
function daysOf(first: string): string[] {
  const month = new Date(first);
  return upTo(31).map((n) => calendarDay(month.getUTCFullYear(), month.getUTCMonth(), n + 1)).filter((day) => monthOf(day) === first);
}

function calendarDay(year: number, month: number, day: number): string {
  return new Date(Date.UTC(year, month, day)).toISOString().slice(0, 10);
}

function upTo(count: number): number[] {
  return [...Array(count).keys()];
}

function Count({ name, hint, most, value, change }: { name: Key; hint: Key; most: number; value: number; change: (value: number) => void }) {
  return (
    <label class="srow">
      <span>
        <b>{t(name)}</b>
        <small>{t(hint)}</small>
      </span>
      <input class="inp mins" type="number" dir="ltr" required min={1} max={most} value={value} onInput={(event) => { change(event.currentTarget.valueAsNumber); }} />
    </label>
  );
}

function Automatic({ name, hint, of, change }: { name: Key; hint: Key; of: BusinessSettings["welcome"]; change: (of: BusinessSettings["welcome"]) => void }) {
  return (
    <>
      <div class="srow">
        <div>
          <b>{t(name)}</b>
          <small>{t(hint)}</small>
        </div>
        <Switch on={of.enabled} name={t(name)} change={(enabled) => { change({ ...of, enabled }); }} />
      </div>
      {of.enabled ? (
        <label class="fld">
          <span>{t("rules.text", { most: number(MAX_TEXT) })}</span>
          <textarea class="inp" dir="auto" rows={3} required maxLength={MAX_TEXT} value={of.text} onInput={(event) => { change({ ...of, text: event.currentTarget.value }); }} />
        </label>
      ) : null}
    </>
  );
}
