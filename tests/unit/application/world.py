"""A khalifa in memory: real use cases, and a provider that says what a test wants."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import msgspec

from khalifa.application.agent_presence import SendSilentAgentsOffline, SetPresence
from khalifa.application.assign_tickets import AssignTicket, AssignWaitingTickets
from khalifa.application.close_ticket import CloseTicket
from khalifa.application.deliver_messages import DeliverMessages, LoseTrackOfExpired
from khalifa.application.events import EventWriter
from khalifa.application.mark_read import MarkTicketRead
from khalifa.application.ports.jobs import JobQueue
from khalifa.application.ports.journal import BodyKey, JournaledBody
from khalifa.application.ports.messaging import (
    Connection,
    ConnectionStatus,
    DeliveryError,
    MessageDriver,
    OutgoingText,
    Provider,
    Providers,
    Receipt,
    UnreadableWebhook,
    WebhookCall,
    WebhookParser,
)
from khalifa.application.ports.notifications import Event
from khalifa.application.ports.status_cache import StatusCache
from khalifa.application.receive_messages import ReceiveMessages
from khalifa.application.reply_to_ticket import ReplyToTicket
from khalifa.application.route_replies import RouteReplies
from khalifa.application.switch_provider import ActiveProvider
from khalifa.domain.agents import Agent, Presence, Role
from khalifa.domain.contacts import Address, Identity, IdentityKind, PhoneNumber, ProviderName
from khalifa.domain.messages import (
    DeliveryStatus,
    IncomingMessage,
    Message,
    MessageKind,
    Reading,
    StatusUpdate,
)
from khalifa.domain.tickets import Ticket
from khalifa.infrastructure.memory.clock import ManualClock
from khalifa.infrastructure.memory.store import MemoryStore
from khalifa.infrastructure.memory.unit_of_work import MemoryTransact

WIRE = ProviderName("wire")
PIGEON = ProviderName("pigeon")
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


class PlayedProvider(MessageDriver, WebhookParser, Connection):
    """Reads what a test put under a body, sends to a list, fails when told."""

    def __init__(self, name: ProviderName, *, knows_phones: bool = True) -> None:
        self.name = name
        self.knows_phones = knows_phones
        self.bodies: dict[bytes, tuple[Reading, ...]] = {}
        self.sent: list[OutgoingText] = []
        self.answers: list[Receipt | DeliveryError] = []
        self.hold: asyncio.Event | None = None

    async def send_text(self, message: OutgoingText) -> Receipt:
        self.sent.append(message)
        # The answer is this message's own, whatever is sent meanwhile.
        answer = self.answers.pop(0) if self.answers else Receipt(f"out-{len(self.sent)}")
        if self.hold is not None:
            await self.hold.wait()
        if isinstance(answer, DeliveryError):
            raise answer
        return answer

    def address_of(self, identities: Collection[Identity]) -> Address | None:
        for identity in identities:
            if identity.provider == self.name or (
                self.knows_phones and identity.kind is IdentityKind.PHONE
            ):
                return Address(self.name, identity.id_ext)
        return None

    def verify(self, call: WebhookCall) -> None:
        return None

    def parse(self, body: bytes) -> Iterable[Reading]:
        if body not in self.bodies:
            reason = "no such body"
            raise UnreadableWebhook(reason)
        return self.bodies[body]

    async def status(self) -> ConnectionStatus:
        return ConnectionStatus(connected=True, state="connected")

    def as_provider(self) -> Provider:
        return Provider(name=self.name, driver=self, webhook=self, connection=self)


class PlayedProviders(Providers):
    def __init__(self, *providers: PlayedProvider) -> None:
        self._providers = {provider.name: provider.as_provider() for provider in providers}

    @property
    def names(self) -> tuple[ProviderName, ...]:
        return tuple(self._providers)

    def find(self, name: str) -> Provider | None:
        return self._providers.get(ProviderName(name))

    def get(self, name: str) -> Provider:
        return self._providers[ProviderName(name)]


class Nudges(JobQueue):
    """Counts what was asked."""

    def __init__(self) -> None:
        self.filed: list[JournaledBody] = []
        self.deliveries = 0

    def file(self, bodies: Sequence[JournaledBody]) -> None:
        self.filed.extend(bodies)

    def deliver(self) -> None:
        self.deliveries += 1


class EverybodyIsUp(StatusCache):
    async def put(self, provider: ProviderName, status: ConnectionStatus, *, at: datetime) -> None:
        return None

    async def get(self, provider: ProviderName) -> tuple[ConnectionStatus, datetime] | None:
        return ConnectionStatus(connected=True, state="connected"), NOW


@dataclass
class World:
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    store: MemoryStore = field(default_factory=MemoryStore)
    wire: PlayedProvider = field(default_factory=lambda: PlayedProvider(WIRE))
    pigeon: PlayedProvider = field(default_factory=lambda: PlayedProvider(PIGEON))
    jobs: Nudges = field(default_factory=Nudges)
    told: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.numbers = count(1)
        self.transact = MemoryTransact(self.store, self.clock, self._tell)
        self.providers = PlayedProviders(self.wire, self.pigeon)
        self.events = EventWriter(clock=self.clock, encode=msgspec.json.encode)
        self.active_provider = ActiveProvider(
            transact=self.transact, clock=self.clock, configured=WIRE
        )
        self.route_replies = RouteReplies(
            active_provider=self.active_provider,
            providers=self.providers,
            status_cache=EverybodyIsUp(),
        )
        self.receive_messages = ReceiveMessages(
            transact=self.transact,
            providers=self.providers,
            events=self.events,
            clock=self.clock,
        )
        self.reply_to_ticket = ReplyToTicket(
            transact=self.transact,
            route_replies=self.route_replies,
            jobs=self.jobs,
            events=self.events,
            clock=self.clock,
            random_id=lambda: f"opaque-{next(self.numbers)}",
        )
        self.deliver_messages = DeliverMessages(
            transact=self.transact,
            providers=self.providers,
            route_replies=self.route_replies,
            events=self.events,
            clock=self.clock,
        )
        transact, events, clock = self.transact, self.events, self.clock
        self.lose_track = LoseTrackOfExpired(transact=transact, events=events)
        self.mark_read = MarkTicketRead(transact=transact, events=events)
        self.assign_waiting = AssignWaitingTickets(transact=transact, events=events, clock=clock)
        self.assign_ticket = AssignTicket(transact=transact, events=events, clock=clock)
        self.send_silent_offline = SendSilentAgentsOffline(
            transact=transact, events=events, clock=clock
        )
        self.set_presence = SetPresence(
            transact=transact,
            assign_waiting_tickets=self.assign_waiting,
            events=events,
            clock=clock,
        )
        self.close_ticket = CloseTicket(
            transact=transact,
            assign_waiting_tickets=self.assign_waiting,
            events=events,
            clock=clock,
        )

    async def _tell(self, events: Sequence[Event]) -> None:
        self.told.extend(events)

    # What happens

    def body(self, *readings: Reading, provider: PlayedProvider | None = None) -> JournaledBody:
        """Return a journaled body in which *readings* are found."""
        number = next(self.numbers)
        source = provider or self.wire
        raw = f"body {number}".encode()
        source.bodies[raw] = readings
        return JournaledBody(
            key=BodyKey("j1", number),
            provider=source.name,
            received_at=self.clock.now(),
            body=raw,
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

    # What stands

    def tickets(self) -> list[Ticket]:
        return list(self.store.tables.tickets.values())

    def messages(self) -> list[Message]:
        return list(self.store.tables.messages.values())

    def message(self, text: str) -> Message:
        return next(message for message in self.messages() if message.text == text)


_numbers = count(1)


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
        whatsapp_message_id=id_ext or f"in-{next(_numbers)}",
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
