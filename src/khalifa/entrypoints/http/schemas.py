"""What the API takes and gives, field by field, as its document shows it."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from khalifa.domain.agents import Presence, Role
from khalifa.domain.media import WAVEFORM_BARS
from khalifa.domain.messages import DeliveryStatus, Direction, MessageKind, SenderType
from khalifa.domain.tickets import MAX_REASON, Priority
from khalifa.domain.two_step import MAX_CODE
from khalifa.entrypoints.http.template_schemas import Template

S = TypeVar("S", bound=Struct)

# Generous, and far below what a database or a log would choke on.
MAX_CURSOR = 500
# The largest whole number that every JSON reader holds exactly (RFC 8259, section 6).
MAX_ID = 2**53 - 1

Id = Annotated[int, Meta(ge=1, le=MAX_ID, examples=[42])]
Version = Annotated[
    int, Meta(description="Grows with every change. Of two copies, the higher is the newer.")
]
When = Annotated[datetime, Meta(description="ISO 8601, UTC.", examples=["2026-03-01T09:30:00Z"])]
Phone = Annotated[
    str, Meta(description="E.164 digits, without a plus sign.", examples=["201012345678"])
]
ProviderKey = Annotated[
    str, Meta(description="As in `WHATSAPP_DRIVER`.", examples=["cloud_api", "wppconnect"])
]
NextCursor = Annotated[
    str | None,
    Meta(description="Give it as `cursor` to get the next page; null on the last one."),
]
LiveCursor = Annotated[
    str | None,
    Meta(
        description="Where the live events stood before this was read: give it as `since` to "
        "`/api/live` and nothing is missed. Null while live events are away.",
        examples=["0c8f2a-1772357400123-0"],
    ),
]


class Customer(Struct, frozen=True, kw_only=True):
    """Who writes."""

    id: Id
    name: Annotated[
        str | None,
        Meta(description="As WhatsApp shows it, or as somebody here chose.", examples=["منى سعيد"]),
    ]
    phone: Annotated[
        Phone | None,
        Meta(description="Null of customers whose number WhatsApp does not show."),
    ]
    tags: Annotated[list[str], Meta(examples=[["vip"]])]
    blocked: Annotated[bool, Meta(description="What a blocked customer writes is ignored.")]
    pinned_provider: Annotated[
        str | None, Meta(description="A person's choice for replies; null: by the rule.")
    ]


class CustomerSummary(Customer, frozen=True, kw_only=True):
    """A customer in a list."""

    last_provider: Annotated[
        ProviderKey | None, Meta(description="Which provider the customer wrote on last.")
    ]
    created_at: When


class CustomerPage(Struct, frozen=True, kw_only=True):
    """Customers, the newest first."""

    items: list[CustomerSummary]
    next_cursor: NextCursor


class CustomerIdentity(Struct, frozen=True, kw_only=True):
    """One name that WhatsApp has for a customer."""

    provider: Annotated[
        str | None, Meta(description="Whose name it is; null of a telephone number.")
    ]
    kind: Annotated[
        Literal["phone", "lid", "bsuid", "chat"],
        Meta(description="Only `phone` is a telephone number; the others cannot be dialled."),
    ]
    id_ext: Annotated[str, Meta(examples=["201012345678", "EG.1349"])]
    former: Annotated[
        bool, Meta(description="Given up: it still names the customer, nothing is sent to it.")
    ]


class CustomerMerge(Struct, frozen=True, kw_only=True):
    """Two customers that became one."""

    id: Id
    kept_id: Id
    absorbed_id: Id
    reason: Annotated[str, Meta(examples=["one message named both", "by hand"])]
    by: Annotated[int | None, Meta(description="Which agent; null: khalifa or the operator.")]
    at: When
    undone_at: datetime | None
    undone_by: int | None


class CustomerDetails(CustomerSummary, frozen=True, kw_only=True):
    """All that is known of a customer, with the newest tickets the asker may see."""

    whatsapp_name: str | None
    named_by_hand: bool
    notes: Annotated[str | None, Meta(examples=["Allergic to penicillin."])]
    blocked_at: datetime | None
    provider: Annotated[ProviderKey, Meta(description="Where the customer first came from.")]
    branch_id: Annotated[int | None, Meta(description="Whose customer it is.", examples=[3])]
    identities: list[CustomerIdentity]
    merges: Annotated[list[CustomerMerge], Meta(description="Newest first.")]
    tickets: "list[Ticket]"
    more_tickets: Annotated[
        bool, Meta(description="Whether `GET /api/tickets?status=all&customer=` shows more.")
    ]


class AgentName(Struct, frozen=True, kw_only=True):
    """Who holds a ticket."""

    id: Id
    name: Annotated[str, Meta(examples=["Sara"])]


class Ticket(Struct, frozen=True, kw_only=True):
    """One conversation with one customer, open until closed."""

    id: Id
    number: Annotated[int, Meta(description="What people call it by.", examples=[42])]
    status: Annotated[
        Literal["open", "delayed", "closed"],
        Meta(description="`delayed` is open, and the customer has waited too long."),
    ]
    provider: ProviderKey
    customer: Customer
    agent: Annotated[AgentName | None, Meta(description="Null while the ticket waits for one.")]
    unread: Annotated[int, Meta(description="Messages the agent has not looked at.", examples=[2])]
    waiting_since: Annotated[
        datetime | None, Meta(description="When the customer began to wait for an answer.")
    ]
    due_at: Annotated[
        datetime | None,
        Meta(
            description="When it is delayed unless somebody answers, or since when it is; the "
            "clock stands while the business is closed. Null when nobody waits."
        ),
    ]
    opened_at: When
    closed_at: datetime | None
    close_reason: Annotated[str | None, Meta(examples=["Delivered"])]
    last_message_at: datetime | None
    last_message: Annotated[
        str | None,
        Meta(
            description="The beginning of its text, if it has any.", examples=["هل الدواء متوفر؟"]
        ),
    ]
    last_message_kind: Annotated[
        MessageKind | None,
        Meta(description="What it is; `revoke` when its writer deleted it for everybody."),
    ]
    last_message_status: Annotated[
        DeliveryStatus | None,
        Meta(
            description="Where it stands; null when the customer spoke last. What becomes of it "
            "after that is told by `message.changed`."
        ),
    ]
    window_closes_at: Annotated[
        datetime | None,
        Meta(
            description="Until when anything may be sent; after it, templates only. Null where "
            "the provider has no such window."
        ),
    ]
    priority: Priority
    category: Annotated[str | None, Meta(description="What it is about.", examples=["orders"])]
    tags: Annotated[list[str], Meta(description="Of the ticket; a customer has others.")]
    rating: Annotated[
        int | None,
        Meta(description="How content the customer was, 1 to 5; null: not asked, or no answer."),
    ]
    version: Version


class MessageMedia(Struct, frozen=True, kw_only=True):
    """A file that came or went with a message."""

    id: str | None
    mime_type: Annotated[str | None, Meta(examples=["image/jpeg"])]
    filename: str | None
    size: Annotated[int | None, Meta(description="In bytes.")]
    status: Annotated[
        str,
        Meta(
            pattern="^(waiting|ready|failed)$",
            description="`waiting` while it is fetched; a `message.changed` event tells the end.",
        ),
    ]
    error: str | None
    error_ar: str | None
    url: Annotated[str | None, Meta(description="Where the file is, once it is `ready`.")]
    thumbnail_url: Annotated[str | None, Meta(description="A small picture, of images only.")]
    waveform: Annotated[
        Annotated[
            list[Annotated[int, Meta(ge=0, le=100)]],
            Meta(min_length=WAVEFORM_BARS, max_length=WAVEFORM_BARS),
        ]
        | None,
        Meta(description="How loud a voice note is over its time; null where it was not drawn."),
    ]


class UploadedMedia(Struct, frozen=True, kw_only=True):
    """A file that can be sent: its `id` is the `media_id` of a new message."""

    id: str
    kind: Annotated[str, Meta(examples=["document"])]
    mime_type: Annotated[str, Meta(examples=["application/pdf"])]
    filename: str | None
    size: Annotated[int, Meta(description="In bytes.")]


class MessageReaction(Struct, frozen=True, kw_only=True):
    """One side's emoji on a message."""

    emoji: Annotated[str, Meta(examples=["👍"])]
    from_us: Annotated[bool, Meta(description="Ours; else the customer's.")]
    at: When


