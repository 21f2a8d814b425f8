// The tab's name: how many conversations have something unread.

import { t } from "../words/words";
import { counts } from "./tickets";

export function watchTitle(): void {
  const { unread } = counts.value;
  document.title = unread ? `(${String(unread)}) ${t("app.name")}` : t("app.name");
}
