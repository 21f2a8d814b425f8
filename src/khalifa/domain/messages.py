"""Messages as the business sees them, whatever provider carried them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from khalifa.domain.agents import AgentId
from khalifa.domain.contacts import Identity, ProviderName
from khalifa.domain.customers import CustomerId
from khalifa.domain.erasure import tombstone_of
from khalifa.domain.errors import FateKnown, InvalidText, WasSent
from khalifa.domain.reactions import Reaction, replaced
from khalifa.domain.tickets import TicketId
from khalifa.domain.words import Words

MessageId = NewType("MessageId", int)
JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]
JsonObject = Mapping[str, JsonValue]

UNSAVED = MessageId(0)
MAX_TEXT = 4096
MAX_IDEMPOTENCY_KEY = 200

_SENT_AGAIN = Words("It was sent again.", "أُرسلت مرة أخرى.")
_FATE_KNOWN = Words("It is known what became of this message.", "معروف ما حدث لهذه الرسالة.")
_WAS_SENT = Words("Only a message that was not sent can be deleted.", "لا تُحذف إلا رسالة لم تُرسل.")
_NO_TEXT = Words("A message needs some text.", "لا تُرسل رسالة فارغة.")
_LONG_TEXT = Words(
    "A message has at most {most:,} characters; this one has {given:,}.",
    "أقصى طول للرسالة {most:,} حرفًا، وطولها هنا {given:,}.",
)


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class SenderType(StrEnum):
    """
    Who wrote it.

    ``phone``: typed on the business's own phone or app, not by an agent here.
    ``system``: said by itself, by the rules of the business.
    """

    CUSTOMER = "customer"
    AGENT = "agent"
    PHONE = "phone"
    SYSTEM = "system"


# Ours, and not said by itself.
BY_A_PERSON = (SenderType.AGENT, SenderType.PHONE)


class MessageKind(StrEnum):
    """What a message is. What we do not know is kept as ``unsupported``."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    VOICE = "voice"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACTS = "contacts"
    INTERACTIVE = "interactive"
    BUTTON = "button"
    REACTION = "reaction"
    ORDER = "order"
    TEMPLATE = "template"
    SYSTEM = "system"
    EDIT = "edit"
    REVOKE = "revoke"
    UNSUPPORTED = "unsupported"


# What is put on a message, and WhatsApp's own notices: nobody says anything by them.
NOT_SAID = (MessageKind.REACTION, MessageKind.SYSTEM)


class DeliveryStatus(StrEnum):
    """
    Where a message stands.

    ``received`` is every incoming message's. ``queued``, ``sending`` and
    ``unknown`` are ours and move by claim only; the others are a provider's
    word, and only go forward: sent < failed < delivered < read.
    """

    RECEIVED = "received"
    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"

    def outranks(self, other: "DeliveryStatus") -> bool:
        return _RANK[self] > _RANK[other]


