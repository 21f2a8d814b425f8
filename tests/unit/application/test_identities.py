"""Filing by identity: blocked, merged and renumbered customers; the ledger counts all of it."""

from datetime import timedelta

from khalifa.application.ports.ledger import LedgerEntry, Outcome
from khalifa.application.ports.notifications import EventKind
from khalifa.application.ports.unit_of_work import UnitOfWork
from khalifa.domain.contacts import Address, Identity, IdentityKind, PhoneNumber
from khalifa.domain.customers import Customer
from khalifa.domain.messages import DeliveryStatus, IdentityChange, IncomingMessage
from tests.builders import an_incoming_message
from tests.unit.application.world import NOW, WIRE, World, reported, wrote

PHONE = Identity.of_phone(PhoneNumber("201012345678"))
NEW_PHONE = Identity.of_phone(PhoneNumber("201112345678"))
LID = Identity(WIRE, IdentityKind.LID, "14443111111111")
BSUID = Identity(WIRE, IdentityKind.BSUID, "EG.1349")
NEW_BSUID = Identity(WIRE, IdentityKind.BSUID, "EG.2482")
MINUTE = timedelta(minutes=1)


def said(text: str, *identities: Identity, after: timedelta = timedelta()) -> IncomingMessage:
    return an_incoming_message(provider=WIRE, identities=identities, text=text, sent_at=NOW + after)


def changed(previous: Identity, current: Identity, *, after: timedelta = MINUTE) -> IdentityChange:
    return IdentityChange(provider=WIRE, previous=(previous,), current=(current,), at=NOW + after)


def customers(world: World) -> list[Customer]:
    return [c for c in world.store.tables.customers.values() if c.merged_into is None]


def last_entry(world: World) -> LedgerEntry:
    entry = list(world.store.tables.ledger.values())[-1]
    assert entry.found == sum(entry.count(outcome) for outcome in Outcome)
    return entry


async def edit(world: World, change: str) -> None:
    (customer,) = customers(world)

    async def work(uow: UnitOfWork) -> None:
        locked = (await uow.customers.lock([customer.id]))[customer.id]
        locked.block(at=NOW) if change == "block" else locked.name_by_hand(change)
        await uow.customers.save([locked])

    await world.transact(work)


# Blocked


async def test_what_a_blocked_customer_writes_is_ignored_with_the_reason_in_the_ledger(
    world: World,
) -> None:
    await world.receive(said("hello", PHONE))
    await edit(world, "block")

    await world.receive(said("hello again", PHONE))

    assert [message.text for message in world.messages()] == ["hello"]
    (item,) = last_entry(world).items
    assert (item.outcome, item.reason) == (Outcome.IGNORED, "the customer is blocked")


async def test_a_blocked_customer_opens_no_ticket(world: World) -> None:
    await world.receive(said("hello", PHONE))
    await edit(world, "block")
    count = len(world.tickets())

    world.clock.advance(timedelta(days=3))
    await world.receive(said("hello again", PHONE))

    assert len(world.tickets()) == count


# Names


async def test_a_name_given_by_hand_wins_over_whatsapps(world: World) -> None:
    await world.receive(wrote("hello", name="Mona"))
    await edit(world, "Om Ahmed")

    await world.receive(wrote("again", name="Mona 🌸"))

    (customer,) = customers(world)
    assert (customer.name, customer.whatsapp_name) == ("Om Ahmed", "Mona 🌸")


async def test_whatsapps_name_is_followed_until_then(world: World) -> None:
    await world.receive(wrote("hello", name="Mona"))
    await world.receive(wrote("again", name="Mona 🌸"))

    assert customers(world)[0].name == "Mona 🌸"


# Merges that a message proves


async def test_one_message_that_names_two_customers_makes_them_one(world: World) -> None:
    sara = await world.agent("Sara")
    await world.receive(said("by phone", PHONE))
    await world.receive(said("by lid", LID, after=MINUTE))
    assert len(customers(world)) == 2

    await world.receive(said("by both", PHONE, LID, after=2 * MINUTE))

    (customer,) = customers(world)
    assert sorted(customer.identities) == sorted([PHONE, LID])
    (ticket,) = [ticket for ticket in world.tickets() if ticket.is_open]
    assert (ticket.customer_id, ticket.agent_id, ticket.unread) == (customer.id, sara.id, 3)
    assert {message.ticket_id for message in world.messages()} == {ticket.id}
    (merge,) = world.store.tables.merges.values()
    assert (merge.reason, merge.by) == ("one message named both", None)
    assert last_entry(world).stored == 1


async def test_strangers_named_by_one_message_of_a_list_are_one_from_the_start(
    world: World,
) -> None:
    await world.receive_messages(
        [world.body(said("a", LID), said("b", PHONE), said("c", PHONE, LID))]
    )

    (customer,) = customers(world)
    assert sorted(customer.identities) == sorted([PHONE, LID])
    assert len(world.messages()) == 3
    assert last_entry(world).stored == 3


async def test_those_whom_a_person_has_parted_are_not_merged_again(world: World) -> None:
    await world.receive(said("by phone", PHONE), said("by lid", LID, after=MINUTE))
    await world.receive(said("by both", PHONE, LID, after=2 * MINUTE))
    (merge,) = world.store.tables.merges.values()
    await world.container.unmerge_customers()(None, merge.id)

    await world.receive(said("by both again", PHONE, LID, after=3 * MINUTE))
    await world.receive(changed(LID, PHONE, after=4 * MINUTE))

    by_phone, by_lid = customers(world)
    assert (by_phone.identities, by_lid.identities) == ([PHONE], [LID])
    assert world.message("by both again").customer_id == by_phone.id
    assert world.message("by lid").customer_id == by_lid.id
    assert len(world.store.tables.merges) == 1


