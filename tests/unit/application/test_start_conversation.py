"""Writing first: to whom, on which ticket, and what must hold before anything is stored."""

import asyncio
from datetime import timedelta

import pytest

from khalifa.application.start_conversation import TicketElsewhere
from khalifa.domain.agents import Role
from khalifa.domain.contacts import Identity, PhoneNumber
from khalifa.domain.drafts import Draft
from khalifa.domain.errors import (
    Conflict,
    IdempotencyKeyReused,
    InvalidContent,
    InvalidPhoneNumber,
    InvalidText,
)
from khalifa.domain.filled_template import FilledTemplate
from khalifa.domain.messages import DeliveryStatus, MessageId, MessageKind
from khalifa.domain.pace import FirstContactsUsedUp, PacePolicy
from khalifa.domain.tickets import TicketEventKind
from khalifa.domain.window import WindowClosed
from tests.unit.application.test_windows import Account, greeting
from tests.unit.application.world import WIRE, World, wrote

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
PHONE = "+20 101 234 5678"
DIGITS = "201012345678"
FEW = PacePolicy(first_contacts=2)


async def test_a_stranger_becomes_a_customer_with_a_ticket_of_the_agent(world: World) -> None:
    sara = await world.agent("Sara")

    started = await world.start_conversation(sara, "0101 234 5678", "طلبك جاهز")
    await world.deliver_messages()

    [customer], [ticket] = world.store.tables.customers.values(), world.tickets()
    assert (customer.phone, customer.identities) == (
        DIGITS,
        [Identity.of_phone(PhoneNumber(DIGITS))],
    )
    assert (ticket.agent_id, ticket.waiting_since, ticket.unread) == (sara.id, None, 0)
    assert (ticket.provider, ticket.last_message) == (WIRE, "طلبك جاهز")
    assert started.ticket.id == started.message.ticket_id == ticket.id
    assert world.message("طلبك جاهز").status is DeliveryStatus.SENT
    assert [sent.to.id_ext for sent in world.wire.driver.attempts] == [DIGITS]
    kinds = [event.kind for event in world.store.tables.ticket_events]
    assert kinds == [TicketEventKind.OPENED, TicketEventKind.ASSIGNED]


async def test_what_the_stranger_answers_comes_back_to_the_same_ticket(world: World) -> None:
    sara, _ = await world.agent("Sara"), await world.agent("Omar")
    started = await world.start_conversation(sara, PHONE, "مرحبا")

    await world.receive(wrote("أهلاً", phone=DIGITS))

    assert len(world.tickets()) == 1
    assert world.message("أهلاً").ticket_id == started.ticket.id
    assert world.tickets()[0].agent_id == sara.id


async def test_ones_own_open_ticket_is_gone_on_with(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)

    started = await world.start_conversation(sara, PHONE, "more")

    assert started.ticket.id == ticket.id
    assert len(world.tickets()) == 1


async def test_a_ticket_nobody_holds_is_taken(world: World) -> None:
    await world.receive(wrote("anybody?", phone=DIGITS))
    sara = await world.agent("Sara")

    started = await world.start_conversation(sara, PHONE, "I am here")

    assert started.ticket.agent is not None
    assert started.ticket.agent.id == sara.id
    assert len(world.tickets()) == 1


async def test_another_agents_customer_is_not_written_to_and_only_admins_learn_whose(
    world: World,
) -> None:
    sara = await world.agent("Sara")
    await world.conversation(sara)
    omar = await world.agent("Omar")
    boss = await world.agent("Boss", role=Role.ADMIN)

    with pytest.raises(TicketElsewhere) as told_omar:
        await world.start_conversation(omar, PHONE, "mine!")
    with pytest.raises(TicketElsewhere, match="Sara"):
        await world.start_conversation(boss, PHONE, "mine!")

    assert "Sara" not in str(told_omar.value)
    assert [message.text for message in world.messages()] == ["hello"]


async def test_two_agents_who_start_at_once_open_one_ticket(world: World) -> None:
    sara, omar = await world.agent("Sara"), await world.agent("Omar")

    results = await asyncio.gather(
        world.start_conversation(sara, PHONE, "from Sara"),
        world.start_conversation(omar, PHONE, "from Omar"),
        return_exceptions=True,
    )

    assert sorted(type(one).__name__ for one in results) == ["Started", "TicketElsewhere"]
    assert len(world.tickets()) == len(world.store.tables.customers) == 1


