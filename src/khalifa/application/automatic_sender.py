"""Saying something by itself: whether it may be said now, and putting it on its way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from khalifa.application.allowed_now import AllowedNow
from khalifa.application.events import EventWriter
from khalifa.application.outgoing_messages import outgoing_message
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.jobs import JobQueue
from khalifa.application.ports.unit_of_work import UnitOfWork
from khalifa.application.route_replies import RouteReplies, Routes
from khalifa.application.views import MessageView
from khalifa.domain.business_settings import AutomaticText
from khalifa.domain.customers import Customer
from khalifa.domain.drafts import Draft
from khalifa.domain.errors import NoRoute
from khalifa.domain.messages import Message
from khalifa.domain.tickets import Ticket
from khalifa.domain.window import WindowClosed


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomaticSender:
    """
    What is said by itself goes out like any reply, and is no answer: no wait ends by it.

    First `routes`, before any transaction; then `may_be_said` and `queue` in it;
    `deliver` after it.
    """

    route_replies: RouteReplies
    allowed_now: AllowedNow
    jobs: JobQueue
    events: EventWriter
    clock: Clock
    random_id: Callable[[], str]

    async def routes(self) -> Routes:
        return await self.route_replies()

    def may_be_said(self, said: AutomaticText, customer: Customer, routes: Routes) -> bool:
        """Say whether *customer* may be told: not blocked, reachable, and inside the window."""
        if customer.is_blocked:
            return False
        try:
            self.allowed_now.require(Draft.of_text(said.text), customer, routes.to(customer), {})
        except (NoRoute, WindowClosed):
            return False
        return True

    async def queue(
        self, uow: UnitOfWork, said: Sequence[tuple[Ticket, AutomaticText]]
    ) -> list[Message]:
        """Store messages on tickets whose customers are locked, and queue them, in this order."""
        now = self.clock.now()
        messages = [
            outgoing_message(
                Draft.of_text(what.text), ticket, None, now=now, opaque_id=self.random_id()
            )
            for ticket, what in said
        ]
        await uow.messages.add_new(messages)
        await uow.deliveries.queue(messages)
        await uow.events.add(
            [
                self.events.message(MessageView.of(message), holder=ticket.agent_id)
                for message, (ticket, _) in zip(messages, said, strict=True)
            ]
        )
        return messages

    def deliver(self) -> None:
        self.jobs.deliver()
