// What each person chooses for themselves.

import "../styles/pages.css";

import { askToNotify, playNote } from "../store/notify";
import { section } from "../store/router";
import { isAdmin, me, signOut } from "../store/session";
import { change, settings, type Settings as Chosen } from "../store/settings";
import { Icon, Segments, Switch } from "../ui/parts";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Key } from "../words/words";
import { t } from "../words/words";
import ActsRecord from "./record";
import Replies from "./replies";
import Rules from "./rules";
import Security from "./security";

type Section = "me" | "replies" | "security" | "rules" | "record";

const SECTIONS: { of: Section; icon: string; name: Key; admin?: boolean }[] = [
  { of: "me", icon: "person", name: "settings.me" },
  { of: "replies", icon: "bolt", name: "replies.title" },
  { of: "security", icon: "shield", name: "settings.security" },
  { of: "rules", icon: "time", name: "settings.rules", admin: true },
  { of: "record", icon: "scale", name: "settings.record", admin: true },
];

export default function Settings() {
  const open = SECTIONS.filter((one) => !one.admin || isAdmin.value);
  const shown = open.find((one) => one.of === section.value)?.of ?? "me";
  const list = useRef<HTMLElement>(null);
  // On a phone they are more than fit.
  useEffect(() => { list.current?.querySelector("[aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" }); }, [shown]);
  return (
    <main class="view page" id="main">
      <header class="ph0"><h1>{t("nav.settings")}</h1></header>
      <div class="sg2">
        <nav class="snav" aria-label={t("nav.settings")} ref={list}>
          {open.map((one) => (
            <a key={one.of} href={one.of === "me" ? "#/settings" : `#/settings/${one.of}`} aria-current={one.of === shown ? "page" : undefined}>
              <Icon name={one.icon} />
              {t(one.name)}
            </a>
          ))}
        </nav>
        <div class="sbody"><Shown section={shown} /></div>
      </div>
    </main>
  );
}

function Shown({ section: shown }: { section: Section }) {
  switch (shown) {
    case "me":
      return <Mine />;
    case "replies":
      return <Replies />;
    case "security":
      return <Security />;
    case "rules":
      return <Rules />;
    case "record":
      return <ActsRecord />;
  }
}

function Mine() {
  const { language, theme, digits, clock, text } = settings.value;
  return (
    <div>
      <section class="card">
        <h2>{t("settings.me")}</h2>
        <Line name="settings.language">
          <Segments name={t("settings.language")} value={language} choices={[["ar", "العربية"], ["en", "English"]]} change={(value) => { change({ language: value }); }} />
        </Line>
        <Line name="settings.theme">
          <Segments name={t("settings.theme")} value={theme} choices={[["auto", t("theme.auto")], ["light", t("theme.light")], ["dark", t("theme.dark")]]} change={(value) => { change({ theme: value }); }} />
        </Line>
        <Line name="settings.digits" hint="settings.digitsHint">
          <Segments name={t("settings.digits")} value={digits} choices={[["latn", "123"], ["arab", "١٢٣"]]} change={(value) => { change({ digits: value }); }} />
        </Line>
        <Line name="settings.text">
          <Segments name={t("settings.text")} value={text} choices={[["normal", t("text.normal")], ["larger", t("text.larger")]]} change={(value) => { change({ text: value }); }} />
        </Line>
        <Line name="settings.clock">
          <Segments name={t("settings.clock")} value={clock} choices={[["12", t("clock.12")], ["24", t("clock.24")]]} change={(value) => { change({ clock: value }); }} />
        </Line>
      </section>
      <section class="card">
        <h2>{t("settings.alerts")}</h2>
        <Toggle of="notify" name="settings.notify" hint="settings.notifyHint" then={(on) => { if (on) void askToNotify(); }} />
        <Toggle of="showText" name="settings.showText" hint="settings.showTextHint" />
        <Toggle of="sound" name="settings.sound" then={(on) => { if (on) playNote(); }} />
        <Toggle of="soundSoon" name="settings.soundSoon" then={(on) => { if (on) playNote(); }} />
      </section>
      <section class="card">
        <h2>{t("keys.title")}</h2>
        <Toggle of="keys" name="settings.keys" hint="settings.keysHint" />
      </section>
      <section class="card">
        <h2>{me.value?.name}</h2>
        <button type="button" class="btn ghost" onClick={() => void signOut()}>
          <Icon name="signout" flip />
          {t("auth.signOut")}
        </button>
      </section>
    </div>
  );
}

function Line({ name, hint, children }: { name: Key; hint?: Key; children: ComponentChildren }) {
  return (
    <div class="srow">
      <div>
        <b>{t(name)}</b>
        {hint ? <small>{t(hint)}</small> : null}
      </div>
      {children}
    </div>
  );
}

type Switchable = { [K in keyof Chosen]: Chosen[K] extends boolean ? K : never }[keyof Chosen];

function Toggle({ of, name, hint, then }: { of: Switchable; name: Key; hint?: Key; then?: (on: boolean) => void }) {
  return (
    <Line name={name} {...(hint ? { hint } : {})}>
      <Switch on={settings.value[of]} name={t(name)} change={(on) => { change({ [of]: on }); then?.(on); }} />
    </Line>
  );
}
