// Everything by keyboard. By the key's place, so that it works on an Arabic layout, too.

import { useEffect } from "preact/hooks";

import { asked } from "./inbox/panes";
import { step } from "./inbox/list";
import { canUnread, unread } from "./inbox/unread";
import { go, openId, pathOf, view } from "./store/router";
import { me, setPresence } from "./store/session";
import { change, settings } from "./store/settings";
import { show, undoLast } from "./store/toast";
import { nextWaiting, ticket } from "./store/tickets";
import { Dialog, dialogs } from "./ui/dialog";
import type { Key } from "./words/words";
import { t } from "./words/words";

const PAGES: Record<string, string> = { KeyB: "#/board", KeyF: "#/figures", KeyT: "#/team", KeyP: "#/provider", KeyS: "#/settings", KeyI: "#/inbox" };
const GO_MS = 1500;
let goneAt = 0;

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function focusOn(selector: string): void {
  document.querySelector<HTMLElement>(selector)?.focus();
}

function openTicket() {
  const id = openId.peek();
  const one = id === null ? undefined : ticket(id)?.peek();
  return one && one.status !== "closed" ? one : undefined;
}

const SINGLE: Record<string, () => void> = {
  KeyJ: () => {
    const id = nextWaiting(openId.peek());
    if (id !== null) go(pathOf(id));
    else show(t("keys.nobody"));
  },
  KeyR: () => { focusOn(".composer textarea"); },
  Slash: () => { focusOn("#search"); },
  KeyE: () => { if (openTicket()) asked.value = "close"; },
  KeyT: () => { if (openTicket()) asked.value = "transfer"; },
  KeyU: () => {
    const one = openTicket();
    if (one && canUnread(one)) unread(one);
  },
  KeyN: () => { if (openTicket()) asked.value = "note"; },
  KeyI: () => { if (openId.peek() !== null) asked.value = asked.peek() === "customer" ? null : "customer"; },
  KeyZ: undoLast,
  KeyB: () => void setPresence(me.peek()?.presence === "break" ? "online" : "break"),
  KeyM: () => {
    change({ sound: !settings.peek().sound });
    show(settings.peek().sound ? t("keys.soundOn") : t("keys.soundOff"));
  },
  ArrowDown: () => { step(1); },
  ArrowUp: () => { step(-1); },
};

function hear(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    back(event.target);
    return;
  }
  if (isTyping(event.target) || dialogs.peek() > 0 || !settings.peek().keys) return;
  if (event.key === "?" || event.key === "؟") {
    asked.value = "keys";
  } else if (Date.now() - goneAt < GO_MS && PAGES[event.code]) {
    goneAt = 0;
    go(PAGES[event.code] ?? "#/inbox");
  } else if (event.code === "KeyG") {
    goneAt = Date.now();
  } else {
    const act = SINGLE[event.code];
    if (!act || event.shiftKey || (view.peek() !== "inbox" && /^Arrow/.test(event.code))) return;
    act();
  }
  event.preventDefault();
}

/** One step back: out of a field, out of the customer, out of the conversation. */
function back(target: EventTarget | null): void {
  if (dialogs.peek() > 0) return;
  if (isTyping(target)) (target as HTMLElement).blur();
  else if (asked.peek()) asked.value = null;
  else if (openId.peek() !== null) go("#/inbox");
}

export function Keys() {
  useEffect(() => {
    document.addEventListener("keydown", hear);
    return () => { document.removeEventListener("keydown", hear); };
  }, []);
  return asked.value === "keys" ? <Sheet /> : null;
}

const GROUPS: [Key, [Key, string[]][]][] = [
  ["keys.moving", [["keys.next", ["J"]], ["keys.list", ["↑", "↓"]], ["search", ["/"]], ["keys.pages", ["G", "B"]], ["keys.back", ["Esc"]]]],
  ["keys.replying", [["keys.write", ["R"]], ["do.send", ["Enter"]], ["keys.line", ["Shift", "Enter"]], ["keys.ready", ["/"]]]],
  ["keys.conversation", [["do.transfer", ["T"]], ["do.note", ["N"]], ["do.close", ["E"]], ["do.unread", ["U"]], ["customer.about", ["I"]], ["do.undo", ["Z"]]]],
  ["keys.me", [["keys.break", ["B"]], ["keys.sound", ["M"]], ["keys.this", ["?"]]]],
];

function Sheet() {
  return (
    <Dialog title={t("keys.title")} cls="keys" close={() => { asked.value = null; }}>
      <div class="kg">
        {GROUPS.map(([title, lines]) => (
          <section key={title}>
            <h3>{t(title)}</h3>
            <dl>
              {lines.map(([name, keys]) => (
                <div key={name}>
                  <dt>{t(name)}</dt>
                  <dd dir="ltr">{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
