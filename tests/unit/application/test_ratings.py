"""How content customers are: who is asked, when, and what is taken for the answer."""

from datetime import timedelta

import pytest

from khalifa.application.change_settings import SettingsChange
from khalifa.application.edit_customer import CustomerEdit
from khalifa.domain.agents import Agent, Presence, Role
from khalifa.domain.business_settings import AutomaticText
from khalifa.domain.messages import Message, SenderType
from khalifa.domain.tickets import Ticket, TicketEventKind
from tests.unit.application.world import World, wrote

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
ASKED = AutomaticText(enabled=True, text="How was it, 1 to 5?")


async def boss_of(world: World) -> Agent:
    bosses = [one for one in world.store.tables.agents.values() if one.is_admin]
    if bosses:
        return bosses[0]
    return await world.agent("Boss", role=Role.ADMIN, presence=Presence.OFFLINE)


async def change(world: World, settings: SettingsChange) -> None:
    await world.container.change_settings()(await boss_of(world), settings)


async def closed(world: World, sara: Agent) -> Ticket:
    """Answer a customer, and close the conversation."""
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "here you are")
    await world.close_ticket(sara, ticket.id)
    return ticket


@pytest.fixture
async def sara(world: World) -> Agent:
    await change(world, SettingsChange(rating_request=ASKED))
    return await world.agent("Sara")


async def asked(world: World, sara: Agent) -> Ticket:
    """Close a conversation whose customer was asked since, one minute after the world began."""
    ticket = await closed(world, sara)
    world.clock.advance(MINUTE)
    assert await world.sweep("ratings") == 1
    return ticket


def questions(world: World) -> list[Message]:
    return [one for one in world.messages() if one.sender_type is SenderType.SYSTEM]


def the_ticket(world: World) -> Ticket:
    [ticket] = world.tickets()
    return ticket


async def test_a_customer_is_asked_once_soon_after_the_ticket_was_closed(
    world: World, sara: Agent
) -> None:
    ticket = await closed(world, sara)

    assert await world.sweep("ratings") == 0, "whoever closed it may want it back"
    world.clock.advance(31 * SECOND)
    assert await world.sweep("ratings") == 1
    assert await world.sweep("ratings") == 0

    [question] = questions(world)
    assert (question.text, question.ticket_id) == (ASKED.text, ticket.id)
    assert not the_ticket(world).is_open
    await world.deliver_messages()
    assert question.text in [sent.text for sent in world.wire.driver.sent]


async def test_the_number_that_comes_back_is_the_rating_and_opens_nothing(
    world: World, sara: Agent
) -> None:
    ticket = await asked(world, sara)

    await world.receive(wrote("٤", after=2 * MINUTE))

    rated = the_ticket(world)
    assert (rated.is_open, rated.rating, rated.unread) == (False, 4, 0)
    assert world.message("٤").ticket_id == ticket.id
    lines = [line for line in world.store.tables.ticket_events if line.ticket_id == ticket.id]
    assert (lines[-1].kind, lines[-1].reason) == (TicketEventKind.RATED, "4")
    assert any(b'"rating":4' in event.entity for event in world.told)


async def test_who_thinks_again_counts_by_the_last_word(world: World, sara: Agent) -> None:
    await asked(world, sara)

    await world.receive(wrote("2", after=2 * MINUTE))
    await world.receive(wrote("5", after=3 * MINUTE))

    assert the_ticket(world).rating == 5


async def test_words_open_the_ticket_again_and_what_was_rated_before_stays(
    world: World, sara: Agent
) -> None:
    await asked(world, sara)

    await world.receive(
        wrote("3", after=2 * MINUTE),
        wrote("the box was open", after=2 * MINUTE + SECOND),
        wrote("1", after=2 * MINUTE + 2 * SECOND),
    )

    ticket = the_ticket(world)
    assert (ticket.is_open, ticket.rating, ticket.agent_id) == (True, 3, sara.id)
    assert {one.ticket_id for one in world.messages()} == {ticket.id}


async def test_a_rating_stays_with_its_ticket_when_what_follows_opens_another(
    world: World, sara: Agent
) -> None:
    await change(world, SettingsChange(reopen_window=HOUR))
    ticket = await asked(world, sara)
    world.clock.advance(2 * HOUR)

    await world.receive(
        wrote("5", after=2 * HOUR), wrote("one more thing", after=2 * HOUR + SECOND)
    )

    rated, opened = world.tickets()
    assert (rated.id, rated.is_open, rated.rating) == (ticket.id, False, 5)
    assert (opened.is_open, opened.rating) == (True, None)
    assert world.message("one more thing").ticket_id == opened.id


async def test_a_number_is_a_message_where_nobody_asked_or_a_day_later(
    world: World, sara: Agent
) -> None:
    await closed(world, sara)
    await world.receive(wrote("2", after=10 * SECOND))
    assert (the_ticket(world).is_open, the_ticket(world).rating) == (True, None)

    await world.close_ticket(sara, the_ticket(world).id)
    world.clock.advance(MINUTE)
    await world.sweep("ratings")
    world.clock.advance(25 * HOUR)
    await world.receive(wrote("2", after=25 * HOUR))
    assert [one.is_open for one in world.tickets()] == [False, True]


async def test_the_same_answer_again_changes_nothing(world: World, sara: Agent) -> None:
    await asked(world, sara)
    answer = world.body(wrote("5", after=2 * MINUTE))

    await world.container.receive_messages()([answer])
    version = the_ticket(world).version
    await world.container.receive_messages()([answer])

    assert (the_ticket(world).version, the_ticket(world).rating) == (version, 5)


async def test_nobody_is_asked_who_had_no_answer_or_writes_already(
    world: World, sara: Agent
) -> None:
    unanswered = await world.conversation_of(sara, "201000000001")
    await world.close_ticket(sara, unanswered.id)
    await closed(world, sara)
    world.clock.advance(MINUTE)
    await world.receive(wrote("wait", after=MINUTE))

    assert await world.sweep("ratings") == 0


async def test_nobody_is_asked_while_it_is_switched_off(world: World, sara: Agent) -> None:
    await change(
        world, SettingsChange(rating_request=AutomaticText(enabled=False, text=ASKED.text))
    )
    await closed(world, sara)
    world.clock.advance(MINUTE)

    assert await world.sweep("ratings") == 0


async def test_a_blocked_customer_is_not_asked(world: World, sara: Agent) -> None:
    ticket = await closed(world, sara)
    boss = await boss_of(world)
    await world.container.edit_customer()(boss, ticket.customer_id, CustomerEdit(blocked=True))
    world.clock.advance(MINUTE)

    assert await world.sweep("ratings") == 0


async def test_nobody_is_asked_outside_the_window() -> None:
    world = World(window=20 * SECOND)
    await change(world, SettingsChange(rating_request=ASKED))
    await closed(world, await world.agent("Sara"))
    world.clock.advance(MINUTE)

    assert await world.sweep("ratings") == 0


async def test_for_how_long_a_ticket_opens_again_is_the_business_s_to_say(world: World) -> None:
    await change(world, SettingsChange(reopen_window=HOUR))
    sara = await world.agent("Sara")
    await closed(world, sara)

    world.clock.advance(59 * MINUTE)
    await world.receive(wrote("still there?", after=59 * MINUTE))
    assert the_ticket(world).is_open
    await world.close_ticket(sara, the_ticket(world).id)
    world.clock.advance(61 * MINUTE)
    await world.receive(wrote("and now?", after=2 * HOUR))

    assert [one.is_open for one in world.tickets()] == [False, True]
