"""How the provider is: told to screens and the log when it changes, and only then."""

from dataclasses import replace
from datetime import timedelta

from dependency_injector import providers

from khalifa.application.ports.messaging import ConnectionStatus
from khalifa.application.ports.notifications import ADMINS, EVERYONE, EventKind
from khalifa.domain.contacts import ProviderName
from khalifa.domain.messages import DeliveryStatus
from tests.unit.application.world import NOW, PIGEON, WIRE, World, reported

UNLINKED = ConnectionStatus(
    connected=False,
    state="unlinked",
    detail="Scan the code again.",
    detail_ar="امسح الرمز مرة أخرى.",
    needs_person=True,
)


def listen(world: World) -> list[tuple[ProviderName, ConnectionStatus]]:
    """Have what the log is told noted."""
    told: list[tuple[ProviderName, ConnectionStatus]] = []
    world.container.refresh_provider_status.add_kwargs(
        report=providers.Object(lambda name, status: told.append((name, status)))
    )
    return told


async def test_a_change_is_told_once_to_the_log_and_to_every_screen(world: World) -> None:
    told = listen(world)
    refresh = world.container.refresh_provider_status()
    await refresh()
    told.clear()
    world.told.clear()
    world.wire.connection.current = UNLINKED

    for _ in range(3):
        await refresh()

    assert told == [(WIRE, UNLINKED)]
    (event,) = [e for e in world.told if e.kind is EventKind.PROVIDER_CHANGED]
    assert EVERYONE in event.recipients or ADMINS in event.recipients
    assert b'"needs_person":true' in event.entity


async def test_another_proof_of_the_same_is_no_news_but_is_kept(world: World) -> None:
    told = listen(world)
    refresh = world.container.refresh_provider_status()
    up = ConnectionStatus(connected=True, state="connected", last_proven_at=NOW)
    world.wire.connection.current = up
    await refresh()
    told.clear()
    later = NOW + timedelta(minutes=1)
    world.wire.connection.current = replace(up, last_proven_at=later)

    await refresh()

    assert told == []
    details = await world.container.read_provider_status().details()
    assert [d.last_proven_at for d in details if d.provider == WIRE] == [later]


async def test_an_administrator_reads_what_was_recovered_and_what_has_gaps(world: World) -> None:
    recovery = await world.transact(
        lambda uow: uow.recoveries.claim(WIRE, now=NOW, lease=timedelta(seconds=1))
    )
    assert recovery
    recovery.passed(begun_at=NOW, ended_at=NOW, found=3, whole=True)
    recovery.passed(begun_at=NOW, ended_at=NOW, found=2, whole=True)
    recovery.passed(begun_at=NOW, ended_at=NOW, found=0, whole=True)
    await world.transact(lambda uow: uow.recoveries.save(recovery))
    await world.receive(reported(DeliveryStatus.READ, "nobody's"))
    world.clock.advance(timedelta(minutes=2))

    details = {d.provider: d for d in await world.container.read_provider_status().details()}

    told = details[WIRE].recovery
    assert told
    assert (told.messages, told.last_at, told.complete) == (5, NOW, True)
    assert (details[WIRE].unmatched_statuses, details[PIGEON].unmatched_statuses) == (1, 0)
    assert details[PIGEON].recovery is None
