"""
Port: one transaction over the repositories, which speak in collections.

Lock order, everywhere: customers, tickets, agents, messages, media, ledger, events.
"""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from khalifa.application.ports.agents import AccessTokens, Agents, SignInAttempts
from khalifa.application.ports.business import AutomaticMessages, Delays, SettingsRecord
from khalifa.application.ports.channels import Channels
from khalifa.application.ports.deliveries import Deliveries
from khalifa.application.ports.erasures import Erasures
from khalifa.application.ports.identities import CustomerMerges, IdentityLookups
from khalifa.application.ports.ledger import IntakeLedger, Seals
from khalifa.application.ports.media import MediaFiles
from khalifa.application.ports.message_changes import MessageChanges
from khalifa.application.ports.messages import Messages, UnmatchedStatuses
from khalifa.application.ports.notifications import Event
from khalifa.application.ports.recoveries import Recoveries
from khalifa.application.ports.search import SearchTexts
from khalifa.application.ports.shop import Audit, Branches, ReadyReplies
from khalifa.application.ports.two_step import TwoSteps
from khalifa.domain.agents import AgentId, AgentName
from khalifa.domain.contacts import Identity, ProviderName
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.errors import KhalifaError
from khalifa.domain.messages import DeliveryStatus
from khalifa.domain.notes import TicketNote
from khalifa.domain.routing import ProviderSwitch
from khalifa.domain.tickets import Ticket, TicketEvent, TicketId

T = TypeVar("T")


class ConcurrentChange(KhalifaError):
    """Somebody else did it first; the unit of work is repeated and will see it."""


class BadData(KhalifaError):
    """The database will never take these rows, whatever is waited for. Holds none of them."""


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
    async def last_statuses(self, ids: Collection[TicketId]) -> dict[TicketId, DeliveryStatus]:
        """
        Return where the last message stands of each of the tickets where it is ours.

        The last one is the newest that somebody said (`Message.is_said`). Takes no lock.
        """

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
    async def to_be_rated(self, *, since: datetime, before: datetime, limit: int) -> list[TicketId]:
        """
        Return tickets closed at or after *since* and before *before* that nobody asked about.

        Only those on which a person answered, here or on the phone. Takes no lock.
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
    async def last_line(self, ticket_id: TicketId) -> TicketEvent | None:
        """Return what was recorded of a ticket last."""

    @abstractmethod
    async def add_note(self, note: TicketNote) -> None:
        """Store a new note; gives it its id."""


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

        *limit* or a few more: those that were added together come together. Those made
        after *after*, if given, are among them: by a process whose clock was wrong.
        """

    @abstractmethod
    async def forget(self, ids: Collection[str]) -> None:
        """Delete events that are published: of those that were added together, all or none."""


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
    two_step: TwoSteps

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
