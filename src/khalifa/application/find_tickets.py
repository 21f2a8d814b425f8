"""Which ticket each message of a list belongs on, inside a transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from khalifa.application.parcels import Accounts, Arrival
from khalifa.application.ports.ledger import Outcome
from khalifa.application.ports.unit_of_work import UnitOfWork
from khalifa.domain.agents import Agent, AgentId, AgentName, Rota
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.messages import IncomingMessage
from khalifa.domain.ratings import ANSWERED_WITHIN
from khalifa.domain.tickets import UNSAVED, Ticket, TicketEvent, TicketEventKind

_NOTICE = "a notice, and no conversation to show it in"
_EVER = datetime(2000, 1, 1, tzinfo=UTC)
# Since a ticket was closed: it is asked about within a quarter of an hour.
_RATED_WITHIN = ANSWERED_WITHIN + timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class TicketFinder:
    """
    Finds, reopens or opens the tickets of messages whose customers are locked.

    First `put_on`, which also chooses agents; then `save`. On ``closed``
    tickets only notices are put, and numbers that are ratings of them, as long
    as their customers say nothing else.
    """

    uow: UnitOfWork
    accounts: Accounts
    now: datetime
    reopen_window: timedelta
    open: dict[CustomerId, Ticket] = field(default_factory=dict)
    closed: dict[CustomerId, Ticket] = field(default_factory=dict)
    rated: list[Ticket] = field(default_factory=list)
    agents: dict[AgentId, Agent | AgentName] = field(default_factory=dict)
    _history: list[tuple[Ticket, TicketEventKind, AgentId | None, str | None]] = field(
        default_factory=list
    )

    @property
    def at_hand(self) -> tuple[Ticket, ...]:
        return (*self.open.values(), *self.closed.values())

    def of(self, customer: Customer) -> Ticket:
        """Return the ticket that the messages of *customer* were put on."""
        return self.open.get(customer.id) or self.closed[customer.id]

    def holder_of(self, ticket: Ticket) -> Agent | AgentName | None:
        return self.agents.get(ticket.agent_id) if ticket.agent_id is not None else None

    async def put_on(
        self, new: Sequence[tuple[Arrival, Customer]]
    ) -> list[tuple[Arrival, Customer]]:
        """
        Find, reopen or open each conversation's ticket, choose its agent, take the words in.

        A notice of WhatsApp's is no word of anybody's: it only stands where there
        is a conversation. Return the arrivals that have a ticket.
        """
        if not new:
            return []
        writers = {c.id: a.reading for a, c in reversed(new) if not a.is_notice}
        talking = {customer.id for _, customer in new}
        self.open, holders = await self.uow.tickets.open_with_holders(talking)
        self.agents.update(holders)
        without = set(writers) - set(self.open)
        if without:
            closed = await self.uow.tickets.last_closed_of(
                without, since=self.now - max(self.reopen_window, _RATED_WITHIN)
            )
            content = self._rate(new, closed)
            if speaking := sorted(without - content):
                await self._open_tickets({c: writers[c] for c in speaking}, closed)
        noticed = talking - set(self.open) - set(self.closed)
        if noticed:
            self.closed |= await self.uow.tickets.last_closed_of(noticed, since=_EVER)
        placed: list[tuple[Arrival, Customer]] = []
        for arrival, customer in new:
            if customer.id not in self.open and customer.id not in self.closed:
                id_ext = arrival.reading.whatsapp_message_id
                self.accounts.note(
                    arrival.parcel, arrival.position, Outcome.IGNORED, _NOTICE, id_ext
                )
                continue
            placed.append((arrival, customer))
            arrival.tell(self.of(customer))
        return placed

    def _rate(
        self, new: Sequence[tuple[Arrival, Customer]], closed: Mapping[CustomerId, Ticket]
    ) -> set[CustomerId]:
        """Take in ratings of *closed* tickets; return the customers who said nothing else."""
        speaking, rated = set[CustomerId](), dict[CustomerId, Ticket]()
        for arrival, customer in new:
            ticket, rating = closed.get(customer.id), arrival.rating
            if arrival.is_notice or customer.id in speaking:
                continue
            if ticket is None or rating is None or not ticket.awaits_rating(self.now):
                # What comes after other words is about these.
                speaking.add(customer.id)
                continue
            ticket.rate(rating)
            self._note(ticket, TicketEventKind.RATED, reason=str(rating))
            rated[customer.id] = ticket
        self.rated = list(rated.values())
        self.closed = {id_: ticket for id_, ticket in rated.items() if id_ not in speaking}
        return set(self.closed)

    async def _open_tickets(
        self,
        writers: dict[CustomerId, IncomingMessage],
        closed: Mapping[CustomerId, Ticket],
    ) -> None:
        online = await self.uow.agents.lock_online()
        rota = Rota(online, await self.uow.tickets.loads() if online else {})
        for customer_id, reading in writers.items():
            ticket, preferred = closed.get(customer_id), None
            if ticket and ticket.may_reopen(self.now, self.reopen_window):
                preferred = ticket.agent_id
                ticket.reopen()
                self._note(ticket, TicketEventKind.REOPENED)
            else:
                ticket = Ticket(
                    customer_id=customer_id,
                    provider=reading.provider,
                    id_ext=reading.identities[0].id_ext,
                    opened_at=self.now,
                )
                self._note(ticket, TicketEventKind.OPENED)
            agent_id = rota.take(now=self.now, preferred=preferred)
            if agent_id is not None:
                ticket.assign(agent_id)
                self._note(ticket, TicketEventKind.ASSIGNED, to=agent_id)
            self.open[customer_id] = ticket
        self.agents.update({agent.id: agent for agent in online})
        given = {t.agent_id for t in self.open.values() if t.agent_id is not None}
        await self.uow.agents.save(rota.touched(given))

    async def save(self) -> None:
        """Write what changed of the tickets, and what happened to any."""
        told = [*self.at_hand]
        told += [ticket for ticket in self.rated if ticket not in told]
        if known := [ticket for ticket in told if ticket.id != UNSAVED]:
            await self.uow.tickets.save(known)
        if opened := [ticket for ticket in told if ticket.id == UNSAVED]:
            await self.uow.tickets.add_new(opened)
        if self._history:
            await self.uow.tickets.record(
                [
                    TicketEvent(
                        ticket_id=ticket.id, kind=kind, at=self.now, to_agent_id=to, reason=reason
                    )
                    for ticket, kind, to, reason in self._history
                ]
            )

    def _note(
        self,
        ticket: Ticket,
        kind: TicketEventKind,
        *,
        to: AgentId | None = None,
        reason: str | None = None,
    ) -> None:
        # A new ticket has no id before it is stored.
        self._history.append((ticket, kind, to, reason))
