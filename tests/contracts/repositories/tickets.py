"""The promises of the tickets on file."""

import asyncio
from dataclasses import asdict, replace
from datetime import timedelta

import pytest

from khalifa.application.ports.unit_of_work import ConcurrentChange, Transact, UnitOfWork
from khalifa.domain.agents import Agent, AgentName, Presence
from khalifa.domain.customers import CustomerId
from khalifa.domain.errors import NotFound
from khalifa.domain.messages import SenderType
from khalifa.domain.tickets import Priority, Ticket, TicketEvent, TicketEventKind, TicketId
from tests.builders import NOW, a_message, a_reply, a_ticket, an_agent
from tests.contracts.repositories.stored import (
    stored_agent,
    stored_customer,
    stored_message,
    stored_ticket,
    written,
)

MINUTE = timedelta(minutes=1)


class TicketsContract:
    async def test_a_ticket_comes_back_whole(self, transact: Transact) -> None:
        agent = await stored_agent(transact)
        ticket = a_ticket(
            await stored_customer(transact),
            agent_id=agent.id,
            unread=3,
            waiting_since=NOW - MINUTE,
            delayed_at=NOW,
            last_message="صورة الروشتة 📷",
            last_message_kind="image",
            rating=4,
            rating_asked_at=NOW + MINUTE,
            first_asked_at=NOW - MINUTE,
            first_answered_at=NOW,
        )
        ticket.classify(priority=Priority.URGENT, category="توصيل", tags=["روشتة", "تأمين"])
        await stored_ticket(transact, ticket)

        found = await transact(lambda uow: uow.tickets.get(ticket.id))
        among_many = await transact(lambda uow: uow.tickets.get_many([ticket.id]))
        open_ = await transact(lambda uow: uow.tickets.open_of([ticket.customer_id]))

        assert asdict(found) == asdict(ticket)
        assert {id_: asdict(row) for id_, row in among_many.items()} == {ticket.id: asdict(ticket)}
        assert {id_: asdict(row) for id_, row in open_.items()} == {
            ticket.customer_id: asdict(ticket)
        }

    async def test_who_is_to_be_asked_for_a_rating_had_a_person_s_answer_and_was_closed_lately(
        self, transact: Transact
    ) -> None:
        async def closed(
            sender: SenderType, *, minutes: int = 2, asked: bool = False, reopened: bool = False
        ) -> TicketId:
            ticket = await stored_ticket(
                transact,
                a_ticket(
                    await stored_customer(transact),
                    closed_at=None if reopened else NOW - minutes * MINUTE,
                    rating_asked_at=NOW if asked else None,
                ),
            )
            said = a_message(ticket) if sender is SenderType.CUSTOMER else a_reply(ticket)
            await stored_message(transact, replace(said, sender_type=sender))
            return ticket.id

        by_phone = await closed(SenderType.PHONE, minutes=3)
        by_agent = await closed(SenderType.AGENT)
        await closed(SenderType.CUSTOMER)
        await closed(SenderType.SYSTEM)
        await closed(SenderType.AGENT, minutes=1)
        await closed(SenderType.AGENT, minutes=5)
        await closed(SenderType.AGENT, asked=True)
        await closed(SenderType.AGENT, reopened=True)
        first = await closed(SenderType.AGENT, minutes=4)

        async def found(limit: int) -> list[TicketId]:
            since, before = NOW - 4 * MINUTE, NOW - MINUTE
            return await transact(
                lambda uow: uow.tickets.to_be_rated(since=since, before=before, limit=limit)
            )

        assert await found(10) == [first, by_phone, by_agent]
        assert await found(1) == [first]

    async def test_a_changed_ticket_is_saved_with_its_version(self, transact: Transact) -> None:
        ticket = await stored_ticket(transact)

        async def work(uow: UnitOfWork) -> None:
            await uow.customers.lock([ticket.customer_id])
            found = await uow.tickets.get(ticket.id)
            found.hear("أين الطلب؟", at=NOW + MINUTE, received_at=NOW + MINUTE)
            found.close(now=NOW + 2 * MINUTE, reason="تم")
            await uow.tickets.save([found])

        await transact(work)

        found = await transact(lambda uow: uow.tickets.get(ticket.id))
        assert (found.is_open, found.closed_at, found.close_reason) == (
            False,
            NOW + 2 * MINUTE,
            "تم",
        )
        assert (found.last_message, found.last_message_at) == ("أين الطلب؟", NOW + MINUTE)
        assert found.version == ticket.version + 2

    async def test_many_tickets_are_saved_each_as_it_is(self, transact: Transact) -> None:
        tickets = [await stored_ticket(transact) for _ in range(5)]
        agent = await stored_agent(transact)
        for number, ticket in enumerate(tickets):
            ticket.unread = number
            ticket.last_message = f"رسالة {number}"
            ticket.agent_id = agent.id if number % 2 else None
            ticket.waiting_since = NOW if number % 2 else None

        await transact(lambda uow: uow.tickets.save(tickets))

        ids = [ticket.id for ticket in tickets]
        found = await transact(lambda uow: uow.tickets.get_many(ids))
        assert [asdict(found[id_]) for id_ in ids] == [asdict(ticket) for ticket in tickets]

    async def test_what_gone_agents_left_unanswered_is_abandoned_the_longest_first(
        self, transact: Transact
    ) -> None:
        here, fresh, gone, never, out = [
            await stored_agent(
                transact, an_agent(presence=presence, last_seen_at=seen, disabled=disabled)
            )
            for presence, seen, disabled in (
                (Presence.BREAK, NOW - MINUTE, False),
                (Presence.OFFLINE, NOW, False),
                (Presence.OFFLINE, NOW - MINUTE, False),
                (Presence.OFFLINE, None, False),
                (Presence.OFFLINE, NOW, True),
            )
        ]

        async def held(agent: Agent, minutes: int | None) -> Ticket:
            since = None if minutes is None else NOW - minutes * MINUTE
            customer = await stored_customer(transact)
            ticket = a_ticket(customer, agent_id=agent.id, waiting_since=since)
            return await stored_ticket(transact, ticket)

        for agent in (here, fresh):
            await held(agent, 9)
        await held(gone, None)
        expected = [await held(gone, 3), await held(out, 2), await held(never, 1)]

        async def abandoned(limit: int) -> list[TicketId]:
            return await transact(lambda uow: uow.tickets.abandoned(NOW, limit=limit))

        assert await abandoned(9) == [ticket.id for ticket in expected]
        assert await abandoned(1) == [expected[0].id]

    async def test_a_ticket_nobody_has_is_not_found(self, transact: Transact) -> None:
        missing = TicketId(987_654_321)

        with pytest.raises(NotFound):
            await transact(lambda uow: uow.tickets.get(missing))

        assert await transact(lambda uow: uow.tickets.get_many([missing])) == {}

    async def test_only_the_open_ticket_is_a_customers_open_one(self, transact: Transact) -> None:
        customer, idle = await stored_customer(transact), await stored_customer(transact)
        await stored_ticket(transact, a_ticket(customer, closed_at=NOW))
        ticket = await stored_ticket(transact, a_ticket(customer))
        await stored_ticket(transact, a_ticket(idle, closed_at=NOW))

        found = await transact(lambda uow: uow.tickets.open_of([customer.id, idle.id]))
        who = await transact(lambda uow: uow.tickets.who_has_open([customer.id, idle.id]))

        assert {id_: row.id for id_, row in found.items()} == {customer.id: ticket.id}
        assert who == {customer.id}

    async def test_open_tickets_come_with_the_names_of_those_who_hold_them(
        self, transact: Transact
    ) -> None:
        agent = await stored_agent(transact)
        held = await stored_ticket(transact, a_ticket(await stored_customer(transact)))
        waiting = await stored_ticket(transact, a_ticket(await stored_customer(transact)))

        async def assign(uow: UnitOfWork) -> None:
            ticket = await uow.tickets.get(held.id)
            ticket.assign(agent.id)
            await uow.tickets.save([ticket])

        await transact(assign)
        customers = [held.customer_id, waiting.customer_id, CustomerId(987_654_321)]
        found, holders = await transact(lambda uow: uow.tickets.open_with_holders(customers))

        assert {id_: row.id for id_, row in found.items()} == {
            held.customer_id: held.id,
            waiting.customer_id: waiting.id,
        }
        assert found[held.customer_id].agent_id == agent.id
        assert holders == {agent.id: AgentName(agent.id, agent.name)}

    async def test_a_customer_has_at_most_one_open_ticket(self, transact: Transact) -> None:
        customer = await stored_customer(transact)
        closed = await stored_ticket(transact, a_ticket(customer, closed_at=NOW))
        await stored_ticket(transact, a_ticket(customer))

        async def add_another(uow: UnitOfWork) -> None:
            with pytest.raises(ConcurrentChange):
                await written(uow, uow.tickets.add_new([a_ticket(customer)]))

        async def reopen_the_old_one(uow: UnitOfWork) -> None:
            found = await uow.tickets.get(closed.id)
            found.reopen()
            with pytest.raises(ConcurrentChange):
                await written(uow, uow.tickets.save([found]))

        await transact(add_another)
        await transact(reopen_the_old_one)

    async def test_tickets_opened_at_the_same_time_are_one(self, transact: Transact) -> None:
        customer = await stored_customer(transact)

        async def find_or_open(uow: UnitOfWork) -> TicketId:
            known = await uow.tickets.open_of([customer.id])
            if known:
                return known[customer.id].id
            ticket = a_ticket(customer)
            await uow.tickets.add_new([ticket])
            return ticket.id

        found = await asyncio.gather(*(transact(find_or_open) for _ in range(6)))

        assert len(set(found)) == 1

    async def test_a_closed_ticket_makes_room_for_the_next(self, transact: Transact) -> None:
        ticket = await stored_ticket(transact)
        following = a_ticket()
        following.customer_id = ticket.customer_id

        async def work(uow: UnitOfWork) -> None:
            found = await uow.tickets.get(ticket.id)
            found.close(now=NOW)
            await uow.tickets.save([found])
            await uow.tickets.add_new([following])

        await transact(work)

        found = await transact(lambda uow: uow.tickets.open_of([ticket.customer_id]))
        assert found[ticket.customer_id].id == following.id

    async def test_the_ticket_closed_last_is_found_while_it_is_recent(
        self, transact: Transact
    ) -> None:
        customer, other = await stored_customer(transact), await stored_customer(transact)
        last = await stored_ticket(transact, a_ticket(customer, closed_at=NOW))
        await stored_ticket(transact, a_ticket(customer, closed_at=NOW - MINUTE))
        await stored_ticket(transact, a_ticket(other, closed_at=NOW - MINUTE))
        await stored_ticket(transact, a_ticket(other))
        ids = [customer.id, other.id]

        recent = await transact(lambda uow: uow.tickets.last_closed_of(ids, since=NOW))
        too_late = await transact(
            lambda uow: uow.tickets.last_closed_of(ids, since=NOW + timedelta(microseconds=1))
        )

        assert {id_: row.id for id_, row in recent.items()} == {customer.id: last.id}
        assert too_late == {}

    async def test_tickets_nobody_holds_wait_the_longest_waiting_first(
        self, transact: Transact
    ) -> None:
        agent = await stored_agent(transact)

        async def add(**fields: object) -> TicketId:
            ticket = a_ticket(await stored_customer(transact))
            for name, value in fields.items():
                setattr(ticket, name, value)
            return (await stored_ticket(transact, ticket)).id

        answered = await add(waiting_since=None)
        second = await add(waiting_since=NOW)
        first = await add(waiting_since=NOW - MINUTE)
        await add(waiting_since=NOW - MINUTE, agent_id=agent.id)
        await stored_ticket(
            transact, a_ticket(await stored_customer(transact), closed_at=NOW + MINUTE)
        )

        waiting = await transact(lambda uow: uow.tickets.waiting(10))
        shorter = await transact(lambda uow: uow.tickets.waiting(1))

        assert [ticket.id for ticket in waiting] == [first, second, answered]
        assert [ticket.id for ticket in shorter] == [first]

    async def test_an_agents_load_is_the_open_tickets_held(self, transact: Transact) -> None:
        busy, idle = await stored_agent(transact), await stored_agent(transact)
        for closed_at in (None, None, NOW):
            customer = await stored_customer(transact)
            await stored_ticket(transact, a_ticket(customer, agent_id=busy.id, closed_at=closed_at))
        await stored_ticket(transact)

        assert idle.id != busy.id
        assert await transact(lambda uow: uow.tickets.loads()) == {busy.id: 2}

    async def test_a_tickets_record_takes_every_kind_of_line(self, transact: Transact) -> None:
        ticket, agent = await stored_ticket(transact), await stored_agent(transact)
        other = await stored_ticket(transact)
        lines = [
            TicketEvent(
                ticket_id=ticket.id,
                kind=kind,
                at=NOW,
                by=agent.id,
                to_agent_id=agent.id,
                reason="سبب",
            )
            for kind in TicketEventKind
        ]
        lines.append(TicketEvent(ticket_id=ticket.id, kind=TicketEventKind.OPENED, at=NOW))

        await transact(lambda uow: uow.tickets.record(lines))

        assert await transact(lambda uow: uow.tickets.last_line(ticket.id)) == lines[-1]
        assert await transact(lambda uow: uow.tickets.last_line(other.id)) is None
        await transact(lambda uow: uow.tickets.record(lines[:1]))
        assert await transact(lambda uow: uow.tickets.last_line(ticket.id)) == lines[0]
