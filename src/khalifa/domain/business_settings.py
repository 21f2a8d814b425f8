"""What an administrator decides while khalifa runs: hours, patience, what is said automatically."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from khalifa.domain.agents import AgentId
from khalifa.domain.business_hours import BusinessHours
from khalifa.domain.errors import InvalidSettings
from khalifa.domain.tickets import REOPEN_WINDOW
from khalifa.domain.words import Words

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
MAX_DELAY = timedelta(hours=24)
MAX_GRACE = timedelta(hours=24)
MAX_REOPEN = timedelta(days=30)
MAX_AUTOMATIC_TEXT = 1000

_MINUTES = Words(
    "{what} is a whole number of minutes, from 1 to {most}.",
    "عدد الدقائق رقم صحيح من 1 إلى {most}.",
)
_HOURS = Words(
    "A closed ticket opens again within a whole number of hours, from 1 to {most}.",
    "تُفتح المحادثة المغلقة من جديد خلال عدد صحيح من الساعات، من 1 إلى {most}.",
)
_NO_TEXT = Words("A message needs some text.", "لا تُرسل رسالة فارغة.")
_LONG_TEXT = Words(
    "A message sent automatically has at most {most:,} characters.",
    "أقصى طول للرسالة الآلية {most:,} حرف.",
)
_AWAY = "وصلتنا رسالتك خارج مواعيد العمل. نرد عليك أول ما نفتح."
_WELCOME = "أهلًا بك. وصلتنا رسالتك، وسيرد عليك أحد زملائنا حالًا."
_RATING = "كيف كانت خدمتنا؟ أجب برقم من 1 إلى 5، و5 هي الأفضل."


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomaticText:
    """Something that is said by itself, while ``enabled``."""

    enabled: bool = False
    text: str

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise InvalidSettings(_NO_TEXT)
        if len(self.text) > MAX_AUTOMATIC_TEXT:
            raise InvalidSettings(_LONG_TEXT.filled(most=MAX_AUTOMATIC_TEXT))


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessSettings:
    """
    The rules of the business, as they are in force.

    ``delay``: how much of the business's open time a customer may wait for an
    answer before the ticket is delayed. ``grace``: how long an agent may be
    offline before what is unanswered goes on to others. ``away_reply`` is said
    once on a ticket whose customer writes outside the hours, ``welcome`` once
    to a new customer, ``rating_request`` once on a ticket after it was closed.
    ``reopen_window``: for how long a closed ticket opens again. ``agents_see_all``:
    each other's conversations, too. ``version`` grows with each change;
    ``changed_by`` is None of those khalifa came with, and of the operator's.
    """

    delay: timedelta = timedelta(minutes=3)
    grace: timedelta = timedelta(minutes=5)
    hours: BusinessHours = field(default_factory=BusinessHours)
    away_reply: AutomaticText = AutomaticText(text=_AWAY)
    welcome: AutomaticText = AutomaticText(text=_WELCOME)
    rating_request: AutomaticText = AutomaticText(text=_RATING)
    reopen_window: timedelta = REOPEN_WINDOW
    agents_see_all: bool = False
    version: int = 0
    changed_at: datetime | None = None
    changed_by: AgentId | None = None

    def __post_init__(self) -> None:
        _require_minutes("The delay", self.delay, MAX_DELAY)
        _require_minutes("The grace time", self.grace, MAX_GRACE)
        if not _HOUR <= self.reopen_window <= MAX_REOPEN or self.reopen_window % _HOUR:
            raise InvalidSettings(_HOURS.filled(most=MAX_REOPEN // _HOUR))

    def changes_to(self, after: Self) -> dict[str, list[object]]:
        """Return what differs in *after*, each setting's old value and the new, for the record."""
        mine, theirs = self._facts(), after._facts()
        return {name: [mine[name], new] for name, new in theirs.items() if mine[name] != new}

    def _facts(self) -> dict[str, object]:
        hours = self.hours
        return {
            "delay_minutes": self.delay // _MINUTE,
            "grace_minutes": self.grace // _MINUTE,
            "time_zone": hours.time_zone,
            "week": [[[opening.opens, opening.closes] for opening in day] for day in hours.week],
            "holidays": sorted(day.isoformat() for day in hours.holidays),
            "away_reply": [self.away_reply.enabled, self.away_reply.text],
            "welcome": [self.welcome.enabled, self.welcome.text],
            "rating_request": [self.rating_request.enabled, self.rating_request.text],
            "reopen_hours": self.reopen_window // _HOUR,
            "agents_see_all": self.agents_see_all,
        }

    def late_at(self, waiting_since: datetime | None) -> datetime | None:
        """Return when who waits since then has waited too long; None: never, or nobody waits."""
        return None if waiting_since is None else self.hours.after(waiting_since, self.delay)

    def late_since(self, now: datetime) -> datetime | None:
        """Return since when one must have waited to be late at *now*; None: nobody is."""
        return self.hours.before(now, self.delay)


def _require_minutes(what: str, length: timedelta, most: timedelta) -> None:
    if not _MINUTE <= length <= most or length % _MINUTE:
        raise InvalidSettings(_MINUTES.filled(what=what, most=most // _MINUTE))
