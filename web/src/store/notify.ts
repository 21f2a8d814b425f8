// A word and a soft note about a message that nobody is looking at.

import type { Message } from "../api/types";
import { t } from "../words/words";
import { now } from "./clock";
import { go, openId, pathOf } from "./router";
import { me } from "./session";
import { settings } from "./settings";
import { openTickets, ticket } from "./tickets";

const OLD_MS = 60_000;
const shown = new Map<number, number>();
let audio: AudioContext | null = null;

export function notifyOf(message: Message): void {
  if (message.direction !== "in" || message.version > 1 || me.peek()?.presence === "break") return;
  if (Date.now() - Date.parse(message.stored_at) > OLD_MS) return;
  const one = ticket(message.ticket_id)?.peek();
  if (one && one.agent?.id !== me.peek()?.id) return;
  const looking = !document.hidden && openId.peek() === message.ticket_id;
  if (looking) return;
  if (settings.peek().sound) playNote();
  if (settings.peek().notify && document.hidden) notify(message, one?.customer.name ?? "");
}

const SOON_MS = 60_000;
const warned = new Map<number, string>();

/** A note for each of one's own customers whose last minute has begun, once for each wait. */
export function watchLastMinutes(): void {
  const at = now.value;
  const mine = me.peek();
  if (!mine || mine.presence === "break" || !settings.peek().soundSoon) return;
  for (const { id, agent, due_at: due } of openTickets.peek()) {
    if (!due || agent?.id !== mine.id || warned.get(id) === due) continue;
    const left = Date.parse(due) - at;
    if (left <= 0 || left > SOON_MS) continue;
    warned.set(id, due);
    playNote();
  }
}

function notify(message: Message, name: string): void {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const count = (shown.get(message.ticket_id) ?? 0) + 1;
  shown.set(message.ticket_id, count);
  const body = settings.peek().showText && message.text ? message.text : t("notify.messages", { n: count });
  // One for each conversation: the new one takes the old one's place.
  const note = new Notification(name || t("app.name"), { body, tag: `ticket-${String(message.ticket_id)}`, silent: true });
  note.onclick = () => {
    window.focus();
    go(pathOf(message.ticket_id));
    note.close();
  };
}

/** Two soft tones, made here: no file to load. */
export function playNote(): void {
  try {
    audio ??= new AudioContext();
    if (audio.state !== "running") return;
    [660, 880].forEach((pitch, at) => {
      if (!audio) return;
      const start = audio.currentTime + at * 0.12;
      const tone = audio.createOscillator();
      const loudness = audio.createGain();
      tone.frequency.value = pitch;
      loudness.gain.setValueAtTime(0.0001, start);
      loudness.gain.exponentialRampToValueAtTime(0.08, start + 0.02);
      loudness.gain.exponentialRampToValueAtTime(0.0001, start + 0.3);
      tone.connect(loudness).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.32);
    });
  } catch {
    // A machine without sound.
  }
}

// A browser makes no sound before somebody touched the page, and asks nothing unasked.
addEventListener(
  "pointerdown",
  () => {
    try {
      audio ??= new AudioContext();
      void audio.resume();
    } catch {
      // As above.
    }
  },
  { once: true },
);

export async function askToNotify(): Promise<void> {
  if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission();
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) shown.clear();
});
