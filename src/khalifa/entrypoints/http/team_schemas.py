"""What the API takes and gives of the team: agents, branches, and who did what."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from khalifa.domain.agents import (
    DEFAULT_CAPACITY,
    MAX_CAPACITY,
    MAX_NAME,
    MAX_PASSWORD,
    MIN_PASSWORD,
    Presence,
    Role,
)
from khalifa.domain.audit import Act
from khalifa.entrypoints.http.schemas import AgentName, Id, LiveCursor, NextCursor, When

Name = Annotated[str, Meta(description=f"1 to {MAX_NAME} characters.", examples=["Sara"])]
Capacity = Annotated[
    int, Meta(description=f"Most tickets given at a time: 1 to {MAX_CAPACITY}.", examples=[15])
]
Password = Annotated[
    str,
    Meta(
        description=f"{MIN_PASSWORD} to {MAX_PASSWORD} characters.",
        examples=["correct horse battery"],
    ),
]
WhichBranch = Annotated[Id | None, Meta(description="Null: none.", examples=[3])]


class Colleague(Struct, frozen=True, kw_only=True):
    """What agents see of each other."""

    id: Id
    name: Annotated[str, Meta(examples=["Omar"])]
    presence: Presence
    capacity: int
    branch_id: int | None
    open_tickets: Annotated[int, Meta(description="Held now.", examples=[4])]


class ColleagueList(Struct, frozen=True, kw_only=True):
    """Whom a ticket can be handed to, by name; always one page."""

    items: list[Colleague]
    live_cursor: LiveCursor


class NewAgent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who is to answer customers."""

    name: Name
    role: Role = Role.AGENT
    capacity: Capacity = DEFAULT_CAPACITY
    branch_id: WhichBranch = None
    password: Annotated[
        Password | None, Meta(description="Null: only programs sign in, with a token.")
    ] = None

    def __repr__(self) -> str:
        return "NewAgent()"


class AgentChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be changed of an agent. What is left out stays as it is."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    role: Role | msgspec.UnsetType = msgspec.UNSET
    capacity: Capacity | msgspec.UnsetType = msgspec.UNSET
    branch_id: WhichBranch | msgspec.UnsetType = msgspec.UNSET
    disabled: Annotated[
        bool | msgspec.UnsetType,
        Meta(description="Kept out: no session, no token, no new tickets. The history stays."),
    ] = msgspec.UNSET


class NewPassword(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The password an agent has from now on."""

    password: Password

    def __repr__(self) -> str:
        return "NewPassword()"


class PasswordChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One's own password, before and after."""

    current: Annotated[str, Meta(max_length=1000, examples=["correct horse battery"])]
    new: Password

    def __repr__(self) -> str:
        return "PasswordChange()"


class Session(Struct, frozen=True, kw_only=True):
    """One place where somebody is signed in, or a program's token."""

    id: Annotated[str, Meta(examples=["5e8848…"])]
    kind: Literal["session", "api"]
    created_at: When
    expires_at: datetime | None
    address: Annotated[str | None, Meta(examples=["156.200.1.7"])]
    device: Annotated[str | None, Meta(description="What the browser calls itself.")]
    current: Annotated[bool, Meta(description="The one that asks.")]


class SessionList(Struct, frozen=True, kw_only=True):
    """Sessions, the newest first; always one page."""

    items: list[Session]


class IssuedToken(Struct, frozen=True, kw_only=True):
    """A token for a program. It is told only once."""

    token: Annotated[str, Meta(examples=["kX9…"])]

    def __repr__(self) -> str:
        return "IssuedToken()"


class Branch(Struct, frozen=True, kw_only=True):
    """One of the shop's branches."""

    id: Id
    name: Annotated[str, Meta(examples=["فرع المشاية"])]


class BranchList(Struct, frozen=True, kw_only=True):
    """Branches by name; always one page."""

    items: list[Branch]


class NewBranch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a branch is called."""

    name: Annotated[str, Meta(description="1 to 100 characters.", examples=["فرع المشاية"])]


class AuditEntry(Struct, frozen=True, kw_only=True):
    """One administrative act."""

    id: Id
    at: When
    by: Annotated[AgentName | None, Meta(description="Null: the operator, at the machine.")]
    act: Act
    subject: Annotated[str, Meta(description="What it was done to.", examples=["agent 7"])]
    details: Annotated[
        dict[str, Any],
        Meta(
            description="What changed: the old value and the new.",
            examples=[{"capacity": [15, 20]}],
        ),
    ]


class AuditPage(Struct, frozen=True, kw_only=True):
    """Administrative acts, the newest first."""

    items: list[AuditEntry]
    next_cursor: NextCursor
