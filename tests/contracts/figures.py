"""What figures are made of, wherever they are counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from khalifa.application.ports.figures import FiguresReader
from khalifa.application.ports.unit_of_work import Transact
from khalifa.domain.agents import AgentId
from khalifa.domain.delays import Delay
from khalifa.domain.figures import Day, Fact, Figures
from khalifa.domain.messages import SenderType
from tests.builders import a_message, a_reply, a_ticket
from tests.contracts.repositories.stored import (
    stored_agent,
    stored_customer,
    stored_message,
    stored_ticket,
)

BEGINS = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS = [Day((BEGINS + n * DAY).date(), BEGINS + n * DAY, BEGINS + (n + 1) * DAY) for n in range(2)]
MINUTE = timedelta(minutes=1)


def added_up(facts: list[Fact]) -> dict[tuple[int, AgentId | None], Figures]:
    """Return the sum for each day and agent, whether it came in one fact or in many."""
    whose = {(fact.day, fact.agent_id) for fact in facts}
    return {
        key: Figures.of(fact for fact in facts if (fact.day, fact.agent_id) == key) for key in whose
    }


class FiguresContract:
    """Wants the fixtures ``transact`` and ``figures`` over the same empty store."""

    async def test_where_there_is_nothing_there_are_no_facts(self, figures: FiguresReader) -> None:
        assert await figures.read(DAYS) == []

    async def test_each_thing_counts_on_its_day_and_for_whose_it_is(
        self, transact: Transact, figures: FiguresReader
    ) -> None:
        sara, omar = await stored_agent(transact), await stored_agent(transact)
        at = [BEGINS - MINUTE, BEGINS, BEGINS + DAY - MINUTE, BEGINS + DAY, BEGINS + 2 * DAY]
        closed = [None, at[2], at[3], at[4], None]
        holders = [sara.id, sara.id, omar.id, None, sara.id]
        for opened, end, holder in zip(at, closed, holders, strict=True):
            customer = await stored_customer(transact)
            ticket = a_ticket(customer, agent_id=holder, opened_at=opened, closed_at=end)
            await stored_ticket(transact, ticket)
        delays = [
            Delay(ticket_id=ticket.id, agent_id=omar.id, started_at=moment)
            for moment in (at[0], at[1], at[3], at[4])
        ]
        await transact(lambda uow: uow.delays.begin(delays))

        found = await figures.read(DAYS)

        assert added_up(found) == added_up(
            [
                Fact(day=0, agent_id=sara.id, tickets=1),
                Fact(day=0, agent_id=omar.id, tickets=1),
                Fact(day=1, agent_id=None, tickets=1),
                Fact(day=0, agent_id=sara.id, closed=1),
                Fact(day=1, agent_id=omar.id, closed=1),
                Fact(day=0, agent_id=omar.id, delays=1),
                Fact(day=1, agent_id=omar.id, delays=1),
            ]
        )

    async def test_a_first_response_is_an_agent_s_first_after_the_customer_s_first(
        self, transact: Transact, figures: FiguresReader
    ) -> None:
        sara = await stored_agent(transact)
        ticket = await stored_ticket(
            transact,
            a_ticket(await stored_customer(transact), agent_id=sara.id, opened_at=BEGINS),
        )
        for minutes in (5, 1):
            at = BEGINS + minutes * MINUTE
            heard = a_message(ticket, received_at=at, sent_at=at)
            await stored_message(transact, replace(heard, stored_at=at))
        for minutes, sender in ((0, "agent"), (2, "system"), (4, "agent"), (6, "agent")):
            at = BEGINS + minutes * MINUTE
            reply = replace(a_reply(ticket), sent_at=at, received_at=at, stored_at=at)
            reply.agent_id = sara.id if sender == "agent" else None
            reply.sender_type = SenderType(sender)
            await stored_message(transact, reply)

        found = await figures.read(DAYS)

        assert added_up(found) == added_up(
            [
                Fact(day=0, agent_id=sara.id, tickets=1),
                Fact(day=0, agent_id=sara.id, messages=3),
                Fact(day=0, agent_id=sara.id, first_response=3 * MINUTE),
            ]
        )
