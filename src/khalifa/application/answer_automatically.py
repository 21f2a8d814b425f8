"""Use case: what is said by itself: a welcome to new customers, a word outside the hours."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from khalifa.application.automatic_sender import AutomaticSender
from khalifa.application.business_rules import BusinessRules
from khalifa.application.ports.business import AutomaticKind
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.route_replies import Routes
from khalifa.application.tickets import locked_tickets
from khalifa.domain.business_settings import BusinessSettings
from khalifa.domain.customers import Customer
from khalifa.domain.tickets import Ticket, TicketId

# What could not be said by then is not said any more: it would answer nothing.
FRESH_FOR = timedelta(minutes=15)
AT_ONCE = 500

# What is to be said on which ticket, in this order.
Due = Mapping[TicketId, list[AutomaticKind]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAutomatically:
    """
    Welcome new customers, and tell who writes outside the hours that nobody is there.

    - Only who has just written and waits is told anything: nobody whom an
      agent answered meanwhile, here or on the phone.
    - A welcome is said once to a customer, the other once on a ticket.
    - It is no answer: the wait goes on, and the ticket shows the customer's words.
    - Nothing is said that its provider cannot carry now, or outside its window.

    A sweep, and no part of filing: no message waits for it.
    """

    transact: Transact
    rules: BusinessRules
    automatic_sender: AutomaticSender
    clock: Clock

    async def __call__(self) -> int:
        """Return how many messages were queued."""
        said = await self.rules()
        if not (said.welcome.enabled or said.away_reply.enabled):
            return 0
        if not await self.transact.read(lambda uow: self._due(uow, said)):
            return 0
        routes = await self.automatic_sender.routes()
        queued = await self.transact(lambda uow: self._say(uow, said, routes))
        if queued:
            self.automatic_sender.deliver()
        return queued

    async def _say(self, uow: UnitOfWork, settings: BusinessSettings, routes: Routes) -> int:
        due = await self._due(uow, settings)
        if not due:
            return 0
        tickets, customers = await locked_tickets(uow, list(due))
        texts = {
            AutomaticKind.WELCOME: settings.welcome,
            AutomaticKind.AWAY: settings.away_reply,
        }
        to_say = [
            (kind, ticket)
            for ticket in tickets
            for kind in due[ticket.id]
            if _waits(ticket)
            and self.automatic_sender.may_be_said(
                texts[kind], customers[ticket.customer_id], routes
            )
        ]
        queued = await self.automatic_sender.queue(
            uow, [(ticket, texts[kind]) for kind, ticket in to_say]
        )
        for kind in texts:
            said = [
                (ticket, message)
                for (one, ticket), message in zip(to_say, queued, strict=True)
                if one is kind
            ]
            await uow.automatic.record(
                kind, {_about(kind, ticket): message.id for ticket, message in said}
            )
        return len(queued)

    async def _due(self, uow: UnitOfWork, settings: BusinessSettings) -> Due:
        """Return what nobody was told yet on the tickets of those who have just written."""
        now = self.clock.now()
        since, closed_since = now - FRESH_FOR, settings.hours.closed_since(now)
        written = await uow.automatic.newly_written(since, limit=AT_ONCE)
        tickets = (await uow.tickets.get_many(written)).values()
        due: dict[TicketId, list[AutomaticKind]] = defaultdict(list)
        if settings.welcome.enabled:
            customers = await uow.customers.get_many({ticket.customer_id for ticket in tickets})
            new = {t.customer_id: t.id for t in tickets if _is_new(customers[t.customer_id], since)}
            told = await uow.automatic.said(AutomaticKind.WELCOME, new)
            # Whom an agent wrote to first knows us.
            met = await uow.automatic.spoken_to(new.values())
            for customer_id, ticket_id in new.items():
                if customer_id not in told and ticket_id not in met:
                    due[ticket_id].append(AutomaticKind.WELCOME)
        if settings.away_reply.enabled and closed_since is not None:
            shut_out = {
                ticket.id
                for ticket in tickets
                if ticket.last_message_at is not None and ticket.last_message_at >= closed_since
            }
            for ticket_id in shut_out - await uow.automatic.said(AutomaticKind.AWAY, shut_out):
                due[ticket_id].append(AutomaticKind.AWAY)
        return due


def _waits(ticket: Ticket) -> bool:
    return ticket.is_open and ticket.waiting_since is not None


def _is_new(customer: Customer, since: datetime) -> bool:
    return customer.created_at >= since


def _about(kind: AutomaticKind, ticket: Ticket) -> int:
    return ticket.customer_id if kind is AutomaticKind.WELCOME else ticket.id
