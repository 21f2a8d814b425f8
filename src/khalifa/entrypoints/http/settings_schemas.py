"""What the API takes and gives of the rules of the business."""

from datetime import date, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from khalifa.domain import business_hours as hours
from khalifa.domain.business_settings import (
    MAX_AUTOMATIC_TEXT,
    MAX_REOPEN,
    AutomaticText,
    BusinessSettings,
)
from khalifa.entrypoints.http.schemas import Id, Version, When

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MINUTES_OF_HOUR = _SECONDS = 60
_HOUR = timedelta(hours=1)

Minutes = Annotated[int, Meta(ge=1, le=1440, description="In minutes.", examples=[3])]
Hours = Annotated[int, Meta(ge=1, le=MAX_REOPEN // _HOUR, description="In hours.", examples=[24])]
TimeOfDay = Annotated[
    str,
    Meta(
        pattern="^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
        description="What the clocks show, from 00:00 to 24:00.",
        examples=["09:00"],
    ),
]
TimeZone = Annotated[
    str, Meta(max_length=100, description="An IANA name.", examples=["Africa/Cairo"])
]


class Opening(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when until when. One that does not close after it opened closes on the next day."""

    opens: TimeOfDay
    closes: TimeOfDay


class Week(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When each day is open. An empty day is closed; open all day is 00:00 to 24:00."""

    monday: list[Opening]
    tuesday: list[Opening]
    wednesday: list[Opening]
    thursday: list[Opening]
    friday: list[Opening]
    saturday: list[Opening]
    sunday: list[Opening]

    @classmethod
    def of(cls, week: tuple[hours.Day, ...]) -> "Week":
        days = (
            [Opening(opens=_shown(one.opens), closes=_shown(one.closes)) for one in day]
            for day in week
        )
        return cls(**dict(zip(_WEEKDAYS, days, strict=True)))

    def meant(self) -> tuple[hours.Day, ...]:
        """Return the week as the business has it, each day's openings in their order."""
        days: list[list[Opening]] = [getattr(self, name) for name in _WEEKDAYS]
        return tuple(
            tuple(sorted(hours.Opening(_minute(one.opens), _minute(one.closes)) for one in day))
            for day in days
        )


class Automatic(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that is said by itself while it is enabled."""

    enabled: bool
    text: Annotated[
        str,
        Meta(
            description=f"1 to {MAX_AUTOMATIC_TEXT:,} characters.",
            examples=["نرد عليك أول ما نفتح."],
        ),
    ]

    @classmethod
    def of(cls, said: AutomaticText) -> "Automatic":
        return cls(enabled=said.enabled, text=said.text)

    def meant(self) -> AutomaticText:
        return AutomaticText(enabled=self.enabled, text=self.text)


class Settings(Struct, frozen=True, kw_only=True):
    """The rules of the business, as they are in force."""

    delay_minutes: Annotated[
        int,
        Meta(description="After so much open time without an answer a ticket is delayed."),
    ]
    grace_minutes: Annotated[
        int,
        Meta(
            description="Of an agent who is offline for so long, what is unanswered goes to others."
        ),
    ]
    time_zone: TimeZone
    week: Week
    holidays: Annotated[list[date], Meta(description="Days on which nothing opens.")]
    open_now: bool
    away_reply: Annotated[
        Automatic, Meta(description="Said once on a ticket whose customer writes outside the week.")
    ]
    welcome: Annotated[Automatic, Meta(description="Said once to a new customer.")]
    rating_request: Annotated[
        Automatic,
        Meta(description="Asked once on a ticket after it was closed; the answer is 1 to 5."),
    ]
    reopen_hours: Annotated[
        int, Meta(description="For so long a closed ticket opens again when its customer writes.")
    ]
    agents_see_all: Annotated[
        bool, Meta(description="Whether agents see each other's conversations, and not only own.")
    ]
    version: Version
    changed_at: When | None
    changed_by: Annotated[Id | None, Meta(description="Which agent; null: nobody, or khalifa.")]

    @classmethod
    def of(cls, settings: BusinessSettings, *, now: datetime) -> "Settings":
        return cls(
            delay_minutes=int(settings.delay.total_seconds()) // _SECONDS,
            grace_minutes=int(settings.grace.total_seconds()) // _SECONDS,
            time_zone=settings.hours.time_zone,
            week=Week.of(settings.hours.week),
            holidays=sorted(settings.hours.holidays),
            open_now=settings.hours.is_open(now),
            away_reply=Automatic.of(settings.away_reply),
            welcome=Automatic.of(settings.welcome),
            rating_request=Automatic.of(settings.rating_request),
            reopen_hours=settings.reopen_window // _HOUR,
            agents_see_all=settings.agents_see_all,
            version=settings.version,
            changed_at=settings.changed_at,
            changed_by=settings.changed_by,
        )


class SettingsUpdate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be changed of the rules. What is left out stays as it is."""

    delay_minutes: Minutes | msgspec.UnsetType = msgspec.UNSET
    grace_minutes: Minutes | msgspec.UnsetType = msgspec.UNSET
    time_zone: TimeZone | msgspec.UnsetType = msgspec.UNSET
    week: Week | msgspec.UnsetType = msgspec.UNSET
    holidays: Annotated[
        list[date] | msgspec.UnsetType,
        Meta(description="All of them: at most 400.", examples=[["2026-10-06"]]),
    ] = msgspec.UNSET
    away_reply: Automatic | msgspec.UnsetType = msgspec.UNSET
    welcome: Automatic | msgspec.UnsetType = msgspec.UNSET
    rating_request: Automatic | msgspec.UnsetType = msgspec.UNSET
    reopen_hours: Hours | msgspec.UnsetType = msgspec.UNSET
    agents_see_all: bool | msgspec.UnsetType = msgspec.UNSET


class Delay(Struct, frozen=True, kw_only=True):
    """One time a customer waited for too long."""

    agent_id: Annotated[
        Id | None, Meta(description="Who held the ticket when it began; null: nobody.")
    ]
    started_at: When
    ended_at: Annotated[When | None, Meta(description="Null while it lasts.")]
    ended_by: Annotated[
        Id | None, Meta(description="Which agent answered or closed; null: nobody here.")
    ]


class DelayList(Struct, frozen=True, kw_only=True):
    """A ticket's delays, oldest first."""

    items: list[Delay]


def _minute(shown: str) -> int:
    hour, minute = shown.split(":")
    return int(hour) * _MINUTES_OF_HOUR + int(minute)


def _shown(minute: int) -> str:
    return f"{minute // _MINUTES_OF_HOUR:02}:{minute % _MINUTES_OF_HOUR:02}"
