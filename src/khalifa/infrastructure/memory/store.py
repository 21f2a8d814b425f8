"""What survives between units of work: every row, in dictionaries."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from khalifa.application.ports.business import AutomaticKind
from khalifa.application.ports.journal import BodyKey
from khalifa.application.ports.ledger import LedgerEntry, Seal
from khalifa.application.ports.notifications import Event
from khalifa.application.ports.unit_of_work import BadData, DatabaseUnavailable
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.audit import AuditEntry
from khalifa.domain.branches import Branch, BranchId
from khalifa.domain.business_settings import BusinessSettings
from khalifa.domain.changes import MessageChange
from khalifa.domain.contacts import Identity, ProviderName
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.delays import Delay
from khalifa.domain.media import MediaFile, MediaId
from khalifa.domain.merges import CustomerMerge, MergeId
from khalifa.domain.messages import Message, MessageId, StatusUpdate
from khalifa.domain.notes import NoteId, TicketNote
from khalifa.domain.pace import Channel
from khalifa.domain.ready_replies import ReadyReply, ReadyReplyId
from khalifa.domain.recovery import Recovery
from khalifa.domain.routing import ProviderSwitch
from khalifa.domain.sessions import Attempts, Session
from khalifa.domain.tickets import Ticket, TicketEvent, TicketId
from khalifa.domain.two_step import TwoStep

MAX_ID_EXT = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A reply on its way out. ``token`` and ``expires_at`` while somebody has claimed it."""

    message_id: MessageId
    customer_id: CustomerId
    queued_at: datetime
    due_at: datetime
    attempts: int = 0
    first_claimed_at: datetime | None = None
    token: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A message's file. ``expires_at`` while somebody has claimed it."""

    file: MediaFile
    due_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStatus:
    """A status that came before the message it speaks of was known."""

    status: StatusUpdate
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    event: Event
    at: datetime


@dataclass(frozen=True, slots=True)
class StoredRecovery:
    recovery: Recovery
    claimed_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLookup:
    """When a provider is to be asked about an identity, and how often it was already."""

    attempts: int
    due_at: datetime


