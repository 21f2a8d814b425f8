// The tab: how many conversations have something unread, and a dot that says so when it is narrow.

import { t } from "../words/words";
import { counts } from "./tickets";

export function watchTitle(): void {
  const { unread } = counts.value;
  const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  if (icon) icon.href = unread ? icon.href.replace("favicon.svg", "favicon-new.svg") : icon.href.replace("favicon-new.svg", "favicon.svg");
  document.title = unread ? `(${String(unread)}) ${t("app.name")}` : t("app.name");
}
