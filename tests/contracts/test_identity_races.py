"""Many workers at once, messages that prove two customers one, and a person who parts them."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from dependency_injector import providers
from sqlalchemy import func, select

from khalifa.application.ports.journal import BodyKey, JournaledBody
from khalifa.application.ports.unit_of_work import UnitOfWork
from khalifa.container import Container, build_container
from khalifa.domain.contacts import Identity, IdentityKind
from khalifa.domain.errors import Conflict
from khalifa.domain.merges import MergeId
from khalifa.domain.messages import IdentityChange, Reading
from khalifa.infrastructure.database import tables
from khalifa.infrastructure.memory.messaging import NAME, MemoryProvider
from khalifa.settings import Settings
from tests.builders import NOW, a_phone, an_incoming_message
from tests.contracts.databases import emptied, migrated_either

WORKERS = 4
PEOPLE = 6
MESSAGES = 60


@pytest.fixture(scope="module", params=["mariadb", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with migrated_either(request, tmp_path_factory.mktemp("races")) as address:
        yield address


class Shop:
    """A container on a real database, and the bodies that come in."""

    def __init__(self, container: Container, provider: MemoryProvider) -> None:
        self.container = container
        self.provider = provider
        self._numbers = count(1)

    def body(self, *readings: Reading) -> JournaledBody:
        return JournaledBody(
            key=BodyKey("races", next(self._numbers)),
            provider=NAME,
            received_at=NOW,
            body=self.provider.webhook.body(*readings),
        )

    async def file(self, lists: list[list[JournaledBody]]) -> None:
        """File lists side by side, as workers do."""
        receive = self.container.receive_messages()
        queue = list(lists)

        async def work() -> None:
            while queue:
                await receive(queue.pop())

        await asyncio.gather(*(work() for _ in range(WORKERS)))


@pytest.fixture
async def shop(url: str) -> AsyncIterator[Shop]:
    async with emptied(url):
        pass
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
    async with container.cleanup():
        yield Shop(container, provider)


def a_persons_names(number: int) -> tuple[Identity, Identity, Identity]:
    return (
        Identity.of_phone(a_phone()),
        Identity(NAME, IdentityKind.LID, f"1444311111111{number}"),
        Identity(NAME, IdentityKind.BSUID, f"EG.{number}a"),
    )


def what_comes_in(shop: Shop, rng: random.Random) -> tuple[list[list[JournaledBody]], int]:
    """Return lists of bodies in which people go by one name or two; and how many messages."""
    people = [a_persons_names(number) for number in range(PEOPLE)]
    readings: list[Reading] = []
    for _ in range(MESSAGES):
        names = rng.choice(people)
        readings.append(
            an_incoming_message(
                provider=NAME, identities=tuple(rng.sample(names, rng.choice([1, 1, 2])))
            )
        )
    # Enough to prove who is who, whatever came before.
    for phone, lid, bsuid in people:
        readings.append(an_incoming_message(provider=NAME, identities=(phone, lid)))
        readings.append(IdentityChange(provider=NAME, previous=(), current=(lid, bsuid), at=NOW))
    rng.shuffle(readings)
    bodies = [shop.body(reading) for reading in readings]
    messages = sum(not isinstance(reading, IdentityChange) for reading in readings)
    return [bodies[at : at + 3] for at in range(0, len(bodies), 3)], messages


async def scalar(shop: Shop, statement: object) -> int:
    async with shop.container.engine().connect() as connection:
        found = (await connection.execute(statement)).scalar()  # type: ignore[call-overload]
        return int(found or 0)


async def check(shop: Shop, messages: int) -> None:
    """Check what must hold whatever came in whichever order."""
    merged = tables.customers.c.merged_into
    counted = func.count()
    assert await scalar(shop, select(counted).select_from(tables.messages)) == messages
    # Every message lies on a ticket of its own customer, and nobody absorbed has anything.
    on_anothers = select(counted).select_from(
        tables.messages.join(tables.tickets, tables.tickets.c.id == tables.messages.c.ticket_id)
    )
    assert (
        await scalar(
            shop, on_anothers.where(tables.tickets.c.customer_id != tables.messages.c.customer_id)
        )
        == 0
    )
    for table in (tables.tickets, tables.customer_identities):
        of_absorbed = table.join(tables.customers, tables.customers.c.id == table.c.customer_id)
        assert (
            await scalar(shop, select(counted).select_from(of_absorbed).where(merged.is_not(None)))
            == 0
        )
    ledger = tables.intake_ledger.c
    accounted = ledger.stored + ledger.duplicate + ledger.ignored + ledger.rejected
    unbalanced = select(counted).where(ledger.found != accounted)
    assert await scalar(shop, unbalanced) == 0
    assert await scalar(shop, select(func.sum(ledger.rejected))) == 0


@pytest.mark.parametrize("seed", [1, 2])
async def test_workers_that_prove_the_same_at_once_leave_one_customer_each(
    shop: Shop, seed: int
) -> None:
    rng = random.Random(seed)
    lists, messages = what_comes_in(shop, rng)

    await shop.file(lists)
    # A change of somebody who came only later was ignored; they are told again.
    await shop.file([[shop.body(*_told_again(lists, shop))]])

    await check(shop, messages)
    left = select(func.count()).where(tables.customers.c.merged_into.is_(None))
    open_ = select(func.count()).where(tables.tickets.c.status != "closed")
    assert await scalar(shop, left) == PEOPLE
    assert await scalar(shop, open_) == PEOPLE


def _told_again(lists: list[list[JournaledBody]], shop: Shop) -> list[Reading]:
    readings = [
        r for bodies in lists for body in bodies for r in shop.provider.webhook.parse(body.body)
    ]
    return [reading for reading in readings if isinstance(reading, IdentityChange)]


async def test_what_a_person_parts_meanwhile_is_whole(shop: Shop) -> None:
    rng = random.Random(3)
    lists, messages = what_comes_in(shop, rng)
    filing = asyncio.create_task(shop.file(lists))

    async def newest(uow: UnitOfWork) -> list[MergeId]:
        return [merge.id for merge in await uow.merges.newest(2) if not merge.is_undone]

    while not filing.done():
        for merge_id in await shop.container.transact()(newest):
            with suppress(Conflict):
                await shop.container.unmerge_customers()(None, merge_id)
        await asyncio.sleep(0)
    await filing

    await check(shop, messages)
