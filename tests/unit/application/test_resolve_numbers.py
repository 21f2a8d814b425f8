"""Before a switch, the old provider is asked for numbers it alone knows, about each once."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from dependency_injector import providers

from khalifa.application.ports.messaging import ProviderUnreachable
from khalifa.application.resolve_numbers import (
    ASK_AGAIN_AFTER,
    MOST_FAILURES,
    Asked,
    ResolveNumbers,
)
from khalifa.application.switch_provider import SwitchRefused
from khalifa.domain.contacts import Identity, IdentityKind, PhoneNumber, ProviderName
from tests.builders import an_incoming_message
from tests.unit.application.world import PIGEON, WIRE, World

PHONES = [Identity.of_phone(PhoneNumber(f"20101234567{n}")) for n in range(4)]
LIDS = [Identity(WIRE, IdentityKind.LID, f"1444311111111{n}") for n in range(4)]


class Stopped(Exception):
    """Somebody pressed Ctrl-C."""


async def write(world: World, *people: Sequence[Identity]) -> None:
    for identities in people:
        await world.receive(
            an_incoming_message(provider=WIRE, identities=tuple(identities), text="hello")
        )
    # As of customers from long before: nothing is to be asked about them.
    world.store.tables.lookups.clear()


def resolver(world: World, waits: list[float], *, stop_after: int | None = None) -> ResolveNumbers:
    async def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == stop_after:
            raise Stopped

    resolve = world.container.resolve_numbers
    resolve.reset()
    resolve.add_kwargs(wait=providers.Object(wait), per_minute=30)
    return resolve()


def phones(world: World) -> set[str | None]:
    return {customer.phone for customer in world.store.tables.customers.values()}


async def test_numbers_the_old_provider_knows_are_learnt_at_the_pace_that_is_set(
    world: World,
) -> None:
    await write(world, [LIDS[0]], [PHONES[1], LIDS[1]], [LIDS[2]], [LIDS[3]])
    world.wire.directory.knows(LIDS[0], PHONES[0])
    world.wire.directory.knows(LIDS[2], PHONES[2])
    waits: list[float] = []
    seen: list[Asked] = []

    done = await resolver(world, waits)(PIGEON, progress=seen.append)

    # Whom the target can reach is asked about by nobody.
    assert world.wire.directory.asked == [LIDS[0], LIDS[2], LIDS[3]]
    assert done == Asked(asked=3, found=2)
    assert phones(world) == {PHONES[0].id_ext, PHONES[1].id_ext, PHONES[2].id_ext, None}
    assert waits == [2.0, 2.0]
    assert [(one.asked, one.left) for one in seen] == [(1, 2), (2, 1), (3, 0)]
    plan = await world.container.plan_switch()(PIGEON)
    assert (plan.reachable, plan.unreachable, plan.can_ask) == (3, 1, True)


async def test_stopped_and_given_again_it_goes_on_where_it_was(world: World) -> None:
    await write(world, *([lid] for lid in LIDS))
    for lid, phone in zip(LIDS[1:], PHONES[1:], strict=True):
        world.wire.directory.knows(lid, phone)

    with pytest.raises(Stopped):
        await resolver(world, [], stop_after=2)(PIGEON)
    again = await resolver(world, [])(PIGEON)
    once_more = await resolver(world, [])(PIGEON)

    assert world.wire.directory.asked == LIDS
    assert (again, once_more) == (Asked(asked=2, found=2), Asked())
    # Whom it did not know is asked about again, another day.
    world.clock.advance(ASK_AGAIN_AFTER + timedelta(seconds=1))
    assert await resolver(world, [])(PIGEON) == Asked(asked=1)


async def test_a_provider_that_is_away_is_left_alone_and_nobody_is_passed_over(
    world: World,
) -> None:
    await write(world, *([lid] for lid in LIDS))
    world.wire.directory.away = True

    with pytest.raises(ProviderUnreachable):
        await resolver(world, [])(PIGEON)
    assert len(world.wire.directory.asked) == MOST_FAILURES

    world.wire.directory.away = False
    world.clock.advance(timedelta(minutes=2))
    assert (await resolver(world, [])(PIGEON)).asked == len(LIDS)


async def test_where_nobody_can_be_asked_it_says_so(world: World) -> None:
    with pytest.raises(SwitchRefused, match="nobody is not configured"):
        await resolver(world, [])(ProviderName("nobody"))
    world.plain(WIRE)
    with pytest.raises(SwitchRefused, match="wire tells no numbers"):
        await resolver(world, [])(PIGEON)
