"""Use case: an agent answers."""

from collections.abc import Callable
from dataclasses import dataclass

from khalifa.application.allowed_now import AllowedNow
from khalifa.application.compose_outgoing import quoted, require_ability
from khalifa.application.events import EventWriter
from khalifa.application.outgoing_messages import (
    add_with_file,
    file_of,
    outgoing_message,
    require_same,
)
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.jobs import JobQueue
from khalifa.application.ports.messaging import Providers
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.route_replies import RouteReplies
from khalifa.application.tickets import tell_of_ticket, ticket_for
from khalifa.application.views import MessageView
from khalifa.application.watch_delays import end_delay
from khalifa.domain.agents import Agent
from khalifa.domain.contacts import Address
from khalifa.domain.customers import Customer
from khalifa.domain.drafts import Draft
from khalifa.domain.errors import NotFound
from khalifa.domain.first_responses import note_answered
from khalifa.domain.messages import (
    Message,
    MessageId,
    MessageKind,
    require_idempotency_key,
)
from khalifa.domain.tickets import TicketId
from khalifa.domain.window import WindowClosed
from khalifa.domain.words import Words

_NO_MESSAGE = Words("There is no such message.", "لا توجد رسالة بهذا الرقم.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyToTicket:
    """
    Store an agent's answer, to be sent by the provider that is active then.

    - The answer is stored before anything is sent, once per idempotency key.
    - Only who may see the ticket may answer, and only while it is open.
    - What the provider of the moment cannot do, or may not now, is refused at once.
    - An answer ends the customer's wait, and the delay if there was one; a
      reaction answers nothing.
    """

    transact: Transact
    route_replies: RouteReplies
    providers: Providers
    allowed_now: AllowedNow
    jobs: JobQueue
    events: EventWriter
    clock: Clock
    random_id: Callable[[], str]

    async def __call__(
        self,
        agent: Agent,
        ticket_id: TicketId,
        what: Draft | str,
        *,
        idempotency_key: str | None = None,
        resend_of: MessageId | None = None,
    ) -> MessageView:
        """
        Store *what*: a draft, or a plain text.

        *resend_of* is a message of unknown fate that it says again, and is
        given up with it.

        Raises:
            FateKnown: what became of *resend_of* is known.
            InvalidText, InvalidContent: empty, or above the limit, which it names.
            NotFound, NotAllowed: no such ticket, message or file, or not this agent's.
            TicketAlreadyClosed, NoRoute: nothing can be sent on it.
            WindowClosed: only a template can be, and which.
            FileTooLarge, FileTypeRefused: not a file like this, as this kind.
            FileSentElsewhere: each upload is for one conversation.
            CannotSend, CannotQuote: not this, by the provider that would carry it.
            IdempotencyKeyReused: the key came before with something else to say.
        """
        draft = what if isinstance(what, Draft) else Draft.of_text(what)
        if idempotency_key is not None:
            require_idempotency_key(idempotency_key)
        routes = await self.route_replies()
        definitions = await self.allowed_now.definitions(draft)

        async def work(uow: UnitOfWork) -> MessageView:
            if idempotency_key is not None:
                said = await uow.messages.find_by_idempotency_key(agent.id, idempotency_key)
                if said is not None:
                    require_same(said, draft, place=said.ticket_id == ticket_id)
                    return MessageView.of(said)
            ticket, customer = await ticket_for(uow, agent, ticket_id)
            ticket.require_open()
            address = routes.to(customer)
            require_ability(self.providers.get(address.provider), draft)
            allowed = self.allowed_now.require(draft, customer, address, definitions)
            about = await _about(uow, allowed, customer, address)
            provider = self.providers.get(address.provider)
            file = await file_of(uow, draft, ticket, agent, provider)

            given_up = await _given_up(uow, resend_of)
            message = outgoing_message(
                allowed, ticket, agent, now=self.clock.now(), opaque_id=self.random_id()
            )
            message.resend_of = resend_of
            message.reply_to = about.whatsapp_message_id if about else None
            message.idempotency_key = idempotency_key
            await add_with_file(uow, message, file)
            await uow.deliveries.queue([message])
            view = MessageView.of(message)
            told = [MessageView.of(one) for one in given_up]
            await uow.events.add(
                [self.events.message(one, holder=ticket.agent_id) for one in (*told, view)]
            )
            note_answered(ticket, at=message.stored_at)
            if draft.kind is MessageKind.REACTION:
                await uow.tickets.save([ticket])
            else:
                await end_delay(uow, ticket, at=message.received_at, by=agent.id)
                ticket.answer(allowed.text, at=message.sent_at, kind=draft.kind)
                await uow.tickets.save([ticket])
                await tell_of_ticket(uow, self.events, ticket, customer, said=message)
            return view

        try:
            view = await self.transact(work)
        except WindowClosed as closed:
            raise await self.allowed_now.explained(closed) from None
        self.jobs.deliver()
        return view


async def _about(
    uow: UnitOfWork, draft: Draft, customer: Customer, chat: Address
) -> Message | None:
    """Return the message that *draft* answers or reacts to, if its provider knows it."""
    if draft.about is None:
        return None
    message = (await uow.messages.get_many([draft.about])).get(draft.about)
    if message is None or message.customer_id != customer.id:
        raise NotFound(_NO_MESSAGE)
    quoted(message, chat)
    return message


async def _given_up(uow: UnitOfWork, message_id: MessageId | None) -> list[Message]:
    """Give up the message that is said again, if any, so that it is said again once."""
    if message_id is None:
        return []
    message = await uow.messages.get(message_id)
    message.give_up()
    await uow.messages.save([message])
    return [message]
