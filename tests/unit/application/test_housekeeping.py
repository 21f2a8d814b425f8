"""The sweeps: what a job, an event or a dead process lost is found, in its time and once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count

import pytest

from khalifa.application import housekeeping
from khalifa.application.housekeeping import Housekeeping, Sweep
from khalifa.application.ports.journal import JournaledBody
from khalifa.domain.messages import DeliveryStatus
from tests.builders import an_event
from tests.unit.application.world import NOW, WIRE, World, reported, wrote

SECOND = timedelta(seconds=1)


async def taken_in(world: World, text: str) -> JournaledBody:
    """Return a body that is durable, and whose job is lost."""
    return await world.container.journal().append(
        WIRE, world.wire.webhook.body(wrote(text)), received_at=world.clock.now()
    )


async def sweep_journal(world: World) -> None:
    await world.container.sweep_journal()()


# The journal


async def test_what_is_not_filed_after_fifteen_seconds_is_asked_for_again(world: World) -> None:
    body = await taken_in(world, "lost")

    world.clock.advance(14 * SECOND)
    await sweep_journal(world)
    early = world.jobs.take_bodies()
    world.clock.advance(SECOND)
    await sweep_journal(world)

    assert early == []
    assert world.jobs.take_bodies() == [body]


async def test_what_was_asked_for_again_has_its_fifteen_seconds_once_more(world: World) -> None:
    body = await taken_in(world, "lost twice")
    world.clock.advance(15 * SECOND)
    await sweep_journal(world)
    world.jobs.take_bodies()

    world.clock.advance(14 * SECOND)
    await sweep_journal(world)
    early = world.jobs.take_bodies()
    world.clock.advance(SECOND)
    await sweep_journal(world)

    assert early == []
    assert world.jobs.take_bodies() == [body]


async def test_a_body_leaves_the_journal_only_when_it_is_filed(world: World) -> None:
    filed, lost = await taken_in(world, "filed"), await taken_in(world, "lost")
    await world.receive_messages([filed])

    world.clock.advance(5 * SECOND)
    await sweep_journal(world)

    journal = world.container.journal()
    assert await journal.read([filed.key, lost.key]) == [lost]
    assert (await journal.depth()).bodies == 1


async def test_a_clock_that_was_ahead_makes_nobody_wait_for_its_time(world: World) -> None:
    journal = world.container.journal()
    body = await journal.append(
        WIRE, world.wire.webhook.body(wrote("later")), received_at=NOW + timedelta(minutes=1)
    )

    await sweep_journal(world)

    assert world.jobs.take_bodies() == [body]


async def test_after_an_outage_bodies_are_asked_for_as_they_are_filed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "ASKED_AT_ONCE", 2)
    first, second, third = [await taken_in(world, text) for text in ("one", "two", "three")]
    world.clock.advance(15 * SECOND)
    await sweep_journal(world)
    at_first = world.jobs.take_bodies()

    world.clock.advance(SECOND)
    await sweep_journal(world)
    while_nothing_is_filed = world.jobs.take_bodies()
    await world.receive_messages([first])
    await sweep_journal(world)
    after_one = world.jobs.take_bodies()

    assert at_first == [first, second]
    assert while_nothing_is_filed == []
    assert after_one == [third]


async def test_what_fails_again_and_again_does_not_keep_others_from_being_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "ASKED_AT_ONCE", 2)
    for text in ("one", "two"):
        await taken_in(world, text)
    third = await taken_in(world, "three")
    world.clock.advance(15 * SECOND)
    await sweep_journal(world)
    world.jobs.take_bodies()

    world.clock.advance(15 * SECOND)
    await sweep_journal(world)

    assert third in world.jobs.take_bodies()


# Replies and events


async def test_a_reply_whose_nudge_was_lost_is_asked_for_again(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    world.jobs.away = True
    await world.reply_to_ticket(sara, ticket.id, "hello")
    world.jobs.away = False

    await world.sweep("deliveries")
    asked = world.jobs.take_deliver()
    await world.deliver_messages()
    await world.sweep("deliveries")

    assert asked
    assert not world.jobs.take_deliver()


async def test_events_a_dead_process_left_are_told_after_two_seconds(world: World) -> None:
    events = [an_event(), an_event()]
    # Written by a process that ended before it told anybody.
    await world.container.quiet_transact()(lambda uow: uow.events.add(events))

    world.clock.advance(1.9 * SECOND)
    await world.sweep("events")
    early = list(world.told)
    world.clock.advance(0.2 * SECOND)
    await world.sweep("events")
    told = list(world.told)
    await world.sweep("events")

    assert early == []
    assert {event.id for event in told} == {event.id for event in events}
    assert world.told == told


# Statuses


async def test_a_status_waits_seven_days_for_the_message_it_is_of(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.receive(reported(DeliveryStatus.READ, "wire-1"))

    world.clock.advance(timedelta(days=6, hours=23))
    await world.sweep("statuses")
    await world.reply_to_ticket(sara, ticket.id, "late to learn its id")
    await world.deliver_messages()

    assert world.message("late to learn its id").status is DeliveryStatus.READ


async def test_a_status_that_nobody_asked_for_in_seven_days_is_forgotten(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.receive(reported(DeliveryStatus.READ, "wire-1"))

    world.clock.advance(timedelta(days=7, seconds=1))
    await world.sweep("statuses")
    await world.reply_to_ticket(sara, ticket.id, "another matter")
    await world.deliver_messages()

    assert world.message("another matter").status is DeliveryStatus.SENT


# The housekeeper


async def test_a_sweep_that_fails_or_hangs_neither_ends_nor_delays_another() -> None:
    ran, reports = Counter[str](), list[tuple[str, str]]()
    enough = asyncio.Event()

    async def fails() -> None:
        ran["fails"] += 1
        raise RuntimeError("on purpose")

    async def hangs() -> None:
        ran["hangs"] += 1
        await asyncio.sleep(60)

    async def works() -> None:
        ran["works"] += 1
        if ran["works"] == 5:
            enough.set()

    async with keeping(reports, fails=fails, hangs=hangs, works=works), asyncio.timeout(5):
        await enough.wait()

    assert ran["hangs"] == 1
    assert ran["fails"] >= 4
    assert set(reports) == {("fails", "RuntimeError")}


async def test_a_sweep_that_hangs_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "SWEEP_TIMEOUT", 0.01)
    reports = list[tuple[str, str]]()
    again, begun = asyncio.Event(), count(1)

    async def hangs() -> None:
        if next(begun) == 2:
            again.set()
        await asyncio.sleep(60)

    async with keeping(reports, hangs=hangs), asyncio.timeout(5):
        await again.wait()

    assert reports[0] == ("hangs", "TimeoutError")


@asynccontextmanager
async def keeping(
    reports: list[tuple[str, str]], **sweeps: Callable[[], Awaitable[None]]
) -> AsyncIterator[None]:
    """Run *sweeps*, each as often as it can, while inside."""
    housekeeper = Housekeeping(
        sweeps={name: Sweep(run=run, every=timedelta()) for name, run in sweeps.items()},
        report=lambda name, error: reports.append((name, type(error).__name__)),
    )
    task = asyncio.create_task(housekeeper.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
