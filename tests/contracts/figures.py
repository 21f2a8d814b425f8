"""What figures are made of, wherever they are counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from khalifa.application.ports.figures import FiguresReader
from khalifa.application.ports.unit_of_work import Transact
from khalifa.domain.agents import AgentId
from khalifa.domain.delays import Delay
from khalifa.domain.figures import Day, Fact, Figures, Traffic
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
MICROSECOND = timedelta(microseconds=1)
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
        ratings = [None, 5, 2, None, 1]
        for opened, end, holder, rating in zip(at, closed, holders, ratings, strict=True):
            customer = await stored_customer(transact)
            ticket = a_ticket(
                customer, agent_id=holder, opened_at=opened, closed_at=end, rating=rating
            )
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
                Fact(day=0, agent_id=sara.id, closed=1, rated=1, stars=5),
                Fact(day=1, agent_id=omar.id, closed=1, rated=1, stars=2),
                Fact(day=0, agent_id=omar.id, delays=1),
                Fact(day=1, agent_id=omar.id, delays=1),
            ]
        )

    async def test_one_day_is_counted_alone(
        self, transact: Transact, figures: FiguresReader
    ) -> None:
        for opened in (BEGINS - MINUTE, BEGINS, BEGINS + DAY):
            await stored_ticket(
                transact, a_ticket(await stored_customer(transact), opened_at=opened)
            )

        assert added_up(await figures.read(DAYS[:1])) == {(0, None): Figures(tickets=1)}

    async def test_a_ticket_was_delayed_once_however_often_its_customer_waited_too_long(
        self, transact: Transact, figures: FiguresReader
    ) -> None:
        sara, omar = await stored_agent(transact), await stored_agent(transact)
        tickets = [
            await stored_ticket(
                transact,
                a_ticket(await stored_customer(transact), agent_id=sara.id, opened_at=BEGINS),
            )
            for _ in range(2)
        ]
        waits = [
            Delay(ticket_id=tickets[0].id, agent_id=omar.id, started_at=BEGINS + n * DAY)
            for n in range(2)
        ]
        await transact(lambda uow: uow.delays.begin(waits))

        assert added_up(await figures.read(DAYS)) == added_up(
            [
                Fact(day=0, agent_id=sara.id, tickets=2, delayed=1),
                Fact(day=0, agent_id=omar.id, delays=1),
                Fact(day=1, agent_id=omar.id, delays=1),
            ]
        )

    async def test_traffic_is_what_customers_and_agents_said_in_each_step(
        self, transact: Transact, figures: FiguresReader
    ) -> None:
        ticket = await stored_ticket(transact, a_ticket(await stored_customer(transact)))
        senders = {
            -1: SenderType.CUSTOMER,
            0: SenderType.CUSTOMER,
            4: SenderType.AGENT,
            5: SenderType.CUSTOMER,
            6: SenderType.CUSTOMER,
            7: SenderType.SYSTEM,
            8: SenderType.PHONE,
            15: SenderType.AGENT,
        }
        for minutes, sender in senders.items():
            heard = sender is SenderType.CUSTOMER
            said = a_message(ticket) if heard else a_reply(ticket)
            at = BEGINS + minutes * MINUTE
            await stored_message(transact, replace(said, sender_type=sender, stored_at=at))

        found = await figures.traffic(BEGINS, step=5 * MINUTE, steps=3)

        assert found == [
            Traffic(at=BEGINS, received=1, sent=1),
            Traffic(at=BEGINS + 5 * MINUTE, received=2, sent=0),
            Traffic(at=BEGINS + 10 * MINUTE),
        ]

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
                Fact(day=0, agent_id=sara.id, responses=[3 * MINUTE // MICROSECOND]),
            ]
        )

    async def test_counted_again_and_of_other_days_it_is_the_same(
        self, transact: Transact, figures: FiguresReader
    ) -> None:
        sara = await stored_agent(transact)
        ticket = await stored_ticket(
            transact, a_ticket(await stored_customer(transact), opened_at=BEGINS - DAY)
        )
        for at in (BEGINS, BEGINS + DAY, BEGINS + DAY + MINUTE):
            reply = replace(a_reply(ticket), agent_id=sara.id, stored_at=at)
            await stored_message(transact, reply)

        last = [await figures.read(DAYS[1:]) for _ in range(2)]
        both = [await figures.read(DAYS) for _ in range(2)]

        for found in last:
            assert added_up(found) == {(0, sara.id): Figures(messages=2)}
        for found in both:
            assert added_up(found) == {
                (0, sara.id): Figures(messages=1),
                (1, sara.id): Figures(messages=2),
            }

    async def test_what_an_agent_writes_today_is_counted_at_once(
        self, transact: Transact, figures: FiguresReader
    ) -> None:
        sara = await stored_agent(transact)
        ticket = await stored_ticket(
            transact, a_ticket(await stored_customer(transact), opened_at=BEGINS)
        )
        now = datetime.now(UTC)
        today = Day(now.date(), now - MINUTE, now + DAY)
        for count in (1, 2):
            reply = replace(a_reply(ticket), agent_id=sara.id, stored_at=now)
            await stored_message(transact, reply)

            found = await figures.read([today])

            assert added_up(found) == {(0, sara.id): Figures(messages=count)}

    async def test_of_first_responses_what_a_ticket_does_not_hold_is_looked_up(
        self, transact: Transact, figures: FiguresReader
    ) -> None:
        sara = await stored_agent(transact)
        kept = [(None, None), (MINUTE, None), (MINUTE, 3 * MINUTE)]
        for asked, answered in kept:
            ticket = a_ticket(
                await stored_customer(transact),
                agent_id=sara.id,
                opened_at=BEGINS,
                first_asked_at=BEGINS + asked if asked else None,
                first_answered_at=BEGINS + answered if answered else None,
            )
            await stored_ticket(transact, ticket)
            # The one that was said first was fetched last.
            for sent, came in ((2, 1), (0, 4)):
                heard = a_message(ticket, received_at=BEGINS + came * MINUTE)
                await stored_message(
                    transact, replace(heard, sent_at=BEGINS + sent * MINUTE, stored_at=BEGINS)
                )
            reply = replace(a_reply(ticket), agent_id=sara.id, stored_at=BEGINS + 3 * MINUTE)
            await stored_message(transact, reply)

        found = await figures.read(DAYS)

        assert Figures.of(found).responses == (2 * MINUTE // MICROSECOND,) * len(kept)

    async def test_a_ticket_without_an_answer_has_no_first_response(
        self, transact: Transact, figures: FiguresReader
    ) -> None:
        for asked_at in (None, BEGINS):
            ticket = a_ticket(
                await stored_customer(transact), opened_at=BEGINS, first_asked_at=asked_at
            )
            await stored_ticket(transact, ticket)
            if asked_at:
                await stored_message(transact, a_message(ticket, received_at=asked_at))

        assert Figures.of(await figures.read(DAYS)).responses == ()
