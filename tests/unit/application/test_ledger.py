"""The audit finds what is wrong; a seal keeps what was right; a replay makes nothing worse."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from khalifa.application.audit_ledger import AuditLedger
from khalifa.application.housekeeping import SweepBodies
from khalifa.application.ports.journal import BodyKey, JournalCount, JournalCounts
from khalifa.application.ports.ledger import LedgerItem, Outcome, Seal
from khalifa.application.replay_bodies import ReadAccount, ReplayBodies
from khalifa.application.seal_ledger import SealLedger
from khalifa.domain.errors import NotFound
from khalifa.infrastructure.memory.ledger_reader import MemoryLedgerReader
from tests.builders import a_ledger_entry
from tests.unit.application.world import NOW, World, wrote

DAY = timedelta(days=1)


class Journals(JournalCounts):
    """What the journals say of themselves."""

    def __init__(self, *counts: JournalCount) -> None:
        self.counts = list(counts)

    async def read(self) -> list[JournalCount]:
        return self.counts


def count(journal: str, last: int, waiting: Sequence[int] = ()) -> JournalCount:
    return JournalCount(journal=journal, last=last, waiting=frozenset(waiting))


def reader(world: World) -> MemoryLedgerReader:
    return MemoryLedgerReader(world.store, world.clock)


async def audited(world: World, *counts: JournalCount) -> list[str]:
    audit = AuditLedger(journals=Journals(*counts), reader=reader(world))
    return (await audit()).differences


async def file(world: World, journal: str, *numbers: int) -> None:
    entries = [a_ledger_entry(BodyKey(journal, n), received_at=world.clock.now()) for n in numbers]
    await world.transact(lambda uow: uow.ledger.add(entries))


class TestAudit:
    async def test_filed_or_waiting_is_accounted_for(self, world: World) -> None:
        await file(world, "a", 1, 2, 4)

        assert await audited(world, count("a", 5, [3, 4, 5]), count("new", 0)) == []

    async def test_a_body_that_is_nowhere_is_found(self, world: World) -> None:
        await file(world, "a", 1, 2, 4)

        [difference] = await audited(world, count("a", 6, [5]))

        assert "2 bodies" in difference
        assert "3, 5 to 6" in difference

    async def test_a_journal_of_which_nothing_was_filed_is_found(self, world: World) -> None:
        [difference] = await audited(world, count("a", 2))

        assert "2 bodies" in difference

    async def test_a_gap_in_a_journal_of_another_machine_is_found(self, world: World) -> None:
        await file(world, "elsewhere", 1, 2, 5)

        [difference] = await audited(world)

        assert "3 to 4" in difference

    async def test_a_journal_that_was_put_back_is_found(self, world: World) -> None:
        await file(world, "a", 1, 2, 3)

        [difference] = await audited(world, count("a", 2))

        assert "backup" in difference

    async def test_a_body_that_does_not_add_up_is_found(self, world: World) -> None:
        entry = replace(a_ledger_entry(BodyKey("a", 1)), found=3)
        await world.transact(lambda uow: uow.ledger.add([entry]))

        [difference] = await audited(world, count("a", 1))

        assert "a:1" in difference

    async def test_since_then_only_what_came_then_is_looked_at(self, world: World) -> None:
        await file(world, "a", 2)
        world.clock.advance(DAY)
        await file(world, "a", 4, 5)

        audit = AuditLedger(journals=Journals(count("a", 6, [6])), reader=reader(world))

        assert (await audit(since=NOW + DAY / 2)).differences == []
        assert len((await audit()).differences) == 1


class TestSeals:
    @pytest.fixture
    def sealed(self) -> list[Seal]:
        return []

    @pytest.fixture
    def seal(self, world: World, sealed: list[Seal]) -> SealLedger:
        return SealLedger(transact=world.transact, reader=reader(world), report=sealed.append)

    async def test_a_seal_is_set_once_a_day_over_what_is_an_hour_old(
        self, world: World, seal: SealLedger, sealed: list[Seal]
    ) -> None:
        assert await seal() is None
        await file(world, "a", 1, 2)
        assert await seal() is None
        world.clock.advance(timedelta(hours=2))
        await file(world, "a", 3)

        first = await seal()
        assert await seal() is None
        world.clock.advance(DAY)
        second = await seal()

        assert first is not None
        assert second is not None
        assert [(s.number, s.bodies) for s in sealed] == [(1, 2), (2, 1)]
        assert await audited(world, count("a", 3)) == []

    async def test_an_entry_that_is_gone_or_came_later_breaks_the_seal(
        self, world: World, seal: SealLedger
    ) -> None:
        await file(world, "a", 1, 2)
        world.clock.advance(timedelta(hours=2))
        assert await seal()

        gone = world.store.tables.filed_at.pop(BodyKey("a", 2))
        [broken] = await audited(world, count("a", 2))
        assert "Seal 1" in broken
        world.store.tables.filed_at[BodyKey("a", 2)] = gone + timedelta(seconds=1)

        [broken] = await audited(world, count("a", 2))
        assert "Seal 1" in broken

    async def test_a_seal_that_is_gone_is_missed(self, world: World, seal: SealLedger) -> None:
        for _ in range(3):
            await file(world, "a", len(world.store.tables.ledger) + 1)
            world.clock.advance(DAY)
            assert await seal()

        del world.store.tables.seals[1]

        assert "Seal 2 is gone." in await audited(world, count("a", 3))


class TestReplay:
    @pytest.fixture
    def replay(self, world: World) -> ReplayBodies:
        return ReplayBodies(
            reader=reader(world),
            receive_messages=world.receive_messages,
            transact=world.transact,
            clock=world.clock,
        )

    async def test_a_replay_of_everything_changes_nothing(
        self, world: World, replay: ReplayBodies
    ) -> None:
        await world.agent("Sara")
        twice = wrote("hello", id_ext="in-1")
        await world.receive(twice, twice, wrote("again"))
        before = world.store.tables.copy()
        told = len(world.told)

        keys = [key async for page in replay.pages(rejected_only=False) for key in page]
        done = await replay(keys)

        assert (done.bodies, done.stored) == (3, 0)
        assert world.store.tables.ledger == before.ledger
        assert world.store.tables.messages.keys() == before.messages.keys()
        assert world.store.tables.tickets == before.tickets
        assert len(world.told) == told

    async def test_what_was_rejected_is_taken_once_it_can_be(
        self, world: World, replay: ReplayBodies
    ) -> None:
        # A body of which this version of the parser makes no sense, and the next one does.
        body = replace(world.body(), body=b'{"readings": [0]}')
        await world.receive_messages([body])
        [entry] = world.store.tables.ledger.values()
        assert entry.count(Outcome.REJECTED) == 1
        world.wire.webhook.body(wrote("hello"))

        pages = [page async for page in replay.pages(rejected_only=True)]
        done = await replay(pages[0])

        assert (done.bodies, done.stored) == (1, 1)
        [entry] = world.store.tables.ledger.values()
        assert (entry.found, entry.stored, entry.items) == (1, 1, ())
        assert len(world.messages()) == 1

    async def test_a_body_not_kept_any_more_is_said_to_be(
        self, world: World, replay: ReplayBodies
    ) -> None:
        await world.receive(wrote("hello"))
        [key] = world.store.tables.ledger
        sweep = SweepBodies(transact=world.transact, clock=world.clock, keep=DAY)
        await sweep()
        assert world.store.tables.ledger[key].body
        world.clock.advance(DAY * 2)
        await sweep()

        with pytest.raises(NotFound):
            await replay([key])
        account = await ReadAccount(reader=reader(world))(key)
        assert (account.entry.body, account.messages) == (b"", [world.messages()[0].id])

    def test_an_account_never_gets_worse(self) -> None:
        def item(position: int, outcome: Outcome) -> LedgerItem:
            return LedgerItem(position=position, outcome=outcome, reason="why")

        earlier = a_ledger_entry(
            BodyKey("a", 1),
            stored=1,
            items=(item(1, Outcome.IGNORED), item(2, Outcome.REJECTED), item(3, Outcome.REJECTED)),
        )
        again = replace(
            earlier,
            stored=1,
            items=(
                item(0, Outcome.DUPLICATE),
                item(1, Outcome.DUPLICATE),
                item(3, Outcome.REJECTED),
            ),
        )
        unreadable = replace(earlier, found=1, stored=0, items=(item(0, Outcome.REJECTED),))

        # The third is stored now, the first was, the second stays ignored.
        better = earlier.filed_again(again)
        assert (better.found, better.stored) == (4, 2)
        assert better.items == (item(1, Outcome.IGNORED), item(3, Outcome.REJECTED))
        assert earlier.filed_again(unreadable) == earlier
        assert unreadable.filed_again(again) == again
