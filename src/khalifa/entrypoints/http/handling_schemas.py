"""What the API takes and gives of how tickets are handled: transfers, notes, the record."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from khalifa.application.tell_colleagues import Doing
from khalifa.domain.notes import MAX_NOTE
from khalifa.domain.tickets import MAX_REASON, Priority
from khalifa.entrypoints.http.schemas import AgentName, Id, Version, When


class Transfer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which colleague gets a ticket, and why."""

    agent_id: Id
    reason: Annotated[
        str,
        Meta(
            description=f"1 to {MAX_REASON} characters, for whoever gets it and for the record.",
            examples=["Nearest branch"],
        ),
    ]


class TicketChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be changed of a ticket. What is left out stays as it is."""

    priority: Priority | msgspec.UnsetType = msgspec.UNSET
    category: Annotated[
        str | msgspec.UnsetType | None,
        Meta(description="1 to 50 characters; null: none.", examples=["orders"]),
    ] = msgspec.UNSET
    tags: Annotated[
        list[str] | msgspec.UnsetType,
        Meta(description="All of them: at most 30, of 1 to 50 characters.", examples=[["vip"]]),
    ] = msgspec.UNSET


class BeingThere(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one does in a conversation that one has open."""

    doing: Doing


class NewNote(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What agents tell each other."""

    text: Annotated[
        str,
        Meta(description=f"1 to {MAX_NOTE:,} characters.", examples=["Allergic to penicillin."]),
    ]

    def __repr__(self) -> str:
        return "NewNote()"


class Note(Struct, frozen=True, kw_only=True):
    """A note on a ticket. No customer sees it, and it stays as it was written."""

    id: Id
    ticket_id: Id
    agent: AgentName
    text: Annotated[str, Meta(examples=["Allergic to penicillin."])]
    at: When
    version: Version


class ReadyReply(Struct, frozen=True, kw_only=True):
    """An answer that is given again and again."""

    id: Id
    shortcut: Annotated[str, Meta(description="Without its slash.", examples=["hello"])]
    title: Annotated[str, Meta(examples=["Greeting"])]
    text: Annotated[str, Meta(examples=["أهلاً {name}، كيف أساعدك؟"])]
    shared: Annotated[bool, Meta(description="Everybody's; else one's own.")]


class ReadyReplyList(Struct, frozen=True, kw_only=True):
    """Ready replies by shortcut; always one page."""

    items: list[ReadyReply]


class NewReadyReply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer to be kept ready."""

    shortcut: Annotated[
        str,
        Meta(
            description="1 to 30 letters, digits, `-` or `_`; a slash before is left out.",
            examples=["/hello"],
        ),
    ]
    title: Annotated[str, Meta(description="1 to 100 characters.", examples=["Greeting"])]
    text: Annotated[
        str,
        Meta(
            description="1 to 4,096 characters. `{name}` is the customer's name, `{agent}` that "
            "of whoever sends it.",
            examples=["أهلاً {name}، كيف أساعدك؟"],
        ),
    ]
    shared: Annotated[bool, Meta(description="For administrators.")] = False


class ReadyReplyChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be changed of a ready reply. What is left out stays as it is."""

    shortcut: str | msgspec.UnsetType = msgspec.UNSET
    title: str | msgspec.UnsetType = msgspec.UNSET
    text: str | msgspec.UnsetType = msgspec.UNSET


class TicketLine(Struct, frozen=True, kw_only=True):
    """One line of a ticket's record."""

    id: Id
    kind: Literal[
        "opened",
        "reopened",
        "assigned",
        "unassigned",
        "transferred",
        "taken",
        "delayed",
        "closed",
        "rated",
        "merged",
        "unmerged",
    ]
    at: datetime
    by: Annotated[
        AgentName | None, Meta(description="Who did it; null when khalifa or the customer did.")
    ]
    from_agent: Annotated[AgentName | None, Meta(description="Who held the ticket before.")]
    to_agent: Annotated[AgentName | None, Meta(description="Who holds it since.")]
    reason: Annotated[str | None, Meta(description="Of a rating, the rating: 1 to 5.")]


class History(Struct, frozen=True, kw_only=True):
    """A ticket's newest 500 lines and notes, each oldest first."""

    lines: list[TicketLine]
    notes: list[Note]
