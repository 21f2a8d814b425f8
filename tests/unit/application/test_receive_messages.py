"""Filing: each customer, ticket and message once, whatever comes how often in whatever order."""

from dataclasses import replace
from datetime import timedelta

from khalifa.application.ports.ledger import Outcome
from khalifa.application.ports.pairing_codes import WANTED_FOR, PairingCode
from khalifa.domain.agents import Presence
from khalifa.domain.contacts import Identity, IdentityKind, PhoneNumber
from khalifa.domain.messages import DeliveryStatus, Ignored, IncomingMessage, SenderType
from khalifa.domain.tickets import TicketStatus
from tests.unit.application.world import NOW, PIGEON, WIRE, World, reported, wrote


async def test_a_first_message_makes_a_customer_a_ticket_and_finds_an_agent(world: World) -> None:
    agent = await world.agent("Sara")

    await world.receive(wrote("صباح الخير"))

    [ticket] = world.tickets()
    [customer] = world.store.tables.customers.values()
    [message] = world.messages()
    assert (customer.phone, customer.name, customer.provider) == ("201012345678", "Mona", "wire")
    assert (ticket.agent_id, ticket.unread, ticket.last_message) == (agent.id, 1, "صباح الخير")
    assert (message.ticket_id, message.status) == (ticket.id, DeliveryStatus.RECEIVED)


async def test_a_repeated_webhook_is_filed_once(world: World) -> None:
    once = wrote("hello", id_ext="in-same")

    await world.receive(once)
    await world.receive(once, once)

    assert len(world.messages()) == 1
    [first, *others] = world.store.tables.ledger.values()
    assert first.stored == 1
    assert [entry.count(Outcome.DUPLICATE) for entry in others] == [1, 1]
    assert world.tickets()[0].unread == 1


async def test_the_same_body_filed_again_changes_nothing(world: World) -> None:
    body = world.body(wrote("hello"))

    await world.receive_messages([body])
    told = len(world.told)
    await world.receive_messages([body, body])

    assert len(world.store.tables.ledger) == 1
    assert len(world.told) == told


async def test_a_message_known_by_its_key_through_another_provider_is_filed_once(
    world: World,
) -> None:
    await world.receive(wrote("hello", key="3EB0AA"))

    again = wrote("hello", key="3EB0AA", provider=PIGEON)
    await world.receive_messages([world.body(again, provider=world.pigeon)])

    assert len(world.messages()) == 1


async def test_many_first_messages_of_one_customer_make_one_ticket(world: World) -> None:
    await world.receive(*(wrote(f"{n}", after=timedelta(seconds=n)) for n in (2, 0, 1)))

    assert len(world.tickets()) == 1
    assert [m.text for m in sorted(world.messages(), key=lambda m: m.sent_at)] == ["0", "1", "2"]
    assert world.tickets()[0].last_message == "2"


async def test_tickets_go_to_the_least_loaded_with_room(world: World) -> None:
    small = await world.agent("small", capacity=1)
    large = await world.agent("large", capacity=2)
    await world.agent("pausing", presence=Presence.BREAK)

    await world.receive(*(wrote("hi", phone=f"20101234567{n}") for n in range(4)))

    holders = [ticket.agent_id for ticket in world.tickets()]
    assert sorted(holders, key=str) == sorted([small.id, large.id, large.id, None], key=str)


async def test_a_customer_who_writes_soon_after_closing_gets_the_ticket_and_agent_back(
    world: World,
) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.agent("Omar")
    await world.close_ticket(sara, ticket.id, reason="done")

    world.clock.advance(timedelta(hours=23))
    await world.receive(wrote("one more thing"))

    [reopened] = world.tickets()
    assert (reopened.status, reopened.agent_id) == (TicketStatus.OPEN, sara.id)


