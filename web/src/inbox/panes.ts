// What is asked for beside the conversation: one thing at a time.

import { signal } from "@preact/signals";

export const asked = signal<"close" | "transfer" | "note" | "customer" | "keys" | "start" | null>(null);
