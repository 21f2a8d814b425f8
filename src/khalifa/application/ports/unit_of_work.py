"""
Port: one transaction over the repositories, which speak in collections.

Lock order, everywhere: customers, tickets, agents, messages, media, ledger, events.
"""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from khalifa.application.ports.business import AutomaticMessages, Delays, SettingsRecord
from khalifa.application.ports.erasures import Erasures
from khalifa.application.ports.identities import CustomerMerges, IdentityLookups
from khalifa.application.ports.ledger import IntakeLedger, Seals
from khalifa.application.ports.media import MediaFiles
from khalifa.application.ports.message_changes import MessageChanges
from khalifa.application.ports.notifications import Event
from khalifa.application.ports.search import SearchTexts
from khalifa.domain.agents import Agent, AgentId, AgentName
from khalifa.domain.audit import AuditEntry, AuditId
from khalifa.domain.branches import Branch, BranchId
from khalifa.domain.contacts import Identity, ProviderName
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.errors import KhalifaError
from khalifa.domain.messages import Message, MessageId, StatusUpdate
from khalifa.domain.notes import TicketNote
from khalifa.domain.pace import Channel
from khalifa.domain.ready_replies import ReadyReply, ReadyReplyId
from khalifa.domain.recovery import Recovery
from khalifa.domain.routing import ProviderSwitch
from khalifa.domain.sessions import Attempts, Session
from khalifa.domain.tickets import Ticket, TicketEvent, TicketId

T = TypeVar("T")


class ConcurrentChange(KhalifaError):
    """Somebody else did it first; the unit of work is repeated and will see it."""


class BadData(KhalifaError):
    """The database will never take these rows, whatever is waited for. Holds none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A queued message that could be claimed now; claimed ``attempts`` times before."""

    message_id: MessageId
    customer_id: CustomerId
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """
    The right to send one message, once, until ``expires_at`` by the database's clock.

    ``first_claimed_at`` is when it was claimed for the first time, after it
    had waited for its turn.
    """

    message_id: MessageId
    customer_id: CustomerId
    token: str
    attempts: int
    queued_at: datetime
    first_claimed_at: datetime
    expires_at: datetime


class Customers(Protocol):
    @abstractmethod
    async def named(self, identities: Collection[Identity]) -> dict[Identity, CustomerId]:
        """Return whose each known one of *identities* is. Takes no lock."""

    @abstractmethod
    async def add_new(self, customers: Sequence[Customer]) -> None:
        """
        Store new customers with their identities; gives each its id.

        In a unit of work of its own, sorted, before any lock is taken.

        Raises:
            ConcurrentChange: one of the identities has become somebody's.
        """

    @abstractmethod
    async def lock(self, ids: Collection[CustomerId]) -> dict[CustomerId, Customer]:
        """Return the customers, identities included, locked in the order of their ids."""

    @abstractmethod
    async def get_many(self, ids: Collection[CustomerId]) -> dict[CustomerId, Customer]:
        """Return the customers, identities included, without a lock."""

    @abstractmethod
    async def page(self, *, after: CustomerId, limit: int) -> dict[CustomerId, list[Identity]]:
        """
        Return customers in the order of their ids, from the one behind *after* on.

        No more of each than the identities, without those given up: all of them are looked
        through so. Those merged into others are left out. Takes no lock.
        """

    @abstractmethod
    async def save(self, customers: Sequence[Customer]) -> None:
        """
        Write back locked customers, identities they learnt, and those they gave up.

        Raises:
            ConcurrentChange: one of the identities has become somebody else's.
        """

    @abstractmethod
    async def move_identities(self, identities: Collection[Identity], to: CustomerId) -> None:
        """Make *identities*, known ones of locked customers, the identities of *to*."""

    @abstractmethod
    async def forget_former(self, *, before: datetime) -> int:
        """Delete identities that were given up before *before*; return how many."""


class Channels(Protocol):
    """The numbers behind the providers: one row each, once something is known of it."""

    @abstractmethod
    async def get_many(self, providers: Collection[ProviderName]) -> dict[ProviderName, Channel]:
        """Return the channel of each of *providers*, a blank one where nothing is known."""

    @abstractmethod
    async def save(self, channel: Channel) -> None:
        """
        Write a channel, also for the first time.

        Raises:
            ConcurrentChange: another process has written it for the first time meanwhile.
        """


