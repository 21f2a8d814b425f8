// The server's time, once a second, for whatever counts in front of the reader.

import { signal } from "@preact/signals";

import { serverNow } from "../api/client";

export const now = signal(serverNow());

setInterval(() => {
  if (!document.hidden) now.value = serverNow();
}, 1000);
document.addEventListener("visibilitychange", () => {
  now.value = serverNow();
});
