"""Agents: who answers, and who takes the next ticket."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NewType

from khalifa.domain.branches import BranchId
from khalifa.domain.errors import InvalidAgent, NotAllowed
from khalifa.domain.words import Words

AgentId = NewType("AgentId", int)

UNSAVED = AgentId(0)
DEFAULT_CAPACITY = 15
MAX_CAPACITY = 1000
MAX_NAME = 100
MIN_PASSWORD = 8
MAX_PASSWORD = 200
_NAME = Words(
    f"A name has 1 to {MAX_NAME} characters, none of them a space at either end.",
    f"الاسم من حرف واحد إلى {MAX_NAME} حرف، بلا مسافات في أوله أو آخره.",
)
_CAPACITY = Words(
    f"A capacity is a number from 1 to {MAX_CAPACITY}.",
    f"السعة رقم من 1 إلى {MAX_CAPACITY}.",
)
_PASSWORD = Words(
    f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters.",
    f"كلمة المرور من {MIN_PASSWORD} إلى {MAX_PASSWORD} حرف.",
)
_ADMIN_ONLY = Words("Only an administrator may do this.", "هذا للمشرفين فقط.")
_NEVER = datetime.min.replace(tzinfo=UTC)


class Role(StrEnum):
    """What an agent may see: own conversations, or everything."""

    AGENT = "agent"
    ADMIN = "admin"


class Presence(StrEnum):
    """Whether new tickets may come. On a break an agent keeps the old ones."""

    ONLINE = "online"
    BREAK = "break"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class AgentName:
    """Who an agent is to others: as much of one as a ticket shows of its holder."""

    id: AgentId
    name: str


@dataclass(kw_only=True, eq=False, slots=True)
class Agent:
    """
    Someone who signs in and answers customers.

    ``sees_all`` is not on file: it is the business's word, known of whoever is signed in.
    """

    id: AgentId = UNSAVED
    name: str
    role: Role = Role.AGENT
    capacity: int = DEFAULT_CAPACITY
    branch_id: BranchId | None = None
    presence: Presence = Presence.OFFLINE
    disabled: bool = False
    last_seen_at: datetime | None = None
    last_assigned_at: datetime | None = None
    created_at: datetime
    version: int = 1
    sees_all: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.name.strip()) <= MAX_NAME or self.name != self.name.strip():
            raise InvalidAgent(_NAME)
        if not 1 <= self.capacity <= MAX_CAPACITY:
            raise InvalidAgent(_CAPACITY)

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN

    @property
    def sees_everything(self) -> bool:
        """Say whether all conversations are this agent's to see, and not only own ones."""
        return self.is_admin or self.sees_all

    def may_see(self, agent_id: AgentId | None) -> bool:
        """Say whether a ticket held by *agent_id* is this agent's to see."""
        return self.sees_everything or agent_id == self.id

    def is_gone(self, before: datetime) -> bool:
        """Say whether this agent is offline since before *before*, or for good."""
        is_offline = self.presence is Presence.OFFLINE
        long_ago = self.last_seen_at is None or self.last_seen_at < before
        return self.disabled or (is_offline and long_ago)

    def require_admin(self) -> None:
        if not self.is_admin:
            raise NotAllowed(_ADMIN_ONLY)

    @property
    def leads(self) -> bool:
        """Say whether this is an administrator who can sign in."""
        return self.is_admin and not self.disabled

    def enable(self, *, enabled: bool) -> None:
        """Let in, or keep out: who is kept out is not here, either."""
        self.disabled = not enabled
        if self.disabled:
            self.presence = Presence.OFFLINE

    def be(self, presence: Presence, *, now: datetime) -> bool:
        """Change presence; say whether anything changed. Being seen is always noted."""
        self.last_seen_at = now
        if self.presence is presence:
            return False
        self.presence = presence
        self.version += 1
        return True


def require_password(password: str) -> None:
    """Raise `InvalidAgent` unless *password* may be used."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise InvalidAgent(_PASSWORD)


class Rota:
    """
    Who takes the next ticket: the least loaded of those available.

    Made from the online agents and how many active tickets each holds; it
    counts what it hands out, so one rota serves a whole list of tickets.
    """

    def __init__(self, agents: Iterable[Agent], loads: Mapping[AgentId, int]) -> None:
        self._agents = {
            agent.id: agent
            for agent in agents
            if agent.presence is Presence.ONLINE and not agent.disabled
        }
        self._loads = {agent_id: loads.get(agent_id, 0) for agent_id in self._agents}

    def _has_room(self, agent_id: AgentId) -> bool:
        return self._loads[agent_id] < self._agents[agent_id].capacity

    def take(self, *, now: datetime, preferred: AgentId | None = None) -> AgentId | None:
        """
        Return who gets the next ticket, None when nobody has room.

        *preferred* (who had the ticket before) gets it while available.
        Otherwise fewest active tickets first; ties go to whoever has waited
        longest for a new one.
        """
        if preferred is not None and preferred in self._agents and self._has_room(preferred):
            chosen = preferred
        else:
            with_room = [agent_id for agent_id in self._agents if self._has_room(agent_id)]
            if not with_room:
                return None
            chosen = min(
                with_room,
                key=lambda agent_id: (
                    self._loads[agent_id],
                    self._agents[agent_id].last_assigned_at or _NEVER,
                    agent_id,
                ),
            )
        self._loads[chosen] += 1
        self._agents[chosen].last_assigned_at = now
        return chosen

    def touched(self, agent_ids: Iterable[AgentId]) -> list[Agent]:
        """Return the agents of *agent_ids* that this rota knows."""
        return [self._agents[agent_id] for agent_id in agent_ids if agent_id in self._agents]
