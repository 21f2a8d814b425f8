"""Pace: taken before the claim, waited for in the database, never slept in a job."""

from datetime import timedelta

from khalifa.application.ports.messaging import (
    ConnectionStatus,
    MessageRejected,
    ProviderUnreachable,
    RateLimited,
)
from khalifa.domain.agents import Agent
from khalifa.domain.messages import DeliveryStatus
from khalifa.domain.pace import Channel, PacePolicy, RecipientPace, WarningSign
from tests.unit.application.world import NOW, PIGEON, WIRE, World, reported

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
FAST = PacePolicy(per_second=1)
APART = PacePolicy(apart=(2.0, 4.0))
CAREFUL = PacePolicy(apart=(2.0, 4.0), warm_up=timedelta(days=7), warnings=3, hold=30 * MINUTE)
SENT_IDS = ("wire-1", "wire-2", "wire-3")
ONE_EACH = PacePolicy(recipient=RecipientPace(interval=6.0, burst=2, within=6.0))


async def _replies(world: World, count: int) -> Agent:
    """Let *count* customers write, and answer each of them by a number, from "0"."""
    sara = await world.agent("Sara", capacity=500)
    for n in range(count):
        await world.conversation(sara, f"2010{n:08}")
        newest = world.tickets()[-1]
        await world.reply_to_ticket(sara, newest.id, f"{n}")
    return sara


def _sent(world: World) -> list[str]:
    return [message.text for message in world.wire.driver.attempts]


async def _seconds(world: World, seconds: int) -> None:
    """Let the time pass, with the housekeeper's tick each second."""
    for _ in range(seconds):
        world.clock.advance(SECOND)
        await world.deliver_messages()


async def _channel(world: World) -> Channel:
    return (await world.transact(lambda uow: uow.channels.get_many([WIRE])))[WIRE]


async def test_messages_leave_seconds_apart_in_their_order() -> None:
    world = World(pace=APART)
    await _replies(world, 4)

    await world.deliver_messages()
    assert _sent(world) == ["0"]
    await _seconds(world, 1)
    assert _sent(world) == ["0"]
    await _seconds(world, 5)

    assert _sent(world) == ["0", "1", "2", "3"]


async def test_what_waits_is_queued_untouched_and_due_again_when_its_turn_comes() -> None:
    world = World(pace=APART)
    await _replies(world, 3)

    await world.deliver_messages()

    waiting = [row for row in world.store.tables.deliveries.values() if row.token is None]
    assert [row.due_at for row in waiting] == [NOW + 2 * SECOND, NOW + 4 * SECOND]
    assert [row.attempts for row in waiting] == [0, 0]
    assert [world.message(f"{n}").status for n in (1, 2)] == [DeliveryStatus.QUEUED] * 2


async def test_a_reply_may_wait_for_its_turn_far_longer_than_two_minutes() -> None:
    world = World(pace=PacePolicy(apart=(100.0, 100.0)))
    await _replies(world, 3)
    await world.deliver_messages()
    world.wire.driver.will(ProviderUnreachable("busy"))

    await _seconds(world, 100)
    assert world.message("1").status is DeliveryStatus.QUEUED
    await _seconds(world, 250)

    assert [world.message(f"{n}").status for n in range(3)] == [DeliveryStatus.SENT] * 3


async def test_one_customer_waits_without_holding_up_another() -> None:
    world = World(pace=ONE_EACH)
    sara = await world.agent("Sara")
    first = await world.conversation(sara, "201000000001")
    for text in ("a1", "a2", "a3"):
        await world.reply_to_ticket(sara, first.id, text)
    await world.deliver_messages()
    assert _sent(world) == ["a1", "a2"]

    await world.conversation(sara, "201000000002")
    await world.reply_to_ticket(sara, world.tickets()[-1].id, "b1")
    await world.deliver_messages()
    assert _sent(world) == ["a1", "a2", "b1"]

    await _seconds(world, 12)
    assert _sent(world) == ["a1", "a2", "b1", "a3"]


async def test_a_provider_without_a_policy_is_not_slowed() -> None:
    world = World(pace=APART)
    sara = await _replies(world, 1)
    ticket = world.tickets()[0]
    await world.pin(ticket, PIGEON)
    for n in range(5):
        await world.reply_to_ticket(sara, ticket.id, f"p{n}")

    await world.deliver_messages()

    texts = [getattr(message, "text", "") for message in world.pigeon.driver.attempts]
    assert texts == ["0", "p0", "p1", "p2", "p3", "p4"]


async def test_too_fast_for_the_number_slows_all_and_fails_none() -> None:
    world = World(pace=FAST)
    await _replies(world, 3)
    world.wire.driver.will(RateLimited("too fast", retry_after=5.0, whole_channel=True))

    await world.deliver_messages()
    await _seconds(world, 4)
    assert _sent(world) == ["0"]
    await _seconds(world, 60)

    assert [world.message(f"{n}").status for n in range(3)] == [DeliveryStatus.SENT] * 3
    [state] = (await world.container.keep_pace().states()).values()
    assert state.tokens_left == 1


async def test_too_fast_for_one_customer_waits_longer_each_time() -> None:
    world = World(pace=PacePolicy(per_second=80))
    await _replies(world, 1)
    world.wire.driver.always = RateLimited("too fast for her")
    sent_at: list[int] = []

    for second in range(90):
        before = len(world.wire.driver.attempts)
        await world.deliver_messages()
        sent_at += [second] * (len(world.wire.driver.attempts) - before)
        world.clock.advance(SECOND)

    assert sent_at == [0, 1, 5, 21, 85]
    assert world.message("0").status is DeliveryStatus.QUEUED


