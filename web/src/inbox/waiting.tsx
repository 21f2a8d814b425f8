// How long a customer may wait: the ring around the avatar, and the same in words.

import type { Ticket } from "../api/types";
import { now } from "../store/clock";
import { Icon } from "../ui/parts";
import { length } from "../words/format";
import { t } from "../words/words";

const SOON_MS = 60_000;

/** How long is left until *ticket* is late; negative since it is; null when nobody waits. */
export function left(ticket: Ticket, at: number): number | null {
  if (ticket.status === "closed" || !ticket.waiting_since || !ticket.due_at) return null;
  const remaining = Date.parse(ticket.due_at) - at;
  // The server says that it is late: its clock counts.
  if (ticket.status === "delayed") return Math.min(remaining, -1);
  return Math.max(remaining, 0);
}

function waited(ticket: Ticket, at: number): number {
  return at - Date.parse(ticket.waiting_since ?? "");
}

export function urgency(remaining: number | null): "" | "green" | "amber" | "red" {
  if (remaining === null) return "";
  if (remaining < 0) return "red";
  return remaining <= SOON_MS ? "amber" : "green";
}

/**
 * Filled once a second, by less than a dot. A transition to the deadline would have the page
 * painted sixty times a second for as long as anybody waits: a fifth of a core (ADR 27).
 */
export function Ring({ ticket }: { ticket: Ticket }) {
  const remaining = left(ticket, now.value);
  if (remaining === null) return null;
  return (
    <svg class={`ring ${urgency(remaining)}`} viewBox="0 0 52 52" aria-hidden="true">
      <circle class="trk" cx="26" cy="26" r="24" />
      <circle class="val" cx="26" cy="26" r="24" pathLength={100} stroke-dasharray={`${String(filled(ticket, remaining))} 100`} />
    </svg>
  );
}

/** How much of the patience is over, in hundredths. */
function filled(ticket: Ticket, remaining: number): number {
  if (remaining < 0) return 100;
  const patience = Date.parse(ticket.due_at ?? "") - Date.parse(ticket.waiting_since ?? "");
  return 100 - (remaining / Math.max(remaining, patience, 1)) * 100;
}

/** "Late 2:14", or "0:38 left" in the last minute; otherwise what else there is to say. */
export function waitingWords(ticket: Ticket, at: number): { cls: string; words: string } | null {
  const remaining = left(ticket, at);
  const colour = urgency(remaining);
  if (remaining === null || colour === "green") return null;
  if (colour === "red") return { cls: "lt", words: t("conv.late", { time: length(-remaining) }) };
  // The time is over, and the server has not said late yet.
  if (remaining === 0) return { cls: "lf", words: t("conv.waitingFor", { time: length(waited(ticket, at)) }) };
  return { cls: "lf", words: t("conv.left", { time: length(remaining) }) };
}

export function WaitingWords({ ticket, otherwise }: { ticket: Ticket; otherwise: preact.ComponentChildren }) {
  const said = waitingWords(ticket, now.value);
  if (!said) return <>{otherwise}</>;
  return (
    <span class={said.cls}>
      {said.cls === "lt" ? <Icon name="time" /> : null}
      <span>{said.words}</span>
    </span>
  );
}

/** How much of WhatsApp's window is left, in milliseconds; null where there is none. */
export function windowLeft(ticket: Ticket, at: number): number | null {
  return ticket.window_closes_at ? Date.parse(ticket.window_closes_at) - at : null;
}
