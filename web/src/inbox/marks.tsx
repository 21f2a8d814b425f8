// What stands between the messages: notes, and who handed the conversation over.

import type { Note, TicketLine } from "../api/types";
import { me } from "../store/session";
import { Icon } from "../ui/parts";
import { clock } from "../words/format";
import { t } from "../words/words";
import { Words } from "./text";

export function NoteBubble({ note }: { note: Note }) {
  return (
    <li class="m note" data-key={`note-${String(note.id)}`} tabIndex={-1}>
      <div class="wrap">
        <div class="b">
          <span class="nh">
            <Icon name="lock" />
            <span>{t("note.internal")}</span>
            <bdi dir="auto">{note.agent.name}</bdi>
          </span>
          <Words text={note.text} />
          <span class="meta">
            <time>{clock(note.at)}</time>
          </span>
        </div>
      </div>
    </li>
  );
}

export function EventLine({ line }: { line: TicketLine }) {
  return <li class="ev"><span>{words(line)}</span></li>;
}

function words({ kind, by, from_agent: from, to_agent: to, reason }: TicketLine): string {
  const name = to?.name ?? "";
  switch (kind) {
    case "closed":
      return reason ? t("ev.closedBecause", { reason }) : t("ev.closed");
    case "rated":
      return t("ev.rated", { n: Number(reason) });
    case "reopened":
      return t("ev.reopened", { name: by?.name ?? "" });
    case "taken":
      return t("ev.taken", { name });
    case "transferred":
      if (!from) return t("ev.assigned", { name });
      if (to?.id === me.value?.id) return t("ev.transferredToYou", { name: from.name, reason: reason ?? "" });
      return t("ev.transferred", { from: from.name, to: name, reason: reason ?? "" });
    default:
      return t("ev.assigned", { name });
  }
}