class Message(Struct, frozen=True, kw_only=True):
    """One message of a ticket, in either direction."""

    id: Id
    ticket_id: Id
    direction: Direction
    sender_type: SenderType
    agent_id: Annotated[int | None, Meta(description="Who answered, when it was an agent.")]
    kind: MessageKind
    text: Annotated[str | None, Meta(examples=["نعم، متوفر."])]
    media: MessageMedia | None
    content: Annotated[
        dict[str, Any] | None,
        Meta(
            description="What its kind holds beside text and file: a location, contact cards, a "
            "template, buttons …",
            examples=[{"latitude": 31.0364, "longitude": 31.3807, "name": "Mansoura"}],
        ),
    ]
    status: DeliveryStatus
    error: Annotated[str | None, Meta(description="Why it failed, in words for the agent.")]
    error_ar: Annotated[str | None, Meta(description="The same in Arabic.")]
    error_code: Annotated[
        str | None, Meta(description="The provider's own code for it.", examples=["131047"])
    ]
    provider: Annotated[str | None, Meta(description="Who carried it; null before it is sent.")]
    whatsapp_message_id: Annotated[str | None, Meta(description="Null before it is sent.")]
    reply_to: Annotated[
        str | None, Meta(description="The WhatsApp id of the message this one answers.")
    ]
    reply_to_id: Annotated[
        int | None, Meta(description="The `id` of the message this one answers, where it is known.")
    ]
    resend_of: Annotated[
        int | None,
        Meta(description="The `id` of a message of unknown fate that this one says again."),
    ]
    idempotency_key: Annotated[
        str | None,
        Meta(
            description="The `Idempotency-Key` it was sent with: by that, whoever showed it before "
            "it was stored knows it again.",
            examples=["b1946ac92492d2347c6235b4d2611184"],
        ),
    ]
    reactions: list[MessageReaction]
    forwarded: Annotated[bool, Meta(description="Passed on from another conversation.")]
    original_text: Annotated[
        str | None, Meta(description="The text before it was edited, if it was.")
    ]
    edited_at: Annotated[
        datetime | None, Meta(description="When its writer last changed the text.")
    ]
    revoked_at: Annotated[
        datetime | None,
        Meta(
            description="When its writer deleted it for everybody. What it said is shown no more: "
            "`text`, `media` and `content` are null."
        ),
    ]
    sent_at: Annotated[When, Meta(description="In whole seconds, as WhatsApp counts.")]
    stored_at: When
    version: Version


