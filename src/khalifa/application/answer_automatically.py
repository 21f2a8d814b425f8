"""Use case: what is said by itself: a welcome to new customers, a word outside the hours."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from khalifa.application.allowed_now import AllowedNow
from khalifa.application.business_rules import BusinessRules
from khalifa.application.events import EventWriter
from khalifa.application.outgoing_messages import outgoing_message
from khalifa.application.ports.business import AutomaticKind
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.jobs import JobQueue
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.route_replies import RouteReplies, Routes
from khalifa.application.tickets import locked_tickets
from khalifa.application.views import MessageView
from khalifa.domain.business_settings import AutomaticText, BusinessSettings
from khalifa.domain.customers import Customer
from khalifa.domain.drafts import Draft
from khalifa.domain.errors import NoRoute
from khalifa.domain.messages import Message
from khalifa.domain.tickets import Ticket, TicketId
from khalifa.domain.window import WindowClosed

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
    route_replies: RouteReplies
    allowed_now: AllowedNow
    jobs: JobQueue
    events: EventWriter
    clock: Clock
    random_id: Callable[[], str]

    async def __call__(self) -> int:
        """Return how many messages were queued."""
        said = await self.rules()
        if not (said.welcome.enabled or said.away_reply.enabled):
            return 0
        if not await self.transact.read(lambda uow: self._due(uow, said)):
            return 0
        routes = await self.route_replies()
        queued = await self.transact(lambda uow: self._say(uow, said, routes))
        if queued:
            self.jobs.deliver()
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
        queued: list[tuple[AutomaticKind, Ticket, Message]] = [
            (kind, ticket, self._message(texts[kind], ticket))
            for ticket in tickets
            for kind in due[ticket.id]
            if self._may_be_said(texts[kind], ticket, customers[ticket.customer_id], routes)
        ]
        messages = [message for _, _, message in queued]
        await uow.messages.add_new(messages)
        await uow.deliveries.queue(messages)
        for kind in texts:
            said = [(ticket, message) for one, ticket, message in queued if one is kind]
            await uow.automatic.record(
                kind, {_about(kind, ticket): message.id for ticket, message in said}
            )
        await uow.events.add(
            [
                self.events.message(MessageView.of(message), holder=ticket.agent_id)
                for _, ticket, message in queued
            ]
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

    def _may_be_said(
        self, said: AutomaticText, ticket: Ticket, customer: Customer, routes: Routes
    ) -> bool:
        if not ticket.is_open or ticket.waiting_since is None or customer.is_blocked:
            return False
        try:
            self.allowed_now.require(Draft.of_text(said.text), customer, routes.to(customer), {})
        except (NoRoute, WindowClosed):
            return False
        return True

    def _message(self, said: AutomaticText, ticket: Ticket) -> Message:
        draft = Draft.of_text(said.text)
        return outgoing_message(
            draft, ticket, None, now=self.clock.now(), opaque_id=self.random_id()
        )


def _is_new(customer: Customer, since: datetime) -> bool:
    return customer.created_at >= since


def _about(kind: AutomaticKind, ticket: Ticket) -> int:
    return ticket.customer_id if kind is AutomaticKind.WELCOME else ticket.id
