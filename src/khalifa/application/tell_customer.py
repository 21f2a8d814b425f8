"""Use cases: the customer is shown that we read, and that somebody is typing."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

from khalifa.application.compose_outgoing import cannot, quoted
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.messaging import DeliveryError, Provider, Providers
from khalifa.application.ports.outgoing import QuotedMessage
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.route_replies import RouteReplies
from khalifa.application.tickets import require_sight
from khalifa.domain.agents import Agent
from khalifa.domain.contacts import ProviderName
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.errors import KhalifaError
from khalifa.domain.messages import Message
from khalifa.domain.tickets import TicketId

# What cannot be told at once is dropped: it is worth nothing later.
AT_ONCE = 50
PATIENCE = 10.0
REMEMBERED = 1000
# Meta shows it for 25 seconds, a phone for about ten.
TYPING_AGAIN = timedelta(seconds=8)


class TellCustomer:
    """
    Tell providers, beside whatever else is done, and never in its way.

    Nothing here waits for a provider, and nothing a provider does can fail
    it: a read receipt that was not sent is no loss.
    """

    def __init__(
        self,
        *,
        transact: Transact,
        providers: Providers,
        route_replies: RouteReplies,
        clock: Clock,
    ) -> None:
        self._transact = transact
        self._providers = providers
        self._route_replies = route_replies
        self._clock = clock
        self._telling: set[asyncio.Task[None]] = set()
        self._typed: dict[TicketId, datetime] = {}
        # Up to where each conversation is known to be read: desks say so more than once.
        self._read: dict[TicketId, str] = {}

    def read(self, ticket_id: TicketId) -> None:
        """Tell the provider that carried the customer's newest message that it was read, once."""
        self._beside(lambda: self._tell_read(ticket_id))

    async def typing(self, agent: Agent, ticket_id: TicketId) -> None:
        """
        Show the customer that somebody is typing, where the provider can.

        Raises:
            NotFound, NotAllowed: no such ticket, or not this agent's.
            TicketAlreadyClosed, NoRoute: nothing can be said on it.
            CannotSend: the provider of the moment cannot show it.
        """
        customer = await self._transact.read(lambda uow: _customer_of(uow, agent, ticket_id))
        routes = await self._route_replies()
        provider = self._providers.get(routes.to(customer).provider)
        if provider.typing is None:
            raise cannot(provider, "typing")
        now = self._clock.now()
        if now - self._typed.get(ticket_id, now - TYPING_AGAIN) < TYPING_AGAIN:
            return
        self._typed = {id_: at for id_, at in self._typed.items() if now - at < TYPING_AGAIN}
        self._typed[ticket_id] = now
        self._beside(lambda: self._tell_typing(ticket_id, provider))

    async def finish(self) -> None:
        """Wait until nobody is being told any more."""
        while self._telling:
            await asyncio.wait(self._telling)

    async def close(self) -> None:
        """Stop telling."""
        for task in self._telling:
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)

    async def _tell_read(self, ticket_id: TicketId) -> None:
        last = await self._last_heard(ticket_id, None)
        provider = self._providers.find(last.chat.provider) if last else None
        if not last or not provider or not provider.read_receipts:
            return
        if self._read.get(ticket_id) == last.whatsapp_message_id:
            return
        await provider.read_receipts.mark_read(last)
        self._read.pop(ticket_id, None)
        self._read[ticket_id] = last.whatsapp_message_id
        if len(self._read) > REMEMBERED:
            del self._read[next(iter(self._read))]

    async def _tell_typing(self, ticket_id: TicketId, provider: Provider) -> None:
        last = await self._last_heard(ticket_id, provider.name)
        if last and provider.typing:
            await provider.typing.show_typing(last)

    async def _last_heard(
        self, ticket_id: TicketId, by: ProviderName | None
    ) -> QuotedMessage | None:
        """Return the customer's newest message as the provider that carried it knows it."""

        async def look(uow: UnitOfWork) -> tuple[Message, Customer] | None:
            message = await uow.messages.newest_heard(ticket_id, provider=by)
            if message is None:
                return None
            customers = await uow.customers.get_many([message.customer_id])
            return message, customers[message.customer_id]

        found = await self._transact.read(look)
        if found is None:
            return None
        message, customer = found
        provider = self._providers.find(message.provider or "")
        chat = provider.driver.address_of(customer.identities) if provider else None
        return quoted(message, chat) if chat else None

    def _beside(self, tell: Callable[[], Awaitable[None]]) -> None:
        if len(self._telling) >= AT_ONCE:
            return

        async def quietly() -> None:
            with suppress(DeliveryError, KhalifaError, TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await tell()

        task = asyncio.create_task(quietly())
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)


async def _customer_of(uow: UnitOfWork, agent: Agent, ticket_id: TicketId) -> Customer:
    ticket = await uow.tickets.get(ticket_id)
    require_sight(agent, ticket.agent_id)
    ticket.require_open()
    id_: CustomerId = ticket.customer_id
    return (await uow.customers.get_many([id_]))[id_]
