"""Every kind an agent can send goes through the provider that can, or is refused with words."""

from datetime import timedelta

import pytest

from khalifa.application.ports.messaging import MessageRejected, OutcomeUnknown
from khalifa.application.ports.outgoing import (
    OutgoingContacts,
    OutgoingInteractive,
    OutgoingLocation,
    OutgoingMedia,
    OutgoingReaction,
    OutgoingTemplate,
)
from khalifa.domain.agents import Agent, Role
from khalifa.domain.contents import ContactCard, Location
from khalifa.domain.drafts import Draft
from khalifa.domain.errors import (
    CannotQuote,
    CannotSend,
    FateKnown,
    IdempotencyKeyReused,
    NotAllowed,
    NotFound,
    TicketAlreadyClosed,
    WasSent,
)
from khalifa.domain.filled_template import FilledTemplate
from khalifa.domain.interactive import Button, Buttons
from khalifa.domain.messages import DeliveryStatus, Message, MessageId, MessageKind
from khalifa.domain.routing import ProviderSwitch
from khalifa.domain.tickets import Ticket
from khalifa.domain.words import Words
from tests.unit.application.world import NOW, PIGEON, WIRE, World, reported, wrote

PLACE = Location(latitude=31.0364, longitude=31.3807, name="صيدلية خليفة")
CARD = ContactCard(name="د. منى", phones=("+201012345678",))
QUESTION = Buttons(body="نوصله؟", buttons=(Button(id="y", title="نعم"),))
TEMPLATE = FilledTemplate(name="order_ready", language="ar", body=("منى",))


@pytest.fixture
async def sara(world: World) -> Agent:
    return await world.agent("Sara")


@pytest.fixture
async def ticket(world: World, sara: Agent) -> Ticket:
    return await world.conversation(sara)


def heard(world: World) -> Message:
    return world.message("hello")


async def switch_to_pigeon(world: World) -> None:
    switch = ProviderSwitch(provider=PIGEON, configured=WIRE, source="test", at=NOW)
    await world.transact(lambda uow: uow.switches.add(switch))
    world.clock.advance(timedelta(seconds=2))