async def test_what_a_provider_puts_off_for_hours_is_failed_at_once() -> None:
    world = World(pace=FAST)
    await _replies(world, 1)
    world.wire.driver.will(RateLimited("complaints", retry_after=3600.0, whole_channel=True))

    await world.deliver_messages()

    assert world.message("0").status is DeliveryStatus.FAILED


async def _refuse(world: World, times: int) -> None:
    for _ in range(times):
        refused = MessageRejected("refused")
        refused.sign = WarningSign.REFUSED
        world.wire.driver.will(refused)
    await _seconds(world, 4 * times)


async def test_too_many_warning_signs_hold_the_number_for_a_while_and_tell_why() -> None:
    world = World(pace=CAREFUL)
    await world.sweep("status")
    await _replies(world, 6)

    await _refuse(world, 2)
    assert not (await world.container.keep_pace().states())[WIRE].held_until
    await _refuse(world, 1)
    await _seconds(world, 60)

    assert len(world.wire.driver.attempts) == 3
    state = (await world.container.keep_pace().states())[WIRE]
    assert state.held_because
    assert state.held_because_ar
    await world.sweep("status")
    details = {d.provider: d for d in await world.container.read_provider_status().details()}
    assert (details["wire"].state, details["wire"].needs_person) == ("held", True)
    assert details["wire"].pace == state

    await _seconds(world, 31 * 60)
    assert len(world.wire.driver.attempts) == 6


async def test_what_was_taken_and_refused_later_is_a_warning_sign_once() -> None:
    world = World(pace=CAREFUL)
    await world.sweep("status")
    await _replies(world, 3)
    await _seconds(world, 12)
    ids = [m.whatsapp_message_id for m in world.messages() if m.whatsapp_message_id in SENT_IDS]

    for id_ext in ids[:2]:
        failed = reported(DeliveryStatus.FAILED, id_ext or "", error="ack -1")
        await world.receive(failed, failed)
    assert (await _channel(world)).held_because is None
    await world.receive(reported(DeliveryStatus.FAILED, ids[2] or "", error="ack -1"))

    assert (await _channel(world)).held_because is WarningSign.REFUSED


async def test_a_person_may_end_a_hold() -> None:
    world = World(pace=CAREFUL)
    await world.sweep("status")
    await _replies(world, 1)
    await world.container.keep_pace().warn(WIRE, WarningSign.UNLINKED)
    await _seconds(world, 5)
    assert not world.wire.driver.attempts

    await world.container.keep_pace().release(WIRE)
    await _seconds(world, 30)

    assert world.message("0").status is DeliveryStatus.SENT


async def test_an_unlinked_phone_holds_the_channel_until_it_is_paired_anew() -> None:
    world = World(pace=CAREFUL)
    await world.sweep("status")
    await _replies(world, 1)
    world.wire.connection.current = ConnectionStatus(connected=False, state="unlinked")
    await world.sweep("status")
    await _seconds(world, 5)
    assert not world.wire.driver.attempts
    assert (await _channel(world)).paired_at is None

    world.clock.advance(MINUTE)
    world.wire.connection.current = ConnectionStatus(connected=True, state="connected", phone="2")
    await world.sweep("status")
    await _seconds(world, 31)

    assert world.message("0").status is DeliveryStatus.SENT
    assert (await _channel(world)).paired_at == NOW + MINUTE + 5 * SECOND


async def test_a_connection_that_breaks_again_and_again_holds_the_channel() -> None:
    world = World(pace=CAREFUL)
    up = world.wire.connection.current
    for _ in range(3):
        world.wire.connection.current = up
        await world.sweep("status")
        world.wire.connection.current = ConnectionStatus(connected=False, state="offline")
        await world.sweep("status")
        world.clock.advance(MINUTE)

    assert (await _channel(world)).held_because is WarningSign.DISCONNECTED


async def test_the_age_of_a_session_is_kept_and_its_warm_up_shown() -> None:
    world = World(pace=CAREFUL)
    await world.sweep("status")
    world.clock.advance(timedelta(days=2))
    await world.sweep("status")

    state = (await world.container.keep_pace().states())[WIRE]

    assert (state.paired_at, state.warm_up_day, state.warm_up_days) == (NOW, 3, 7)


async def test_a_providers_status_is_told_while_the_database_is_away() -> None:
    world = World(pace=CAREFUL)
    up = world.wire.connection.current
    world.store.away = True

    assert await world.container.keep_pace().see(WIRE, None, up) == up


async def test_a_sign_seen_while_the_database_is_away_hinders_nothing() -> None:
    world = World(pace=CAREFUL)
    world.store.away = True

    await world.container.keep_pace().warn(WIRE, WarningSign.UNLINKED)

    world.store.away = False
    assert (await _channel(world)).held_until is None


async def test_a_connection_that_two_processes_see_break_broke_once() -> None:
    world = World(pace=CAREFUL)
    up, down = (
        world.wire.connection.current,
        ConnectionStatus(connected=False, state="offline"),
    )

    for _ in range(3):
        await world.container.keep_pace().see(WIRE, up, down)

    assert (await _channel(world)).held_because is None
