"""Port: playing customers' phones, and the failures a provider can have."""

from abc import abstractmethod
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from khalifa.domain.messages import JsonObject, MessageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneMessage:
    """
    A message as a played customer sees it.

    What the customer wrote is ``sent`` until our webhook has taken it, then
    ``delivered``, and ``read`` once we said so; ours is ``read`` once its
    phone was looked at. ``content`` is what its kind holds beside text, as in
    `Message`; ``reply_to`` the message it answers, ``reactions`` our emojis on it.
    """

    id: str
    from_us: bool
    text: str
    at: datetime
    status: str | None
    kind: MessageKind = MessageKind.TEXT
    content: JsonObject | None = None
    reply_to: str | None = None
    reactions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedFile:
    """A file on a phone; a message's ``content`` has the same fields."""

    id: str
    kind: MessageKind
    mime_type: str
    filename: str | None = None
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedCustomer:
    """Somebody whose phone is played; ``phone`` in E.164 digits, ``used_at`` the last time."""

    phone: str
    name: str | None
    used_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedFailures:
    """
    What goes wrong with our replies from now on.

    ``refuse_next`` ends with the reply it refused. With ``no_answer`` a reply
    arrives and the provider never says so; with ``late_receipts`` it says so
    some seconds later.
    """

    refuse_next: bool = False
    no_answer: bool = False
    late_receipts: bool = False


class PlayedPhones(Protocol):
    """
    Customers' phones for a page to play, so that all can be tried without an account.

    Every method raises `ProviderUnreachable` when the phones cannot be reached.
    """

    @abstractmethod
    async def customers(self) -> list[PlayedCustomer]:
        """Return whose phones have been played of late, the last one first."""

    @abstractmethod
    async def write(
        self,
        phone: str,
        name: str,
        text: str,
        *,
        kind: MessageKind = MessageKind.TEXT,
        content: JsonObject | None = None,
        reply_to: str | None = None,
    ) -> None:
        """
        Send a message to the business from the customer's *phone* (E.164 digits).

        *content* is what its kind holds beside *text*: of a reaction, an edit or a
        deletion the ``message_id`` on this phone that it is about.
        """

    @abstractmethod
    async def send_file(
        self, phone: str, name: str, file: PlayedFile, chunks: AsyncIterable[bytes], *, text: str
    ) -> None:
        """Send a file to the business, with *text* beside it; the ``id`` is made anew."""

    @abstractmethod
    async def find_file(self, file_id: str) -> PlayedFile | None:
        """Return what is known of a file on any phone."""

    @abstractmethod
    def open_file(self, file_id: str) -> AsyncIterator[bytes]:
        """Yield the bytes of a file on any phone."""

    @abstractmethod
    async def messages(self, phone: str) -> list[PhoneMessage]:
        """Return what is on the phone's screen, oldest first, and mark our messages read."""

    @abstractmethod
    async def is_typing(self, phone: str) -> bool:
        """Say whether the phone shows that the business is typing."""

    @abstractmethod
    async def failures(self) -> PlayedFailures:
        """Return what goes wrong now."""

    @abstractmethod
    async def play(self, failures: PlayedFailures) -> None:
        """Make this go wrong from now on, and nothing else."""
