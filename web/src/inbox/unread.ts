// Keeping a conversation for later.

import type { Ticket } from "../api/types";
import { markRead, markUnread } from "../store/desk";
import { go, openId } from "../store/router";
import { me } from "../store/session";
import { show } from "../store/toast";
import { t } from "../words/words";
import { customerName } from "./row";

/** Whether it is one's own to be kept for later: an administrator who looks in reads nothing, either. */
export function canUnread(ticket: Ticket): boolean {
  return ticket.status !== "closed" && ticket.agent?.id === me.peek()?.id;
}

/** Leave it, as if one had not looked: opening it again reads it. */
export function unread(ticket: Ticket): void {
  if (openId.peek() === ticket.id) go("#/inbox");
  show(t("unread.done", { name: customerName(ticket) }), () => void markRead(ticket.id));
  void markUnread(ticket.id);
}
