"""
Port: exchanging messages with customers through a provider.

DeliveryError
├── NotSent                     certainly not sent
│   ├── ProviderUnreachable     try again later
│   ├── RateLimited             try again after a pause
│   ├── FileNotTaken            try again twice
│   ├── ChannelStopped          credentials, account or number: retry once a person mended it
│   ├── RecipientUnreachable    never try again
│   └── MessageRejected         never try again
└── OutcomeUnknown              perhaps sent: never try again by yourself
WebhookError
├── UntrustedWebhook            the provider did not send this
└── UnreadableWebhook           it did, and it makes no sense
"""

from abc import abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

from khalifa.application.ports.identities import IdentityDirectory
from khalifa.application.ports.media import MediaSource
from khalifa.application.ports.outgoing import (
    ContactSender,
    InteractiveSender,
    LocationSender,
    MessageDriver,
    ReactionSender,
    ReadReceipts,
    TemplateSender,
    Typing,
)
from khalifa.application.ports.played_phones import PlayedPhones
from khalifa.application.ports.setup import ProviderSetup, WebhookSubscription
from khalifa.application.ports.templates import TemplateCatalog
from khalifa.domain.contacts import PhoneNumber, ProviderName
from khalifa.domain.errors import KhalifaError
from khalifa.domain.media import FileRules
from khalifa.domain.messages import MessageKind, Reading
from khalifa.domain.pace import PacePolicy, WarningSign
from khalifa.domain.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCall:
    """One HTTP call to our webhook, untouched. Header names are lower case."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


class WebhookParser(Protocol):
    """
    Turns one provider's webhook calls into khalifa's own vocabulary.

    ``proven_by_headers``: `verify` looks at no body, so that nothing is read of a
    call that the provider did not make.
    """

    proven_by_headers: ClassVar[bool] = False

    @abstractmethod
    def verify(self, call: WebhookCall) -> None:
        """
        Make sure the provider really sent this; in constant time, over the raw bytes.

        Raises:
            UntrustedWebhook: it did not, or cannot show it.
        """

    @abstractmethod
    def parse(self, body: bytes) -> Iterable[Reading]:
        """
        Yield one reading for each thing found in *body*, in its order.

        Messages and statuses as such, whatever else as `Ignored` with its
        reason: nothing is left out, so that the ledger can count.

        Raises:
            UnreadableWebhook: *body* as a whole makes no sense.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionStatus:
    """
    Whether a provider can carry messages now.

    ``state`` is one word of the provider's or ours (``connected``, ``qr``,
    ``closed``, ``unreachable``, ``unauthorized`` …). ``phone``: our own number,
    E.164 digits. ``detail``: a sentence for an administrator, with what to do;
    ``detail_ar`` the same in Arabic. ``needs_person``: it does not mend itself.

    ``last_proven_at``: when something last went through the provider and came
    back; that alone makes it connected. Two statuses that differ in it only
    are equal: nothing changed.
    """

    connected: bool
    state: str
    phone: str | None = None
    detail: str | None = None
    detail_ar: str | None = None
    needs_person: bool = False
    last_proven_at: datetime | None = field(default=None, compare=False)


class Connection(Protocol):
    """Tells whether a provider works."""

    @abstractmethod
    async def status(self) -> ConnectionStatus:
        """Ask the provider. Never raises: a provider that is down is a status too."""


class WebhookHandshake(Protocol):
    """Optional: answers a provider's question whether the webhook is ours."""

    @abstractmethod
    def answer(self, query: Mapping[str, str]) -> str:
        """
        Return what proves the webhook ours.

        Raises:
            UntrustedWebhook: the question does not know our verify token.
        """


@dataclass(frozen=True, slots=True)
class QrCode:
    """A code to scan now; at ``expires_at`` another one will have taken its place."""

    text: str
    expires_at: datetime


