"""Use case: a reply that was not sent is taken out of the conversation."""

from dataclasses import dataclass

from khalifa.application.change_messages import retell, tell_of_retold
from khalifa.application.events import EventWriter
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.tickets import message_for
from khalifa.application.views import MessageView
from khalifa.domain.agents import Agent
from khalifa.domain.messages import MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscardMessage:
    """
    Delete a reply that failed: nobody but the shop has seen it.

    It stays on file, and is shown as deleted. Twice is as once.
    """

    transact: Transact
    events: EventWriter
    clock: Clock

    async def __call__(self, agent: Agent, message_id: MessageId) -> MessageView:
        """
        Raises:
            NotFound, NotAllowed: as for its ticket.
            WasSent: it did not fail, or it is the customer's.
        """

        async def work(uow: UnitOfWork) -> MessageView:
            message, ticket, customer = await message_for(uow, agent, message_id)
            text = message.text
            if not message.discard(at=self.clock.now()):
                return MessageView.of(message)
            await uow.messages.save([message])
            await uow.search.fold_again([message])
            retold = await retell(uow, [(message, text)], [ticket])
            await tell_of_retold(uow, self.events, retold, {customer.id: customer})
            view = MessageView.of(message)
            await uow.events.add([self.events.message(view, holder=ticket.agent_id)])
            return view

        return await self.transact(work)
