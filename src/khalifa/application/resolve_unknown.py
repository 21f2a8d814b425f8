"""Use cases: a person says what became of a reply that nobody knows the fate of."""

from dataclasses import dataclass

from khalifa.application.events import EventWriter
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.reply_to_ticket import ReplyToTicket
from khalifa.application.tickets import message_for, require_sight
from khalifa.application.views import MessageView
from khalifa.domain.agents import Agent
from khalifa.domain.drafts import Draft
from khalifa.domain.messages import Message, MessageId


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
        message = await self.transact.read(lambda uow: _seen(uow, agent, message_id))
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
            message, ticket, _ = await message_for(uow, agent, message_id)
            message.vouch()
            await uow.messages.save([message])
            view = MessageView.of(message)
            await uow.events.add([self.events.message(view, holder=ticket.agent_id)])
            return view

        return await self.transact(work)


async def _seen(uow: UnitOfWork, agent: Agent, message_id: MessageId) -> Message:
    message = await uow.messages.get(message_id)
    require_sight(agent, (await uow.tickets.get(message.ticket_id)).agent_id)
    return message
