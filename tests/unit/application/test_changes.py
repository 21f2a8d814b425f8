"""Reactions, edits, deletions and notices: what they do to messages, and what they leave alone."""

from dataclasses import replace
from datetime import timedelta

from khalifa.application.ports.ledger import Outcome
from khalifa.application.ports.messaging import OutcomeUnknown
from khalifa.domain.drafts import Draft
from khalifa.domain.messages import (
    DeliveryStatus,
    IncomingMessage,
    JsonObject,
    Message,
    MessageKind,
)
from khalifa.domain.tickets import TicketStatus
from tests.unit.application.world import PIGEON, World, reported, wrote

SECOND = timedelta(seconds=1)


def did(
    kind: MessageKind,
    target: str | None,
    said: str | None = None,
    *,
    after: timedelta = SECOND,
    phone: str = "201012345678",
    id_ext: str | None = None,
    from_us: bool = False,
) -> IncomingMessage:
    """A change of a message, by its customer unless *from_us*."""
    content: JsonObject = {"message_id": target}
    if kind is MessageKind.REACTION:
        content = {**content, "emoji": said}
    made = wrote("", after=after, phone=phone, id_ext=id_ext, from_us=from_us)
    text = said if kind is MessageKind.EDIT else None
    return replace(made, kind=kind, text=text, content=content)


def reacted(emoji: str | None, target: str | None = "in-1st", **more: object) -> IncomingMessage:
    return did(MessageKind.REACTION, target, emoji, **more)  # type: ignore[arg-type]


def first(world: World) -> Message:
    return next(m for m in world.messages() if m.whatsapp_message_id == "in-1st")


def emojis(world: World) -> list[str]:
    return [one.emoji for one in first(world).reactions if one.emoji]


def verdicts(world: World) -> list[tuple[str, str]]:
    return [
        (item.outcome, item.reason)
        for entry in world.store.tables.ledger.values()
        for item in entry.items
    ]


async def test_a_reaction_is_put_on_its_message_changed_and_taken_back(world: World) -> None:
    await world.receive(wrote("hello", id_ext="in-1st"))
    version = first(world).version

    for emoji, after in (("👍", 1), ("❤️", 2), (None, 3)):
        await world.receive(reacted(emoji, after=after * SECOND))
        assert emojis(world) == ([emoji] if emoji else [])

    assert first(world).version == version + 3
    assert len(world.messages()) == 1
    assert verdicts(world) == []


