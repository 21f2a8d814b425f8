"""Tickets handed over, taken, opened again, sorted, and noted on."""

from datetime import timedelta

import pytest

from khalifa.application.classify_ticket import Classification
from khalifa.application.manage_agents import AgentEdit
from khalifa.application.ports.notifications import EVERYONE
from khalifa.domain.agents import Agent, AgentId, Presence, Role
from khalifa.domain.errors import (
    CannotReopen,
    InvalidAgent,
    InvalidTicket,
    NotAllowed,
    NotFound,
    TicketAlreadyClosed,
)
from khalifa.domain.tickets import (
    REOPEN_WINDOW,
    TAKE_BACK,
    Priority,
    TicketEvent,
    TicketEventKind,
    TicketId,
)
from tests.unit.application.world import World, wrote

MINUTE = timedelta(minutes=1)


def record_of(world: World, ticket_id: TicketId) -> list[TicketEvent]:
    return [line for line in world.store.tables.ticket_events if line.ticket_id == ticket_id]


async def boss_of(world: World) -> Agent:
    return await world.agent("Boss", role=Role.ADMIN, presence=Presence.OFFLINE)


async def disable(world: World, agent: Agent) -> None:
    await world.container.change_agent()(agent.name, AgentEdit(disabled=True))


async def test_who_holds_a_ticket_hands_it_to_a_colleague_with_a_reason(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    omar = await world.agent("Omar", capacity=1, presence=Presence.BREAK)

    view = await world.container.transfer_ticket()(
        sara, ticket.id, omar.id, reason="  Nearest branch "
    )

    assert view.agent
    assert view.agent.id == omar.id
    line = record_of(world, ticket.id)[-1]
    assert (line.kind, line.by, line.from_agent_id, line.to_agent_id, line.reason) == (
        TicketEventKind.TRANSFERRED,
        sara.id,
        sara.id,
        omar.id,
        "Nearest branch",
    )
    assert {str(sara.id), str(omar.id)} <= set(world.told[-1].recipients)


async def test_handing_one_over_makes_room_for_the_next_that_waits(world: World) -> None:
    sara = await world.agent("Sara", capacity=1)
    ticket = await world.conversation(sara)
    await world.receive(wrote("next", phone="201000000002"))
    omar = await world.agent("Omar", presence=Presence.BREAK)

    await world.container.transfer_ticket()(sara, ticket.id, omar.id, reason="Knows it")

    assert [one.agent_id for one in world.tickets()] == [omar.id, sara.id]


async def test_a_transfer_that_may_not_be_changes_nothing(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    omar = await world.agent("Omar")
    gone = await world.agent("Gone")
    await disable(world, gone)
    transfer = world.container.transfer_ticket()

    with pytest.raises(NotAllowed):
        await transfer(omar, ticket.id, omar.id, reason="mine")
    for reason in ("", "  ", "x" * 501):
        with pytest.raises(InvalidTicket):
            await transfer(sara, ticket.id, omar.id, reason=reason)
    with pytest.raises(InvalidAgent):
        await transfer(sara, ticket.id, gone.id, reason="why not")
    with pytest.raises(NotFound):
        await transfer(sara, ticket.id, AgentId(999), reason="why not")
    await world.close_ticket(sara, ticket.id)
    with pytest.raises(TicketAlreadyClosed):
        await transfer(sara, ticket.id, omar.id, reason="too late")

    assert world.store.tables.tickets[ticket.id].agent_id == sara.id
    kinds = {line.kind for line in record_of(world, ticket.id)}
    assert TicketEventKind.TRANSFERRED not in kinds


async def test_of_two_who_take_a_waiting_ticket_the_second_is_told_who_was_first(
    world: World,
) -> None:
    await world.receive(wrote("anybody?"))
    [ticket] = world.tickets()
    sara = await world.agent("Sara", presence=Presence.BREAK)
    omar = await world.agent("Omar", presence=Presence.BREAK)
    take = world.container.take_ticket()

    view = await take(sara, ticket.id)
    assert world.told[-1].recipients == (EVERYONE,)
    with pytest.raises(NotAllowed, match="Sara took"):
        await take(omar, ticket.id)
    again = await take(sara, ticket.id)

    assert view.agent
    assert view.agent.id == sara.id
    assert again.version == view.version
    assert [line.kind for line in record_of(world, ticket.id)].count(TicketEventKind.TAKEN) == 1


async def test_who_handed_one_over_by_mistake_has_it_back(world: World) -> None:
    sara, omar = await world.agent("Sara"), await world.agent("Omar")
    ticket = await world.conversation(sara)
    take = world.container.take_ticket()
    hand = world.container.transfer_ticket()
    await hand(sara, ticket.id, omar.id, reason="Nearest branch")

    world.clock.advance(TAKE_BACK)
    view = await take(sara, ticket.id)

    assert view.agent
    assert view.agent.id == sara.id
    assert {str(sara.id), str(omar.id)} <= set(world.told[-1].recipients)
    assert EVERYONE not in world.told[-1].recipients
    assert record_of(world, ticket.id)[-1].kind is TicketEventKind.TAKEN


async def test_what_was_handed_over_is_not_taken_back_later_or_by_others_or_once_it_went_on(
    world: World,
) -> None:
    sara, omar, mona = [await world.agent(name) for name in ("Sara", "Omar", "Mona")]
    boss = await boss_of(world)
    ticket = await world.conversation(sara)
    take, hand = world.container.take_ticket(), world.container.transfer_ticket()
    await hand(sara, ticket.id, omar.id, reason="Nearest branch")

    with pytest.raises(NotAllowed, match="Omar took"):
        await take(mona, ticket.id)
    await hand(omar, ticket.id, mona.id, reason="Nearest branch")
    with pytest.raises(NotAllowed, match="Mona took"):
        await take(sara, ticket.id)
    await hand(boss, ticket.id, omar.id, reason="Nearest branch")
    # Somebody else did that.
    with pytest.raises(NotAllowed, match="Omar took"):
        await take(mona, ticket.id)
    await hand(omar, ticket.id, sara.id, reason="Nearest branch")
    world.clock.advance(TAKE_BACK + timedelta(seconds=1))
    with pytest.raises(NotAllowed, match="Sara took"):
        await take(omar, ticket.id)


async def test_a_ticket_closed_by_mistake_is_opened_again_for_who_had_it(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.close_ticket(sara, ticket.id, reason="Sold")
    boss = await boss_of(world)
    world.clock.advance(REOPEN_WINDOW)

    view = await world.container.reopen_ticket()(boss, ticket.id)

    assert (view.status, view.closed_at, view.close_reason) == ("open", None, None)
    assert view.agent
    assert view.agent.id == sara.id
    line = record_of(world, ticket.id)[-1]
    assert (line.kind, line.by, line.to_agent_id) == (
        TicketEventKind.REOPENED,
        boss.id,
        sara.id,
    )


async def test_what_an_agent_gone_for_good_had_waits_when_it_is_opened_again(
    world: World,
) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.close_ticket(sara, ticket.id)
    await disable(world, sara)

    view = await world.container.reopen_ticket()(await boss_of(world), ticket.id)

    assert view.agent is None


async def test_a_ticket_open_or_closed_long_ago_or_followed_by_another_is_not_opened_again(
    world: World,
) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    reopen = world.container.reopen_ticket()

    with pytest.raises(CannotReopen, match="is open"):
        await reopen(sara, ticket.id)
    await world.close_ticket(sara, ticket.id)
    world.clock.advance(REOPEN_WINDOW + MINUTE)
    with pytest.raises(CannotReopen, match="24 hours ago"):
        await reopen(sara, ticket.id)
    await world.receive(wrote("new question"))
    newer = world.tickets()[-1]
    assert newer.id != ticket.id
    with pytest.raises(CannotReopen, match=f"number {newer.id}"):
        await reopen(sara, ticket.id)
    with pytest.raises(NotAllowed):
        await reopen(await world.agent("Omar"), ticket.id)


async def test_a_ticket_is_sorted_and_what_cannot_be_changes_nothing(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    classify = world.container.classify_ticket()

    view = await classify(
        sara,
        ticket.id,
        Classification(priority=Priority.URGENT, category=" orders ", tags=["a", " a", "b"]),
    )
    same = await classify(sara, ticket.id, Classification(priority=Priority.URGENT))
    for wrong in (
        Classification(category=" "),
        Classification(category="x" * 51),
        Classification(tags=[""]),
        Classification(tags=["x" * 51]),
        Classification(tags=[str(number) for number in range(31)]),
    ):
        with pytest.raises(InvalidTicket):
            await classify(sara, ticket.id, wrong)
    bare = await classify(sara, ticket.id, Classification(category=None, tags=[]))

    assert (view.priority, view.category, view.tags) == ("urgent", "orders", ("a", "b"))
    assert same.version == view.version
    assert (bare.priority, bare.category, bare.tags) == ("urgent", None, ())
    with pytest.raises(NotAllowed):
        await classify(await world.agent("Omar"), ticket.id, Classification(tags=["mine"]))


async def test_a_note_is_told_to_colleagues_and_never_sent(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    before = world.store.tables.tickets[ticket.id]
    write = world.container.note_on_ticket()

    note = await write(sara, ticket.id, "  Allergic to penicillin. ")
    for text in ("", " \n", "x" * 4001):
        with pytest.raises(InvalidTicket):
            await write(sara, ticket.id, text)
    with pytest.raises(NotAllowed):
        await write(await world.agent("Omar"), ticket.id, "peeping")

    assert (note.text, note.agent.name) == ("Allergic to penicillin.", "Sara")
    [told] = [event for event in world.told if event.kind == "note.added"]
    assert told.recipients == ("admins", str(sara.id))
    assert b"Allergic" in told.entity
    await world.deliver_messages()
    assert world.wire.driver.sent == []
    after = world.store.tables.tickets[ticket.id]
    assert (after.waiting_since, after.version) == (before.waiting_since, before.version)


async def test_a_note_can_be_written_on_a_closed_ticket(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.close_ticket(sara, ticket.id)

    await world.container.note_on_ticket()(sara, ticket.id, "Called back by phone.")

    assert len(world.store.tables.notes) == 1
