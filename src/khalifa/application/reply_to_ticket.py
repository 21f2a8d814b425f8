"""Use case: an agent answers."""

from collections.abc import Callable
from dataclasses import dataclass

from khalifa.application.events import EventWriter
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.jobs import JobQueue
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.route_replies import RouteReplies
from khalifa.application.tickets import tell_of_ticket, ticket_for
from khalifa.application.views import MessageView
from khalifa.domain.agents import Agent
from khalifa.domain.errors import IdempotencyKeyReused
from khalifa.domain.messages import (
    DeliveryStatus,
    Direction,
    Message,
    SenderType,
    require_idempotency_key,
    require_text,
)
from khalifa.domain.tickets import TicketId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyToTicket:
    """
    Store an agent's answer, to be sent by the provider that is active then.

    - The answer is stored before anything is sent, once per idempotency key.
    - Only who may see the ticket may answer, and only while it is open.
    - An answer ends the customer's wait, and the delay if there was one.
    """

    transact: Transact
    route_replies: RouteReplies
    jobs: JobQueue
    events: EventWriter
    clock: Clock
    random_id: Callable[[], str]

    async def __call__(
        self, agent: Agent, ticket_id: TicketId, text: str, *, idempotency_key: str | None = None
    ) -> MessageView:
        """
        Raises:
            InvalidText: empty, or above the limit, which it names.
            NotFound, NotAllowed: no such ticket, or not this agent's.
            TicketAlreadyClosed, NoRoute: nothing can be sent on it.
            IdempotencyKeyReused: the key came before with another text or ticket.
        """
        require_text(text)
        if idempotency_key is not None:
            require_idempotency_key(idempotency_key)
        routes = await self.route_replies()

        async def work(uow: UnitOfWork) -> MessageView:
            if idempotency_key is not None:
                said = await uow.messages.find_by_idempotency_key(agent.id, idempotency_key)
                if said is not None:
                    return _said_before(said, ticket_id, text)
            ticket, customer = await ticket_for(uow, agent, ticket_id)
            ticket.require_open()
            routes.to(customer)

            now = self.clock.now()
            message = Message(
                ticket_id=ticket.id,
                customer_id=customer.id,
                direction=Direction.OUT,
                sender_type=SenderType.AGENT,
                agent_id=agent.id,
                text=text,
                status=DeliveryStatus.QUEUED,
                opaque_id=self.random_id(),
                idempotency_key=idempotency_key,
                sent_at=now.replace(microsecond=0),
                received_at=now,
                stored_at=now,
            )
            ticket.answer(text, at=message.sent_at)
            await uow.tickets.save([ticket])
            await uow.messages.add_new([message])
            await uow.deliveries.queue([message])
            view = MessageView.of(message)
            await uow.events.add([self.events.message(view, holder=ticket.agent_id)])
            await tell_of_ticket(uow, self.events, ticket, customer)
            return view

        view = await self.transact(work)
        self.jobs.deliver()
        return view


def _said_before(said: Message, ticket_id: TicketId, text: str) -> MessageView:
    if (said.ticket_id, said.text) != (ticket_id, text):
        reason = "This Idempotency-Key came before with another message. Use a new one."
        raise IdempotencyKeyReused(reason)
    return MessageView.of(said)