class Tickets(Protocol):
    @abstractmethod
    async def get(self, ticket_id: TicketId) -> Ticket:
        """Return the ticket, or raise `NotFound`."""

    @abstractmethod
    async def get_many(self, ids: Collection[TicketId]) -> dict[TicketId, Ticket]:
        """Return the tickets of *ids* that exist."""

    @abstractmethod
    async def open_of(self, customers: Collection[CustomerId]) -> dict[CustomerId, Ticket]:
        """Return the open ticket of each of *customers* that has one."""

    @abstractmethod
    async def who_has_open(self, customers: Collection[CustomerId]) -> set[CustomerId]:
        """Return those of *customers* that have an open ticket."""

    @abstractmethod
    async def open_with_holders(
        self, customers: Collection[CustomerId]
    ) -> tuple[dict[CustomerId, Ticket], dict[AgentId, AgentName]]:
        """Return what `open_of` does, and who holds these tickets, in one round trip."""

    @abstractmethod
    async def last_closed_of(
        self, customers: Collection[CustomerId], *, since: datetime
    ) -> dict[CustomerId, Ticket]:
        """Return the ticket each of *customers* had closed last, if closed at or after *since*."""

    @abstractmethod
    async def waiting(self, limit: int) -> list[Ticket]:
        """Return open tickets that no agent holds, longest waiting first. Takes no lock."""

    @abstractmethod
    async def abandoned(self, before: datetime, *, limit: int) -> list[TicketId]:
        """
        Return open tickets whose customers wait for an agent who is disabled or gone.

        Gone: offline, and not seen since *before*. Longest waiting first. Takes no lock.
        """

    @abstractmethod
    async def loads(self) -> dict[AgentId, int]:
        """Return how many open tickets each agent holds; no entry for none."""

    @abstractmethod
    async def add_new(self, tickets: Sequence[Ticket]) -> None:
        """
        Store new tickets; gives each its id.

        Raises:
            ConcurrentChange: a customer has an open ticket already.
        """

    @abstractmethod
    async def save(self, tickets: Sequence[Ticket]) -> None:
        """Write back tickets whose customers are locked."""

    @abstractmethod
    async def record(self, events: Sequence[TicketEvent]) -> None:
        """Add lines to the tickets' records."""

    @abstractmethod
    async def add_note(self, note: TicketNote) -> None:
        """Store a new note; gives it its id."""


