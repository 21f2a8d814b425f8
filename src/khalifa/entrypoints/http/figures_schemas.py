"""What the API gives of figures and the live board."""

import datetime as dt
from typing import Annotated

from msgspec import Meta, Struct

from khalifa.entrypoints.http.schemas import AgentName
from khalifa.entrypoints.http.team_schemas import Colleague


class Figures(Struct, frozen=True, kw_only=True):
    """What was done. Times are in seconds."""

    tickets: Annotated[int, Meta(description="Opened.", examples=[41])]
    closed: Annotated[int, Meta(examples=[39])]
    delayed: Annotated[
        int, Meta(description="Of the opened, those whose customer waited too long.", examples=[2])
    ]
    delays: Annotated[int, Meta(description="How often a customer waited too long.")]
    messages: Annotated[int, Meta(description="Written by agents.", examples=[212])]
    answered: Annotated[int, Meta(description="Tickets that had a first answer.", examples=[40])]
    first_response: Annotated[
        float | None,
        Meta(description="From the first message to the first answer, the mean.", examples=[69.4]),
    ]
    first_response_p90: Annotated[
        float | None, Meta(description="Nine in ten were answered within it.", examples=[161.0])
    ]
    rated: Annotated[int, Meta(description="Of the closed, those with a rating.", examples=[17])]
    satisfaction: Annotated[
        float | None, Meta(description="The mean of the ratings, 1 to 5.", examples=[4.7])
    ]


class DayFigures(Struct, frozen=True, kw_only=True):
    """One day's figures."""

    day: dt.date
    figures: Figures


class AgentFigures(Struct, frozen=True, kw_only=True):
    """One agent's figures."""

    agent: Annotated[AgentName | None, Meta(description="Null: of what nobody holds.")]
    branch_id: int | None
    figures: Figures


class Report(Struct, frozen=True, kw_only=True):
    """The figures of some days, of the business's own time zone."""

    first: dt.date
    last: dt.date
    time_zone: Annotated[str, Meta(examples=["Africa/Cairo"])]
    target: Annotated[
        float, Meta(description="Within so much open time an answer is meant.", examples=[180.0])
    ]
    total: Figures
    days: list[DayFigures]
    agents: list[AgentFigures]


class Traffic(Struct, frozen=True, kw_only=True):
    """What was said in five minutes."""

    at: Annotated[dt.datetime, Meta(description="When they began.")]
    received: Annotated[int, Meta(description="By customers.", examples=[61])]
    sent: Annotated[int, Meta(description="By agents.", examples=[57])]


class Board(Struct, frozen=True, kw_only=True):
    """How things stand now."""

    open: Annotated[int, Meta(examples=[118])]
    unassigned: Annotated[int, Meta(description="That nobody has yet.", examples=[2])]
    waiting: Annotated[int, Meta(description="Whose customer waits.", examples=[9])]
    delayed: Annotated[int, Meta(description="Whose customer waits too long.", examples=[1])]
    waiting_since: Annotated[dt.datetime | None, Meta(description="When the longest wait began.")]
    agents: Annotated[list[Colleague], Meta(description="Who is here, and what each holds.")]
    traffic: Annotated[
        list[Traffic], Meta(description="Of the last 100 minutes; the last one is not over.")
    ]