class StartedConversation(Struct, frozen=True, kw_only=True):
    """The ticket, new or gone on with, and the message it was started with."""

    ticket: Ticket
    message: Message


class Agent(Struct, frozen=True, kw_only=True):
    """Someone who signs in and answers customers."""

    id: Id
    name: Annotated[str, Meta(examples=["Sara"])]
    role: Role
    presence: Presence
    capacity: Annotated[int, Meta(description="Most tickets given at a time.", examples=[15])]
    branch_id: Annotated[int | None, Meta(description="Where the agent works.", examples=[3])]
    disabled: bool
    version: Version


Capabilities = Annotated[
    list[str],
    Meta(
        description="What only some providers can do, and this one can. `quote_with_…`: which "
        "kinds may have a `reply_to`.",
        examples=[["locations", "contacts", "reactions", "typing", "quote_with_text"]],
    ),
]


class Me(Agent, frozen=True, kw_only=True):
    """The agent who asks, and what can be said to somebody who is written to first."""

    provider: Annotated[ProviderKey, Meta(description="The active one.")]
    capabilities: Annotated[
        Capabilities,
        Meta(
            description="Of the active provider. Replies on a ticket may go by another one: "
            "`GET /api/tickets/{ticket_id}/route` says what that one can do."
        ),
    ]
    sees_all: Annotated[
        bool, Meta(description="Whether all conversations are to be seen, and not only own ones.")
    ]
    live_cursor: LiveCursor


class TicketPage(Struct, frozen=True, kw_only=True):
    """Tickets, newest message first."""

    items: list[Ticket]
    next_cursor: NextCursor
    live_cursor: LiveCursor


class MessagePage(Struct, frozen=True, kw_only=True):
    """Messages, oldest first; the next page holds older ones."""

    items: list[Message]
    next_cursor: NextCursor
    live_cursor: LiveCursor