class Agents(Protocol):
    @abstractmethod
    async def get(self, agent_id: AgentId) -> Agent:
        """Return the agent, or raise `NotFound`."""

    @abstractmethod
    async def get_many(self, ids: Collection[AgentId]) -> dict[AgentId, Agent]: ...

    @abstractmethod
    async def find_named(self, name: str) -> Agent | None:
        """Return the agent called *name*, letters' case aside."""

    @abstractmethod
    async def all(self) -> list[Agent]:
        """Return every agent, disabled ones too, by name."""

    @abstractmethod
    async def lock_online(self) -> list[Agent]:
        """Return the agents that are online and not disabled, locked in the order of their ids."""

    @abstractmethod
    async def lock_leading(self) -> list[Agent]:
        """Return the administrators who are not disabled, locked in the order of their ids."""

    @abstractmethod
    async def lock(self, agent_id: AgentId) -> Agent:
        """Return the agent locked, or raise `NotFound`."""

    @abstractmethod
    async def add(self, agent: Agent, *, password_hash: str | None) -> None:
        """
        Store a new agent; gives it its id.

        Raises:
            NameTaken: another agent is called so, letters' case aside.
        """

    @abstractmethod
    async def save(self, agents: Sequence[Agent]) -> None:
        """
        Write back agents.

        Raises:
            NameTaken: another agent is called so, letters' case aside.
        """

    @abstractmethod
    async def seen(self, ids: Collection[AgentId], at: datetime) -> None:
        """
        Note that these agents were there at *at*; changes nothing else, takes no version.

        Who is offline is gone since then, whatever screen was left open.
        """

    @abstractmethod
    async def silent_since(self, before: datetime) -> list[AgentId]:
        """Return agents not offline and last seen before *before*."""

    @abstractmethod
    async def password_hash(self, agent_id: AgentId) -> str | None:
        """Return the agent's password hash, None when the agent has no password."""

    @abstractmethod
    async def set_password_hash(self, agent_id: AgentId, password_hash: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMessages:
    """Which ids and keys are stored, and whether any change waits for a message known by one."""

    ids: set[tuple[ProviderName, str]]
    keys: set[str]
    awaited: bool


class Messages(Protocol):
    @abstractmethod
    async def get(self, message_id: MessageId) -> Message:
        """Return the message, or raise `NotFound`."""

    @abstractmethod
    async def get_many(self, ids: Collection[MessageId]) -> dict[MessageId, Message]: ...

    @abstractmethod
    async def by_whatsapp_ids(
        self, ids: Collection[tuple[ProviderName, str]]
    ) -> dict[tuple[ProviderName, str], Message]:
        """Return the messages known under these ``(provider, whatsapp_message_id)``."""

    @abstractmethod
    async def by_keys(self, keys: Collection[str]) -> dict[str, Message]:
        """Return the messages known under these message keys."""

    @abstractmethod
    async def known(
        self, ids: Collection[tuple[ProviderName, str]], keys: Collection[str]
    ) -> KnownMessages:
        """Look for ``(provider, whatsapp_message_id)`` and message keys, in one round trip."""

    @abstractmethod
    async def by_opaque_ids(self, ids: Collection[str]) -> dict[str, Message]:
        """Return our own messages known under these opaque ids."""

    @abstractmethod
    async def newest_of(self, ticket_id: TicketId, limit: int) -> list[Message]:
        """Return the newest *limit* messages of a ticket, in the order they were said."""

    @abstractmethod
    async def unconfirmed_of(self, customers: Collection[CustomerId]) -> list[Message]:
        """Return replies to *customers* being sent or unknown, and still without WhatsApp's id."""

    @abstractmethod
    async def newest_heard(
        self, ticket_id: TicketId, *, provider: ProviderName | None = None
    ) -> Message | None:
        """Return the customer's newest message on the ticket; only *provider*'s, if given."""

    @abstractmethod
    async def find_by_idempotency_key(self, agent_id: AgentId, key: str) -> Message | None: ...

    @abstractmethod
    async def add_new(self, messages: Sequence[Message]) -> None:
        """
        Store new messages; gives each its id.

        Raises:
            ConcurrentChange: one of them is known already, by id, by message
                key, or by its agent's idempotency key.
        """

    @abstractmethod
    async def save(self, messages: Sequence[Message]) -> None:
        """
        Write back messages whose customers are locked.

        Raises:
            ConcurrentChange: another message has taken one's WhatsApp id or key.
        """

    @abstractmethod
    async def remove(self, ids: Collection[MessageId]) -> None:
        """Delete messages that turned out to be echoes of others."""


class Deliveries(Protocol):
    """
    Replies on their way out: one row each, from queued until settled.

    Times are the database's own.
    """

    @abstractmethod
    async def queue(self, messages: Sequence[Message]) -> None:
        """Queue stored messages, to be sent in the order of their ids within a conversation."""

    @abstractmethod
    async def candidates(self, limit: int) -> list[Candidate]:
        """
        Return the first queued message of up to *limit* conversations, longest due first.

        A conversation is passed over while a message of it is claimed, or its
        first one is not due. Takes no lock.
        """

    @abstractmethod
    async def claim(self, ids: Collection[MessageId], *, lease: timedelta) -> list[Claim]:
        """
        Claim those of *ids*, which were candidates, that still are.

        No message is ever claimed by two.
        """

    @abstractmethod
    async def hold_off(self, pauses: Mapping[MessageId, timedelta]) -> None:
        """Let candidates wait: each is due again after its pause. Claimed ones stay as they are."""

    @abstractmethod
    async def held(self, claims: Collection[Claim]) -> list[Claim]:
        """Return, locked, those of *claims* that still hold: neither settled nor expired."""

    @abstractmethod
    async def put_back(self, claim: Claim, *, pause: timedelta) -> None:
        """Queue a claimed message again, due after *pause*."""

    @abstractmethod
    async def postpone(self, claims: Collection[Claim], *, pause: timedelta) -> None:
        """Queue claimed messages again, due after *pause*, as if they were queued only now."""

    @abstractmethod
    async def settle(self, message_ids: Collection[MessageId]) -> None:
        """Take these messages off the list: there is nothing more to do for them."""

    @abstractmethod
    async def expired(self, limit: int) -> list[Claim]:
        """Return claims whose lease ran out. Takes no lock."""

    @abstractmethod
    async def waiting_of(self, customers: Collection[CustomerId]) -> dict[CustomerId, int]:
        """Return how many replies to each of *customers* are queued and not claimed."""

    @abstractmethod
    async def due(self) -> bool:
        """Say whether anything could be claimed now."""


class UnmatchedStatuses(Protocol):
    """Statuses of ids not yet known; they wait until a reply is known by that id."""

    @abstractmethod
    async def keep(self, statuses: Sequence[StatusUpdate], *, at: datetime) -> None: ...

    @abstractmethod
    async def take(self, ids: Collection[tuple[ProviderName, str]]) -> list[StatusUpdate]:
        """Remove and return the statuses waiting for these ids."""

    @abstractmethod
    async def matchable(self, limit: int) -> list[tuple[ProviderName, str]]:
        """Return ids that statuses wait for and a message has by now. Takes no lock."""

    @abstractmethod
    async def gaps(self, *, before: datetime) -> dict[ProviderName, int]:
        """
        Count, by provider, the ids that statuses kept before *before* wait for.

        Each is of a message that was sent in our name and is not on file.
        """

    @abstractmethod
    async def forget(self, *, before: datetime) -> int:
        """Delete those kept before *before*; return how many."""


class Events(Protocol):
    """Events to the agents' screens: rows of the transaction that causes them."""

    @abstractmethod
    async def add(self, events: Sequence[Event]) -> None: ...

    @abstractmethod
    async def unpublished(
        self, *, before: datetime, after: datetime | None = None, limit: int
    ) -> list[Event]:
        """
        Return events made before *before* and not yet forgotten, oldest first.

        Those made after *after*, if given, are among them: by a process whose clock was wrong.
        """

    @abstractmethod
    async def forget(self, ids: Collection[str]) -> None:
        """Delete events that are published."""


class ProviderSwitches(Protocol):
    @abstractmethod
    async def newest(self) -> ProviderSwitch | None: ...

    @abstractmethod
    async def lock(self) -> list[ProviderSwitch]:
        """
        Return every switch, the newest first, and keep others from adding one until the end.

        Raises:
            ConcurrentChange: somebody has added one meanwhile.
        """

    @abstractmethod
    async def all(self) -> list[ProviderSwitch]:
        """Return every switch, the newest first. Takes no lock."""

    @abstractmethod
    async def add(self, switch: ProviderSwitch) -> None:
        """Store a switch; a provider that was retired and is switched to is not any more."""

    @abstractmethod
    async def retired(self) -> dict[ProviderName, datetime]:
        """Return which providers are retired, and since when."""

    @abstractmethod
    async def retire(self, provider: ProviderName, *, at: datetime, by: str | None) -> None:
        """Note that *provider* is retired; one that is stays so since it was."""

    @abstractmethod
    async def take_back(self, provider: ProviderName) -> bool:
        """Note that *provider* is not retired any more; say whether it was."""


class Recoveries(Protocol):
    """How far each provider's chats are on file."""

    @abstractmethod
    async def claim(
        self, provider: ProviderName, *, now: datetime, lease: timedelta
    ) -> Recovery | None:
        """
        Take the right to look through this provider's chats, for *lease* at most.

        None while another process has it. Of a provider never seen before
        everything up to *now* passes for covered: what was said before khalifa
        came is not its business.
        """

    @abstractmethod
    async def save(self, recovery: Recovery) -> None:
        """Store what became of a pass, and give the right back."""

    @abstractmethod
    async def all(self) -> list[Recovery]: ...


class Branches(Protocol):
    @abstractmethod
    async def all(self) -> list[Branch]:
        """Return every branch, by name."""

    @abstractmethod
    async def get(self, branch_id: BranchId) -> Branch:
        """Return the branch, or raise `NotFound`."""

    @abstractmethod
    async def add(self, branch: Branch) -> None:
        """
        Store a new branch; gives it its id.

        Raises:
            NameTaken: another branch is called so, letters' case aside.
        """

    @abstractmethod
    async def save(self, branch: Branch) -> None:
        """Write a branch back; raises as `add` does."""


class ReadyReplies(Protocol):
    @abstractmethod
    async def usable_by(self, agent_id: AgentId) -> list[ReadyReply]:
        """Return the shared ones and this agent's own, by shortcut."""

    @abstractmethod
    async def find(self, reply_id: ReadyReplyId) -> ReadyReply | None: ...

    @abstractmethod
    async def add(self, reply: ReadyReply) -> None:
        """
        Store a new one; gives it its id.

        Raises:
            ShortcutTaken: another of the same owner has this shortcut.
        """

    @abstractmethod
    async def save(self, reply: ReadyReply) -> None:
        """Write one back; raises as `add` does."""

    @abstractmethod
    async def remove(self, reply_id: ReadyReplyId) -> None: ...


class Audit(Protocol):
    """Every administrative act, a row of the transaction that does it. Nothing is removed."""

    @abstractmethod
    async def add(self, entry: AuditEntry) -> None: ...

    @abstractmethod
    async def page(self, *, before: AuditId | None, limit: int) -> list[AuditEntry]:
        """Return up to *limit* entries, the newest first; only those older than *before*."""


class AccessTokens(Protocol):
    """Sessions of signed-in people and tokens of programs: hashes only, never the token."""

    @abstractmethod
    async def add(self, session: Session) -> None: ...

    @abstractmethod
    async def of_agent(self, agent_id: AgentId, *, now: datetime) -> list[Session]:
        """Return an agent's live ones, the newest first."""

    @abstractmethod
    async def find_agent(self, token_hash: str, *, now: datetime) -> Agent | None:
        """Return whose live token this is; None when unknown, expired, or the agent disabled."""

    @abstractmethod
    async def remove(self, token_hash: str) -> None: ...

    @abstractmethod
    async def remove_of(self, agent_id: AgentId, *, but: str | None = None) -> None:
        """Revoke every token of an agent, except the one whose hash is *but*."""


class SignInAttempts(Protocol):
    """Passwords tried, by account and address."""

    @abstractmethod
    async def lock(self, account: str) -> list[Attempts]:
        """Return the account's, from every address, locked."""

    @abstractmethod
    async def save(self, attempts: Attempts) -> None:
        """
        Write one, also for the first time.

        Raises:
            ConcurrentChange: another process has written it for the first time meanwhile.
        """

    @abstractmethod
    async def forget(self, account: str, address: str) -> None: ...

    @abstractmethod
    async def forget_before(self, at: datetime) -> int:
        """Delete those last tried before *at*; return how many."""


class UnitOfWork(Protocol):
    """
    One transaction. Leaving its function without an error commits; an error rolls back.

    What gives nothing back may be written together with what comes next, so what such
    writes raise may be raised there, at the latest when the function is left.
    """

    customers: Customers
    merges: CustomerMerges
    lookups: IdentityLookups
    tickets: Tickets
    delays: Delays
    automatic: AutomaticMessages
    settings: SettingsRecord
    agents: Agents
    messages: Messages
    media: MediaFiles
    changes: MessageChanges
    channels: Channels
    deliveries: Deliveries
    statuses: UnmatchedStatuses
    ledger: IntakeLedger
    seals: Seals
    search: SearchTexts
    events: Events
    switches: ProviderSwitches
    recoveries: Recoveries
    branches: Branches
    ready_replies: ReadyReplies
    audit: Audit
    erasures: Erasures
    tokens: AccessTokens
    attempts: SignInAttempts

    @abstractmethod
    async def flush(self) -> None:
        """Write what waits to be written, and raise now what that raises."""


class Transact(Protocol):
    """
    Runs a function in one transaction, and repeats it whole when others were in its way.

    The function may run several times: it must change nothing but what it
    gets through its unit of work, and entities must not outlive it. Events
    added by it are published after the commit; failing to is harmless, they
    are swept.
    """

    @abstractmethod
    async def __call__(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """
        Run *work* and commit; return what it returned.

        Deadlocks, lost connections, busy locks and `ConcurrentChange` are
        repeated, with jitter, a bounded number of times.

        Raises:
            BadData: the database refuses the rows themselves.
            DatabaseUnavailable: it could not be done in time; nothing is stored.
        """

    @abstractmethod
    async def read(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """
        Run *work*, which only looks, and return what it returned; what it stores is not kept.

        It waits for nobody who writes, and nobody waits for it, also in a file that takes
        one writer at a time. What it saw may be over a moment later: what is to be done
        about it is done in a unit that looks again. Repeats and raises as the call.
        """


class DatabaseUnavailable(KhalifaError):
    """The database cannot be reached or keeps being busy. The same again may work later."""