async def test_a_customer_who_writes_long_after_closing_gets_a_new_ticket(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.close_ticket(sara, ticket.id)

    world.clock.advance(timedelta(hours=25))
    await world.receive(wrote("hello again"))

    assert [t.status for t in world.tickets()] == [TicketStatus.CLOSED, TicketStatus.OPEN]


async def test_a_poison_body_is_rejected_alone_and_kept(world: World) -> None:
    poison = wrote("a lone surrogate \ud83d, which no database takes")

    await world.receive(wrote("a", phone="201000000001"), poison, wrote("b", phone="201000000002"))

    assert sorted(m.text or "" for m in world.messages()) == ["a", "b"]
    outcomes = [entry.count(Outcome.REJECTED) for entry in world.store.tables.ledger.values()]
    assert sorted(outcomes) == [0, 0, 1]


async def test_an_unreadable_body_is_recorded_as_rejected(world: World) -> None:
    body = replace(world.body(), body=b"not what this provider writes")

    await world.receive_messages([body])

    [entry] = world.store.tables.ledger.values()
    assert (entry.found, entry.stored, entry.items[0].reason) == (
        1,
        0,
        "the body was not made by this provider",
    )
    assert entry.body == body.body


async def test_every_reading_of_a_body_is_accounted_for(world: World) -> None:
    same = wrote("twice")
    body = world.body(
        same, same, Ignored(reason="a call"), reported(DeliveryStatus.READ, "never-seen")
    )

    await world.receive_messages([body])

    [entry] = world.store.tables.ledger.values()
    counts = {outcome: entry.count(outcome) for outcome in Outcome}
    assert entry.found == sum(counts.values()) == 4
    assert counts[Outcome.STORED] == 2
    assert (counts[Outcome.DUPLICATE], counts[Outcome.IGNORED]) == (1, 1)


async def test_a_message_typed_on_our_own_phone_is_outgoing_and_ends_the_wait(
    world: World,
) -> None:
    await world.receive(wrote("question"))
    assert world.tickets()[0].waiting_since is not None

    await world.receive(wrote("answer", from_us=True, after=timedelta(seconds=5)))

    assert world.message("answer").sender_type is SenderType.PHONE
    assert world.tickets()[0].waiting_since is None
    [customer] = world.store.tables.customers.values()
    assert customer.name == "Mona"


async def test_identities_of_one_person_lead_to_one_customer(world: World) -> None:
    phone = Identity.of_phone(PhoneNumber("201012345678"))
    bsuid = Identity(wrote("x").provider, IdentityKind.BSUID, "EG.123")

    def said(text: str, *identities: Identity) -> IncomingMessage:
        base = wrote(text)
        return IncomingMessage(
            provider=base.provider,
            whatsapp_message_id=base.whatsapp_message_id,
            identities=identities,
            kind=base.kind,
            text=text,
            sent_at=NOW,
        )

    await world.receive(said("by id", bsuid), said("by both", phone, bsuid), said("by no.", phone))

    assert len(world.store.tables.customers) == 1
    assert len(world.tickets()) == 1


async def test_the_screens_hear_of_messages_and_tickets(world: World) -> None:
    sara = await world.agent("Sara")
    world.told.clear()

    await world.receive(wrote("hello"))

    kinds = [event.kind for event in world.told]
    assert kinds == ["message.changed", "ticket.changed"]
    assert all(str(sara.id) in event.recipients for event in world.told)
    assert b'"text":"hello"' in world.told[0].entity


async def test_a_pairing_code_is_shown_while_it_is_taken_and_filed_as_nothing(
    world: World,
) -> None:
    codes = world.container.pairing_codes()
    seen = world.body(Ignored(reason="a code", pairing_code="ABCD-1234"))

    await world.receive_messages([seen])
    shown = await codes.shown(WIRE)
    await codes.forget(WIRE)
    world.clock.advance(timedelta(minutes=1))
    await world.receive_messages([seen])

    assert shown == PairingCode("ABCD-1234", NOW + timedelta(minutes=1))
    assert await codes.shown(WIRE) is None
    assert world.messages() == []


async def test_who_keeps_the_session_is_told_of_the_phone_that_wants_a_code(world: World) -> None:
    phone = PhoneNumber("201012345678")
    await world.container.pairing_codes().want(PIGEON, phone)

    await world.sweep("sessions")
    wanted = world.pigeon.session.code_for
    world.clock.advance(WANTED_FOR)
    await world.sweep("sessions")

    assert (wanted, world.pigeon.session.code_for) == (phone, None)
