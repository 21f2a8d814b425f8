"""The promises of the ledger, of events and of provider switches."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from khalifa.application.ports.journal import BodyKey
from khalifa.application.ports.ledger import LedgerItem, Outcome
from khalifa.application.ports.notifications import ADMINS, Event, EventKind
from khalifa.application.ports.unit_of_work import ConcurrentChange, Transact, UnitOfWork
from khalifa.domain.recovery import Recovery
from khalifa.domain.routing import ProviderSwitch
from tests.builders import NOW, OTHER_PROVIDER, PROVIDER, a_ledger_entry, an_event
from tests.contracts.repositories.stored import written

# Before and after any clock of a database under test.
LONG_AGO = NOW - timedelta(days=3650)
FAR_AHEAD = NOW + timedelta(days=36500)


class IntakeLedgerContract:
    async def test_a_body_with_its_entry_is_filed(self, transact: Transact) -> None:
        keys = [BodyKey("one", 1), BodyKey("one", 2), BodyKey("two", 1), BodyKey("ONE", 1)]
        entries = [a_ledger_entry(key) for key in keys[:2]]

        await transact(lambda uow: uow.ledger.add(entries))

        assert await transact(lambda uow: uow.ledger.filed(keys)) == set(keys[:2])
        assert await transact(lambda uow: uow.ledger.filed([])) == set()

    async def test_a_body_is_filed_once(self, transact: Transact) -> None:
        entry = a_ledger_entry()
        await transact(lambda uow: uow.ledger.add([entry]))

        async def work(uow: UnitOfWork) -> None:
            with pytest.raises(ConcurrentChange):
                await written(uow, uow.ledger.add([a_ledger_entry(), a_ledger_entry(entry.key)]))

        await transact(work)

    async def test_a_body_filed_at_the_same_time_by_many_is_filed_by_one(
        self, transact: Transact
    ) -> None:
        key = BodyKey("journal", 1)

        async def file(uow: UnitOfWork) -> bool:
            if await uow.ledger.filed([key]):
                return False
            await uow.ledger.add([a_ledger_entry(key)])
            return True

        filed = await asyncio.gather(*(transact(file) for _ in range(5)))

        assert sorted(filed) == [False, False, False, False, True]

    async def test_an_entry_takes_items_and_large_bodies(self, transact: Transact) -> None:
        items = tuple(
            LedgerItem(
                position=position,
                outcome=outcome,
                reason="حالة لا نعرفها 🤷",
                whatsapp_message_id="wamid.A" if position else None,
            )
            for position, outcome in enumerate(
                (Outcome.DUPLICATE, Outcome.IGNORED, Outcome.REJECTED)
            )
        )
        entry = a_ledger_entry(items=items, body=bytes(range(256)) * 12_000)

        await transact(lambda uow: uow.ledger.add([entry]))

        assert await transact(lambda uow: uow.ledger.filed([entry.key])) == {entry.key}


class EventsContract:
    async def _unpublished(self, transact: Transact, *, limit: int = 100) -> list[Event]:
        return await transact(lambda uow: uow.events.unpublished(before=FAR_AHEAD, limit=limit))

    async def _forget(self, ids: list[str], uow: UnitOfWork) -> None:
        await uow.events.forget(ids)

    async def test_events_wait_whole_and_in_order_until_they_are_forgotten(
        self, transact: Transact
    ) -> None:
        first = [
            an_event(kind=kind, recipients=(ADMINS, "7", "12"), entity='{"ا":"🤷"}'.encode())
            for kind in EventKind
        ]
        second = [an_event(version=2**31, recipients=()), an_event(entity=b"x" * 200_000)]
        await transact(lambda uow: uow.events.add(first))
        await transact(lambda uow: uow.events.add(second))

        assert await self._unpublished(transact) == [*first, *second]
        some = await self._unpublished(transact, limit=2)
        assert len(some) >= 2
        assert some == [*first, *second][: len(some)]

        await transact(lambda uow: uow.events.forget([event.id for event in first]))

        assert await self._unpublished(transact) == second

    async def test_as_many_as_a_filing_has_at_once_are_kept_and_forgotten(
        self, transact: Transact
    ) -> None:
        many = [an_event(version=n, entity=b"x" * 5000) for n in range(1, 1201)]
        await transact(lambda uow: uow.events.add(many))
        await transact(lambda uow: uow.events.add([an_event(entity=b"last")]))

        assert (await self._unpublished(transact, limit=1200))[:1200] == many

        await transact(lambda uow: uow.events.forget([event.id for event in many]))

        assert [event.entity for event in await self._unpublished(transact)] == [b"last"]

    async def test_events_younger_than_asked_for_are_left_to_their_announcer(
        self, transact: Transact
    ) -> None:
        await transact(lambda uow: uow.events.add([an_event()]))

        assert await transact(lambda uow: uow.events.unpublished(before=LONG_AGO, limit=9)) == []

    async def test_events_of_a_clock_that_was_ahead_need_not_wait_for_its_time(
        self, transact: Transact
    ) -> None:
        event = an_event()
        await transact(lambda uow: uow.events.add([event]))

        async def ahead_of(after: datetime) -> list[Event]:
            return await transact(
                lambda uow: uow.events.unpublished(before=LONG_AGO, after=after, limit=9)
            )

        assert await ahead_of(LONG_AGO) == [event]
        assert await ahead_of(FAR_AHEAD) == []

    async def test_forgetting_again_or_nothing_is_harmless(self, transact: Transact) -> None:
        event = an_event()
        await transact(lambda uow: uow.events.add([event]))

        for ids in ([event.id], [event.id], []):
            await transact(partial(self._forget, ids))
        await transact(lambda uow: uow.events.add([]))

        assert await self._unpublished(transact) == []


class ProviderSwitchesContract:
    async def test_before_any_switch_there_is_none(self, transact: Transact) -> None:
        assert await transact(lambda uow: uow.switches.newest()) is None

    async def test_the_newest_switch_is_the_one_added_last(self, transact: Transact) -> None:
        there = ProviderSwitch(
            provider=OTHER_PROVIDER, configured=PROVIDER, source="cli", at=NOW, by="منى"
        )
        back = ProviderSwitch(provider=PROVIDER, configured=PROVIDER, source="rollback", at=NOW)

        await transact(lambda uow: uow.switches.add(there))
        assert await transact(lambda uow: uow.switches.newest()) == there

        await transact(lambda uow: uow.switches.add(back))
        assert await transact(lambda uow: uow.switches.newest()) == back

    async def test_a_provider_is_retired_until_it_is_taken_back_or_switched_to(
        self, transact: Transact
    ) -> None:
        later = NOW + timedelta(hours=1)
        await transact(lambda uow: uow.switches.retire(PROVIDER, at=NOW, by="منى"))
        await transact(lambda uow: uow.switches.retire(PROVIDER, at=later, by=None))
        await transact(lambda uow: uow.switches.retire(OTHER_PROVIDER, at=later, by=None))
        both = await transact(lambda uow: uow.switches.retired())
        assert both == {PROVIDER: NOW, OTHER_PROVIDER: later}

        assert await transact(lambda uow: uow.switches.take_back(PROVIDER))
        assert not await transact(lambda uow: uow.switches.take_back(PROVIDER))
        there = ProviderSwitch(provider=OTHER_PROVIDER, configured=PROVIDER, source="cli", at=later)
        await transact(lambda uow: uow.switches.add(there))

        assert await transact(lambda uow: uow.switches.retired()) == {}
        assert await transact(lambda uow: uow.switches.all()) == [there]


class RecoveriesContract:
    async def _claim(
        self, transact: Transact, *, lease: timedelta = timedelta(minutes=1)
    ) -> Recovery | None:
        return await transact(lambda uow: uow.recoveries.claim(PROVIDER, now=NOW, lease=lease))

    async def test_a_provider_never_seen_before_is_covered_until_now(
        self, transact: Transact
    ) -> None:
        assert await transact(lambda uow: uow.recoveries.all()) == []

        recovery = await self._claim(transact)

        assert recovery
        assert (recovery.covered_until, recovery.complete, recovery.found) == (NOW, False, 0)

    async def test_one_of_many_has_the_claim_until_it_is_given_back(
        self, transact: Transact
    ) -> None:
        claims = await asyncio.gather(*(self._claim(transact) for _ in range(5)))
        (recovery,) = [claim for claim in claims if claim]
        recovery.passed(begun_at=NOW, ended_at=NOW, found=3, whole=True)

        await transact(lambda uow: uow.recoveries.save(recovery))

        (stored,) = await transact(lambda uow: uow.recoveries.all())
        again = await self._claim(transact)
        assert again
        for one in (stored, again):
            assert (one.provider, one.covered_until, one.checked_at) == (PROVIDER, NOW, NOW)
            assert (one.complete, one.found, one.found_at) == (False, 3, NOW)

    async def test_a_claim_that_ran_out_may_be_taken_over(self, transact: Transact) -> None:
        assert await self._claim(transact, lease=timedelta(seconds=-1))

        assert await self._claim(transact)
        assert await self._claim(transact) is None

    async def test_the_locked_record_has_every_switch_the_newest_first(
        self, transact: Transact
    ) -> None:
        switches = [
            ProviderSwitch(provider=name, configured=PROVIDER, source="cli", at=NOW)
            for name in (PROVIDER, OTHER_PROVIDER, PROVIDER)
        ]
        assert await transact(lambda uow: uow.switches.lock()) == []
        for switch in switches:
            await transact(partial(_add_switch, switch))

        assert await transact(lambda uow: uow.switches.lock()) == switches[::-1]

    async def test_of_switches_made_at_once_each_sees_the_ones_before(
        self, transact: Transact
    ) -> None:
        first = ProviderSwitch(provider=PROVIDER, configured=PROVIDER, source="0", at=NOW)
        await transact(partial(_add_switch, first))

        async def one_more(uow: UnitOfWork) -> int:
            made = await uow.switches.lock()
            await uow.switches.add(replace(first, source=str(len(made))))
            return len(made)

        seen = await asyncio.gather(*(transact(one_more) for _ in range(5)))

        assert sorted(seen) == [1, 2, 3, 4, 5]


async def _add_switch(switch: ProviderSwitch, uow: UnitOfWork) -> None:
    await uow.switches.add(switch)
