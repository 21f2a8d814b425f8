// The words, in the language of whoever reads; and the numbers in them.

import { settings } from "../store/settings";
import { ar } from "./ar";
import { en } from "./en";

export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
export type Word = string | Plural;
export type Key = keyof typeof ar;

const CATALOGUES: Record<"ar" | "en", Record<Key, Word>> = { ar, en };
const RULES = { ar: new Intl.PluralRules("ar"), en: new Intl.PluralRules("en") };

/** The words for *key*, with what is in braces filled in; `n` chooses the plural. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  const { language } = settings.value;
  const word = CATALOGUES[language][key];
  return fill(typeof word === "string" ? word : form(word, Number(values["n"]), language), values);
}

function form(word: Plural, n: number, language: "ar" | "en"): string {
  if (n === 0 && word.zero) return word.zero;
  return word[RULES[language].select(n)] ?? word.other;
}

function fill(words: string, values: Record<string, string | number>): string {
  return words.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? number(value) : value;
  });
}

// Making one takes longer than all else that a row needs.
const numbers = new Map<string, Intl.NumberFormat>();

/** A number of the interface in the digits one reads; never what people wrote. */
export function number(value: number, options: Intl.NumberFormatOptions = {}): string {
  const key = locale() + JSON.stringify(options);
  const made = numbers.get(key) ?? new Intl.NumberFormat(locale(), options);
  numbers.set(key, made);
  return made.format(value);
}

/** The locale that every date and number of the interface is formatted by. */
export function locale(): string {
  const { language, digits } = settings.value;
  return `${language === "ar" ? "ar-EG" : "en-GB"}-u-nu-${language === "ar" ? digits : "latn"}`;
}
