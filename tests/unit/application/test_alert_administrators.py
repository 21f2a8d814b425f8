"""Administrators are told once when something begins to be wrong, and once when it is over."""

from datetime import timedelta

import pytest

from khalifa.application.alert_administrators import (
    LITTLE_ROOM,
    OLDEST_BODY,
    PATIENCE,
    AlertAdministrators,
)
from khalifa.application.ports.alerts import Alert, AlertChannel, AlertKind, AlertNotTold, Disk
from khalifa.application.ports.journal import BodyKey
from khalifa.application.ports.messaging import ConnectionStatus
from tests.builders import a_ledger_entry
from tests.unit.application.world import WIRE, World

HOST = "this-machine"


class Mailbox(AlertChannel):
    def __init__(self) -> None:
        self.told: list[tuple[AlertKind, bool]] = []
        self.words: list[str] = []
        self.away = False

    async def tell(self, alert: Alert) -> None:
        if self.away:
            raise AlertNotTold("away")
        self.told.append((alert.kind, alert.over))
        self.words.append(alert.words.english)


class Room(Disk):
    def __init__(self) -> None:
        self.left = 2 * LITTLE_ROOM

    def free(self) -> int:
        return self.left


class Watch:
    """Whoever watches a khalifa in which all is well."""

    def __init__(self, world: World) -> None:
        self.world, self.mailbox, self.disk = world, Mailbox(), Room()
        container = world.container
        self.look = AlertAdministrators(
            channels=[self.mailbox],
            active_provider=container.active_provider(),
            status_cache=container.status_cache(),
            journal=container.journal(),
            audit_ledger=container.audit_ledger(),
            disk=self.disk,
            host=HOST,
            clock=world.clock,
        )

    async def provider_is(self, *, connected: bool) -> None:
        status = ConnectionStatus(connected=connected, state="connected" if connected else "closed")
        await self.world.container.status_cache().put(WIRE, status, at=self.world.clock.now())

    @property
    def told(self) -> list[tuple[AlertKind, bool]]:
        return self.mailbox.told


@pytest.fixture
async def watch(world: World) -> Watch:
    watch = Watch(world)
    await watch.provider_is(connected=True)
    return watch


async def test_while_all_is_well_nobody_is_told_anything(watch: Watch) -> None:
    for _ in range(3):
        await watch.look()
        await watch.look.audit()

    assert watch.told == []


async def test_a_provider_that_stays_away_is_told_once_and_so_is_its_return(watch: Watch) -> None:
    await watch.provider_is(connected=False)
    await watch.look()
    assert watch.told == []
    watch.world.clock.advance(PATIENCE)
    for _ in range(3):
        await watch.provider_is(connected=False)
        await watch.look()
    assert watch.told == [(AlertKind.PROVIDER_DOWN, False)]
    assert watch.mailbox.words == ["wire carries no messages: closed."]

    await watch.provider_is(connected=True)
    await watch.look()
    await watch.look()

    assert watch.told[1:] == [(AlertKind.PROVIDER_DOWN, True)]


async def test_a_provider_that_is_back_within_its_patience_is_not_spoken_of(watch: Watch) -> None:
    for connected in (False, True, False):
        await watch.provider_is(connected=connected)
        await watch.look()
        watch.world.clock.advance(PATIENCE / 2)

    assert watch.told == []


async def test_workers_that_look_no_more_are_told_of(watch: Watch) -> None:
    for _ in range(2):
        watch.world.clock.advance(PATIENCE + timedelta(seconds=1))
        await watch.look()

    assert watch.told == [(AlertKind.PROVIDER_DOWN, False)]
    assert "Is a worker up?" in watch.mailbox.words[0]


async def test_a_webhook_that_waits_is_told_of_also_while_the_database_is_away(
    watch: Watch,
) -> None:
    journal = watch.world.container.journal()
    await journal.append(WIRE, b"{}", received_at=watch.world.clock.now())
    watch.world.store.away = True
    watch.world.clock.advance(OLDEST_BODY + timedelta(seconds=5))

    await watch.look()

    assert watch.told == [(AlertKind.WEBHOOKS_WAIT, False)]
    assert "65 seconds" in watch.mailbox.words[0]
    watch.world.store.away = False


async def test_a_full_disk_and_a_ledger_that_does_not_add_up_are_told_of(watch: Watch) -> None:
    watch.disk.left = LITTLE_ROOM - 1
    await watch.look()
    entry = a_ledger_entry(BodyKey("elsewhere", 2), received_at=watch.world.clock.now())
    gap = a_ledger_entry(BodyKey("elsewhere", 5), received_at=watch.world.clock.now())
    await watch.world.transact(lambda uow: uow.ledger.add([entry, gap]))
    await watch.look.audit()
    watch.disk.left = 2 * LITTLE_ROOM
    await watch.look()

    assert watch.told == [
        (AlertKind.DISK_FULL, False),
        (AlertKind.LEDGER_UNBALANCED, False),
        (AlertKind.DISK_FULL, True),
    ]


async def test_what_did_not_get_through_is_told_again_in_its_order(watch: Watch) -> None:
    watch.mailbox.away = True
    watch.disk.left = 0
    await watch.look()
    watch.disk.left = 2 * LITTLE_ROOM
    await watch.look()
    assert watch.told == []

    watch.mailbox.away = False
    await watch.look()
    await watch.look()

    assert watch.told == [(AlertKind.DISK_FULL, False), (AlertKind.DISK_FULL, True)]


async def test_without_a_channel_nothing_is_looked_at(watch: Watch) -> None:
    watch.look.channels = []
    watch.disk.left = 0

    await watch.look()
    await watch.look.audit()

    assert watch.look._since == {}
