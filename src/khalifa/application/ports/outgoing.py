"""
Port: what can be sent to a customer, and who sends it.

Every provider sends texts and files. The rest is one small protocol each:
what a provider cannot do is None on its `Provider`, and is said so with words.
"""

from abc import abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from khalifa.application.ports.media import StoredFile
from khalifa.domain.contacts import Address, Identity
from khalifa.domain.contents import ContactCard, Location
from khalifa.domain.filled_template import FilledTemplate
from khalifa.domain.interactive import Interactive
from khalifa.domain.messages import MessageKind


@dataclass(frozen=True, slots=True)
class Receipt:
    """
    The provider took the message; it is not delivered yet.

    ``whatsapp_message_id`` is None when the provider took the message and did
    not say under which id. ``message_key`` as in `IncomingMessage`.
    """

    whatsapp_message_id: str | None
    message_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedMessage:
    """
    An earlier message that is answered, or reacted to.

    ``whatsapp_message_id`` is this provider's own id of it, ``from_us`` whether
    we wrote it, ``chat`` the conversation it stands in.
    """

    whatsapp_message_id: str
    from_us: bool
    chat: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """
    What every message to send has.

    ``opaque_id`` is random and ours, to know the message by later. ``quoted``
    is the message it answers, shown above it.
    """

    to: Address
    opaque_id: str
    quoted: QuotedMessage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingText(Outgoing):
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMedia(Outgoing):
    """
    An image, video, audio, voice note, document or sticker.

    ``filename`` is what the customer is shown of a document; ``mime_type`` is
    sent as the file's type.
    """

    kind: MessageKind
    file: StoredFile
    mime_type: str
    caption: str | None = None
    filename: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingLocation(Outgoing):
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingContacts(Outgoing):
    contacts: tuple[ContactCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingReaction(Outgoing):
    """An emoji on *target*, in place of the one we had there; ``""`` takes it back."""

    target: QuotedMessage
    emoji: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingTemplate(Outgoing):
    """``file`` is what the header's ``media_id`` names, of the type it came as."""

    template: FilledTemplate
    file: StoredFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingInteractive(Outgoing):
    interactive: Interactive


AnyOutgoing = (
    OutgoingText
    | OutgoingMedia
    | OutgoingLocation
    | OutgoingContacts
    | OutgoingReaction
    | OutgoingTemplate
    | OutgoingInteractive
)


class MessageDriver(Protocol):
    """
    Sends messages through one provider.

    Every ``send_…``, here and below, hands one message over for delivery:

    Raises:
        NotSent: the provider certainly did not take it; ``retryable`` says
            whether the same call may succeed later.
        OutcomeUnknown: no complete, well-formed answer came back after the
            request was on its way.
    """

    @abstractmethod
    async def send_text(self, message: OutgoingText) -> Receipt: ...

    @abstractmethod
    async def send_media(self, message: OutgoingMedia) -> Receipt:
        """Hand a file over. It is read in chunks, unless the provider wants all of it at once."""

    @abstractmethod
    def address_of(self, identities: Collection[Identity]) -> Address | None:
        """Return where this provider would deliver to whoever has *identities*, None if nowhere."""


class LocationSender(Protocol):
    """Optional: sends places. Raises as `MessageDriver`."""

    @abstractmethod
    async def send_location(self, message: OutgoingLocation) -> Receipt: ...


class ContactSender(Protocol):
    """Optional: sends contact cards. Raises as `MessageDriver`."""

    @abstractmethod
    async def send_contacts(self, message: OutgoingContacts) -> Receipt: ...


class ReactionSender(Protocol):
    """Optional: reacts to messages. Raises as `MessageDriver`."""

    @abstractmethod
    async def send_reaction(self, message: OutgoingReaction) -> Receipt:
        """Set, change or take back our one reaction; a receipt may have no id."""


class TemplateSender(Protocol):
    """Optional: sends messages that were approved before. Raises as `MessageDriver`."""

    @abstractmethod
    async def send_template(self, message: OutgoingTemplate) -> Receipt: ...


class InteractiveSender(Protocol):
    """Optional: sends buttons and lists to choose from. Raises as `MessageDriver`."""

    @abstractmethod
    async def send_interactive(self, message: OutgoingInteractive) -> Receipt: ...


class ReadReceipts(Protocol):
    """Optional: tells customers that their messages were read."""

    @abstractmethod
    async def mark_read(self, last: QuotedMessage) -> None:
        """
        Show the customer that *last* and what came before it were read.

        Raises:
            DeliveryError: it was not told; nothing is lost by that.
        """


class Typing(Protocol):
    """Optional: shows customers that somebody is writing."""

    @abstractmethod
    async def show_typing(self, last: QuotedMessage) -> None:
        """
        Show it for some seconds in the conversation whose newest message from them is *last*.

        On some providers this marks *last* as read, too.

        Raises:
            DeliveryError: it was not shown; nothing is lost by that.
        """
