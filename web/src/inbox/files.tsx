// The newest photos and files of what was read of a conversation.

import type { Message, Ticket } from "../api/types";
import { thread } from "../store/threads";
import { Icon } from "../ui/parts";
import { number, t } from "../words/words";
import { view } from "./viewer";

const SHOWN = 4;
const KINDS: ReadonlySet<Message["kind"]> = new Set(["image", "document"]);

export function Files({ ticket }: { ticket: Ticket }) {
  const files = thread(ticket.id).messages.value.filter((one) => KINDS.has(one.kind) && one.media?.url && !one.revoked_at);
  if (!files.length) return null;
  return (
    <section>
      <h3>
        {t("customer.files")} <span>{number(files.length)}</span>
      </h3>
      <ul class="th">{files.slice(-SHOWN).reverse().map((one) => <li key={one.id}><File message={one} /></li>)}</ul>
    </section>
  );
}

function File({ message: { kind, media } }: { message: Message }) {
  const { url, thumbnail_url: thumbnail, filename, mime_type: type } = media ?? {};
  if (!url) return null;
  if (kind === "image") {
    return (
      <button type="button" aria-label={t("media.openPhoto")} onClick={() => { view.value = { url, name: filename ?? null }; }}>
        <img src={thumbnail ?? url} alt="" loading="lazy" decoding="async" />
      </button>
    );
  }
  const end = (filename?.includes(".") ? filename.split(".").at(-1) : type?.split("/")[1]) ?? "";
  return (
    <a class="fd" href={url} download={filename ?? ""} title={filename ?? t("kind.document")} aria-label={`${t("media.download")}: ${filename ?? t("kind.document")}`}>
      <Icon name="doc" />
      <b>{end.slice(0, 5).toUpperCase()}</b>
    </a>
  );
}
