"""A provider that is played by a test: it reads, sends and fails as it is told."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from hmac import compare_digest

from khalifa.application.ports.identities import IdentityDirectory
from khalifa.application.ports.media import FetchFailed, FileGone, MediaSource
from khalifa.application.ports.messaging import (
    ChatTail,
    CodePairing,
    Connection,
    ConnectionStatus,
    DeliveryError,
    History,
    NotSent,
    OutcomeUnknown,
    Pairing,
    Provider,
    Providers,
    ProviderUnreachable,
    QrCode,
    SessionKeeper,
    UnreadableWebhook,
    UntrustedWebhook,
    WebhookCall,
    WebhookHandshake,
    WebhookParser,
)
from khalifa.application.ports.outgoing import (
    AnyOutgoing,
    ContactSender,
    InteractiveSender,
    LocationSender,
    MessageDriver,
    OutgoingContacts,
    OutgoingInteractive,
    OutgoingLocation,
    OutgoingMedia,
    OutgoingReaction,
    OutgoingTemplate,
    OutgoingText,
    QuotedMessage,
    ReactionSender,
    ReadReceipts,
    Receipt,
    TemplateSender,
    Typing,
)
from khalifa.domain.contacts import Address, Identity, IdentityKind, PhoneNumber, ProviderName
from khalifa.domain.drafts import QUOTABLE_KINDS
from khalifa.domain.media import MediaFile
from khalifa.domain.messages import Reading
from khalifa.domain.words import Words

NAME = ProviderName("memory")
SECRET = "the provider's secret"  # noqa: S105 - it guards nothing
SECRET_HEADER = "x-memory-secret"  # noqa: S105 - a header's name
PATIENCE = 20.0

_NO_FILE = Words("There is no such file.", "لا يوجد ملف بهذا الرقم.")
_SILENT = Words("The provider did not answer.", "لم يرد المزوّد.")


class MemoryDriver(
    MessageDriver,
    LocationSender,
    ContactSender,
    ReactionSender,
    TemplateSender,
    InteractiveSender,
    ReadReceipts,
    Typing,
):
    """
    Sends every message, unless told otherwise.

    ``given`` holds each message it was given, ``gone`` those that went out:
    with a receipt, or with nobody knowing; ``attempts`` and ``sent`` are the
    texts among them. ``seen`` and ``typed`` are what was marked read and
    where typing was shown. ``always`` happens to every message that `will`
    has nothing for. While it is held, answers do not come; ``waiting`` counts
    who waits, for *patience* seconds at most.
    """

    def __init__(
        self, name: ProviderName, *, knows_phones: bool = True, patience: float = PATIENCE
    ) -> None:
        self.given: list[AnyOutgoing] = []
        self.gone: list[AnyOutgoing] = []
        self.seen: list[QuotedMessage] = []
        self.typed: list[QuotedMessage] = []
        self.always: Receipt | DeliveryError | None = None
        self.waiting = 0
        self._name = name
        self._knows_phones = knows_phones
        self._patience = patience
        self._next: deque[Receipt | DeliveryError] = deque()
        self._answering = asyncio.Event()
        self._answering.set()

    @property
    def attempts(self) -> list[OutgoingText]:
        return [message for message in self.given if isinstance(message, OutgoingText)]

    @property
    def sent(self) -> list[OutgoingText]:
        return [message for message in self.gone if isinstance(message, OutgoingText)]

    def will(self, *outcomes: Receipt | DeliveryError) -> None:
        """Make each of *outcomes* happen to one of the next messages, in their order."""
        self._next.extend(outcomes)

    def hold(self) -> None:
        """Keep back all answers, until `release`."""
        self._answering.clear()

    def release(self) -> None:
        self._answering.set()

    async def send_text(self, message: OutgoingText) -> Receipt:
        return await self._send(message)

    async def send_media(self, message: OutgoingMedia) -> Receipt:
        return await self._send(message)

    async def send_location(self, message: OutgoingLocation) -> Receipt:
        return await self._send(message)

    async def send_contacts(self, message: OutgoingContacts) -> Receipt:
        return await self._send(message)

    async def send_reaction(self, message: OutgoingReaction) -> Receipt:
        return await self._send(message)

    async def send_template(self, message: OutgoingTemplate) -> Receipt:
        return await self._send(message)

    async def send_interactive(self, message: OutgoingInteractive) -> Receipt:
        return await self._send(message)

    async def mark_read(self, last: QuotedMessage) -> None:
        await self._tell(self.seen, last)

    async def show_typing(self, last: QuotedMessage) -> None:
        await self._tell(self.typed, last)

    async def _tell(self, told: list[QuotedMessage], last: QuotedMessage) -> None:
        await self._answer()
        if isinstance(self.always, DeliveryError):
            raise self.always
        told.append(last)

    async def _send(self, message: AnyOutgoing) -> Receipt:
        self.given.append(message)
        # Whatever is sent meanwhile, the outcome is this message's own.
        outcome = self._outcome(len(self.given))
        if not isinstance(outcome, NotSent):
            self.gone.append(message)
        await self._answer()
        if isinstance(outcome, DeliveryError):
            raise outcome
        return outcome

    def address_of(self, identities: Collection[Identity]) -> Address | None:
        for identity in identities:
            own = identity.provider == self._name
            if own or (self._knows_phones and identity.kind is IdentityKind.PHONE):
                return Address(self._name, identity.id_ext)
        return None

    def _outcome(self, number: int) -> Receipt | DeliveryError:
        if self._next:
            return self._next.popleft()
        return self.always or Receipt(f"{self._name}-{number}")

    async def _answer(self) -> None:
        self.waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._answering.wait()
        except (TimeoutError, asyncio.CancelledError):
            raise OutcomeUnknown(_SILENT) from None
        finally:
            self.waiting -= 1


class MemoryWebhook(WebhookParser):
    """
    Reads from a body whatever a test has put there with `body` or `call`.

    The readings stay here and the body holds their numbers: so anything can
    be read, also what no JSON can carry.
    """

    proven_by_headers = True

    def __init__(self, *, secret: str = SECRET) -> None:
        self._secret = secret
        self._readings: list[Reading] = []

    def body(self, *readings: Reading) -> bytes:
        """Return a body in which *readings* are found."""
        first = len(self._readings)
        self._readings.extend(readings)
        return json.dumps({"readings": list(range(first, len(self._readings)))}).encode()

    def call(self, *readings: Reading) -> WebhookCall:
        """Return the call by which this provider would say *readings*."""
        return WebhookCall(
            headers={SECRET_HEADER: self._secret}, query={}, body=self.body(*readings)
        )

    def verify(self, call: WebhookCall) -> None:
        shown = call.headers.get(SECRET_HEADER)
        if shown is None:
            reason = "the call carries no secret"
            raise UntrustedWebhook(reason, unsigned=True)
        if not compare_digest(shown.encode(), self._secret.encode()):
            reason = "the call carries a wrong secret"
            raise UntrustedWebhook(reason)

    def parse(self, body: bytes) -> Iterable[Reading]:
        readings: list[Reading] | None = None
        try:
            match json.loads(body):
                case {"readings": list(numbers)}:
                    readings = [self._reading(number) for number in numbers]
        except (ValueError, LookupError, RecursionError):
            # It names nothing that was put here; said below, without the body.
            pass
        if readings is None:
            reason = "the body was not made by this provider"
            raise UnreadableWebhook(reason)
        return readings

    def _reading(self, number: object) -> Reading:
        if type(number) is not int or number < 0:
            raise LookupError
        return self._readings[number]


class MemoryConnection(Connection):
    """Reports ``current``, which a test may set."""

    def __init__(self) -> None:
        self.current = ConnectionStatus(connected=True, state="connected", phone="201000000000")

    async def status(self) -> ConnectionStatus:
        return self.current


class MemoryHandshake(WebhookHandshake):
    """Answers with the ``challenge`` to whoever gives the ``token``."""

    def __init__(self, *, token: str = SECRET) -> None:
        self._token = token

    def answer(self, query: Mapping[str, str]) -> str:
        if not compare_digest(query.get("token", "").encode(), self._token.encode()):
            reason = "the question does not know the token"
            raise UntrustedWebhook(reason)
        return query.get("challenge", "")


class MemoryPairing(Pairing, CodePairing):
    """Shows ``code``, which a test may set, and waits for one to be typed; counts ``unpaired``."""

    def __init__(self) -> None:
        self.code: QrCode | None = None
        self.waits_for_code = False
        self.unpaired = 0

    async def qr_code(self) -> QrCode | None:
        return self.code

    async def takes_code(self) -> bool:
        return self.waits_for_code

    async def unpair(self) -> None:
        self.unpaired += 1


class MemorySession(SessionKeeper):
    """Counts in ``kept`` how often it was looked after; last for ``code_for``."""

    def __init__(self) -> None:
        self.kept = 0
        self.code_for: PhoneNumber | None = None

    async def keep(self, *, code_for: PhoneNumber | None = None) -> None:
        self.kept += 1
        self.code_for = code_for


class MemoryDirectory(IdentityDirectory):
    """
    Knows that the identities of each of ``people`` are one person's.

    ``asked`` are those it was asked about. While ``away`` is true nobody answers.
    """

    def __init__(self) -> None:
        self.people: list[frozenset[Identity]] = []
        self.asked: list[Identity] = []
        self.away = False

    def knows(self, *identities: Identity) -> None:
        self.people.append(frozenset(identities))

    async def others_of(self, identity: Identity) -> tuple[Identity, ...]:
        self.asked.append(identity)
        if self.away:
            reason = "The provider does not answer."
            raise ProviderUnreachable(reason)
        known = [person for person in self.people if identity in person]
        return tuple(sorted({other for person in known for other in person} - {identity}))


class MemoryHistory(History):
    """
    Tells ``tails``, which a test may set, whatever they are asked since.

    ``asked`` holds the times; after the tails comes ``failure``, if there is one.
    """

    def __init__(self) -> None:
        self.tails: list[ChatTail] = []
        self.failure: DeliveryError | None = None
        self.asked: list[datetime] = []

    async def missed(self, since: datetime) -> AsyncIterator[ChatTail]:
        self.asked.append(since)
        for tail in self.tails:
            yield tail
        if self.failure is not None:
            raise self.failure


class MemoryFiles(MediaSource):
    """
    Gives the files that a test put there with `add`, unless one of ``failures`` comes first.

    ``asked`` counts how often it was asked.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.failures: deque[FetchFailed] = deque()
        self.asked = 0

    def add(self, id_ext: str, data: bytes) -> None:
        self.files[id_ext] = data

    @asynccontextmanager
    async def open(self, file: MediaFile) -> AsyncIterator[AsyncIterator[bytes]]:
        self.asked += 1
        if self.failures:
            raise self.failures.popleft()
        data = self.files.get(file.id_ext or "")
        if data is None:
            raise FileGone(_NO_FILE)

        async def chunks() -> AsyncIterator[bytes]:
            yield data[: len(data) // 2]
            yield data[len(data) // 2 :]

        yield chunks()


class MemoryProvider:
    """
    A provider and its far side in one: a test steers the parts and hands out ``port``.

    Without *abilities* it can only read, and send texts and files.
    """

    def __init__(
        self,
        name: ProviderName = NAME,
        *,
        abilities: bool = True,
        knows_phones: bool = True,
        patience: float = PATIENCE,
    ) -> None:
        self.driver = MemoryDriver(name, knows_phones=knows_phones, patience=patience)
        self.webhook = MemoryWebhook()
        self.connection = MemoryConnection()
        self.handshake = MemoryHandshake()
        self.pairing = MemoryPairing()
        self.session = MemorySession()
        self.directory = MemoryDirectory()
        self.history = MemoryHistory()
        self.files = MemoryFiles()
        self.port = Provider(
            name=name,
            driver=self.driver,
            webhook=self.webhook,
            connection=self.connection,
            handshake=self.handshake if abilities else None,
            pairing=self.pairing if abilities else None,
            pairing_by_code=self.pairing if abilities else None,
            session=self.session if abilities else None,
            directory=self.directory if abilities else None,
            history=self.history if abilities else None,
            locations=self.driver if abilities else None,
            contacts=self.driver if abilities else None,
            several_contacts=abilities,
            quotes_with=QUOTABLE_KINDS if abilities else frozenset(),
            reactions=self.driver if abilities else None,
            templates=self.driver if abilities else None,
            interactive=self.driver if abilities else None,
            read_receipts=self.driver if abilities else None,
            typing=self.driver if abilities else None,
            media=self.files,
        )


class MemoryProviders(Providers):
    def __init__(self, *providers: Provider) -> None:
        self._providers = {provider.name: provider for provider in providers}

    @property
    def names(self) -> tuple[ProviderName, ...]:
        return tuple(self._providers)

    def find(self, name: str) -> Provider | None:
        return self._providers.get(ProviderName(name))

    def get(self, name: str) -> Provider:
        return self._providers[ProviderName(name)]