_RANK = {
    DeliveryStatus.RECEIVED: 0,
    DeliveryStatus.QUEUED: 0,
    DeliveryStatus.SENDING: 0,
    DeliveryStatus.UNKNOWN: 0,
    DeliveryStatus.SENT: 1,
    DeliveryStatus.FAILED: 2,
    DeliveryStatus.DELIVERED: 3,
    DeliveryStatus.READ: 4,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """
    A file that belongs to a message: where its provider keeps it, and what it says of it.

    ``id`` is ours; ``status`` whether the file is here: waiting, ready or failed.
    ``waveform``: how loud a voice note is over its time, in numbers from 0 to 100.
    """

    id: str | None = None
    id_ext: str | None = None
    url: str | None = None
    mime_type: str | None = None
    filename: str | None = None
    sha256: str | None = None
    size: int | None = None
    status: str | None = None
    error: str | None = None
    error_ar: str | None = None
    waveform: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """
    One message read from a webhook body, in khalifa's own words.

    ``identities`` are the customer's, the best reply address first; also when
    ``from_us`` says that the business itself wrote it, on its phone or app or
    through us. ``sent_at`` is the provider's, in whole seconds; None when it
    gave none that can be read. ``message_key`` is WhatsApp's own key of the
    message, the same whichever provider carried it. ``content`` is what its
    kind holds beside text: a location, a reaction, a card. ``file`` is the
    whole file in base64, where the body held it. ``reply_to_key`` is the message
    key of what ``reply_to`` names, where the provider's id tells.
    """

    provider: ProviderName
    whatsapp_message_id: str
    message_key: str | None = None
    identities: tuple[Identity, ...]
    name: str | None = None
    kind: MessageKind
    text: str | None = None
    media: Media | None = None
    content: JsonObject | None = None
    reply_to: str | None = None
    reply_to_key: str | None = None
    sent_at: datetime | None = None
    from_us: bool = False
    file: bytes | memoryview | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusUpdate:
    """
    What a provider says became of a message of ours.

    ``opaque_id`` is the random id we gave with the message, where the provider
    hands it back. ``error`` is for the agent, in words, ``error_ar`` the same
    in Arabic; ``error_code`` is the provider's own.
    """

    provider: ProviderName
    whatsapp_message_id: str
    opaque_id: str | None = None
    status: DeliveryStatus
    error: str | None = None
    error_ar: str | None = None
    error_code: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """
    Something in a body that is no message to us and no status; *reason* goes to the ledger.

    ``templates_changed``: it says that the account's templates are others now.
    ``pairing_code``: by this code, typed on the phone, the number can be paired now.
    """

    reason: str
    whatsapp_message_id: str | None = None
    templates_changed: bool = False
    pairing_code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityChange:
    """
    What a provider says of a customer's names: from *at* on, not ``previous`` but ``current``.

    The customer has taken another number, and with it another id. ``at`` is
    None when the provider gave no time.
    """

    provider: ProviderName
    previous: tuple[Identity, ...]
    current: tuple[Identity, ...]
    at: datetime | None = None
    whatsapp_message_id: str | None = None


Reading = IncomingMessage | StatusUpdate | IdentityChange | Ignored


def _words(words: Words | str | None) -> Words | None:
    return Words(words) if isinstance(words, str) else words


def require_text(text: str) -> str:
    """
    Return *text* if it can be sent.

    Raises:
        InvalidText: it is blank, or longer than WhatsApp's 4,096 characters.
    """
    if not text.strip():
        raise InvalidText(_NO_TEXT)
    if len(text) > MAX_TEXT:
        raise InvalidText(_LONG_TEXT.filled(most=MAX_TEXT, given=len(text)))
    return text


def require_idempotency_key(key: str) -> str:
    """Return *key*, or raise `InvalidText` when it cannot be one."""
    if not 1 <= len(key) <= MAX_IDEMPOTENCY_KEY:
        reason = f"An Idempotency-Key has 1 to {MAX_IDEMPOTENCY_KEY} characters."
        raise InvalidText(reason)
    return key


@dataclass(kw_only=True, eq=False, slots=True)
class Message:
    """
    A message on file, in either direction.

    ``provider`` is a fact: of an incoming message, who carried it; of a reply,
    who was chosen at its claim (None before). ``sent_at`` has whole seconds,
    as WhatsApp counts; ties are shown by ``received_at``, then ``number`` and
    ``position``, the body's place in its journal and the message's in the body.
    ``reply_to`` is WhatsApp's id of the message this one answers, ``reply_to_id``
    ours, ``resend_of`` ours of the one whose fate nobody knew. ``reactions``
    are what both sides put on it. ``text`` is the last one of a message that was
    edited, ``original_text`` its first; of a revoked one both are kept, and shown
    to nobody.
    ``id_ext`` is how an incoming message named its customer: by it, messages
    find their way back when two customers were one by mistake.
    """

    id: MessageId = UNSAVED
    ticket_id: TicketId
    customer_id: CustomerId
    direction: Direction
    sender_type: SenderType
    agent_id: AgentId | None = None
    kind: MessageKind = MessageKind.TEXT
    text: str | None = None
    media: Media | None = None
    content: JsonObject | None = None
    status: DeliveryStatus
    error: str | None = None
    error_ar: str | None = None
    error_code: str | None = None
    provider: ProviderName | None = None
    whatsapp_message_id: str | None = None
    message_key: str | None = None
    opaque_id: str | None = None
    idempotency_key: str | None = None
    reply_to: str | None = None
    reply_to_id: MessageId | None = None
    resend_of: MessageId | None = None
    reactions: tuple[Reaction, ...] = ()
    original_text: str | None = None
    edited_at: datetime | None = None
    revoked_at: datetime | None = None
    sent_at: datetime
    received_at: datetime
    journal: str | None = None
    number: int = 0
    position: int = 0
    id_ext: str | None = None
    stored_at: datetime
    version: int = 1

    @property
    def shown_kind(self) -> MessageKind:
        """What a list says the message is: a revoked one is nothing else any more."""
        return self.kind if self.revoked_at is None else MessageKind.REVOKE

    @property
    def is_said(self) -> bool:
        """Whether a list may show it as the last that was said: a reaction, say, is not."""
        return self.sender_type is not SenderType.SYSTEM and self.kind not in NOT_SAID

    @property
    def shown_status(self) -> DeliveryStatus | None:
        """Where it stands, if it is ours: of a customer's there is nothing to tell."""
        return self.status if self.direction is Direction.OUT else None

    def _move(
        self, status: DeliveryStatus, words: Words | None = None, code: str | None = None
    ) -> None:
        self.status = status
        self.error = words.english if words else None
        self.error_ar = words.arabic if words else None
        self.error_code = code
        self.version += 1

    def report(
        self, status: DeliveryStatus, words: Words | str | None = None, code: str | None = None
    ) -> bool:
        """Take a provider's word on this message; say whether it moved. It never goes back."""
        if self.direction is Direction.IN or not status.outranks(self.status):
            return False
        failed = status is DeliveryStatus.FAILED
        self._move(status, _words(words) if failed else None, code if failed else None)
        return True

    def react(self, reaction: Reaction) -> bool:
        """Put a reaction on this message in place of that side's last; say whether it changed."""
        reactions = replaced(self.reactions, reaction)
        if reactions == self.reactions:
            return False
        self.reactions = reactions
        self.version += 1
        return True

    def erase(self, *, at: datetime) -> None:
        """
        Forget what was said, how it was called and by whom; that something was said stays.

        Known by its tombstone from then on, and shown as deleted.
        """
        if self.provider is not None and self.whatsapp_message_id is not None:
            names = (self.provider, self.whatsapp_message_id, self.message_key)
            self.message_key = tombstone_of(*names)
        self.whatsapp_message_id = self.opaque_id = self.reply_to = self.id_ext = None
        self.text = self.original_text = self.error = self.error_ar = None
        self.media = self.content = self.edited_at = None
        self.reactions = ()
        self.revoked_at = self.revoked_at or at
        if self.status is DeliveryStatus.UNKNOWN:
            # Nothing is left that evidence could be held against.
            self.status = DeliveryStatus.FAILED
        self.version += 1

    def lose_file(self, words: Words) -> None:
        """Show that the file is not kept any more, if there ever was one."""
        if self.media is not None:
            error, error_ar = words.english, words.arabic
            lost = replace(self.media, url=None, status="failed", error=error, error_ar=error_ar)
            self.show(lost)

    def show(self, media: Media) -> None:
        """Show what is known of this message's file now."""
        self.media = media
        self.version += 1

    def edit(self, text: str, *, at: datetime) -> bool:
        """Take in what its writer made of the text at *at*; say whether anything changed."""
        if (self.text, self.edited_at) == (text, at):
            return False
        if self.edited_at is None:
            self.original_text = self.text
        self.text, self.edited_at = text, at
        self.version += 1
        return True

    def revoke(self, *, at: datetime) -> bool:
        """Record that its writer deleted it for everybody; say whether that is news."""
        if self.revoked_at is not None:
            return False
        self.revoked_at = at
        self.version += 1
        return True

    def discard(self, *, at: datetime) -> bool:
        """
        Delete a reply that nobody outside has seen; say whether that is news.

        Raises:
            WasSent: it is the customer's, or did not fail.
        """
        if self.direction is not Direction.OUT or self.status is not DeliveryStatus.FAILED:
            raise WasSent(_WAS_SENT)
        return self.revoke(at=at)

    def start_sending(self, provider: ProviderName) -> None:
        """Record that *provider* is about to be given the message. The choice stays for ever."""
        self.provider = provider
        self._move(DeliveryStatus.SENDING)

    def accept(self, whatsapp_message_id: str | None, message_key: str | None) -> None:
        """Record that the provider took the message, under an id where it gave one."""
        if self.whatsapp_message_id is None:
            self.whatsapp_message_id, self.message_key = whatsapp_message_id, message_key
        if not self.report(DeliveryStatus.SENT):
            self.version += 1

    def put_back(self) -> None:
        """Record that it was certainly not sent, and may be tried again later."""
        if self.status is DeliveryStatus.SENDING:
            self.provider = None
            self._move(DeliveryStatus.QUEUED)

    def fail(self, words: Words | str, code: str | None = None) -> None:
        """Record that it was certainly not sent, and never will be by itself."""
        if not DeliveryStatus.SENT.outranks(self.status):
            return
        self._move(DeliveryStatus.FAILED, _words(words), code)

    def give_up(self) -> None:
        """
        Take a person's word that it did not arrive, and is sent again.

        Raises:
            FateKnown: it is not unknown.
        """
        self._require_unknown()
        self._move(DeliveryStatus.FAILED, _SENT_AGAIN)

    def vouch(self) -> None:
        """Take a person's word that it arrived, or raise `FateKnown`."""
        self._require_unknown()
        self._move(DeliveryStatus.SENT)

    def _require_unknown(self) -> None:
        if self.status is not DeliveryStatus.UNKNOWN:
            raise FateKnown(_FATE_KNOWN)

    def lose_track(self) -> bool:
        """
        Record that nobody knows whether it was sent; say whether that is news.

        Only evidence or a person may say what became of it.
        """
        if self.status is not DeliveryStatus.SENDING:
            return False
        self._move(DeliveryStatus.UNKNOWN)
        return True
