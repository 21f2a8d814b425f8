"""Customers who came without a number: their provider is asked, slowly, and never in the way."""

from datetime import timedelta

import pytest

from khalifa.application.identity_sweeps import KEEP_FORMER, MAX_ATTEMPTS
from khalifa.application.ports.notifications import EventKind
from khalifa.domain.contacts import Identity, IdentityKind, PhoneNumber
from khalifa.domain.customers import Customer
from khalifa.domain.messages import IdentityChange
from tests.builders import an_incoming_message
from tests.unit.application.world import NOW, WIRE, World

PHONE = Identity.of_phone(PhoneNumber("201012345678"))
NEW_PHONE = Identity.of_phone(PhoneNumber("201112345678"))
LID = Identity(WIRE, IdentityKind.LID, "14443111111111")
DAY = timedelta(days=1)


async def write(world: World, text: str, *identities: Identity) -> None:
    await world.receive(an_incoming_message(provider=WIRE, identities=identities, text=text))


def customers(world: World) -> list[Customer]:
    return [c for c in world.store.tables.customers.values() if c.merged_into is None]


async def test_a_lids_number_is_asked_for_and_kept_both_ways(world: World) -> None:
    agent = await world.agent("Sara")
    world.wire.directory.knows(LID, PHONE)
    await write(world, "hello", LID)
    assert customers(world)[0].phone is None

    assert await world.sweep("identities") == 1
    await write(world, "by phone", PHONE)
    await write(world, "by lid", LID)

    (customer,) = customers(world)
    assert (customer.phone, customer.identities) == (PHONE.id_ext, [PHONE, LID])
    assert len(world.tickets()) == 1
    told = [e for e in world.told if e.kind is EventKind.TICKET_CHANGED and e.is_for(agent)]
    assert PHONE.id_ext.encode() in told[-1].entity


async def test_nobody_is_asked_about_a_customer_with_a_number(world: World) -> None:
    await write(world, "hello", PHONE, LID)

    assert await world.sweep("identities") == 0
    assert world.wire.directory.asked == []


async def test_a_number_that_is_another_customers_makes_the_two_one(world: World) -> None:
    await write(world, "by phone", PHONE)
    await write(world, "by lid", LID)
    world.wire.directory.knows(LID, PHONE)

    await world.sweep("identities")

    (customer,) = customers(world)
    assert sorted(customer.identities) == sorted([PHONE, LID])
    (merge,) = world.store.tables.merges.values()
    assert merge.reason == "the provider's directory names both as one"
    assert len([ticket for ticket in world.tickets() if ticket.is_open]) == 1


@pytest.mark.parametrize("away", [True, False])
async def test_who_is_not_known_yet_is_asked_about_later_and_ever_more_seldom(
    world: World, *, away: bool
) -> None:
    directory = world.wire.directory
    directory.away = away
    await write(world, "hello", LID)

    waits = []
    for _ in range(3):
        asked, waited = len(directory.asked), timedelta()
        while len(directory.asked) == asked:
            await world.sweep("identities")
            world.clock.advance(timedelta(seconds=10))
            waited += timedelta(seconds=10)
        waits.append(waited)
    directory.away = False
    directory.knows(LID, PHONE)
    world.clock.advance(DAY)
    await world.sweep("identities")

    assert waits == sorted(waits)
    assert waits[-1] > 4 * waits[0]
    assert customers(world)[0].phone == PHONE.id_ext
    assert world.store.tables.lookups == {}


async def test_who_is_never_found_is_given_up(world: World) -> None:
    await write(world, "hello", LID)

    for _ in range(MAX_ATTEMPTS + 5):
        await world.sweep("identities")
        world.clock.advance(DAY)

    assert len(world.wire.directory.asked) == MAX_ATTEMPTS
    assert world.store.tables.lookups == {}


async def test_few_are_asked_about_at_a_time(world: World) -> None:
    for number in range(10):
        await write(world, "hello", Identity(WIRE, IdentityKind.LID, f"1444311111111{number}"))

    await world.sweep("identities")

    assert len(world.wire.directory.asked) == 3


async def test_a_number_given_up_long_ago_is_somebody_elses(world: World) -> None:
    await write(world, "hello", PHONE, LID)
    change = IdentityChange(provider=WIRE, previous=(PHONE,), current=(NEW_PHONE,), at=NOW)
    await world.receive(change)

    await world.sweep("former_identities")
    assert customers(world)[0].former == {PHONE: NOW}
    world.clock.advance(KEEP_FORMER + DAY)
    await world.sweep("former_identities")
    await write(world, "I have a new number", PHONE)

    assert [customer.phone for customer in customers(world)] == [NEW_PHONE.id_ext, PHONE.id_ext]
