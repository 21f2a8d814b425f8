"""Use case: ask customers how content they were, once their conversation is closed."""

from dataclasses import dataclass
from datetime import timedelta

from khalifa.application.automatic_sender import AutomaticSender
from khalifa.application.business_rules import BusinessRules
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.route_replies import Routes
from khalifa.application.tickets import locked_tickets
from khalifa.domain.business_settings import AutomaticText
from khalifa.domain.tickets import TicketId

# A conversation closed by mistake is opened again before its customer hears of it.
NOT_BEFORE = timedelta(seconds=30)
# Later nobody remembers what is asked about.
FRESH_FOR = timedelta(minutes=15)
AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForRatings:
    """
    Send the business's question on tickets that were just closed, once on each.

    Only where a person answered, and only to who can be written to: not to a
    blocked customer, nor outside the provider's window, nor when the customer has
    another ticket open by now. The answer is taken in with what the customer
    writes: see `TicketFinder`.
    """

    transact: Transact
    rules: BusinessRules
    automatic_sender: AutomaticSender
    clock: Clock

    async def __call__(self) -> int:
        """Return how many were asked."""
        request = (await self.rules()).rating_request
        if not request.enabled:
            return 0
        closed = await self.transact.read(self._just_closed)
        if not closed:
            return 0
        routes = await self.automatic_sender.routes()
        asked = await self.transact(lambda uow: self._ask(uow, closed, request, routes))
        if asked:
            self.automatic_sender.deliver()
        return asked

    async def _just_closed(self, uow: UnitOfWork) -> list[TicketId]:
        now = self.clock.now()
        return await uow.tickets.to_be_rated(
            since=now - FRESH_FOR, before=now - NOT_BEFORE, limit=AT_ONCE
        )

    async def _ask(
        self, uow: UnitOfWork, closed: list[TicketId], request: AutomaticText, routes: Routes
    ) -> int:
        now = self.clock.now()
        found, customers = await locked_tickets(uow, closed)
        talking = await uow.tickets.who_has_open(customers)
        tickets = [
            ticket
            for ticket in found
            if ticket.customer_id not in talking
            and self.automatic_sender.may_be_said(request, customers[ticket.customer_id], routes)
            and ticket.ask_for_rating(at=now)
        ]
        await uow.tickets.save(tickets)
        await self.automatic_sender.queue(uow, [(ticket, request) for ticket in tickets])
        return len(tickets)
