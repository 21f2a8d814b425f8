"""What is said by itself: to whom, when, and how often."""

import asyncio
from datetime import timedelta

import pytest

from khalifa.application.change_settings import SettingsChange
from khalifa.domain.agents import Agent, Presence, Role
from khalifa.domain.business_hours import Day, Opening
from khalifa.domain.business_settings import AutomaticText
from khalifa.domain.messages import DeliveryStatus, Message, SenderType
from tests.unit.application.world import World, wrote

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
# The world begins on a Sunday, at noon in Cairo.
MORNINGS: tuple[Day, ...] = ((Opening(8 * 60, 11 * 60),),) * 7
AWAY = AutomaticText(enabled=True, text="We open at eight.")
WELCOME = AutomaticText(enabled=True, text="Welcome!")


async def a_shop(world: World, *, welcome: bool = False, away: bool = True) -> Agent:
    """Open in the mornings only, say what is asked for; return the administrator."""
    boss = await world.agent("Boss", role=Role.ADMIN, presence=Presence.OFFLINE)
    await world.container.change_settings()(
        boss,
        SettingsChange(
            week=MORNINGS,
            away_reply=AutomaticText(enabled=away, text=AWAY.text),
            welcome=AutomaticText(enabled=welcome, text=WELCOME.text),
        ),
    )
    return boss


def said(world: World) -> list[Message]:
    return [one for one in world.messages() if one.sender_type is SenderType.SYSTEM]


def texts(world: World) -> list[str | None]:
    return [message.text for message in said(world)]


async def test_who_writes_outside_the_hours_is_told_once_on_the_ticket(world: World) -> None:
    await a_shop(world)
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)

    assert await world.sweep("automatic") == 1
    await world.receive(wrote("hello?", after=MINUTE))
    assert await world.sweep("automatic") == 0

    (message,) = said(world)
    assert (message.text, message.agent_id, message.ticket_id) == (AWAY.text, None, ticket.id)
    assert message.status is DeliveryStatus.QUEUED
    assert any(b"We open at eight" in event.entity for event in world.told)
    await world.deliver_messages()
    assert world.messages()[1].status is DeliveryStatus.SENT
    # A new ticket, a new word.
    await world.close_ticket(sara, ticket.id)
    world.clock.advance(25 * HOUR)
    await world.receive(wrote("me again", after=25 * HOUR))
    assert await world.sweep("automatic") == 1


async def test_it_is_no_answer_and_the_ticket_shows_what_the_customer_said(world: World) -> None:
    await a_shop(world)
    await world.conversation(await world.agent("Sara"))
    before = world.tickets()[0]

    await world.sweep("automatic")

    after = world.tickets()[0]
    assert (after.waiting_since, after.unread) == (before.waiting_since, 1)
    assert after.last_message == "hello"


async def test_its_echo_is_our_own_reply_and_no_answer_typed_on_the_phone(world: World) -> None:
    await a_shop(world)
    await world.conversation(await world.agent("Sara"))
    await world.sweep("automatic")
    delivering = await world.start_a_held_delivery()

    await world.receive(wrote(AWAY.text, from_us=True, id_ext="echo"))
    world.wire.driver.release()
    await delivering

    assert len(world.messages()) == 2
    assert world.tickets()[0].waiting_since is not None


async def test_nobody_is_told_in_the_hours_or_while_it_is_switched_off(world: World) -> None:
    await a_shop(world, away=False)
    await world.conversation(await world.agent("Sara"))
    assert await world.sweep("automatic") == 0

    world.clock.advance(21 * HOUR)
    boss = await world.agent("Other", role=Role.ADMIN, presence=Presence.OFFLINE)
    await world.container.change_settings()(boss, SettingsChange(away_reply=AWAY))
    await world.receive(wrote("good morning", after=21 * HOUR))
    assert await world.sweep("automatic") == 0


async def test_who_was_answered_already_is_told_nothing(world: World) -> None:
    await a_shop(world, welcome=True)
    sara = await world.agent("Sara")
    ticket = await world.conversation_of(sara, "201000000001")
    await world.reply_to_ticket(sara, ticket.id, "we are still here")
    await world.receive(
        wrote("hello", phone="201000000002"), wrote("yes?", phone="201000000002", from_us=True)
    )

    assert await world.sweep("automatic") == 0


async def test_who_wrote_before_closing_time_is_told_nothing_after_it(world: World) -> None:
    await a_shop(world)
    world.clock.advance(23 * HOUR - MINUTE)
    await world.receive(wrote("quick question", after=23 * HOUR - MINUTE))

    world.clock.advance(2 * MINUTE)
    assert await world.sweep("automatic") == 0
    await world.receive(wrote("anybody?", after=23 * HOUR + MINUTE))
    assert await world.sweep("automatic") == 1


async def test_what_was_fetched_late_is_answered_by_nobody_but_a_person(world: World) -> None:
    await a_shop(world, welcome=True)
    world.clock.advance(16 * MINUTE)

    await world.receive(wrote("long ago"))

    assert await world.sweep("automatic") == 0


async def test_nothing_is_said_outside_the_window() -> None:
    world = World(window=5 * MINUTE)
    await a_shop(world, welcome=True)
    await world.receive(wrote("hello"))
    world.clock.advance(6 * MINUTE)

    assert await world.sweep("automatic") == 0
    await world.receive(wrote("hello?", after=6 * MINUTE))
    assert await world.sweep("automatic") == 2


async def test_a_new_customer_is_welcomed_once_and_first(world: World) -> None:
    await a_shop(world, welcome=True)
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)

    assert await world.sweep("automatic") == 2
    assert texts(world) == [WELCOME.text, AWAY.text]
    await world.close_ticket(sara, ticket.id)
    world.clock.advance(25 * HOUR)
    await world.receive(wrote("me again", after=25 * HOUR))
    await world.sweep("automatic")

    assert texts(world) == [WELCOME.text, AWAY.text, AWAY.text]


async def test_who_knows_us_is_not_welcomed_when_that_is_switched_on(world: World) -> None:
    await a_shop(world, away=False)
    await world.conversation(await world.agent("Sara"))
    world.clock.advance(HOUR)
    boss = await world.agent("Other", role=Role.ADMIN, presence=Presence.OFFLINE)
    await world.container.change_settings()(boss, SettingsChange(welcome=WELCOME))

    await world.receive(wrote("hello again", after=HOUR))

    assert await world.sweep("automatic") == 0


async def test_whom_an_agent_wrote_to_first_is_not_welcomed(world: World) -> None:
    await a_shop(world, welcome=True, away=False)
    sara = await world.agent("Sara")
    await world.start_conversation(sara, "201000000001", "Your order is ready.")

    await world.receive(wrote("thanks, when?", phone="201000000001"))

    assert await world.sweep("automatic") == 0


@pytest.mark.parametrize("settings", [{"welcome": True}, {"away": True}])
async def test_two_housekeepers_at_once_say_it_once(
    world: World, settings: dict[str, bool]
) -> None:
    await a_shop(world, **{"away": False, **settings})
    await world.conversation(await world.agent("Sara"))

    await asyncio.gather(*(world.sweep("automatic") for _ in range(4)))

    assert len(said(world)) == 1
