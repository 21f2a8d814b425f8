"""The window of a conversation: opened by filing, shown on the ticket."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from khalifa.application.ports.notifications import EventKind
from khalifa.application.ports.readers import Holder, TicketFilter
from khalifa.application.ports.templates import TemplateCatalog
from khalifa.domain.agents import Agent
from khalifa.domain.drafts import Draft
from khalifa.domain.errors import InvalidContent
from khalifa.domain.filled_template import FilledTemplate
from khalifa.domain.messages import DeliveryStatus, MessageKind
from khalifa.domain.templates import Template
from khalifa.domain.tickets import Ticket
from khalifa.domain.window import WindowClosed
from tests.unit.application.world import NOW, PIGEON, World, wrote

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)


def _with_window() -> World:
    return World(window=DAY)


async def _shown(world: World, agent: Agent, ticket: Ticket) -> datetime | None:
    page = await world.container.read_inbox().tickets(
        agent, status=TicketFilter.ALL, holder=Holder.ANYONE, cursor="", limit=10
    )
    [listed] = page.items
    one = await world.container.read_inbox().ticket(agent, ticket.id)
    assert listed == one
    return one.window_closes_at


async def test_the_ticket_says_when_the_customers_window_closes() -> None:
    world = _with_window()
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)

    await world.receive(wrote("again", after=-HOUR))

    assert await _shown(world, sara, ticket) == NOW + DAY
    told = [json.loads(e.entity) for e in world.told if e.kind is EventKind.TICKET_CHANGED]
    assert {datetime.fromisoformat(view["window_closes_at"]) for view in told} == {NOW + DAY}


async def test_neither_an_echo_nor_a_reaction_opens_it_again() -> None:
    world = _with_window()
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    world.clock.advance(5 * HOUR)

    await world.receive(wrote("from the phone", after=2 * HOUR, from_us=True))
    await world.receive(replace(wrote("👍", after=3 * HOUR), kind=MessageKind.REACTION))

    assert await _shown(world, sara, ticket) == NOW + DAY


async def test_a_providers_clock_that_is_ahead_keeps_the_window_open_no_longer() -> None:
    world = _with_window()
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)

    await world.receive(wrote("from the future", after=9 * HOUR))

    assert await _shown(world, sara, ticket) == NOW + DAY


async def test_the_window_is_that_of_the_provider_the_next_reply_goes_by() -> None:
    world = _with_window()
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)

    await world.pin(ticket, PIGEON)

    assert await _shown(world, sara, ticket) is None


async def test_without_a_window_nothing_is_shown(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)

    assert await _shown(world, sara, ticket) is None


HELLO = Template(name="hello", language="ar", category="UTILITY", text="أهلاً {{1}}")


class Account(TemplateCatalog):
    async def list_templates(self) -> list[Template]:
        return [HELLO]


def greeting(*body: str) -> Draft:
    return Draft.of_template(FilledTemplate(name="hello", language="ar", body=body))


async def _late() -> tuple[World, Agent, Ticket]:
    """Return a conversation whose window has just closed."""
    world = World(window=DAY, template_catalog=Account())
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    world.clock.advance(DAY)
    return world, sara, ticket


async def test_outside_the_window_nothing_is_stored_and_the_templates_are_told() -> None:
    world, sara, ticket = await _late()

    with pytest.raises(WindowClosed) as closed:
        await world.reply_to_ticket(sara, ticket.id, "too late")

    assert (closed.value.closed_at, closed.value.templates) == (NOW + DAY, (HELLO,))
    assert [message.text for message in world.messages()] == ["hello"]
    assert not world.store.tables.deliveries


async def test_outside_the_window_a_template_goes_out_as_the_customer_reads_it() -> None:
    world, sara, ticket = await _late()

    view = await world.reply_to_ticket(sara, ticket.id, greeting("منى"), idempotency_key="k")
    again = await world.reply_to_ticket(sara, ticket.id, greeting("منى"), idempotency_key="k")
    await world.deliver_messages()

    assert (view.kind, view.text, view.id) == (MessageKind.TEMPLATE, "أهلاً منى", again.id)
    assert world.messages()[-1].status is DeliveryStatus.SENT


async def test_a_template_that_is_not_filled_in_is_refused_by_name() -> None:
    world, sara, ticket = await _late()

    with pytest.raises(InvalidContent, match="1 places"):
        await world.reply_to_ticket(sara, ticket.id, greeting())


async def test_a_reply_whose_window_closed_while_it_waited_fails_with_words() -> None:
    world = _with_window()
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "just in time")
    world.clock.advance(DAY)

    await world.deliver_messages()

    message = world.message("just in time")
    assert message.status is DeliveryStatus.FAILED
    assert "template" in (message.error or "")
    assert message.error_ar
    assert not world.wire.driver.attempts
