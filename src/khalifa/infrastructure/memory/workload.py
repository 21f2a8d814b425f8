"""The workload, counted in the store's committed rows."""

from collections import Counter

from khalifa.application.ports.unit_of_work import DatabaseUnavailable
from khalifa.application.ports.workload import Workload, WorkloadReader
from khalifa.domain.agents import Presence
from khalifa.domain.media import MediaStatus
from khalifa.infrastructure.memory.store import MemoryStore


class MemoryWorkload(WorkloadReader):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def read(self) -> Workload:
        if self._store.away:
            reason = "the store is away"
            raise DatabaseUnavailable(reason)
        tables = self._store.tables
        tickets = [ticket for ticket in tables.tickets.values() if ticket.is_open]
        waiting = [one.waiting_since for one in tickets if one.waiting_since is not None]
        agents = Counter(agent.presence for agent in tables.agents.values() if not agent.disabled)
        replies = tables.deliveries.values()
        files = [row.file for row in tables.media.values()]
        return Workload(
            open=len(tickets),
            unassigned=sum(ticket.agent_id is None for ticket in tickets),
            waiting=len(waiting),
            delayed=sum(ticket.delayed_at is not None for ticket in tickets),
            waiting_since=min(waiting, default=None),
            agents={presence: agents[presence] for presence in Presence},
            queued=sum(reply.token is None for reply in replies),
            sending=sum(reply.token is not None for reply in replies),
            queued_since=min((reply.queued_at for reply in replies), default=None),
            files_waiting=sum(file.status is MediaStatus.WAITING for file in files),
        )