async def test_the_agents_of_both_conversations_are_told(world: World) -> None:
    sara = await world.agent("Sara", capacity=1)
    omar = await world.agent("Omar", capacity=1)
    await world.receive(said("by phone", PHONE))
    await world.receive(said("by lid", LID, after=MINUTE))
    world.told.clear()

    await world.receive(said("by both", PHONE, LID, after=2 * MINUTE))

    for agent in (sara, omar):
        told = [event for event in world.told if str(agent.id) in event.recipients]
        assert {event.entity_id for event in told if event.kind is EventKind.TICKET_CHANGED} == {
            str(ticket.id) for ticket in world.tickets()
        }


async def test_a_reply_that_is_on_its_way_meanwhile_is_settled(world: World) -> None:
    sara = await world.agent("Sara")
    await world.receive(said("by phone", PHONE))
    await world.receive(said("by lid", LID, after=MINUTE))
    _, by_lid = world.tickets()
    await world.reply_to_ticket(sara, by_lid.id, "answer")
    delivering = await world.start_a_held_delivery()

    await world.receive(said("by both", PHONE, LID, after=2 * MINUTE))
    world.wire.driver.release()
    await delivering

    (customer,) = customers(world)
    answer = world.message("answer")
    assert (answer.status, answer.customer_id) == (DeliveryStatus.SENT, customer.id)
    assert world.store.tables.deliveries == {}


async def test_a_status_of_a_message_that_moved_is_recorded(world: World) -> None:
    sara = await world.agent("Sara")
    await world.receive(said("by phone", PHONE))
    await world.receive(said("by lid", LID, after=MINUTE))
    _, by_lid = world.tickets()
    await world.reply_to_ticket(sara, by_lid.id, "answer")
    await world.deliver_messages()
    known_as = world.message("answer").whatsapp_message_id or ""

    await world.receive_messages(
        [
            world.body(
                said("by both", PHONE, LID, after=2 * MINUTE),
                reported(DeliveryStatus.READ, known_as),
            )
        ]
    )

    assert world.message("answer").status is DeliveryStatus.READ
    assert last_entry(world).stored == 2


# Changes


async def test_a_new_number_is_followed(world: World) -> None:
    await world.receive(said("hello", PHONE, LID))

    await world.receive(changed(PHONE, NEW_PHONE))

    (customer,) = customers(world)
    assert (customer.phone, customer.former) == (NEW_PHONE.id_ext, {PHONE: NOW + MINUTE})
    address = world.wire.driver.address_of(customer.identities)
    assert address == Address(WIRE, NEW_PHONE.id_ext)
    assert last_entry(world).stored == 1
    told = [event for event in world.told if event.kind is EventKind.TICKET_CHANGED]
    assert NEW_PHONE.id_ext.encode() in told[-1].entity


async def test_what_comes_late_from_the_old_number_is_filed_with_the_customer(
    world: World,
) -> None:
    await world.receive(said("hello", PHONE), changed(PHONE, NEW_PHONE))
    await world.receive(said("late", PHONE, after=MINUTE / 2))

    (customer,) = customers(world)
    assert customer.phone == NEW_PHONE.id_ext
    assert len(world.messages()) == 2


async def test_a_change_told_twice_is_counted_as_repeated(world: World) -> None:
    await world.receive(said("hello", BSUID), changed(BSUID, NEW_BSUID))
    await world.receive(changed(BSUID, NEW_BSUID))

    (item,) = last_entry(world).items
    assert item.outcome is Outcome.DUPLICATE


async def test_a_change_that_comes_late_undoes_no_later_one(world: World) -> None:
    await world.receive(said("hello", PHONE), changed(PHONE, NEW_PHONE, after=MINUTE))
    await world.receive(changed(NEW_PHONE, PHONE, after=2 * MINUTE))

    await world.receive(changed(PHONE, NEW_PHONE, after=MINUTE))

    (customer,) = customers(world)
    assert (customer.phone, customer.identities) == (PHONE.id_ext, [PHONE])
    assert customer.former == {NEW_PHONE: NOW + 2 * MINUTE}


async def test_a_change_of_somebody_unknown_is_ignored(world: World) -> None:
    await world.receive(changed(BSUID, NEW_BSUID))

    (item,) = last_entry(world).items
    assert (item.outcome, item.reason) == (Outcome.IGNORED, "a change of somebody unknown")
    assert customers(world) == []


async def test_a_change_to_what_another_customer_has_makes_them_one(world: World) -> None:
    await world.receive(said("old", PHONE), said("new", NEW_PHONE, after=MINUTE))

    await world.receive(changed(PHONE, NEW_PHONE, after=2 * MINUTE))

    (customer,) = customers(world)
    assert (customer.phone, customer.identities) == (NEW_PHONE.id_ext, [NEW_PHONE])
    assert len([ticket for ticket in world.tickets() if ticket.is_open]) == 1


async def test_a_message_and_the_change_after_it_come_in_one_body(world: World) -> None:
    await world.receive_messages([world.body(said("hello", BSUID), changed(BSUID, NEW_BSUID))])

    (customer,) = customers(world)
    assert customer.identities == [NEW_BSUID]
    assert last_entry(world).stored == 2
