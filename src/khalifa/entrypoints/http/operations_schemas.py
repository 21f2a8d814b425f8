"""What the API says of providers, and of the server itself."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from khalifa.entrypoints.http.schemas import Phone, ProviderKey


class ProviderStatus(Struct, frozen=True, kw_only=True):
    """Whether the active provider carries messages, as it was last seen."""

    provider: ProviderKey
    connected: bool
    phone: Annotated[Phone | None, Meta(description="Our own number, where it is known.")]
    state: Annotated[
        str,
        Meta(
            description="One word: `connected`, `offline`, `qr`, `code`, `unlinked`, `starting`, "
            "`stuck`, `closed`, `disconnected`, `unreachable`, `unauthorized`, `held` (by a "
            "warning sign, for a while), `stopped`, `unknown`, or the provider's own.",
            examples=["connected"],
        ),
    ]
    needs_person: Annotated[
        bool, Meta(description="An administrator must do something: it does not mend itself.")
    ]


class ProviderPace(Struct, frozen=True, kw_only=True):
    """How fast a provider is used, so that it is not banned. Null: no such limit."""

    per_second: Annotated[float | None, Meta(description="Messages of the whole number.")]
    seconds_apart: Annotated[
        tuple[float, float] | None, Meta(description="Between two messages, drawn anew each time.")
    ]
    tokens_left: Annotated[int | None, Meta(description="Messages that could leave at once.")]
    next_free_at: Annotated[
        datetime | None, Meta(description="When the next may leave; null: at once.")
    ]
    held_until: Annotated[
        datetime | None, Meta(description="Nothing is sent before, because of a warning sign.")
    ]
    held_because: str | None
    held_because_ar: str | None
    first_contacts_per_hour: Annotated[
        int | None, Meta(description="People written to who never wrote; fewer while warming up.")
    ]
    first_contacts_left: int | None
    next_first_contact_at: Annotated[
        datetime | None, Meta(description="When the next may be made; null: at once.")
    ]
    paired_at: Annotated[datetime | None, Meta(description="Since when this session lives.")]
    warm_up_day: Annotated[int | None, Meta(description="From 1; null once it is over.")]
    warm_up_days: int | None


class Recovery(Struct, frozen=True, kw_only=True):
    """What was fetched from the provider's own chats because no webhook had brought it."""

    covered_until: Annotated[
        datetime, Meta(description="Whatever was said before is on file, if nothing failed since.")
    ]
    checked_at: Annotated[
        datetime | None, Meta(description="When the chats were last looked through.")
    ]
    complete: Annotated[
        bool, Meta(description="Every chat could be read then, and nothing was missing any more.")
    ]
    messages: Annotated[
        int, Meta(description="How many messages and ticks the last recovery that found any found.")
    ]
    last_at: Annotated[datetime | None, Meta(description="When that was.")]


class Provider(Struct, frozen=True, kw_only=True):
    """One configured provider as an administrator sees it."""

    provider: ProviderKey
    active: Annotated[bool, Meta(description="Whether the next reply goes through it.")]
    connected: bool
    state: str
    phone: Phone | None
    detail: Annotated[str | None, Meta(description="What is wrong and what to do about it.")]
    detail_ar: Annotated[str | None, Meta(description="The same in Arabic.")]
    needs_person: Annotated[
        bool, Meta(description="An administrator must do something: it does not mend itself.")
    ]
    checked_at: datetime | None
    last_proven_at: Annotated[
        datetime | None,
        Meta(description="When something last went through the provider and came back."),
    ]
    recovery: Annotated[
        Recovery | None, Meta(description="Null for a provider that keeps no chats to ask for.")
    ]
    unmatched_statuses: Annotated[
        int,
        Meta(
            description="Messages of which the provider tells ticks and khalifa knows nothing: "
            "something else sends from this number, or a message was lost. Of the last 7 days."
        ),
    ]
    capabilities: Annotated[
        list[str],
        Meta(
            description="What only some providers can do, and this one can.",
            examples=[["pairing"]],
        ),
    ]
    pace: ProviderPace | None


class QrCode(Struct, frozen=True, kw_only=True):
    """The QR code that pairs the number now."""

    text: Annotated[str, Meta(description="What to draw.")]
    expires_at: Annotated[
        datetime, Meta(description="Another one has taken its place by then: ask again.")
    ]


class Alive(Struct, frozen=True, kw_only=True):
    status: Literal["ok"] = "ok"


class JournalDepth(Struct, frozen=True, kw_only=True):
    """How much was taken in and is not filed yet."""

    bodies: int
    bytes: int
    oldest_seconds: Annotated[
        float | None, Meta(description="How long the oldest of them has waited; null for none.")
    ]


class Readiness(Struct, frozen=True, kw_only=True):
    """Whether the server can do its work."""

    status: Literal["ok", "unavailable"]
    dependencies: Annotated[
        dict[str, str],
        Meta(
            description="Each dependency: `ok`, or what is wrong with it.",
            examples=[{"database": "ok", "redis": "Connection refused", "journal": "ok"}],
        ),
    ]
    journal: Annotated[
        JournalDepth | None,
        Meta(description="What waits to be filed here; null when the journal cannot say."),
    ]
