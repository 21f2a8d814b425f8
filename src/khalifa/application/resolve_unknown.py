"""Use cases: a person says what became of a reply that nobody knows the fate of."""

from dataclasses import dataclass

from khalifa.application.events import EventWriter
from khalifa.application.ports.unit_of_work import ConcurrentChange, Transact, UnitOfWork
from khalifa.application.reply_to_ticket import ReplyToTicket
from khalifa.application.tickets import require_sight
from khalifa.application.views import MessageView
from khalifa.domain.agents import Agent
from khalifa.domain.customers import Customer
from khalifa.domain.drafts import Draft
from khalifa.domain.messages import Message, MessageId
from khalifa.domain.tickets import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveUnknown:
    """
    Settle an unknown reply by a person's word, for lack of evidence.

    Evidence that comes later still counts: what arrived after all is shown as
    delivered, also when it was sent again. Raises `NotFound` and `NotAllowed`
    as for the ticket, and `FateKnown` when there is nothing to settle.
    """

    transact: Transact
    reply_to_ticket: ReplyToTicket
    events: EventWriter

    async def resend(
        self, agent: Agent, message_id: MessageId, *, idempotency_key: str | None = None
    ) -> MessageView:
        """
        Say the same again as a new message, for the first did not arrive.

        Raises what `ReplyToTicket` raises, too. The first one is failed by
        this, so that it is sent again once, however often it is asked for.
        """
        message, _ = await self.transact.read(lambda uow: _seen(uow, agent, message_id))
        return await self.reply_to_ticket(
            agent,
            message.ticket_id,
            Draft.of(message),
            idempotency_key=idempotency_key,
            resend_of=message_id,
        )

    async def arrived(self, agent: Agent, message_id: MessageId) -> MessageView:
        """Take a person's word that it arrived."""

        async def work(uow: UnitOfWork) -> MessageView:
            message, ticket, _ = await locked_message(uow, agent, message_id)
            message.vouch()
            await uow.messages.save([message])
            view = MessageView.of(message)
            await uow.events.add([self.events.message(view, holder=ticket.agent_id)])
            return view

        return await self.transact(work)


async def locked_message(
    uow: UnitOfWork, agent: Agent, message_id: MessageId
) -> tuple[Message, Ticket, Customer]:
    """
    Return a message that *agent* may see as it is once its customer is locked, and both its owners.

    Raises:
        NotFound, NotAllowed: as for its ticket.
    """
    customer_id = (await _seen(uow, agent, message_id))[0].customer_id
    customer = (await uow.customers.lock([customer_id]))[customer_id]
    message, ticket = await _seen(uow, agent, message_id)
    if message.customer_id != customer_id:
        reason = "the customer has just become part of another"
        raise ConcurrentChange(reason)
    return message, ticket, customer


async def _seen(uow: UnitOfWork, agent: Agent, message_id: MessageId) -> tuple[Message, Ticket]:
    message = await uow.messages.get(message_id)
    ticket = await uow.tickets.get(message.ticket_id)
    require_sight(agent, ticket.agent_id)
    return message, ticket