async def test_a_reaction_is_no_message_that_waits_for_an_answer(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.mark_read(sara, ticket.id)
    await world.reply_to_ticket(sara, ticket.id, "hello")
    await world.deliver_messages()
    [reply] = [m for m in world.messages() if m.text == "hello" and m.agent_id]

    await world.receive(reacted("👍", reply.whatsapp_message_id))

    [ticket] = world.tickets()
    assert (ticket.unread, ticket.waiting_since, ticket.last_message) == (0, None, "hello")
    await world.close_ticket(sara, ticket.id)
    await world.receive(reacted("❤️", reply.whatsapp_message_id, after=9 * SECOND))
    assert [t.status for t in world.tickets()] == [TicketStatus.CLOSED]


async def test_a_change_that_comes_before_its_message_is_put_on_it(world: World) -> None:
    await world.receive(
        did(MessageKind.EDIT, "in-1st", "two boxes", after=2 * SECOND), reacted("👍")
    )
    assert (world.messages(), world.tickets()) == ([], [])

    await world.receive(wrote("one box", id_ext="in-1st"))

    assert (first(world).text, first(world).original_text) == ("two boxes", "one box")
    assert emojis(world) == ["👍"]
    assert world.tickets()[0].last_message == "two boxes"


async def test_a_change_that_comes_with_its_message_is_put_on_it(world: World) -> None:
    body = world.body(reacted("👍"), wrote("hello", id_ext="in-1st"))

    await world.receive_messages([body])

    assert emojis(world) == ["👍"]


async def test_a_change_is_found_by_whatsapps_key_whichever_provider_tells(world: World) -> None:
    await world.receive(wrote("hello", id_ext="in-1st", key="3EB0AA"))
    change = replace(reacted("👍", "otherwise called"), provider=PIGEON, reply_to_key="3EB0AA")

    await world.receive_messages([world.body(change, provider=world.pigeon)])

    assert emojis(world) == ["👍"]


async def test_an_edit_changes_what_the_list_shows_and_keeps_the_first_text(world: World) -> None:
    await world.receive(wrote("one box", id_ext="in-1st"))

    await world.receive(did(MessageKind.EDIT, "in-1st", "two boxes"))

    assert (first(world).text, first(world).original_text) == ("two boxes", "one box")
    assert first(world).edited_at is not None
    [ticket] = world.tickets()
    assert (ticket.last_message, ticket.unread) == ("two boxes", 1)


async def test_a_deleted_message_is_kept_and_shown_no_more(world: World) -> None:
    await world.agent("Sara")
    await world.receive(wrote("a secret", id_ext="in-1st"))
    world.told.clear()

    await world.receive(did(MessageKind.REVOKE, "in-1st"))

    assert first(world).text == "a secret"
    [ticket] = world.tickets()
    assert (ticket.last_message, ticket.last_message_kind) == (None, "revoke")
    page = await world.container.inbox().messages(ticket.id, cursor="", limit=9)
    assert (page.items[0].text, page.items[0].revoked_at) == (None, first(world).revoked_at)
    assert len(world.told) >= 2
    assert not any(b"secret" in event.entity for event in world.told)


async def test_replaying_everything_changes_nothing(world: World) -> None:
    history = (
        wrote("one box", id_ext="in-1st"),
        did(MessageKind.EDIT, "in-1st", "two boxes", after=2 * SECOND),
        reacted("👍", after=3 * SECOND),
        reacted("❤️", after=3 * SECOND),
        did(MessageKind.REVOKE, "in-1st", after=5 * SECOND),
    )
    await world.receive(*history)
    before = (first(world).version, world.tickets()[0].version)

    await world.receive(*reversed(history))
    await world.receive(*history)

    assert (first(world).version, world.tickets()[0].version) == before
    assert emojis(world) == ["❤️"]
    assert verdicts(world) == [("duplicate", "seen before")] * 10


async def test_nobody_changes_what_somebody_else_said(world: World) -> None:
    await world.receive(wrote("mine", id_ext="in-1st"), wrote("hi", phone="201099999999"))

    await world.receive(
        did(MessageKind.EDIT, "in-1st", "forged", phone="201099999999"),
        did(MessageKind.REVOKE, "in-1st", phone="201099999999"),
        reacted("👎", phone="201099999999"),
        did(MessageKind.REVOKE, "in-1st", phone="201088888888"),
        did(MessageKind.REVOKE, "in-1st", from_us=True),
    )

    assert (first(world).text, first(world).revoked_at, emojis(world)) == ("mine", None, [])
    somebody_elses = ("ignored", "of a message that is somebody else's")
    assert verdicts(world) == [somebody_elses] * 5


async def test_what_waits_for_somebody_elses_message_is_dropped_when_it_comes(world: World) -> None:
    await world.receive(wrote("hi", phone="201099999999"))
    await world.receive(did(MessageKind.EDIT, "in-1st", "forged", phone="201099999999"))

    await world.receive(wrote("mine", id_ext="in-1st"))

    assert first(world).text == "mine"
    assert not world.store.tables.changes


async def test_a_reaction_of_somebody_yet_unknown_is_shown(world: World) -> None:
    # A customer we wrote to first, who now has another name than the number we wrote to.
    await world.receive(wrote("hello", id_ext="in-1st"))

    await world.receive(reacted("👍", phone="201077777777"))

    assert emojis(world) == ["👍"]
    assert len(world.store.tables.customers) == 1


async def test_changes_that_make_no_sense_are_ignored_with_the_reason(world: World) -> None:
    await world.receive(wrote("hello", id_ext="in-1st"))

    await world.receive(reacted("👍", None), did(MessageKind.EDIT, "in-1st", None))

    assert [reason for _, reason in verdicts(world)] == [
        "it names no message",
        "an edit that says nothing",
    ]


async def test_a_message_deleted_on_our_own_phone_is_deleted(world: World) -> None:
    await world.receive(wrote("typed there", id_ext="in-1st", from_us=True))

    await world.receive(did(MessageKind.REVOKE, "in-1st", from_us=True))

    assert first(world).revoked_at is not None


async def test_a_change_and_a_status_of_one_message_both_count(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "answer")
    await world.deliver_messages()
    id_ext = str(world.message("answer").whatsapp_message_id)

    await world.receive_messages(
        [world.body(reported(DeliveryStatus.READ, id_ext), reacted("👍", id_ext))]
    )

    answer = world.message("answer")
    assert (answer.status, [one.emoji for one in answer.reactions]) == (DeliveryStatus.READ, ["👍"])


async def test_what_two_workers_filed_past_each_other_the_sweep_brings_together(
    world: World,
) -> None:
    await world.receive(wrote("hello"), reacted("👍"))
    # As if another worker had stored the message at the same moment, and not seen the change.
    message = replace(world.message("hello"), whatsapp_message_id="in-1st")
    await world.transact(lambda uow: uow.messages.save([message]))

    await world.sweep("changes")

    assert emojis(world) == ["👍"]
    assert [change.message_id for change in world.store.tables.changes.values()] == [message.id]


async def test_a_change_whose_message_never_comes_is_forgotten_in_the_end(world: World) -> None:
    await world.receive(reacted("👍"))
    world.clock.advance(timedelta(days=8))

    await world.sweep("changes")

    assert not world.store.tables.changes


async def test_an_answer_knows_what_it_quotes_whichever_comes_first(world: World) -> None:
    answer = replace(wrote("and two of it", id_ext="in-2nd", after=SECOND), reply_to="in-1st")

    await world.receive(answer)
    await world.receive(wrote("this one", id_ext="in-1st"))
    page = await world.container.inbox().messages(world.tickets()[0].id, cursor="", limit=9)
    assert [item.reply_to_id for item in page.items] == [None, first(world).id]

    later = replace(wrote("and three", id_ext="in-3rd", after=2 * SECOND), reply_to="in-1st")
    both = replace(wrote("or four", id_ext="in-4th", after=3 * SECOND), reply_to="in-3rd")
    await world.receive_messages([world.body(later, both)])
    assert world.message("and three").reply_to_id == first(world).id
    assert world.message("or four").reply_to_id == world.message("and three").id


async def test_nobody_quotes_out_of_another_conversation(world: World) -> None:
    await world.receive(wrote("mine", id_ext="in-1st"))

    await world.receive(replace(wrote("so what", phone="201099999999"), reply_to="in-1st"))

    assert world.message("so what").reply_to_id is None


async def test_a_notice_is_shown_and_nobody_has_to_answer_it(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "bye")
    await world.close_ticket(sara, ticket.id)

    await world.receive(replace(wrote("Mona changed numbers"), kind=MessageKind.SYSTEM))

    [ticket] = world.tickets()
    assert world.message("Mona changed numbers").ticket_id == ticket.id
    assert (ticket.status, ticket.unread, ticket.last_message) == (TicketStatus.CLOSED, 0, "bye")


async def test_a_notice_of_somebody_without_a_conversation_is_ignored(world: World) -> None:
    await world.receive(replace(wrote("changed numbers"), kind=MessageKind.SYSTEM))

    assert (world.messages(), world.tickets()) == ([], [])
    assert verdicts(world) == [("ignored", "a notice, and no conversation to show it in")]


async def test_a_blocked_customers_changes_are_ignored(world: World) -> None:
    await world.receive(wrote("hello", id_ext="in-1st"))
    [customer] = world.store.tables.customers.values()
    customer.blocked_at = world.clock.now()

    await world.receive(reacted("👍"))

    assert verdicts(world) == [(Outcome.IGNORED.value, "the customer is blocked")]


async def test_a_list_says_what_kind_of_thing_was_said_last(world: World) -> None:
    await world.receive(replace(wrote(""), kind=MessageKind.VOICE, text=None))

    [ticket] = world.tickets()
    assert (ticket.last_message, ticket.last_message_kind) == (None, "voice")


async def test_our_reaction_seen_in_the_chat_tells_that_it_was_sent(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    [heard] = world.messages()
    await world.reply_to_ticket(sara, ticket.id, Draft.of_reaction(heard.id, "👍"))
    world.wire.driver.will(OutcomeUnknown("no answer"))
    await world.deliver_messages()
    [reply] = [m for m in world.messages() if m.kind is MessageKind.REACTION]
    assert reply.status is DeliveryStatus.UNKNOWN

    await world.receive(reacted("👍", heard.whatsapp_message_id, from_us=True))

    [reply] = [m for m in world.messages() if m.kind is MessageKind.REACTION]
    assert reply.status is DeliveryStatus.SENT
