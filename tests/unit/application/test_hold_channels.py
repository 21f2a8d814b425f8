"""A channel its provider stopped holds its replies back, instead of failing them one by one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from khalifa.application.ports.messaging import (
    ChannelStopped,
    LateRefusals,
    MessageRejected,
    NotSent,
    ProviderUnreachable,
)
from khalifa.application.provider_status import ProviderDetails
from khalifa.domain.agents import Agent
from khalifa.domain.messages import DeliveryStatus
from khalifa.domain.words import Words
from khalifa.infrastructure.memory.channel_holds import MemoryChannelHolds
from khalifa.infrastructure.messaging.cloud_api.errors import CloudApiRefusals
from tests.unit.application.world import PIGEON, WIRE, World, reported

STOPPED = ChannelStopped(Words("The token ran out. (190)", "انتهت صلاحية الرمز. (190)"), code="190")
PHONES = [f"2010123456{number:02}" for number in range(70, 80)]


@pytest.fixture
async def sara(world: World) -> Agent:
    return await world.agent("Sara")


async def ten_replies(world: World, sara: Agent) -> None:
    for phone in PHONES:
        ticket = await world.conversation_of(sara, phone)
        await world.reply_to_ticket(sara, ticket.id, f"to {phone}")


def statuses(world: World) -> set[DeliveryStatus]:
    return {world.message(f"to {phone}").status for phone in PHONES}


async def stop(world: World, sara: Agent) -> None:
    """Let one reply find out that the channel is stopped."""
    ticket = await world.conversation_of(sara, "201112345678")
    world.wire.driver.always = STOPPED
    await world.reply_to_ticket(sara, ticket.id, "first")
    await world.deliver_messages()


async def test_other_replies_wait_and_one_tries_now_and_then(world: World, sara: Agent) -> None:
    await stop(world, sara)
    await ten_replies(world, sara)

    for _ in range(60):
        await world.deliver_messages()
        world.clock.advance(timedelta(seconds=10))

    assert statuses(world) == {DeliveryStatus.QUEUED}
    # Ten minutes: one try in thirty seconds, not eleven conversations' worth.
    assert 15 <= len(world.wire.driver.attempts) <= 22


async def test_the_first_that_gets_through_lets_all_go(world: World, sara: Agent) -> None:
    await stop(world, sara)
    await ten_replies(world, sara)
    await world.deliver_messages()

    world.wire.driver.always = None
    for _ in range(8):
        world.clock.advance(timedelta(seconds=10))
        await world.deliver_messages()

    assert statuses(world) == {DeliveryStatus.SENT}
    assert len({m.text for m in world.wire.driver.sent}) == len(world.wire.driver.sent) == 11


async def test_a_refusal_of_one_message_says_that_the_channel_works(
    world: World, sara: Agent
) -> None:
    await stop(world, sara)
    world.wire.driver.always = MessageRejected("not this one")
    world.clock.advance(timedelta(seconds=31))

    await world.deliver_messages()

    assert await world.container.channel_holds().find(WIRE) is None
    assert world.message("first").status is DeliveryStatus.FAILED


async def test_replies_of_other_providers_go_on(world: World, sara: Agent) -> None:
    await stop(world, sara)
    ticket = await world.conversation_of(sara, PHONES[0])
    await world.pin(ticket, PIGEON)
    await world.reply_to_ticket(sara, ticket.id, "by pigeon")

    await world.deliver_messages()

    assert world.message("by pigeon").status is DeliveryStatus.SENT


async def test_what_waited_for_a_day_fails_with_the_reason(world: World, sara: Agent) -> None:
    await stop(world, sara)
    ticket = await world.conversation_of(sara, PHONES[0])
    await world.reply_to_ticket(sara, ticket.id, "forgotten")
    await world.deliver_messages()

    world.clock.advance(timedelta(hours=24))
    await world.deliver_messages()
    await world.deliver_messages()

    first, second = world.message("first"), world.message("forgotten")
    assert {first.status, second.status} == {DeliveryStatus.FAILED}
    assert {first.error_ar, second.error_ar} == {"انتهت صلاحية الرمز. (190)"}


async def test_what_is_a_day_old_is_not_even_sent_to_try_the_channel(
    world: World, sara: Agent
) -> None:
    await stop(world, sara)
    world.wire.driver.always = None
    world.clock.advance(timedelta(hours=24))

    await world.deliver_messages()

    assert world.message("first").status is DeliveryStatus.FAILED
    assert len(world.wire.driver.attempts) == 1


async def test_an_administrator_lets_it_go_at_once(world: World, sara: Agent) -> None:
    await stop(world, sara)
    world.wire.driver.always = None
    ticket = await world.conversation_of(sara, PHONES[0])

    await world.container.hold_channels().release(WIRE)
    await world.reply_to_ticket(sara, ticket.id, "now")
    await world.deliver_messages()

    assert world.message("now").status is DeliveryStatus.SENT


async def test_administrators_see_why_nothing_is_sent(world: World, sara: Agent) -> None:
    await world.sweep("status")
    await stop(world, sara)
    await world.sweep("status")

    details = await world.container.read_provider_status().details()

    [wire] = [one for one in details if one.provider == WIRE]
    assert (wire.connected, wire.state) == (False, "stopped")
    assert wire.detail == "The token ran out. (190)"
    assert wire.detail_ar == "انتهت صلاحية الرمز. (190)"
    assert "provider.changed" in {event.kind.value for event in world.told}


async def test_who_waited_for_a_stopped_channel_is_not_given_up_at_the_next_trouble(
    world: World, sara: Agent
) -> None:
    await stop(world, sara)
    for _ in range(80):
        world.clock.advance(timedelta(minutes=10))
        await world.deliver_messages()
    world.wire.driver.always = ProviderUnreachable("busy")

    world.clock.advance(timedelta(minutes=1))
    await world.deliver_messages()
    assert world.message("first").status is DeliveryStatus.QUEUED
    world.wire.driver.always = None
    world.clock.advance(timedelta(minutes=1))
    await world.deliver_messages()

    assert world.message("first").status is DeliveryStatus.SENT


def no_more_to_this_country() -> ChannelStopped:
    stopped = ChannelStopped(Words("Not to this country.", "ليس إلى هذا البلد."), code="130497")
    stopped.retryable, stopped.needs_person = False, True
    return stopped


async def wire_details(world: World) -> ProviderDetails:
    await world.sweep("status")
    details = await world.container.read_provider_status().details()
    return next(one for one in details if one.provider == WIRE)


async def test_what_may_be_of_one_customer_only_fails_and_the_next_reply_tries_the_channel(
    world: World, sara: Agent
) -> None:
    abroad = await world.conversation_of(sara, "201112345678")
    world.wire.driver.will(no_more_to_this_country())
    await world.reply_to_ticket(sara, abroad.id, "abroad")
    await world.deliver_messages()
    assert (await wire_details(world)).state == "stopped"
    at_home = await world.conversation_of(sara, PHONES[0])
    await world.reply_to_ticket(sara, at_home.id, "at home")

    for _ in range(7):
        await world.deliver_messages()
        world.clock.advance(timedelta(seconds=10))

    assert world.message("abroad").status is DeliveryStatus.FAILED
    assert world.message("at home").status is DeliveryStatus.SENT
    # It works again; and somebody still has to look at the account.
    shown = await wire_details(world)
    assert (shown.connected, shown.needs_person) == (True, True)
    assert (shown.detail, shown.detail_ar) == ("Not to this country.", "ليس إلى هذا البلد.")


async def test_what_a_person_must_hear_of_is_told_for_an_hour_and_holds_nobody(
    world: World, sara: Agent
) -> None:
    limited = MessageRejected(Words("The limit is reached. (131064)", "بلغ الحد. (131064)"))
    limited.needs_person = True
    world.wire.driver.will(limited)
    ticket = await world.conversation_of(sara, PHONES[0])
    await world.reply_to_ticket(sara, ticket.id, "too many")
    await world.deliver_messages()
    await world.reply_to_ticket(sara, ticket.id, "goes on")
    await world.deliver_messages()

    assert world.message("goes on").status is DeliveryStatus.SENT
    shown = await wire_details(world)
    assert (shown.connected, shown.needs_person) == (True, True)
    assert shown.detail == "The limit is reached. (131064)"
    world.clock.advance(timedelta(hours=1))
    assert not (await wire_details(world)).needs_person


async def test_who_has_seen_to_it_is_told_no_more(world: World, sara: Agent) -> None:
    del sara
    channels = world.container.hold_channels()
    await channels.note_late(WIRE, STOPPED)

    await channels.release(WIRE)

    shown = await wire_details(world)
    assert (shown.connected, shown.needs_person) == (True, False)


class _AsAtMeta(LateRefusals):
    def refusal(self, code: str) -> NotSent | None:
        return CloudApiRefusals().refusal(code)


async def refused_later(
    world: World, sara: Agent, code: str, *, known_by: str = "its webhook"
) -> None:
    """Let a reply be taken, and refused later with *code*; twice, as Meta repeats itself."""
    providers = world.container.configured_providers()
    providers._providers[WIRE] = replace(world.wire.port, late_refusals=_AsAtMeta())
    ticket = await world.conversation_of(sara, "201112345678")
    await world.reply_to_ticket(sara, ticket.id, "taken")
    failed = replace(reported(DeliveryStatus.FAILED, "wire-1", error="no"), error_code=code)
    match known_by:
        case "its webhook":
            await world.deliver_messages()
            await world.receive(failed, failed)
        case "a webhook before the answer":
            await world.receive(failed, failed)
            await world.deliver_messages()
        case "the sweep":
            await world.deliver_messages()
            at = world.clock.now()
            await world.transact(lambda uow: uow.statuses.keep([failed], at=at))
            await world.sweep("statuses")
    assert world.message("taken").status is DeliveryStatus.FAILED


@pytest.mark.parametrize("known_by", ["its webhook", "a webhook before the answer", "the sweep"])
async def test_a_late_refusal_of_the_account_stops_its_channel_and_is_told(
    world: World, sara: Agent, known_by: str
) -> None:
    await refused_later(world, sara, "131042", known_by=known_by)
    assert (await wire_details(world)).state == "stopped"
    await ten_replies(world, sara)

    await world.deliver_messages()
    assert statuses(world) == {DeliveryStatus.QUEUED}
    world.clock.advance(timedelta(seconds=31))
    await world.deliver_messages()

    # One was taken, and that is no proof: they were taken before, too.
    assert "131042" in str((await wire_details(world)).detail)
    assert len(world.wire.driver.sent) >= 2


@pytest.mark.parametrize("code", ["131053", "131026", "131000", "7", "x"])
async def test_a_late_refusal_of_one_message_stops_nothing_and_is_not_sent_again(
    world: World, sara: Agent, code: str
) -> None:
    await refused_later(world, sara, code)

    world.clock.advance(timedelta(minutes=1))
    await world.deliver_messages()

    shown = await wire_details(world)
    assert (shown.connected, shown.needs_person) == (True, False)
    assert world.message("taken").status is DeliveryStatus.FAILED
    assert len(world.wire.driver.attempts) == 1


async def test_without_a_place_to_keep_holds_replies_are_tried_by_themselves(
    world: World, sara: Agent
) -> None:
    holds = world.container.channel_holds()
    assert isinstance(holds, MemoryChannelHolds)
    holds.away = True
    await stop(world, sara)
    world.wire.driver.always = None
    ticket = await world.conversation_of(sara, PHONES[0])
    await world.reply_to_ticket(sara, ticket.id, "goes")

    await world.deliver_messages()

    assert world.message("goes").status is DeliveryStatus.SENT
