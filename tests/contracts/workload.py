"""What the count of work promises, whatever it is counted in."""

from datetime import timedelta

from khalifa.application.ports.unit_of_work import Transact
from khalifa.application.ports.workload import WorkloadReader
from khalifa.domain.agents import Presence
from tests.builders import NOW, a_ticket, an_agent
from tests.contracts.repositories.media import LEASE, a_file
from tests.contracts.repositories.stored import (
    claimed,
    queued_reply,
    stored_agent,
    stored_customer,
    stored_ticket,
)


class WorkloadContract:
    """Wants the fixtures ``transact`` and ``workload`` over the same empty store."""

    async def test_where_there_is_nothing_nothing_is_counted(
        self, transact: Transact, workload: WorkloadReader
    ) -> None:
        found = await workload.read()

        assert (found.open, found.unassigned, found.waiting, found.delayed) == (0, 0, 0, 0)
        assert (found.queued, found.sending, found.files_waiting) == (0, 0, 0)
        assert (found.waiting_since, found.queued_since) == (None, None)
        assert found.agents == dict.fromkeys(Presence, 0)

    async def test_open_tickets_are_counted_by_what_they_need(
        self, transact: Transact, workload: WorkloadReader
    ) -> None:
        sara = await stored_agent(transact, an_agent(presence=Presence.ONLINE))
        await stored_agent(transact, an_agent(presence=Presence.ONLINE, disabled=True))
        customers = [await stored_customer(transact) for _ in range(4)]
        long_ago = NOW - timedelta(minutes=5)
        await stored_ticket(transact, a_ticket(customers[0], agent_id=sara.id))
        await stored_ticket(transact, a_ticket(customers[1], waiting_since=NOW))
        late = a_ticket(customers[2], agent_id=sara.id, waiting_since=long_ago, delayed_at=NOW)
        await stored_ticket(transact, late)
        over = a_ticket(customers[3], waiting_since=NOW - timedelta(days=1), closed_at=NOW)
        await stored_ticket(transact, over)

        found = await workload.read()

        assert (found.open, found.unassigned, found.waiting, found.delayed) == (3, 1, 2, 1)
        assert found.waiting_since == long_ago
        assert found.agents[Presence.ONLINE] == 1

    async def test_replies_on_their_way_and_files_to_come_are_counted(
        self, transact: Transact, workload: WorkloadReader
    ) -> None:
        tickets = [await stored_ticket(transact) for _ in range(3)]
        for ticket in tickets:
            await queued_reply(transact, ticket)
        await claimed(transact, limit=1)
        await transact(lambda uow: uow.media.add([a_file()], lease=LEASE))

        found = await workload.read()

        assert (found.queued, found.sending, found.files_waiting) == (2, 1, 1)
        assert found.queued_since is not None
