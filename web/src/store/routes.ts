// By which provider a conversation's replies would go, and what that one takes.

import { signal, type Signal } from "@preact/signals";

import { get } from "../api/client";
import type { NewMessage, Route } from "../api/types";
import { can } from "./session";

type Kind = NonNullable<NewMessage["kind"]>;

// WhatsApp's own limits, in bytes, until those of the provider are known.
const USUAL: Partial<Record<Kind, number>> = { image: 5_242_880, video: 16_777_216, audio: 16_777_216, document: 104_857_600 };

const routes = new Map<number, Signal<Route | null>>();

function routeOf(ticket: number): Signal<Route | null> {
  const known = routes.get(ticket);
  if (known) return known;
  const made = signal<Route | null>(null);
  routes.set(ticket, made);
  return made;
}

/** Ask who would carry a reply; it may be another one than a moment ago. */
export async function readRoute(ticket: number): Promise<void> {
  routeOf(ticket).value = await get<Route>(`/api/tickets/${String(ticket)}/route`).catch(() => null);
}

/** Say whether a reply on *ticket* can be so; while nobody knows, whether the active provider can. */
export function canSay(ticket: number, what: string): boolean {
  return routeOf(ticket).value?.capabilities.includes(what) ?? can(what);
}

/** The most bytes that a file of this kind may have; without a ticket, as WhatsApp has it. */
export function mostBytes(kind: Kind, ticket?: number): number {
  const route = ticket === undefined ? null : routeOf(ticket).value;
  if (!route) return USUAL[kind] ?? Infinity;
  return route.files.find((one) => one.kind === kind)?.most ?? Infinity;
}

export function clearRoutes(): void {
  routes.clear();
}