async def test_every_kind_is_handed_over_as_it_was_said(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    leaflet = await world.upload(sara, b"%PDF-1.4")
    drafts = [
        Draft.of_location(PLACE),
        Draft.of_contacts([CARD]),
        Draft.of_reaction(heard(world).id, "👍"),
        Draft.of_template(TEMPLATE),
        Draft.of_interactive(QUESTION),
        Draft.of_file(MessageKind.DOCUMENT, leaflet.id, "النشرة"),
    ]
    for draft in drafts:
        await world.reply_to_ticket(sara, ticket.id, draft)

    await world.deliver_messages()

    place, cards, reaction, template, question, file = world.wire.driver.gone
    assert isinstance(place, OutgoingLocation)
    assert place.location == PLACE
    assert isinstance(cards, OutgoingContacts)
    assert cards.contacts == (CARD,)
    assert isinstance(reaction, OutgoingReaction)
    assert (reaction.emoji, reaction.target.from_us) == ("👍", False)
    assert reaction.target.whatsapp_message_id == heard(world).whatsapp_message_id
    assert isinstance(template, OutgoingTemplate)
    assert template.template == TEMPLATE
    assert isinstance(question, OutgoingInteractive)
    assert question.interactive == QUESTION
    assert isinstance(file, OutgoingMedia)
    assert (file.caption, file.mime_type, file.file.size) == ("النشرة", "application/pdf", 8)
    sent = [message for message in world.messages() if message.status is DeliveryStatus.SENT]
    assert [message.kind for message in sent] == [draft.kind for draft in drafts]


async def test_an_answer_shows_what_it_answers(world: World, sara: Agent, ticket: Ticket) -> None:
    view = await world.reply_to_ticket(
        sara, ticket.id, Draft.of_text("this one").answering(heard(world).id)
    )

    await world.deliver_messages()

    [sent] = world.wire.driver.sent
    assert sent.quoted
    assert sent.quoted.whatsapp_message_id == heard(world).whatsapp_message_id
    assert not sent.quoted.from_us
    assert (view.reply_to_id, view.reply_to) == (heard(world).id, heard(world).whatsapp_message_id)


async def test_a_message_of_another_conversation_cannot_be_answered_or_reacted_to(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    await world.receive(wrote("elsewhere", phone="201112345678"))
    other = world.message("elsewhere").id

    for draft in (
        Draft.of_text("x").answering(other),
        Draft.of_reaction(other, "👍"),
        Draft.of_text("x").answering(MessageId(999)),
    ):
        with pytest.raises(NotFound) as refusal:
            await world.reply_to_ticket(sara, ticket.id, draft)
        assert refusal.value.words.arabic


async def test_a_message_whatsapp_has_not_yet_cannot_be_quoted(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    waiting = await world.reply_to_ticket(sara, ticket.id, "not yet sent")

    with pytest.raises(CannotQuote) as refusal:
        await world.reply_to_ticket(
            sara, ticket.id, Draft.of_text("x").answering(MessageId(waiting.id))
        )

    assert refusal.value.words.arabic


async def test_after_a_switch_what_came_before_cannot_be_quoted_also_when_it_was_queued(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    answer = Draft.of_text("quoting").answering(heard(world).id)
    await world.reply_to_ticket(sara, ticket.id, answer)
    await switch_to_pigeon(world)

    with pytest.raises(CannotQuote):
        await world.reply_to_ticket(sara, ticket.id, answer)
    await world.deliver_messages()

    failed = world.message("quoting")
    assert failed.status is DeliveryStatus.FAILED
    assert failed.error_ar
    assert not world.pigeon.driver.given


async def test_what_the_provider_cannot_do_is_refused_at_once_and_at_the_claim(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    await world.reply_to_ticket(sara, ticket.id, Draft.of_interactive(QUESTION))
    world.plain(PIGEON)
    await switch_to_pigeon(world)

    for draft in (
        Draft.of_location(PLACE),
        Draft.of_contacts([CARD]),
        Draft.of_template(TEMPLATE),
        Draft.of_interactive(QUESTION),
    ):
        with pytest.raises(CannotSend) as refusal:
            await world.reply_to_ticket(sara, ticket.id, draft)
        assert "pigeon" in str(refusal.value)
        assert refusal.value.words.arabic
    await world.deliver_messages()

    failed = world.message("نوصله؟")
    assert (failed.status, failed.provider) == (DeliveryStatus.FAILED, None)
    assert "pigeon" in str(failed.error)
    assert failed.error_ar
    assert not world.pigeon.driver.given


async def test_what_can_be_said_is_the_pinned_providers_and_not_the_active_ones(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    world.plain(PIGEON)
    await world.reply_to_ticket(sara, ticket.id, Draft.of_interactive(QUESTION))
    await world.pin(ticket, PIGEON)

    for draft in (
        Draft.of_location(PLACE),
        Draft.of_contacts([CARD, CARD]),
        Draft.of_text("x").answering(heard(world).id),
    ):
        with pytest.raises(CannotSend, match="pigeon"):
            await world.reply_to_ticket(sara, ticket.id, draft)
    await world.deliver_messages()

    assert world.message("نوصله؟").status is DeliveryStatus.FAILED
    await world.pin(ticket, WIRE)
    await switch_to_pigeon(world)
    await world.reply_to_ticket(sara, ticket.id, Draft.of_location(PLACE))


async def test_our_reaction_is_shown_on_its_message_once_it_was_taken(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    for emoji in ("👍", "❤️", ""):
        await world.reply_to_ticket(sara, ticket.id, Draft.of_reaction(heard(world).id, emoji))
        assert [one.emoji for one in heard(world).reactions if one.emoji == emoji] == []
        await world.deliver_messages()

        assert [(one.emoji, one.from_us) for one in heard(world).reactions] == [(emoji, True)]
        world.clock.advance(timedelta(seconds=1))


@pytest.mark.parametrize("outcome", [MessageRejected("no"), OutcomeUnknown("?")])
async def test_a_reaction_that_was_not_taken_is_not_shown(
    world: World, sara: Agent, ticket: Ticket, outcome: MessageRejected | OutcomeUnknown
) -> None:
    await world.reply_to_ticket(sara, ticket.id, Draft.of_reaction(heard(world).id, "👍"))
    world.wire.driver.will(outcome)

    await world.deliver_messages()

    assert heard(world).reactions == ()


async def test_a_reaction_answers_nothing(world: World, sara: Agent, ticket: Ticket) -> None:
    await world.reply_to_ticket(sara, ticket.id, Draft.of_reaction(heard(world).id, "👍"))

    [ticket] = world.tickets()
    assert ticket.waiting_since is not None
    assert ticket.unread == 1


async def test_a_key_repeated_with_another_kind_is_refused(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    first = await world.reply_to_ticket(
        sara, ticket.id, Draft.of_location(PLACE), idempotency_key="k"
    )
    again = await world.reply_to_ticket(
        sara, ticket.id, Draft.of_location(PLACE), idempotency_key="k"
    )

    assert first.id == again.id
    with pytest.raises(IdempotencyKeyReused):
        await world.reply_to_ticket(
            sara,
            ticket.id,
            Draft.of_location(Location(latitude=0, longitude=0)),
            idempotency_key="k",
        )


async def test_a_file_nobody_uploaded_is_not_found(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    with pytest.raises(NotFound):
        await world.reply_to_ticket(sara, ticket.id, Draft.of_file(MessageKind.IMAGE, "none"))


async def test_a_refusals_words_and_code_are_kept_in_both_languages(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    await world.reply_to_ticket(sara, ticket.id, "late")
    refusal = MessageRejected(Words("24 hours (131047)", "24 ساعة (131047)"), code="131047")
    world.wire.driver.will(refusal)

    await world.deliver_messages()

    late = world.message("late")
    assert (late.error, late.error_ar) == ("24 hours (131047)", "24 ساعة (131047)")
    assert late.error_code == "131047"


# Read receipts and typing


async def test_reading_tells_the_provider_that_carried_the_message(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    await world.mark_read(sara, ticket.id)
    await world.tell_customer.finish()
    await world.mark_read(sara, ticket.id)
    await world.tell_customer.finish()

    [seen] = world.wire.driver.seen
    assert seen.whatsapp_message_id == heard(world).whatsapp_message_id
    await world.receive(wrote("and?", id_ext="in-and", after=timedelta(seconds=5)))
    await world.reply_to_ticket(sara, ticket.id, "an answer reads what was unread")
    await world.mark_read(sara, ticket.id)
    await world.tell_customer.finish()
    assert [one.whatsapp_message_id for one in world.wire.driver.seen[1:]] == ["in-and"]


async def test_reading_waits_for_no_provider_and_fails_with_none(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    world.wire.driver.hold()

    view = await world.mark_read(sara, ticket.id)

    assert view.unread == 0
    world.store.away = True
    world.wire.driver.release()
    await world.tell_customer.finish()


async def test_an_administrator_looking_in_tells_nobody(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    boss = await world.agent("Boss", role=Role.ADMIN)

    await world.mark_read(boss, ticket.id)
    await world.tell_customer.finish()

    assert not world.wire.driver.seen


async def test_typing_is_shown_at_most_every_few_seconds(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    for _ in range(3):
        await world.tell_customer.typing(sara, ticket.id)
        await world.tell_customer.finish()
    world.clock.advance(timedelta(seconds=9))
    await world.tell_customer.typing(sara, ticket.id)
    await world.tell_customer.finish()

    assert len(world.wire.driver.typed) == 2


async def test_typing_is_refused_where_it_cannot_be_shown_or_may_not(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    omar = await world.agent("Omar")
    with pytest.raises(NotAllowed):
        await world.tell_customer.typing(omar, ticket.id)
    world.plain(WIRE)
    with pytest.raises(CannotSend):
        await world.tell_customer.typing(sara, ticket.id)
    await world.close_ticket(sara, ticket.id)
    with pytest.raises(TicketAlreadyClosed):
        await world.tell_customer.typing(sara, ticket.id)


# What was not sent


async def test_a_reply_that_was_not_sent_is_deleted_and_nothing_else_is(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    discard = world.container.discard_message()
    sent = await world.reply_to_ticket(sara, ticket.id, "fine")
    await world.deliver_messages()
    refused = await world.reply_to_ticket(sara, ticket.id, "not taken")
    world.wire.driver.will(MessageRejected("not on WhatsApp (131026)"))
    await world.deliver_messages()
    omar = await world.agent("Omar")

    with pytest.raises(NotAllowed):
        await discard(omar, MessageId(refused.id))
    view = await discard(sara, MessageId(refused.id))
    told = len(world.told)
    again = await discard(sara, MessageId(refused.id))

    assert (view.status, view.text) == ("failed", None)
    assert view.revoked_at == again.revoked_at is not None
    assert len(world.told) == told
    kept = world.store.tables.messages[MessageId(refused.id)]
    assert kept.text == "not taken"
    shown = world.store.tables.tickets[ticket.id]
    assert (shown.last_message, shown.last_message_kind) == (None, "revoke")
    for message_id in (MessageId(sent.id), heard(world).id):
        with pytest.raises(WasSent):
            await discard(sara, message_id)


# What nobody knows the fate of


async def lost(world: World, sara: Agent, ticket: Ticket, draft: Draft) -> MessageId:
    view = await world.reply_to_ticket(sara, ticket.id, draft)
    world.wire.driver.will(OutcomeUnknown("no answer"))
    await world.deliver_messages()
    return MessageId(view.id)


async def test_a_message_sent_again_is_a_new_one_with_all_it_said(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    draft = Draft.of_interactive(QUESTION).answering(heard(world).id)
    first = await lost(world, sara, ticket, draft)

    again = await world.container.resolve_unknown().resend(sara, first)
    await world.deliver_messages()

    assert again.id != first
    assert (again.resend_of, again.content, again.reply_to_id) == (
        first,
        draft.content,
        heard(world).id,
    )
    kept = world.store.tables.messages
    assert kept[MessageId(again.id)].status is DeliveryStatus.SENT
    assert kept[first].status is DeliveryStatus.FAILED
    assert kept[first].error_ar
    assert len(world.wire.driver.given) == 2


async def test_however_often_it_is_asked_for_it_is_sent_again_once(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    first = await lost(world, sara, ticket, Draft.of_text("lost?"))
    resolve = world.container.resolve_unknown()

    one = await resolve.resend(sara, first, idempotency_key="press")
    same = await resolve.resend(sara, first, idempotency_key="press")
    with pytest.raises(FateKnown):
        await resolve.resend(sara, first)
    await world.deliver_messages()

    assert one.id == same.id
    assert [message.text for message in world.wire.driver.sent] == ["lost?", "lost?"]


async def test_what_arrived_after_all_is_shown_so_also_when_it_was_sent_again(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    first = await lost(world, sara, ticket, Draft.of_text("lost?"))
    opaque_id = world.store.tables.messages[first].opaque_id
    await world.container.resolve_unknown().resend(sara, first)

    await world.receive(reported(DeliveryStatus.DELIVERED, "wamid-1", opaque_id=opaque_id))

    assert world.store.tables.messages[first].status is DeliveryStatus.DELIVERED


async def test_a_persons_word_that_it_arrived_settles_it(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    first = await lost(world, sara, ticket, Draft.of_text("lost?"))
    resolve = world.container.resolve_unknown()
    omar = await world.agent("Omar")

    with pytest.raises(NotAllowed):
        await resolve.arrived(omar, first)
    view = await resolve.arrived(sara, first)

    assert view.status == "sent"
    for settle in (resolve.arrived, resolve.resend):
        with pytest.raises(FateKnown):
            await settle(sara, first)


async def test_nobody_settles_what_is_known(world: World, sara: Agent, ticket: Ticket) -> None:
    resolve = world.container.resolve_unknown()
    view = await world.reply_to_ticket(sara, ticket.id, "fine")
    await world.deliver_messages()

    for message_id in (MessageId(view.id), heard(world).id):
        with pytest.raises(FateKnown):
            await resolve.resend(sara, message_id)
        with pytest.raises(FateKnown):
            await resolve.arrived(sara, message_id)
    assert len(world.messages()) == 2


async def test_a_reaction_found_out_later_to_have_been_taken_is_shown_then(
    world: World, sara: Agent, ticket: Ticket
) -> None:
    first = await lost(world, sara, ticket, Draft.of_reaction(heard(world).id, "👍"))
    assert heard(world).reactions == ()

    opaque_id = world.store.tables.messages[first].opaque_id
    await world.receive(reported(DeliveryStatus.SENT, "wamid-1", opaque_id=opaque_id))

    assert [(one.emoji, one.from_us) for one in heard(world).reactions] == [("👍", True)]