class Pairing(Protocol):
    """Optional: the number is paired by scanning a QR code with a phone."""

    @abstractmethod
    async def qr_code(self) -> QrCode | None:
        """Return the QR code to scan now; None when there is none that would still be taken."""

    @abstractmethod
    async def unpair(self) -> None:
        """
        Log the session out, so that the phone forgets us; harmless when none is paired.

        Raises:
            DeliveryError: the provider cannot be asked, or does not do it.
        """


class CodePairing(Protocol):
    """
    Optional: the number can be paired by a code of eight characters, typed on its phone.

    The session is started for that phone by its `SessionKeeper`; the code comes
    by webhook, in `Ignored`.
    """

    @abstractmethod
    async def takes_code(self) -> bool:
        """Say whether the newest code would still be taken; False when nobody can say."""


class SessionKeeper(Protocol):
    """Optional: the provider has a session that must be started and watched."""

    @abstractmethod
    async def keep(self, *, code_for: PhoneNumber | None = None) -> None:
        """
        Bring the session up, or a step nearer to it. Never raises.

        Called every few seconds by one process or several; must be harmless
        when nothing is wrong. ``code_for``: while no phone is paired, this one
        is to be, by a code; where there is `CodePairing`.
        """


@dataclass(frozen=True, slots=True)
class ChatTail:
    """
    What was said lately in one chat, as bodies the webhook would have brought.

    ``is_whole``: all of it could be read.
    """

    bodies: tuple[bytes, ...]
    is_whole: bool = True


class History(Protocol):
    """Optional: the provider keeps what was said, and gives it again when asked."""

    @abstractmethod
    def missed(self, since: datetime) -> AsyncIterator[ChatTail]:
        """
        Yield the tails of all chats in which something was said after *since*.

        Unhurried, and bounded: of a chat no more than its last few hundred
        messages. They are marked as recovered where the webhook's parser
        passes over it.

        Raises:
            DeliveryError: the provider cannot be asked, or no longer.
        """


class LateRefusals(Protocol):
    """Optional: says what a code means by which a message is refused after it had been taken."""

    @abstractmethod
    def refusal(self, code: str) -> "NotSent | None":
        """Return what *code* would have meant as an answer, None when nothing is known of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """
    Everything khalifa needs from one messaging provider.

    ``max_body`` is the size in bytes above which a webhook body is refused
    with 413. ``window`` is for how long after a customer's message anything
    may be sent, None for always; ``pace`` is how fast it may be used, None for
    no limit. ``file_rules`` say which files it takes; what is not in them it takes
    of any size and type. What only some providers can do is None for the others.
    ``quotes_with`` are the kinds of messages that can show an earlier one above
    them; ``several_contacts``: more than one card in a message, and more than one
    phone on a card.
    """

    name: ProviderName
    driver: MessageDriver
    webhook: WebhookParser
    connection: Connection
    max_body: int = 3 * 1024 * 1024
    window: timedelta | None = None
    pace: PacePolicy | None = None
    handshake: WebhookHandshake | None = None
    pairing: Pairing | None = None
    pairing_by_code: CodePairing | None = None
    session: SessionKeeper | None = None
    history: History | None = None
    phones: PlayedPhones | None = None
    setup: ProviderSetup | None = None
    subscription: WebhookSubscription | None = None
    directory: IdentityDirectory | None = None
    locations: LocationSender | None = None
    contacts: ContactSender | None = None
    several_contacts: bool = False
    reactions: ReactionSender | None = None
    templates: TemplateSender | None = None
    template_catalog: TemplateCatalog | None = None
    interactive: InteractiveSender | None = None
    read_receipts: ReadReceipts | None = None
    typing: Typing | None = None
    media: MediaSource | None = None
    late_refusals: LateRefusals | None = None
    file_rules: FileRules = field(default_factory=dict)
    quotes_with: frozenset[MessageKind] = frozenset()

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Return the names of what only some providers can do, and this one can."""
        optional = {
            "pairing": self.pairing,
            "pairing_by_code": self.pairing_by_code,
            "played_phones": self.phones,
            "directory": self.directory,
            "locations": self.locations,
            "contacts": self.contacts,
            "several_contacts": self.several_contacts or None,
            "reactions": self.reactions,
            "templates": self.templates,
            "interactive": self.interactive,
            "read_receipts": self.read_receipts,
            "typing": self.typing,
        }
        quotes = (f"quote_with_{kind}" for kind in sorted(self.quotes_with))
        return (*(name for name, ability in optional.items() if ability is not None), *quotes)