async def test_the_same_key_starts_it_once(world: World) -> None:
    sara = await world.agent("Sara")

    once = await asyncio.gather(
        *(world.start_conversation(sara, PHONE, "hi", idempotency_key="k") for _ in range(3))
    )

    assert len({one.message.id for one in once}) == len(world.messages()) == 1
    for phone, text in ((PHONE, "other"), ("+20 111 234 5678", "hi")):
        with pytest.raises(IdempotencyKeyReused):
            await world.start_conversation(sara, phone, text, idempotency_key="k")


@pytest.mark.parametrize("phone", ["", "12", "hello", "+1"])
async def test_what_is_no_phone_number_is_refused(world: World, phone: str) -> None:
    sara = await world.agent("Sara")

    with pytest.raises(InvalidPhoneNumber):
        await world.start_conversation(sara, phone, "hi")


async def test_a_first_message_says_something_and_answers_nothing(world: World) -> None:
    sara = await world.agent("Sara")

    with pytest.raises(InvalidText):
        await world.start_conversation(sara, PHONE, " ")
    for answer in (
        Draft.of_text("hi").answering(MessageId(1)),
        Draft.of_reaction(MessageId(1), "👍"),
    ):
        with pytest.raises(InvalidContent):
            await world.start_conversation(sara, PHONE, answer)
    assert not world.store.tables.customers


async def test_a_blocked_customer_is_not_written_to(world: World) -> None:
    sara = await world.agent("Sara")
    await world.start_conversation(sara, PHONE, "hi")
    [customer] = world.store.tables.customers.values()
    customer.block(at=world.clock.now())

    with pytest.raises(Conflict, match="blocked"):
        await world.start_conversation(sara, PHONE, "again")


async def test_a_number_that_its_customer_gave_up_reaches_nobody(world: World) -> None:
    sara = await world.agent("Sara")
    await world.start_conversation(sara, PHONE, "hi")
    [customer] = world.store.tables.customers.values()
    new = Identity.of_phone(PhoneNumber("201112345678"))
    customer.change(list(customer.identities), [new], at=world.clock.now())

    with pytest.raises(Conflict, match="another one now"):
        await world.start_conversation(sara, PHONE, "whose is it now?")


async def test_where_there_is_a_window_only_a_template_starts_and_nothing_is_stored_else() -> None:
    world = World(window=DAY, template_catalog=Account())
    sara = await world.agent("Sara")

    with pytest.raises(WindowClosed) as closed:
        await world.start_conversation(sara, PHONE, "hi")
    assert [template.name for template in closed.value.templates] == ["hello"]
    assert not world.store.tables.customers
    started = await world.start_conversation(sara, PHONE, greeting("منى"))
    await world.deliver_messages()

    assert (started.message.kind, started.message.text) == (MessageKind.TEMPLATE, "أهلاً منى")
    assert started.ticket.window_closes_at == world.clock.now()
    assert world.message("أهلاً منى").status is DeliveryStatus.SENT
    unknown = Draft.of_template(FilledTemplate(name="unknown", language="ar"))
    with pytest.raises(InvalidContent):
        await world.start_conversation(sara, PHONE, unknown)


async def test_the_budget_of_first_contacts_is_kept_and_says_when_it_goes_on() -> None:
    world = World(pace=FEW)
    sara = await world.agent("Sara")
    for n in range(2):
        await world.start_conversation(sara, f"+20 101 234 567{n}", f"{n}")

    with pytest.raises(FirstContactsUsedUp) as used_up:
        await world.start_conversation(sara, PHONE, "one too many")

    assert used_up.value.free_at == world.clock.now() + HOUR
    assert used_up.value.words.arabic
    assert len(world.store.tables.customers) == 2
    [state] = (await world.container.keep_pace().states()).values()
    assert (state.first_contacts_left, state.next_first_contact_at) == (0, used_up.value.free_at)
    world.clock.advance(HOUR)
    await world.start_conversation(sara, PHONE, "now")


async def test_who_wrote_to_us_before_is_no_first_contact() -> None:
    world = World(pace=FEW)
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.close_ticket(sara, ticket.id)

    for n in range(4):
        await world.start_conversation(sara, PHONE, f"{n}")

    [state] = (await world.container.keep_pace().states()).values()
    assert state.first_contacts_left == 2


async def test_the_same_request_again_takes_from_the_budget_once() -> None:
    world = World(pace=FEW)
    sara = await world.agent("Sara")

    for _ in range(3):
        await world.start_conversation(sara, PHONE, "hi", idempotency_key="k")

    [state] = (await world.container.keep_pace().states()).values()
    assert state.first_contacts_left == 1