@dataclass(slots=True, kw_only=True)
class Tables:
    """
    All rows, with the dictionaries that keep what is unique unique.

    A row is never changed in place, only replaced: that makes a copy of the
    dictionaries a snapshot, whatever the number of rows behind them.
    """

    # One sequence for every kind of thing: an id of the wrong kind finds nothing.
    # It is shared by all copies, as an auto-increment is not rolled back either.
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    customers: dict[CustomerId, Customer] = field(default_factory=dict)
    identities: dict[Identity, CustomerId] = field(default_factory=dict)
    merges: dict[MergeId, CustomerMerge] = field(default_factory=dict)
    merged_messages: dict[MergeId, tuple[MessageId, ...]] = field(default_factory=dict)
    lookups: dict[Identity, DueLookup] = field(default_factory=dict)
    tickets: dict[TicketId, Ticket] = field(default_factory=dict)
    open_tickets: dict[CustomerId, TicketId] = field(default_factory=dict)
    ticket_events: list[TicketEvent] = field(default_factory=list)
    notes: dict[NoteId, TicketNote] = field(default_factory=dict)
    delays: list[Delay] = field(default_factory=list)
    settings: list[BusinessSettings] = field(default_factory=list)
    automatic: dict[tuple[AutomaticKind, int], MessageId] = field(default_factory=dict)
    agents: dict[AgentId, Agent] = field(default_factory=dict)
    password_hashes: dict[AgentId, str] = field(default_factory=dict)
    sign_ins: dict[AgentId, datetime] = field(default_factory=dict)
    two_steps: dict[AgentId, TwoStep] = field(default_factory=dict)
    recovery_codes: dict[AgentId, frozenset[str]] = field(default_factory=dict)
    branches: dict[BranchId, Branch] = field(default_factory=dict)
    ready_replies: dict[ReadyReplyId, ReadyReply] = field(default_factory=dict)
    audit: list[AuditEntry] = field(default_factory=list)
    tokens: dict[str, Session] = field(default_factory=dict)
    attempts: dict[tuple[str, str], Attempts] = field(default_factory=dict)
    messages: dict[MessageId, Message] = field(default_factory=dict)
    message_names: dict[tuple[str, ...], MessageId] = field(default_factory=dict)
    media: dict[MediaId, FileRow] = field(default_factory=dict)
    changes: dict[tuple[ProviderName, str], MessageChange] = field(default_factory=dict)
    deliveries: dict[MessageId, Delivery] = field(default_factory=dict)
    statuses: list[KeptStatus] = field(default_factory=list)
    ledger: dict[BodyKey, LedgerEntry] = field(default_factory=dict)
    filed_at: dict[BodyKey, datetime] = field(default_factory=dict)
    seals: list[Seal] = field(default_factory=list)
    events: dict[str, StoredEvent] = field(default_factory=dict)
    switches: list[ProviderSwitch] = field(default_factory=list)
    retired: dict[ProviderName, datetime] = field(default_factory=dict)
    channels: dict[ProviderName, Channel] = field(default_factory=dict)
    recoveries: dict[ProviderName, StoredRecovery] = field(default_factory=dict)
    retention_marks: dict[str, MessageId] = field(default_factory=dict)

    def copy(self) -> "Tables":
        return replace(
            self,
            customers=self.customers.copy(),
            identities=self.identities.copy(),
            merges=self.merges.copy(),
            merged_messages=self.merged_messages.copy(),
            lookups=self.lookups.copy(),
            tickets=self.tickets.copy(),
            open_tickets=self.open_tickets.copy(),
            ticket_events=self.ticket_events.copy(),
            notes=self.notes.copy(),
            delays=self.delays.copy(),
            settings=self.settings.copy(),
            automatic=self.automatic.copy(),
            agents=self.agents.copy(),
            password_hashes=self.password_hashes.copy(),
            sign_ins=self.sign_ins.copy(),
            two_steps=self.two_steps.copy(),
            recovery_codes=self.recovery_codes.copy(),
            branches=self.branches.copy(),
            ready_replies=self.ready_replies.copy(),
            audit=self.audit.copy(),
            tokens=self.tokens.copy(),
            attempts=self.attempts.copy(),
            messages=self.messages.copy(),
            message_names=self.message_names.copy(),
            media=self.media.copy(),
            changes=self.changes.copy(),
            deliveries=self.deliveries.copy(),
            statuses=self.statuses.copy(),
            ledger=self.ledger.copy(),
            filed_at=self.filed_at.copy(),
            seals=self.seals.copy(),
            events=self.events.copy(),
            switches=self.switches.copy(),
            retired=self.retired.copy(),
            channels=self.channels.copy(),
            recoveries=self.recoveries.copy(),
            retention_marks=self.retention_marks.copy(),
        )


class MemoryStore:
    """
    The committed rows, which a test may look into through ``tables``.

    While ``away`` is true, whoever needs the store is told that the database
    is unavailable.
    """

    def __init__(self) -> None:
        self.tables = Tables()
        self.away = False
        self.lock = asyncio.Lock()
        self.writer: asyncio.Task[object] | None = None

    def read(self) -> Tables:
        """
        Return the committed rows, for a look at them.

        Raises:
            DatabaseUnavailable: the store is ``away``.
        """
        if self.away:
            reason = "the database is away"
            raise DatabaseUnavailable(reason)
        return self.tables


def require_storable(texts: Iterable[str | None], *, at_most: int | None = None) -> None:
    """
    Refuse what a database refuses: lone surrogates, and more than *at_most* characters.

    Raises:
        BadData: one of *texts* is like that.
    """
    for text in texts:
        if text is None:
            continue
        if at_most is not None and len(text) > at_most:
            reason = f"a text has more than {at_most} characters"
            raise BadData(reason)
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            reason = "a text has a lone surrogate"
            raise BadData(reason)
