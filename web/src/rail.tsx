// The rail: where one can go, and who one is.

import { asked } from "./inbox/panes";
import { view, type View } from "./store/router";
import { isAdmin, me, provider, signOut } from "./store/session";
import { counts } from "./store/tickets";
import { DOTS } from "./inbox/dialogs";
import { Menu } from "./ui/menu";
import { Avatar, Icon, Mark } from "./ui/parts";
import type { Key } from "./words/words";
import { number, t } from "./words/words";

interface Place {
  to: View;
  icon: string;
  name: Key;
  admin?: boolean;
}

const PLACES: Place[] = [
  { to: "inbox", icon: "chat", name: "nav.inbox" },
  { to: "board", icon: "board", name: "nav.board", admin: true },
  { to: "figures", icon: "chart", name: "nav.figures" },
  { to: "team", icon: "team", name: "nav.team", admin: true },
  { to: "provider", icon: "device", name: "nav.provider", admin: true },
  { to: "settings", icon: "sliders", name: "nav.settings" },
];

export function Rail() {
  const mine = me.value;
  if (!mine) return null;
  return (
    <nav class="rail" aria-label={t("nav.name")}>
      <a class="logo" href="#/inbox" aria-label={t("app.name")}>
        <Mark />
      </a>
      {PLACES.filter((place) => !place.admin || isAdmin.value).map((place) => (
        <a key={place.to} class="ri0" href={`#/${place.to}`} aria-current={view.value === place.to ? "page" : undefined}>
          <Icon name={place.icon} />
          {place.to === "inbox" && counts.value.unread ? (
            <b class="nb" aria-label={t("row.unread", { n: counts.value.unread })}>{number(counts.value.unread)}</b>
          ) : null}
          {place.to === "provider" && provider.value ? <i class={provider.value.connected ? "dot on" : "dot bad"} /> : null}
          <span>{t(place.name)}</span>
        </a>
      ))}
      <span class="sp" />
      <button type="button" class="ri0 help" aria-label={t("keys.title")} title={t("keys.title")} onClick={() => { asked.value = "keys"; }}>
        <Icon name="kbd" />
      </button>
      <Menu
        name={t("me.account", { name: mine.name })}
        cls="me"
        choices={[
          { label: t("settings.me"), icon: "sliders", act: () => { location.hash = "#/settings"; } },
          { label: t("auth.signOut"), icon: "signout", act: () => void signOut() },
        ]}
      >
        <Avatar id={mine.id} name={mine.name} size="s36">
          <i class={`dot ${DOTS[mine.presence] ?? "off"}`} />
        </Avatar>
      </Menu>
    </nav>
  );
}
