"""Workers at once: no ticket is given twice, no agent gets more than there is room for."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from dependency_injector import providers
from sqlalchemy import select

from khalifa.container import Container, build_container
from khalifa.domain.agents import Presence
from khalifa.domain.tickets import TicketEventKind
from khalifa.infrastructure.database import tables
from khalifa.infrastructure.memory.messaging import NAME, MemoryProvider
from khalifa.settings import Settings
from tests.builders import NOW, a_ticket, an_agent
from tests.contracts.databases import emptied, migrated_either
from tests.contracts.repositories.stored import stored_agent, stored_customer, stored_ticket

WORKERS = 4
WAITING = 12


@pytest.fixture(scope="module", params=["mariadb", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with migrated_either(request, tmp_path_factory.mktemp("races")) as address:
        yield address


def a_worker(url: str) -> Container:
    """Return the container of one worker, with connections of its own."""
    container = build_container(
        Settings(
            whatsapp_driver=NAME,
            database_url=url,
            redis_url="memory:",
            data_dir=Path("nowhere"),
            internal_url="http://127.0.0.1:1",
        )
    )
    provider = MemoryProvider()
    container.messaging.override(providers.Dict(memory=providers.Object(lambda: provider.port)))
    return container


@pytest.fixture
async def workers(url: str) -> AsyncIterator[list[Container]]:
    async with emptied(url):
        pass
    workers = [a_worker(url) for _ in range(WORKERS)]
    # Connected already, so that they begin at once.
    await asyncio.gather(*(worker.assign_waiting_tickets()() for worker in workers))
    yield workers
    for worker in workers:
        await worker.cleanup().aclose()


async def test_what_waits_is_given_once_and_to_nobody_who_is_full(
    workers: list[Container],
) -> None:
    transact = workers[0].quiet_transact()
    agents = [await stored_agent(transact, an_agent(capacity=3)) for _ in range(3)]
    waiting = [
        await stored_ticket(transact, a_ticket(await stored_customer(transact), waiting_since=NOW))
        for _ in range(WAITING)
    ]

    given = await asyncio.gather(*(worker.assign_waiting_tickets()() for worker in workers))

    found = await transact(lambda uow: uow.tickets.get_many([one.id for one in waiting]))
    assert sum(given) == 9
    # The oldest first: they wait since the same moment, and were opened one after another.
    assert [found[one.id].agent_id is None for one in waiting] == [False] * 9 + [True] * 3
    assert Counter(ticket.agent_id for ticket in found.values() if ticket.agent_id) == {
        agent.id: 3 for agent in agents
    }
    assert await _recorded(workers[0], TicketEventKind.ASSIGNED) == [one.id for one in waiting[:9]]


async def test_where_there_is_room_for_all_each_is_given_once(workers: list[Container]) -> None:
    transact = workers[0].quiet_transact()
    agents = [await stored_agent(transact, an_agent(capacity=WAITING)) for _ in range(3)]
    waiting = [
        await stored_ticket(transact, a_ticket(await stored_customer(transact), waiting_since=NOW))
        for _ in range(WAITING)
    ]

    given = await asyncio.gather(*(worker.assign_waiting_tickets()() for worker in workers))

    ids = [one.id for one in waiting]
    found = await transact(lambda uow: uow.tickets.get_many(ids))
    assert sum(given) == WAITING
    assert await _recorded(workers[0], TicketEventKind.ASSIGNED) == ids
    assert Counter(ticket.agent_id for ticket in found.values()) == {
        agent.id: 4 for agent in agents
    }


async def test_what_was_left_unanswered_goes_on_once_while_others_come_and_go(
    workers: list[Container],
) -> None:
    transact = workers[0].quiet_transact()
    gone = await stored_agent(
        transact, an_agent(presence=Presence.OFFLINE, last_seen_at=NOW, capacity=WAITING)
    )
    omar, mona = [await stored_agent(transact, an_agent(capacity=4)) for _ in range(2)]
    held = [
        await stored_ticket(
            transact,
            a_ticket(await stored_customer(transact), agent_id=gone.id, waiting_since=NOW),
        )
        for _ in range(WAITING)
    ]

    await asyncio.gather(
        *(worker.housekeeping().sweeps["abandoned"].run() for worker in workers),
        workers[1].set_presence()(mona, Presence.BREAK),
        workers[2].set_presence()(omar, Presence.ONLINE),
    )
    await workers[3].set_presence()(mona, Presence.ONLINE)

    found = await transact(lambda uow: uow.tickets.get_many([one.id for one in held]))
    loads = Counter(ticket.agent_id for ticket in found.values())
    assert loads == {omar.id: 4, mona.id: 4, None: 4}
    ids = [one.id for one in held]
    assert await _recorded(workers[0], TicketEventKind.UNASSIGNED) == ids
    assert len(await _recorded(workers[0], TicketEventKind.ASSIGNED)) == 8


async def test_a_delay_is_on_record_once(
    workers: list[Container],
) -> None:
    transact = workers[0].quiet_transact()
    late = [
        await stored_ticket(transact, a_ticket(await stored_customer(transact), waiting_since=NOW))
        for _ in range(WAITING)
    ]

    await asyncio.gather(*(worker.housekeeping().sweeps["delays"].run() for worker in workers))

    records = [
        await transact(lambda uow, ticket=ticket: uow.delays.of_ticket(ticket.id))  # type: ignore[misc]
        for ticket in late
    ]
    assert [len(record) for record in records] == [1] * WAITING
    assert await _recorded(workers[0], TicketEventKind.DELAYED) == [one.id for one in late]


async def _recorded(worker: Container, kind: TicketEventKind) -> list[int]:
    """Return the tickets that have a line of this kind, as often as they have one."""
    lines = tables.ticket_events.c
    query = select(lines.ticket_id).where(lines.kind == kind.value).order_by(lines.ticket_id)
    async with worker.engine().connect() as connection:
        return [row.ticket_id for row in await connection.execute(query)]
