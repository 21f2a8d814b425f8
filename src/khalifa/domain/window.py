"""The customer-service window: what may be sent to a customer now, and for how long."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from khalifa.domain.contacts import ProviderName
from khalifa.domain.customers import Customer
from khalifa.domain.errors import Conflict
from khalifa.domain.messages import IncomingMessage, MessageKind
from khalifa.domain.templates import Template
from khalifa.domain.words import Words

# What a customer does without saying anything to us.
_SAYS_NOTHING = frozenset(
    {MessageKind.REACTION, MessageKind.SYSTEM, MessageKind.EDIT, MessageKind.REVOKE}
)
_CLOSED = Words(
    "The customer last wrote too long ago: only a template can be sent until they write again.",
    "مرّ وقت طويل على آخر رسالة من العميل: لا يمكن إرسال غير قالب معتمد حتى يكتب من جديد.",
)


class WindowClosed(Conflict):
    """
    Outside the window of ``provider`` only templates may be sent.

    ``closed_at``: when it closed. ``templates`` are those that may be sent
    instead, as far as they are known.
    """

    def __init__(self, provider: ProviderName, closed_at: datetime) -> None:
        super().__init__(_CLOSED)
        self.provider = provider
        self.closed_at = closed_at
        self.templates: tuple[Template, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """
    One provider's rule: for how long after a customer's message anything may be sent.

    ``length`` None: always, there is no window. What a customer wrote through
    another provider opens nothing here.
    """

    provider: ProviderName
    length: timedelta | None

    def closes_at(self, customer: Customer) -> datetime | None:
        """
        Return when the window closes, or closed; None when there is none.

        To somebody who never wrote it closed when we got to know them.
        """
        if self.length is None:
            return None
        heard_at = customer.last_inbound_at.get(self.provider)
        return customer.created_at if heard_at is None else heard_at + self.length

    def require_open(self, customer: Customer, kind: MessageKind, *, now: datetime) -> None:
        """Raise `WindowClosed` when a message of *kind* may not be sent to *customer* now."""
        closes_at = self.closes_at(customer)
        if closes_at is not None and closes_at <= now and kind is not MessageKind.TEMPLATE:
            raise WindowClosed(self.provider, closes_at)


def opens_window(message: IncomingMessage) -> bool:
    """Say whether *message* is the customer's own word: no echo, no reaction, no notice."""
    return not message.from_us and message.kind not in _SAYS_NOTHING
