"""A khalifa in memory: the real container on memory adapters, and two providers that are played."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from dependency_injector import providers

from khalifa.application.ports.journal import BodyKey, JournaledBody
from khalifa.application.ports.notifications import Event
from khalifa.application.ports.templates import TemplateCatalog
from khalifa.application.ports.unit_of_work import UnitOfWork
from khalifa.container import build_container
from khalifa.domain.agents import Agent, Presence, Role
from khalifa.domain.contacts import Identity, PhoneNumber, ProviderName
from khalifa.domain.media import MediaFile
from khalifa.domain.messages import (
    DeliveryStatus,
    IncomingMessage,
    Message,
    MessageKind,
    Reading,
    StatusUpdate,
)
from khalifa.domain.pace import PacePolicy
from khalifa.domain.tickets import Ticket
from khalifa.infrastructure.memory.clock import ManualClock
from khalifa.infrastructure.memory.event_stream import MemoryEventStream
from khalifa.infrastructure.memory.job_queue import MemoryJobQueue
from khalifa.infrastructure.memory.messaging import MemoryProvider
from khalifa.settings import Settings

WIRE = ProviderName("wire")
PIGEON = ProviderName("pigeon")
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


class _Screens(MemoryEventStream):
    """Notes in *told* what reaches the screens."""

    def __init__(self, told: list[Event]) -> None:
        super().__init__()
        self._told = told

    async def publish(self, events: Sequence[Event]) -> None:
        await super().publish(events)
        self._told.extend(events)


class World:
    """
    Every use case as the container makes it. ``wire`` is the active provider.

    ``told`` are the events that reached the screens. The arguments are what ``wire`` has.
    """

    def __init__(
        self,
        *,
        window: timedelta | None = None,
        template_catalog: TemplateCatalog | None = None,
        pace: PacePolicy | None = None,
    ) -> None:
        self.clock = ManualClock(NOW)
        self.wire, self.pigeon = MemoryProvider(WIRE), MemoryProvider(PIGEON)
        self.wire.port = replace(
            self.wire.port, window=window, template_catalog=template_catalog, pace=pace
        )
        self.jobs = MemoryJobQueue()
        self.told: list[Event] = []
        container = build_container(
            Settings(
                whatsapp_driver=WIRE,
                database_url="memory:",
                redis_url="memory:",
                data_dir=Path("nowhere"),
                internal_url="http://127.0.0.1:1",
            )
        )
        container.clock.override(providers.Object(self.clock))
        container.jobs.override(providers.Object(self.jobs))
        container.event_stream.override(providers.Object(_Screens(self.told)))
        container.keep_pace.add_kwargs(chance=providers.Object(lambda: 0.0))
        container.messaging.override(
            providers.Dict(
                wire=providers.Object(self.wire.port).provider,
                pigeon=providers.Object(self.pigeon.port).provider,
            )
        )
        self.container = container
        self.store = container.memory_store()
        self.transact = container.transact()
        self.receive_messages = container.receive_messages()
        self.reply_to_ticket = container.reply_to_ticket()
        self.start_conversation = container.start_conversation()
        self.deliver_messages = container.deliver_messages()
        self.assign_ticket = container.assign_ticket()
        self.close_ticket = container.close_ticket()
        self.mark_read = container.mark_read()
        self.mark_unread = container.mark_unread()
        self.tell_customer = container.tell_customer()
        self.set_presence = container.set_presence()
        self._numbers = count(1)

    async def sweep(self, name: str) -> object:
        """Run one of the housekeeper's sweeps; return what it returned."""
        return await self.container.housekeeping().sweeps[name].run()

    # What happens

    def body(self, *readings: Reading, provider: MemoryProvider | None = None) -> JournaledBody:
        """Return a journaled body in which *readings* are found."""
        source = provider or self.wire
        return JournaledBody(
            key=BodyKey("j1", next(self._numbers)),
            provider=source.port.name,
            received_at=self.clock.now(),
            body=source.webhook.body(*readings),
        )

    async def receive(self, *readings: Reading) -> None:
        """File each of *readings* in a body of its own, as one list."""
        await self.receive_messages([self.body(reading) for reading in readings])

    async def agent(
        self,
        name: str,
        *,
        capacity: int = 15,
        presence: Presence = Presence.ONLINE,
        role: Role = Role.AGENT,
    ) -> Agent:
        made = Agent(
            name=name,
            capacity=capacity,
            presence=presence,
            role=role,
            created_at=self.clock.now(),
            last_seen_at=self.clock.now(),
        )
        await self.transact(lambda uow: uow.agents.add(made, password_hash=None))
        return made

    async def conversation(self, agent: Agent, phone: str = "201012345678") -> Ticket:
        """Return the open ticket of a customer who has just written, held by *agent*."""
        await self.receive(wrote("hello", phone=phone))
        return next(t for t in self.tickets() if t.agent_id == agent.id and t.is_open)

    async def conversation_of(self, agent: Agent, phone: str) -> Ticket:
        """Return the open ticket of the customer with *phone*, who has just written."""
        await self.receive(wrote("hello", phone=phone))
        customers = self.store.tables.customers
        return next(t for t in self.tickets() if customers[t.customer_id].phone == phone)

    def plain(self, name: ProviderName) -> None:
        """Make a provider one that can do nothing but read, and send texts and files."""
        port = MemoryProvider(name, abilities=False).port
        configured = self.container.configured_providers()
        configured._providers[name] = port

    async def upload(
        self,
        agent: Agent,
        data: bytes,
        *,
        kind: MessageKind | None = None,
        filename: str | None = None,
        mime_type: str | None = None,
    ) -> MediaFile:
        """Let *agent* upload a file."""

        async def chunks() -> AsyncIterator[bytes]:
            for start in range(0, len(data), 1000):
                yield data[start : start + 1000]

        upload = self.container.upload_media()
        return await upload(
            agent, chunks(), kind=lambda: kind, filename=filename, mime_type=mime_type
        )

    async def pin(self, ticket: Ticket, provider: ProviderName) -> None:
        """Make a person's choice for the ticket's customer: replies go by *provider*."""

        async def work(uow: UnitOfWork) -> None:
            customer = (await uow.customers.lock([ticket.customer_id]))[ticket.customer_id]
            customer.pinned_provider = provider
            await uow.customers.save([customer])

        await self.transact(work)

    async def start_a_held_delivery(self) -> "asyncio.Task[int]":
        """Begin to deliver; return once the provider has a text and keeps its answer back."""
        self.wire.driver.hold()
        delivering = asyncio.create_task(self.deliver_messages())
        async with asyncio.timeout(5):
            while not self.wire.driver.waiting:  # noqa: ASYNC110 - no event says so
                await asyncio.sleep(0)
        return delivering

    # What stands

    def tickets(self) -> list[Ticket]:
        return list(self.store.tables.tickets.values())

    def messages(self) -> list[Message]:
        return list(self.store.tables.messages.values())

    def message(self, text: str) -> Message:
        return next(message for message in self.messages() if message.text == text)


_ids = count(1)


def wrote(
    text: str,
    *,
    phone: str = "201012345678",
    id_ext: str | None = None,
    key: str | None = None,
    provider: ProviderName = WIRE,
    after: timedelta = timedelta(),
    from_us: bool = False,
    name: str | None = "Mona",
) -> IncomingMessage:
    """A text of a customer, new unless *id_ext* says it is the same again."""
    return IncomingMessage(
        provider=provider,
        whatsapp_message_id=id_ext or f"in-{next(_ids)}",
        message_key=key,
        identities=(Identity.of_phone(PhoneNumber(phone)),),
        name=name,
        kind=MessageKind.TEXT,
        text=text,
        sent_at=NOW + after,
        from_us=from_us,
    )


def reported(
    status: DeliveryStatus,
    id_ext: str,
    *,
    opaque_id: str | None = None,
    error: str | None = None,
    provider: ProviderName = WIRE,
) -> StatusUpdate:
    return StatusUpdate(
        provider=provider,
        whatsapp_message_id=id_ext,
        opaque_id=opaque_id,
        status=status,
        error=error,
        at=NOW,
    )
