// What each person chooses for themselves, kept in this browser: by who it is, and what was last.

import { effect, signal } from "@preact/signals";

export interface Settings {
  language: "ar" | "en";
  theme: "auto" | "light" | "dark";
  digits: "latn" | "arab";
  clock: "12" | "24";
  text: "normal" | "larger";
  notify: boolean;
  showText: boolean;
  sound: boolean;
  /** Another note when a customer's last minute begins. */
  soundSoon: boolean;
  keys: boolean;
}

const PLACE = "khalifa.settings";
const DEFAULTS: Settings = {
  language: "ar",
  theme: "auto",
  digits: "latn",
  clock: "12",
  text: "normal",
  notify: true,
  showText: false,
  sound: true,
  soundSoon: false,
  keys: true,
};

export const settings = signal<Settings>({ ...DEFAULTS, ...recall(PLACE, {}) });
const darkDevice = matchMedia("(prefers-color-scheme: dark)");
const deviceIsDark = signal(darkDevice.matches);
darkDevice.addEventListener("change", (event) => {
  deviceIsDark.value = event.matches;
});

let whose: string | null = null;

/** Whoever sits down finds what they chose here before; at the door it is what was chosen last. */
export function settingsOf(agent: number | null): void {
  whose = agent === null ? null : `${PLACE}.${String(agent)}`;
  if (whose) settings.value = { ...settings.peek(), ...recall(whose, {}) };
}

export function change(some: Partial<Settings>): void {
  settings.value = { ...settings.peek(), ...some };
}

effect(() => {
  const { language, theme, text } = settings.value;
  const root = document.documentElement;
  root.lang = language;
  root.dir = language === "ar" ? "rtl" : "ltr";
  root.dataset["text"] = text;
  root.dataset["theme"] = theme === "auto" ? (deviceIsDark.value ? "dark" : "light") : theme;
  keep(PLACE, settings.value);
  if (whose) keep(whose, settings.value);
});

/** What was kept under *place*; *otherwise* where nothing is, or nothing readable. */
export function recall<T>(place: string, otherwise: T): T {
  try {
    return (JSON.parse(localStorage.getItem(place) ?? "null") as T | null) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Keep *value* in this browser; where it keeps nothing, only while the page is open. */
export function keep(place: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(place);
    else localStorage.setItem(place, JSON.stringify(value));
  } catch {
    // Then it is kept only while the page is open.
  }
}
