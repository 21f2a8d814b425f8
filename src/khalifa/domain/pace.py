"""How fast a provider may be written to: limits, and the governor that sets them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from khalifa.domain.contacts import ProviderName
from khalifa.domain.customers import CustomerId
from khalifa.domain.errors import Conflict
from khalifa.domain.words import Words

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# Of the time between two messages, at the beginning of the warm-up.
SLOWEST = 2.0


@dataclass(frozen=True, slots=True)
class Steady:
    """
    One token each ``interval`` seconds; up to ``burst`` may be saved up.

    Can be slowed down as a whole, for a while.
    """

    key: str
    interval: float
    burst: int = 1


@dataclass(frozen=True, slots=True)
class Borrowed:
    """
    One token each ``interval`` seconds; up to ``burst`` at once, borrowed from the future.

    What is taken ``within`` so many seconds of the first is a burst; then
    nothing until all of it is paid back.
    """

    key: str
    interval: float
    burst: int
    within: float


@dataclass(frozen=True, slots=True)
class Cap:
    """At most ``most`` tokens in any ``per`` seconds."""

    key: str
    most: int
    per: float


Limit = Steady | Borrowed | Cap


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientPace:
    """One message to the same person each ``interval`` seconds, after a burst; as `Borrowed`."""

    interval: float
    burst: int
    within: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PacePolicy:
    """
    What a provider bears, as its folder declares it; None or 0: no such limit.

    - ``per_second``: messages of the whole number.
    - ``apart``: seconds between two messages, drawn anew from this range each time.
    - ``first_contacts``: people an hour who are written to and never wrote.
    - ``warm_up``: for so long after pairing, caps are lower and messages further apart.
    - ``warnings``: so many small warning signs in an hour hold the channel; 0: none do.
    - ``hold``: for how long a warning sign holds it.
    """

    per_second: float | None = None
    apart: tuple[float, float] | None = None
    recipient: RecipientPace | None = None
    first_contacts: int | None = None
    warm_up: timedelta = timedelta()
    warnings: int = 0
    hold: timedelta = timedelta(minutes=30)


class WarningSign(StrEnum):
    """What may come before a number is banned."""

    REFUSED = "refused"
    """WhatsApp took a message and refused it without a reason."""
    DISCONNECTED = "disconnected"
    UNLINKED = "unlinked"
    """The paired phone threw us out."""


class FirstContactsUsedUp(Conflict):
    """So many people who never wrote were written to that the number would be in danger."""

    def __init__(self, free_at: datetime) -> None:
        super().__init__(_USED_UP.filled(at=f"{free_at:%H:%M}"))
        self.free_at = free_at


_USED_UP = Words(
    "Enough people who never wrote to us were written to in this hour: more would put the number "
    "in danger. It goes on at {at} UTC.",
    "كُتب لعدد كافٍ ممن لم يكتبوا لنا في هذه الساعة، والمزيد يعرّض الرقم للحظر. "
    "يمكن المتابعة في {at} بتوقيت UTC.",
)
_AT_ONCE = frozenset({WarningSign.UNLINKED})
_BECAUSE = {
    WarningSign.REFUSED: Words(
        "WhatsApp refused several messages without a reason. Nothing is sent for a while.",
        "رفض واتساب عدة رسائل بلا سبب. توقف الإرسال مؤقتًا.",
    ),
    WarningSign.DISCONNECTED: Words(
        "The connection to WhatsApp broke again and again. Nothing is sent for a while.",
        "انقطع الاتصال بواتساب مرة بعد مرة. توقف الإرسال مؤقتًا.",
    ),
    WarningSign.UNLINKED: Words(
        "The phone was unlinked. Look at it, then pair it again.",
        "أُلغي ربط الهاتف. افحصه ثم اربطه من جديد.",
    ),
}


@dataclass(kw_only=True, eq=False, slots=True)
class Channel:
    """
    The number behind a provider, and what befell it.

    ``paired_at`` is since when this session lives: what its warm-up is counted
    from. ``held_until``: nothing is sent before.
    """

    provider: ProviderName
    phone: str | None = None
    paired_at: datetime | None = None
    held_until: datetime | None = None
    held_because: WarningSign | None = None

    def is_held(self, now: datetime) -> bool:
        return self.held_until is not None and now < self.held_until

    def pair(self, phone: str | None, now: datetime) -> bool:
        """
        Take note that it is connected, as *phone*; say whether that is news.

        A new session, or another number, begins anew: its warm-up starts and
        no hold of the old one binds it.
        """
        same = self.phone is None or phone is None or self.phone == phone
        if self.paired_at is not None and same:
            learnt = self.phone is None and phone is not None
            self.phone = self.phone or phone
            return learnt
        self.phone, self.paired_at = phone, now
        self.held_until = self.held_because = None
        return True

    def unpair(self) -> bool:
        """Take note that the phone threw us out; say whether that is news."""
        if self.paired_at is None:
            return False
        self.paired_at = None
        return True

    def hold_words(self, now: datetime) -> Words | None:
        """Return why nothing is sent now, None when it is."""
        return _BECAUSE[self.held_because] if self.held_because and self.is_held(now) else None

    def hold(self, until: datetime, because: WarningSign) -> None:
        """Send nothing before *until*; a longer hold stays."""
        if self.held_until is None or until > self.held_until:
            self.held_until, self.held_because = until, because

    def release(self) -> bool:
        """Let everything go again; say whether it was held."""
        was_held = self.held_until is not None
        self.held_until = self.held_because = None
        return was_held


@dataclass(frozen=True, slots=True)
class Governor:
    """Sets the limits of one provider from its policy and the state of its channel."""

    provider: ProviderName
    policy: PacePolicy

    def limits(
        self, customer_id: CustomerId, channel: Channel, now: datetime, *, chance: float = 0.5
    ) -> tuple[Limit, ...]:
        """Return what a message to the customer needs; *chance*, from 0 to 1, is the jitter."""
        limits: list[Limit] = list(self.of_channel(channel, now, chance=chance))
        if pace := self.policy.recipient:
            key = self._key(f"to:{customer_id}")
            limits.append(Borrowed(key, pace.interval, pace.burst, pace.within))
        return tuple(limits)

    def of_channel(
        self, channel: Channel, now: datetime, *, chance: float = 0.5
    ) -> tuple[Steady, ...]:
        """Return the limits that all messages share."""
        limits: list[Steady] = []
        if rate := self.policy.per_second:
            limits.append(Steady(self._key("number"), 1 / rate, max(1, int(rate))))
        if self.policy.apart:
            least, most = self.policy.apart
            apart = (least + chance * (most - least)) * self._slowness(channel, now)
            if apart > 0:
                limits.append(Steady(self._key("apart"), apart))
        return tuple(limits)

    def first_contacts(self, channel: Channel, now: datetime) -> Cap | None:
        """Return how many people who never wrote may be written to in an hour."""
        if self.policy.first_contacts is None:
            return None
        most = int(self.policy.first_contacts * self._warmth(channel, now))
        least = 1 if self.policy.first_contacts else 0
        return Cap(self._key("first_contacts"), max(least, most), HOUR.total_seconds())

    def warm_up_day(self, channel: Channel, now: datetime) -> int | None:
        """Return which day of the warm-up it is, from 1; None once it is over."""
        if not self.policy.warm_up:
            return None
        age = now - channel.paired_at if channel.paired_at else timedelta()
        return None if age >= self.policy.warm_up else age // DAY + 1

    def few_warnings(self) -> Cap | None:
        """Return how many small warning signs an hour hold nothing yet."""
        if not self.policy.warnings:
            return None
        return Cap(self._key("warnings"), self.policy.warnings - 1, HOUR.total_seconds())

    def holds_at_once(self, sign: WarningSign) -> bool:
        return sign in _AT_ONCE

    def heed(self, sign: WarningSign, channel: Channel, now: datetime) -> None:
        """Hold the channel because of *sign*."""
        channel.hold(now + self.policy.hold, sign)

    def _warmth(self, channel: Channel, now: datetime) -> float:
        """Return which share of the usual caps a session of this age has."""
        day = self.warm_up_day(channel, now)
        return 1.0 if day is None else day / (self.policy.warm_up / DAY + 1)

    def _slowness(self, channel: Channel, now: datetime) -> float:
        return SLOWEST - (SLOWEST - 1) * self._warmth(channel, now)

    def _key(self, name: str) -> str:
        return f"{self.provider}:{name}"
