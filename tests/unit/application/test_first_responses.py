"""When a customer first asked, and was first answered, is kept on the ticket, or not known."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from khalifa.application.ports.journal import JournaledBody
from khalifa.domain.agents import Agent, Role
from khalifa.domain.drafts import Draft
from khalifa.domain.errors import KhalifaError
from khalifa.domain.messages import IncomingMessage, MessageKind, SenderType
from khalifa.domain.tickets import Ticket
from tests.unit.application.world import World, wrote

PHONES = ("201012345678", "201112345678")
MINUTE = timedelta(minutes=1)


def kept(world: World) -> list[tuple[float | None, float | None]]:
    """Return of each ticket after how many minutes it was first asked and answered, if known."""
    return [
        tuple(  # type: ignore[misc]
            at and (at - ticket.opened_at) / MINUTE
            for at in (ticket.first_asked_at, ticket.first_answered_at)
        )
        for ticket in world.tickets()
    ]


async def test_it_is_from_the_customer_s_first_message_to_the_agent_s_first(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    for _ in range(2):
        world.clock.advance(MINUTE)
        await world.receive(wrote("are you there?"))
        world.clock.advance(MINUTE)
        await world.reply_to_ticket(sara, ticket.id, "yes")

    assert kept(world) == [(0, 2)]


async def test_of_messages_filed_together_the_one_that_came_first_counts(world: World) -> None:
    first = world.body(wrote("hello"))
    world.clock.advance(MINUTE)

    await world.receive_messages([world.body(wrote("anybody?")), first])

    assert kept(world) == [(-1, None)]


async def test_a_reaction_is_an_agent_s_message_but_the_phone_s_is_not(world: World) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, Draft.of_reaction(world.messages()[0].id, "👍"))
    other = await world.conversation_of(sara, PHONES[1])
    await world.receive(wrote("from the shop", phone=PHONES[1], from_us=True))
    world.clock.advance(MINUTE)
    await world.reply_to_ticket(sara, other.id, "from the desk")

    # After the phone's nobody waited: the agent's may not have been the first.
    assert kept(world) == [(0, 0), (0, None)]


async def test_where_an_earlier_message_turns_up_it_is_not_known_any_more(world: World) -> None:
    sara = await world.agent("Sara")
    late = world.body(wrote("hello?"))
    world.clock.advance(MINUTE)
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "yes")

    await world.receive_messages([late])
    await world.reply_to_ticket(sara, ticket.id, "yes")

    assert kept(world) == [(None, None)]


async def test_who_was_written_to_first_is_not_known_to_ask_for_the_first_time(
    world: World,
) -> None:
    sara = await world.agent("Sara")
    await world.start_conversation(sara, f"+{PHONES[0]}", "your medicine is here")
    await world.receive(wrote("thank you"))

    assert kept(world) == [(None, None)]


async def test_merged_or_parted_it_is_not_known_any_more(world: World) -> None:
    boss = await world.agent("Boss", role=Role.ADMIN)
    one, other = [await world.conversation_of(boss, phone) for phone in PHONES]
    await world.reply_to_ticket(boss, other.id, "yes")
    merge = await world.container.merge_customers()(boss, one.customer_id, other.customer_id)
    await world.reply_to_ticket(boss, one.id, "yes")
    assert kept(world) == [(None, None)] * 2

    await world.container.unmerge_customers()(boss, merge.id)
    assert kept(world) == [(None, None)] * 2


async def test_a_customer_who_is_forgotten_leaves_it_for_the_figures(world: World) -> None:
    boss = await world.agent("Boss", role=Role.ADMIN)
    ticket = await world.conversation(boss)
    world.clock.advance(MINUTE)
    await world.reply_to_ticket(boss, ticket.id, "yes")
    await world.deliver_messages()

    await world.container.erase_customer()(boss, ticket.customer_id)

    assert kept(world) == [(0, 1)]


class Life:
    """What may happen to two customers, at random; bodies are filed late and in any order."""

    def __init__(self, world: World, boss: Agent, seed: int) -> None:
        self._world, self._boss = world, boss
        self._chance = Random(seed)
        self._bodies: list[JournaledBody] = []

    async def go_on(self) -> None:
        happening: Callable[[], Awaitable[object]] = self._chance.choice(
            (
                *(self._write, self._file, self._reply) * 4,
                *(self._react, self._start, self._close, self._reopen, self._merge, self._part),
            )
        )
        # What is not allowed just then does not happen.
        with suppress(KhalifaError):
            await happening()
        self._world.clock.advance(timedelta(seconds=self._chance.choice((0, 1, 3600))))

    async def _write(self) -> None:
        kind = self._chance.choice((MessageKind.TEXT, MessageKind.TEXT, MessageKind.SYSTEM))
        said: IncomingMessage = wrote(
            "5", phone=self._chance.choice(PHONES), from_us=self._chance.random() < 0.2
        )
        self._bodies.append(self._world.body(replace(said, kind=kind)))

    async def _file(self) -> None:
        self._chance.shuffle(self._bodies)
        now = [self._bodies.pop() for _ in range(self._chance.randint(0, len(self._bodies)))]
        await self._world.receive_messages(now)

    def _a_ticket(self) -> Ticket:
        tickets = self._world.tickets()
        return self._chance.choice([one for one in tickets if one.is_open] or tickets)

    async def _reply(self) -> None:
        if self._world.tickets():
            await self._world.reply_to_ticket(self._boss, self._a_ticket().id, "yes")

    async def _react(self) -> None:
        if self._world.messages():
            message = self._chance.choice(self._world.messages())
            draft = Draft.of_reaction(message.id, "👍")
            await self._world.reply_to_ticket(self._boss, message.ticket_id, draft)

    async def _start(self) -> None:
        phone = self._chance.choice(PHONES)
        await self._world.start_conversation(self._boss, f"+{phone}", "hello")

    async def _close(self) -> None:
        if self._world.tickets():
            await self._world.close_ticket(self._boss, self._a_ticket().id)

    async def _reopen(self) -> None:
        if tickets := self._world.tickets():
            ticket = self._chance.choice(tickets)
            await self._world.container.reopen_ticket()(self._boss, ticket.id)

    async def _merge(self) -> None:
        customers = list(self._world.store.tables.customers)
        if len(customers) > 1:
            two = self._chance.sample(customers, 2)
            await self._world.container.merge_customers()(self._boss, *two)

    async def _part(self) -> None:
        if merges := list(self._world.store.tables.merges):
            merge_id = self._chance.choice(merges)
            await self._world.container.unmerge_customers()(self._boss, merge_id)


@pytest.mark.parametrize("seed", range(40))
async def test_whatever_happens_what_is_kept_is_what_the_messages_say(
    world: World, seed: int
) -> None:
    life = Life(world, await world.agent("Boss", role=Role.ADMIN, capacity=99), seed)

    for _ in range(60):
        await life.go_on()
        for ticket in world.tickets():
            said = [one for one in world.messages() if one.ticket_id == ticket.id]
            asked = [m.received_at for m in said if m.sender_type is SenderType.CUSTOMER]
            answered = [m.stored_at for m in said if m.sender_type is SenderType.AGENT]
            if ticket.first_asked_at:
                assert ticket.first_asked_at == min(asked)
            if ticket.first_answered_at:
                since = min(asked)
                assert ticket.first_answered_at == min(at for at in answered if at >= since)