class Providers(Protocol):
    """The configured providers, by name."""

    @property
    @abstractmethod
    def names(self) -> tuple[ProviderName, ...]:
        """Return every configured provider's name."""

    @abstractmethod
    def find(self, name: str) -> Provider | None:
        """Return the provider called *name*, None when it is not configured."""

    @abstractmethod
    def get(self, name: str) -> Provider:
        """Return the provider called *name*, or raise `LookupError`."""


class DeliveryError(KhalifaError):
    """
    A message was not handed over as it should have been.

    The words are for the agent: what happened and what to do; the provider's
    code may be in them, never a token, a URL, a number or a text. ``code`` is
    the provider's own, as it gave it.
    """

    def __init__(self, words: Words | str = "", *, code: str | None = None) -> None:
        super().__init__(words)
        self.code = code


class NotSent(DeliveryError):
    """
    No connection was made, or the provider documents that it refused.

    ``retryable``: the same may be taken later; ``most_tries``, where it is not
    worth more, counts the first. ``lasts``: seconds for which the provider says
    it may go on. ``whole_channel``: it is about everything that this provider
    would carry, and not about this message. ``needs_person``: whoever looks
    after the account must hear of it. ``sign``: this may come before the number
    is banned.
    """

    retryable: bool = False
    most_tries: int | None = None
    lasts: float | None = None
    whole_channel: bool = False
    needs_person: bool = False
    retry_after: float | None = None
    sign: WarningSign | None = None


class ProviderUnreachable(NotSent):
    """The provider is down or busy."""

    retryable = True


class RateLimited(NotSent):
    """
    Too fast for the provider, for the number or for this recipient.

    ``whole_channel``: for the number, so that all else must slow down, too.
    ``retry_after`` None: longer each time.
    """

    retryable = True

    def __init__(
        self,
        words: Words | str,
        *,
        code: str | None = None,
        retry_after: float | None = None,
        whole_channel: bool = False,
    ) -> None:
        super().__init__(words, code=code)
        self.retry_after = retry_after
        self.whole_channel = whole_channel


class FileNotTaken(NotSent):
    """The provider could not take the message's file; now and then it can a little later."""

    retryable = True
    most_tries = 3


class ChannelStopped(NotSent):
    """
    Nothing can be sent until a person has mended the account, the token or the pairing.

    ``retry_after``: seconds before which not even one message may try. Where it
    is not ``retryable``, others may get through, and this message never will.
    """

    retryable = True
    whole_channel = True

    def __init__(
        self,
        words: Words | str = "",
        *,
        code: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(words, code=code)
        self.retry_after = retry_after


class RecipientUnreachable(NotSent):
    """The provider cannot reach this recipient."""


class MessageRejected(NotSent):
    """The provider will not take this message."""


class OutcomeUnknown(DeliveryError):
    """The request was on its way and no complete, well-formed answer came."""


class WebhookError(KhalifaError):
    """A webhook call was not what it should be."""


class UntrustedWebhook(WebhookError):
    """
    Nobody can tell that the provider sent this.

    ``unsigned``: it carries no proof at all (answered 401, else 403).
    """

    def __init__(self, reason: Words | str, *, unsigned: bool = False) -> None:
        super().__init__(reason)
        self.unsigned = unsigned


class UnreadableWebhook(WebhookError):
    """The body is the provider's and makes no sense; the reason holds none of its content."""
