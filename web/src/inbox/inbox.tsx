// The inbox: conversations, messages, customer. On a narrow screen one of them at a time.

import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { lost } from "../store/live";
import { openId } from "../store/router";
import { lookFor } from "../store/search";
import { seesAll, me, setPresence } from "../store/session";
import { showProblem } from "../store/toast";
import { awaited, choose, counts, loaded, readTicket, tab, type Tab } from "../store/tickets";
import { Menu } from "../ui/menu";
import { Icon, IconButton, Mark } from "../ui/parts";
import type { Key } from "../words/words";
import { number, t } from "../words/words";
import { Conversation } from "./conversation";
import { CustomerPane } from "./customer";
import { DOTS, PRESENCES } from "./dialogs";
import { ConversationList } from "./list";
import { asked } from "./panes";
import { Results } from "./results";
import { StartDialog } from "./start";
import { Today } from "./today";
import { Unclaimed } from "./unclaimed";

export function Inbox() {
  const ticket = useComputed(() => (openId.value === null ? undefined : awaited(openId.value)));
  const shown = ticket.value;
  const wide = useWide();
  const id = openId.value;
  const isMissing = id !== null && loaded.value && !shown;
  useEffect(() => {
    // In none of the lists, and asked for by its address.
    if (isMissing) readTicket(id).catch(showProblem);
  }, [isMissing, id]);
  // What nobody has yet is read by who takes it, and by who sees everything.
  const isQueued = shown && !shown.agent && shown.status !== "closed" && !seesAll.value;
  const beside = wide || asked.value === "customer";
  return (
    <main class={`view inbox ${openId.value === null ? "" : "reading"} ${asked.value === "customer" ? "about" : ""}`}>
      <List />
      {shown && isQueued ? <Unclaimed ticket={shown} /> : shown ? <Conversation ticket={shown} /> : <Empty />}
      {asked.value === "start" ? <StartDialog close={() => { asked.value = null; }} /> : null}
      {shown && !isQueued && beside ? <CustomerPane ticket={shown} close={() => { asked.value = null; }} /> : null}
    </main>
  );
}

function useWide(): boolean {
  const query = useRef(matchMedia("(min-width: 1241px)"));
  const wide = useSignal(query.current.matches);
  useEffect(() => {
    const { current } = query;
    const look = () => { wide.value = current.matches; };
    current.addEventListener("change", look);
    return () => { current.removeEventListener("change", look); };
  }, []);
  return wide.value;
}

function Empty() {
  const { mine, waiting } = counts.value;
  if (loaded.value && !mine && !waiting) return <div class="conv none"><Today /></div>;
  return (
    <div class="conv none">
      <div class="emp">
        <Mark size="big" />
        <h2>{t("pick.title")}</h2>
        <p>
          {t("pick.or")} <kbd>J</kbd> {t("pick.first")}
        </p>
      </div>
    </div>
  );
}

function List() {
  const wanted = useSignal("");
  const look = (text: string) => {
    wanted.value = text;
    lookFor(text);
  };
  const looks = wanted.value.trim().length > 1;
  return (
    <section class="list" aria-label={t("list.name")}>
      <header class="lh">
        <div class="lhr">
          <h1>{t("nav.inbox")}</h1>
          <span class="sp" />
          <IconButton icon="plus" name={t("start.title")} onClick={() => { asked.value = "start"; }} />
          <PresencePill />
        </div>
        <label class="srch">
          <Icon name="search" />
          <input
            type="search"
            id="search"
            placeholder={t("search.hint")}
            aria-label={t("search")}
            value={wanted.value}
            onInput={(event) => { look(event.currentTarget.value); }}
            onKeyDown={(event) => {
              if (event.key === "Escape") {
                look("");
                event.currentTarget.blur();
              } else if (event.key === "ArrowDown" || event.key === "Enter") {
                event.preventDefault();
                document.querySelector<HTMLElement>(".sres .row")?.[event.key === "Enter" ? "click" : "focus"]();
              } else return;
              event.stopPropagation();
            }}
          />
          <kbd aria-hidden="true">/</kbd>
        </label>
        <Tabs />
      </header>
      {looks ? <Results wanted={wanted.value.trim()} /> : <ConversationList />}
    </section>
  );
}

const NAMES: Record<Tab, Key> = { mine: "list.mine", waiting: "list.waiting", late: "list.late", all: "list.all", closed: "list.closed" };

function Tabs() {
  const tabs: Tab[] = seesAll.value ? ["mine", "waiting", "late", "all", "closed"] : ["mine", "waiting", "late", "closed"];
  const seen = counts.value;
  return (
    <div class="tabs" role="group" aria-label={t("list.filter")}>
      {tabs.map((one) => {
        const count = one === "closed" ? 0 : seen[one];
        return (
          <button key={one} type="button" aria-pressed={tab.value === one} onClick={() => { choose(one); }}>
            <span>{t(NAMES[one])}</span>
            {count ? <b class={one === "late" ? "r" : ""}>{number(count)}</b> : null}
          </button>
        );
      })}
    </div>
  );
}

function PresencePill() {
  const mine = me.value;
  if (!mine) return null;
  if (lost.value && Date.now() - lost.value.since > 2000) {
    return <span class="pres"><i class="dot off" />{t("presence.connecting")}</span>;
  }
  const name = t(PRESENCES[mine.presence] ?? "presence.offline");
  const choices = (["online", "break", "offline"] as const).map((one) => ({
    label: t(PRESENCES[one] ?? "presence.offline"),
    checked: mine.presence === one,
    ...(one === "break" ? { hint: t("presence.breakHint") } : {}),
    act: () => void setPresence(one),
  }));
  return (
    <Menu worded name={t("presence.change", { state: name })} cls={`pres ${mine.presence === "online" ? "on" : ""}`} choices={choices}>
      <i class={`dot ${DOTS[mine.presence] ?? "off"}`} />
      <span>{name}</span>
      <span class="ld">
        <bdi dir="ltr">{`${number(counts.value.mine)}/${number(mine.capacity)}`}</bdi>
      </span>
      <Icon name="chev" />
    </Menu>
  );
}
