"""Replies: stored first, handed over at most once, in order, and never taken back."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import pytest
from dependency_injector import providers

from khalifa.application import deliver_messages
from khalifa.application.ports.messaging import (
    FileNotTaken,
    MessageRejected,
    NotSent,
    OutcomeUnknown,
    ProviderUnreachable,
)
from khalifa.application.ports.outgoing import Receipt
from khalifa.application.ports.unit_of_work import DatabaseUnavailable, Transact, UnitOfWork
from khalifa.domain.errors import IdempotencyKeyReused, InvalidText, NotAllowed, NotFound
from khalifa.domain.messages import DeliveryStatus
from khalifa.domain.routing import ProviderSwitch
from khalifa.domain.tickets import TicketId
from tests.unit.application.world import NOW, PIGEON, WIRE, World, reported, wrote

T = TypeVar("T")


async def test_a_reply_is_stored_queued_then_sent_by_the_active_provider(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)

    view = await world.reply_to_ticket(sara, ticket.id, "أهلاً")
    assert (view.status, world.jobs.take_deliver()) == ("queued", True)
    await world.deliver_messages()

    reply = world.message("أهلاً")
    assert (reply.status, reply.provider) == (DeliveryStatus.SENT, WIRE)
    assert reply.whatsapp_message_id == "wire-1"
    [sent] = world.wire.driver.attempts
    assert (sent.to.id_ext, sent.opaque_id) == ("201012345678", reply.opaque_id)


async def test_the_same_idempotency_key_says_it_once(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)

    first = await world.reply_to_ticket(sara, ticket.id, "once", idempotency_key="k")
    second = await world.reply_to_ticket(sara, ticket.id, "once", idempotency_key="k")

    assert first.id == second.id
    with pytest.raises(IdempotencyKeyReused):
        await world.reply_to_ticket(sara, ticket.id, "something else", idempotency_key="k")


@pytest.mark.parametrize("text", ["", "  \n", "x" * 4097])
async def test_text_that_cannot_be_sent_is_refused(world: World, text: str) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)

    with pytest.raises(InvalidText):
        await world.reply_to_ticket(sara, ticket.id, text)


async def test_only_who_holds_the_ticket_may_answer(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    omar = await world.agent("Omar")

    with pytest.raises(NotAllowed):
        await world.reply_to_ticket(omar, ticket.id, "mine!")
    with pytest.raises(NotFound):
        await world.reply_to_ticket(omar, TicketId(999), "whose?")


async def test_replies_of_one_conversation_go_one_after_the_other(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    for n in range(5):
        await world.reply_to_ticket(sara, ticket.id, f"{n}")

    await world.deliver_messages()

    assert [message.text for message in world.wire.driver.attempts] == ["0", "1", "2", "3", "4"]


async def test_a_slow_send_holds_up_no_other_conversation(world: World) -> None:
    sara = await world.agent("Sara")
    slow = await world.conversation(sara, "201000000001")
    await world.reply_to_ticket(sara, slow.id, "slow")
    delivering = await world.start_a_held_delivery()

    await world.receive(wrote("hi", phone="201000000002"))
    quick = next(t for t in world.tickets() if t.id != slow.id)
    await world.pin(quick, PIGEON)
    await world.reply_to_ticket(sara, quick.id, "quick")
    await world.deliver_messages()

    assert world.message("quick").status is DeliveryStatus.SENT
    assert world.message("slow").status is DeliveryStatus.SENDING
    world.wire.driver.release()
    await delivering
    await world.deliver_messages.finish()
    assert world.message("slow").status is DeliveryStatus.SENT


async def test_a_refusal_that_may_pass_is_tried_again_and_given_up_after_two_minutes(
    world: World,
) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "patience")
    world.wire.driver.always = ProviderUnreachable("busy")

    await world.deliver_messages()
    assert world.message("patience").status is DeliveryStatus.QUEUED
    for _ in range(20):
        world.clock.advance(timedelta(seconds=10))
        await world.deliver_messages()

    assert world.message("patience").status is DeliveryStatus.FAILED
    assert world.message("patience").error == "busy"
    assert 3 <= len(world.wire.driver.attempts) < 20


async def test_a_provider_that_says_how_long_it_is_away_is_waited_for(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "patience")
    away = ProviderUnreachable("down for five minutes at most (2)", code="2")
    away.lasts = 300.0
    world.wire.driver.always = away

    for _ in range(31):
        await world.deliver_messages()
        world.clock.advance(timedelta(seconds=10))
    assert world.message("patience").status is DeliveryStatus.QUEUED
    world.wire.driver.always = None
    for _ in range(4):
        await world.deliver_messages()
        world.clock.advance(timedelta(seconds=10))

    assert world.message("patience").status is DeliveryStatus.SENT


async def test_what_may_be_the_file_is_tried_twice_more_and_then_failed(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "see this")
    world.wire.driver.always = FileNotTaken("not taken (131053)", code="131053")

    for _ in range(6):
        await world.deliver_messages()
        world.clock.advance(timedelta(seconds=10))

    assert world.message("see this").status is DeliveryStatus.FAILED
    assert world.message("see this").error_code == "131053"
    assert len(world.wire.driver.attempts) == 3


async def test_a_final_refusal_fails_the_reply_with_its_words(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "no")
    world.wire.driver.will(MessageRejected("not on WhatsApp (131026)"))

    await world.deliver_messages()

    assert world.message("no").status is DeliveryStatus.FAILED
    assert world.message("no").error == "not on WhatsApp (131026)"


async def test_not_knowing_is_a_state_and_blocks_nothing(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "lost?")
    await world.reply_to_ticket(sara, ticket.id, "next")
    world.wire.driver.will(OutcomeUnknown("no answer"))

    await world.deliver_messages()
    await world.deliver_messages()

    assert world.message("lost?").status is DeliveryStatus.UNKNOWN
    assert world.message("next").status is DeliveryStatus.SENT
    assert [message.text for message in world.wire.driver.attempts] == ["lost?", "next"]


async def test_a_status_with_our_opaque_id_settles_the_unknown(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "lost?")
    world.wire.driver.will(OutcomeUnknown("no answer"))
    await world.deliver_messages()

    opaque_id = world.message("lost?").opaque_id
    await world.receive(reported(DeliveryStatus.DELIVERED, "wamid-1", opaque_id=opaque_id))

    assert world.message("lost?").status is DeliveryStatus.DELIVERED
    assert world.message("lost?").whatsapp_message_id == "wamid-1"


async def test_our_own_echo_settles_the_unknown_and_is_not_filed_twice(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "lost?")
    world.wire.driver.will(OutcomeUnknown("no answer"))
    await world.deliver_messages()

    await world.receive(wrote("lost?", from_us=True, id_ext="KEY1", key="KEY1"))

    assert len(world.messages()) == 2
    assert world.message("lost?").status is DeliveryStatus.SENT
    assert world.message("lost?").whatsapp_message_id == "KEY1"


async def test_an_echo_that_took_the_id_before_settle_is_absorbed(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "hello\u00a0there")
    world.wire.driver.will(Receipt("KEY1", "KEY1"))
    delivering = await world.start_a_held_delivery()

    # The far side changed the words on the way, so the echo cannot be told by them.
    await world.receive(wrote("hello there", from_us=True, id_ext="KEY1", key="KEY1"))
    await world.receive(reported(DeliveryStatus.DELIVERED, "KEY1"))
    world.wire.driver.release()
    await delivering

    [_, reply] = world.messages()
    assert reply.text == "hello\u00a0there"
    assert (reply.whatsapp_message_id, reply.status) == ("KEY1", DeliveryStatus.DELIVERED)


async def test_statuses_that_come_before_the_answer_are_taken_up_by_settle(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "quick ack")
    await world.receive(reported(DeliveryStatus.DELIVERED, "wire-1"))

    await world.deliver_messages()

    assert world.message("quick ack").status is DeliveryStatus.DELIVERED


@pytest.mark.parametrize(
    ("reports", "end"),
    [
        (["delivered", "sent"], "delivered"),
        (["read", "delivered", "sent"], "read"),
        (["failed", "delivered"], "delivered"),
        (["delivered", "failed"], "delivered"),
        (["sent", "failed"], "failed"),
    ],
)
async def test_what_a_provider_reported_never_goes_backwards(
    world: World, reports: list[str], end: str
) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "ticks")
    await world.deliver_messages()

    for status in reports:
        await world.receive(reported(DeliveryStatus(status), "wire-1", error="why"))

    assert world.message("ticks").status == end


async def test_an_expired_claim_becomes_unknown_and_is_never_sent_again(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "hung")
    dead = await world.start_a_held_delivery()
    world.clock.advance(timedelta(minutes=5))

    assert await world.sweep("expired") == 1
    await world.deliver_messages()

    assert world.message("hung").status is DeliveryStatus.UNKNOWN
    assert len(world.wire.driver.attempts) == 1
    world.wire.driver.release()
    await dead
    # The claim ran out, so the late answer settles nothing by itself.
    assert world.message("hung").status is DeliveryStatus.UNKNOWN


@pytest.mark.parametrize(
    ("what_came", "status"),
    [(Receipt("wire-9"), "sent"), (MessageRejected("never like this"), "failed")],
)
async def test_what_came_of_a_send_is_written_down_once_the_database_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch, what_came: Receipt | NotSent, status: str
) -> None:
    monkeypatch.setattr(deliver_messages, "SETTLE_AGAIN_AFTER", 0.0)
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "in the middle of it")
    database = DatabaseThatGoesAway(world.transact)
    world.container.transact.override(providers.Object(database))
    world.container.deliver_messages.reset()
    world.deliver_messages = world.container.deliver_messages()
    world.wire.driver.will(what_came)
    delivering = await world.start_a_held_delivery()

    database.away_for = 3
    world.wire.driver.release()
    await delivering
    await world.deliver_messages.finish()

    assert (database.away_for, world.message("in the middle of it").status) == (0, status)


class DatabaseThatGoesAway(Transact):
    """Refuses the next ``away_for`` units of work."""

    def __init__(self, transact: Transact) -> None:
        self.away_for = 0
        self._transact = transact

    async def __call__(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        if self.away_for:
            self.away_for -= 1
            raise DatabaseUnavailable("it is away")
        return await self._transact(work)

    async def read(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        return await self._transact.read(work)


async def test_a_switch_changes_where_the_next_reply_goes_and_nothing_else(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "before")
    await world.deliver_messages()

    switch = ProviderSwitch(provider=PIGEON, configured=WIRE, source="test", at=NOW)
    await world.transact(lambda uow: uow.switches.add(switch))
    world.clock.advance(timedelta(seconds=2))
    await world.reply_to_ticket(sara, ticket.id, "after")
    await world.deliver_messages()

    assert (world.message("before").provider, world.message("after").provider) == (WIRE, PIGEON)