class TeamMember(Agent, frozen=True, kw_only=True):
    """An agent as administrators see them."""

    last_signed_in_at: Annotated[
        datetime | None, Meta(description="With a password, wherever; null: never yet.")
    ]
    two_step: Annotated[bool, Meta(description="Whether two-step sign-in is on.")]


class AgentList(Struct, frozen=True, kw_only=True):
    """Agents by name; always one page."""

    items: list[TeamMember]
    next_cursor: NextCursor
    live_cursor: LiveCursor


class FieldProblem(Struct, frozen=True, kw_only=True):
    """One thing wrong with one field."""

    field: Annotated[str, Meta(examples=["limit"])]
    detail: Annotated[str, Meta(examples=["Expected `int` <= 500"])]


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong, as RFC 9457 has it."""

    type: Annotated[
        str,
        Meta(
            description="Which kind of error; the kinds are listed at `/docs/errors`.",
            examples=["/docs/errors#ticket-already-closed"],
        ),
    ]
    title: Annotated[str, Meta(description="The kind in words; the same for each of a kind.")]
    status: Annotated[int, Meta(description="The HTTP status.", examples=[409])]
    detail: Annotated[str, Meta(description="What happened, and what to do, for people.")]
    detail_ar: Annotated[str, Meta(description="The same in Arabic, for agents.")] = ""
    request_id: Annotated[
        str, Meta(description="Finds the request in the server's log; also `X-Request-Id`.")
    ] = ""
    errors: Annotated[
        list[FieldProblem] | None, Meta(description="What is wrong with which field.")
    ] = None
    window_closed_at: Annotated[
        datetime | None, Meta(description="Since when only templates may be sent.")
    ] = None
    templates: Annotated[
        list[Template] | None, Meta(description="Those that may be sent instead.")
    ] = None


class Credentials(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A name and its password; with two-step sign-in a code, too."""

    name: Annotated[str, Meta(max_length=200, examples=["admin"])]
    password: Annotated[str, Meta(max_length=1000, examples=["correct horse battery"])]
    code: Annotated[
        Annotated[str, Meta(max_length=MAX_CODE)] | None,
        Meta(
            description="Of the authenticator app, or a recovery code. Where two-step sign-in "
            "is off nobody looks at it.",
            examples=[None],
        ),
    ] = None

    def __repr__(self) -> str:
        return "Credentials()"


class NewPresence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether new tickets may come."""

    presence: Presence


class Closing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a ticket is closed."""

    reason: Annotated[str, Meta(max_length=MAX_REASON, examples=["Delivered"])] | None = None


class Assignment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who gets a ticket."""

    agent_id: Annotated[
        Id | None, Meta(description="Null puts it back into the queue.", examples=[7])
    ]
    reason: Annotated[str, Meta(max_length=MAX_REASON, examples=["Nearest branch"])] | None = None


class CustomerChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be changed of a customer. What is left out stays as it is."""

    name: Annotated[
        str | msgspec.UnsetType | None,
        Meta(description="1 to 255 characters; null: WhatsApp's name again.", examples=["منى"]),
    ] = msgspec.UNSET
    notes: Annotated[
        str | msgspec.UnsetType | None,
        Meta(description="At most 10,000 characters.", examples=["Allergic to penicillin."]),
    ] = msgspec.UNSET
    tags: Annotated[
        list[str] | msgspec.UnsetType,
        Meta(description="All of them: at most 30, of 1 to 50 characters.", examples=[["vip"]]),
    ] = msgspec.UNSET
    blocked: Annotated[
        bool | msgspec.UnsetType, Meta(description="For administrators.", examples=[False])
    ] = msgspec.UNSET
    branch_id: Annotated[
        Id | msgspec.UnsetType | None, Meta(description="Null: none.", examples=[3])
    ] = msgspec.UNSET

    def __repr__(self) -> str:
        return "CustomerChange()"


class MergeWith(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is the same person."""

    other_id: Annotated[Id, Meta(description="Becomes part of the customer in the address.")]


def shown(as_: type[S], view: object, **more: object) -> S:
    """Return *view* as the API shows it, with *more* fields that are not the view's."""
    if more:
        fields: dict[str, object] = msgspec.to_builtins(view, builtin_types=(datetime,))
        return msgspec.convert(fields | more, as_)
    return msgspec.convert(view, as_, from_attributes=True)
