"""What the desk's lists promise, whatever they are read from."""

from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from khalifa.application.history_views import NoteView
from khalifa.application.ports.readers import Holder, Inbox, InvalidCursor, TicketFilter
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.views import AgentNameView, MessageView, Page, TicketView
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.contacts import Identity
from khalifa.domain.customers import Customer
from khalifa.domain.errors import NotFound
from khalifa.domain.messages import DeliveryStatus, Media, Message, MessageKind, SenderType
from khalifa.domain.notes import TicketNote
from khalifa.domain.tickets import Priority, Ticket, TicketEvent, TicketEventKind, TicketId
from tests.builders import (
    NOW,
    PROVIDER,
    a_customer,
    a_lid,
    a_message,
    a_phone,
    a_reply,
    a_ticket,
    an_agent,
    an_id,
)
from tests.contracts.repositories.stored import stored_agent, stored_customer, stored_ticket

SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)
GARBAGE = [
    "x",
    "!!",
    "AAAA",
    "نص",
    "\x00",
    "9" * 5000,
    *(
        urlsafe_b64encode(text).decode()
        for text in (b"[]", b"{}", b"null", b"[1]", b"[null,null]", b"\xff", b"[" * 9000)
    ),
]

Shown = TicketView | MessageView


async def _list(
    inbox: Inbox,
    status: TicketFilter = TicketFilter.ALL,
    holder: AgentId | Holder = Holder.ANYONE,
    *,
    cursor: str = "",
    limit: int = 100,
) -> Page[TicketView]:
    return await inbox.tickets(status=status, holder=holder, cursor=cursor, limit=limit)


async def _ids(
    inbox: Inbox,
    status: TicketFilter = TicketFilter.ALL,
    holder: AgentId | Holder = Holder.ANYONE,
) -> list[int]:
    return [view.id for view in (await _list(inbox, status, holder)).items]


async def _store(transact: Transact, tickets: Sequence[Ticket]) -> None:
    """Store *tickets*, each with a customer of its own."""

    async def work(uow: UnitOfWork) -> None:
        customers = [a_customer() for _ in tickets]
        await uow.customers.add_new(customers)
        for ticket, customer in zip(tickets, customers, strict=True):
            ticket.customer_id = customer.id
        await uow.tickets.add_new(tickets)

    await transact(work)


async def _all_pages(
    page_after: Callable[[str], Awaitable[Page[TicketView]]]
    | Callable[[str], Awaitable[Page[MessageView]]],
    *,
    limit: int,
) -> list[list[int]]:
    """Follow the cursors to the end; return the ids of each page."""
    pages: list[list[int]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await page_after(cursor)
        items: Collection[Shown] = page.items
        pages.append([view.id for view in items])
        cursor = page.next_cursor
        assert len(pages[-1]) == limit or cursor is None
        assert len(pages) < 100
    return pages


class InboxContract:
    """Wants two fixtures over one empty store: ``transact`` and ``inbox``."""

    async def test_a_ticket_is_shown_with_its_customer_and_agent(
        self, transact: Transact, inbox: Inbox
    ) -> None:
        customer: Customer = await stored_customer(
            transact, a_customer(name="منى 💊", pinned_provider=PROVIDER)
        )
        agent: Agent = await stored_agent(transact, an_agent("هناء"))
        ticket = await stored_ticket(
            transact,
            a_ticket(
                customer,
                agent_id=agent.id,
                unread=2,
                waiting_since=NOW - SECOND,
                delayed_at=NOW,
                last_message="أين الطلب؟",
            ),
        )
        ticket.classify(priority=Priority.HIGH, category="توصيل", tags=["روشتة"])
        await transact(lambda uow: uow.tickets.save([ticket]))

        expected = TicketView.of(ticket, customer, agent)

        assert await inbox.ticket(ticket.id) == expected
        assert await _list(inbox) == Page(items=[expected], next_cursor=None)

    async def test_a_ticket_nobody_holds_is_shown_without_an_agent(
        self, transact: Transact, inbox: Inbox
    ) -> None:
        customer = await stored_customer(transact, a_customer(name=None, identities=[]))
        ticket = await stored_ticket(transact, a_ticket(customer, closed_at=NOW, last_message=None))

        assert await inbox.ticket(ticket.id) == TicketView.of(ticket, customer, None)

    async def test_a_ticket_tells_where_our_last_message_stands_and_nothing_of_a_customers(
        self, transact: Transact, inbox: Inbox
    ) -> None:
        silent, heard, answered, moved = [await stored_ticket(transact) for _ in range(4)]
        last = a_reply(moved, sent_at=NOW)
        await transact(
            lambda uow: uow.messages.add_new(
                [
                    a_reply(heard, status=DeliveryStatus.READ, sent_at=NOW - SECOND),
                    a_message(heard),
                    a_message(answered, received_at=NOW - SECOND),
                    # Within one second what came in later is later.
                    a_reply(answered, status=DeliveryStatus.UNKNOWN, sent_at=NOW - MICROSECOND),
                    a_reply(answered, status=DeliveryStatus.FAILED, sent_at=NOW),
                    last,
                ]
            )
        )
        last.start_sending(PROVIDER)
        last.report(DeliveryStatus.DELIVERED)
        await transact(lambda uow: uow.messages.save([last]))

        told = {view.id: view.last_message_status for view in (await _list(inbox)).items}

        assert told == {
            silent.id: None,
            heard.id: None,
            answered.id: DeliveryStatus.FAILED,
            moved.id: DeliveryStatus.DELIVERED,
        }
        assert {
            id_: (await inbox.ticket(TicketId(id_))).last_message_status for id_ in told
        } == told
        assert await transact(lambda uow: uow.tickets.last_statuses([*map(TicketId, told)])) == {
            id_: status for id_, status in told.items() if status
        }
        assert await transact(lambda uow: uow.tickets.last_statuses([])) == {}

    async def test_what_nobody_says_is_not_the_last_that_was_said(
        self, transact: Transact, inbox: Inbox
    ) -> None:
        ours, theirs = await stored_ticket(transact), await stored_ticket(transact)
        await transact(
            lambda uow: uow.messages.add_new(
                [
                    a_reply(ours, status=DeliveryStatus.READ),
                    a_message(ours, kind=MessageKind.SYSTEM, received_at=NOW + SECOND),
                    replace(a_reply(ours, sent_at=NOW + SECOND), kind=MessageKind.REACTION),
                    a_message(theirs),
                    # By itself: the business is closed.
                    replace(a_reply(theirs, sent_at=NOW + SECOND), sender_type=SenderType.SYSTEM),
                ]
            )
        )

        shown = {view.id: view.last_message_status for view in (await _list(inbox)).items}

        assert shown == {ours.id: DeliveryStatus.READ, theirs.id: None}

    async def test_of_each_ticket_its_customer_is_known_with_identities(
        self, transact: Transact, inbox: Inbox
    ) -> None:
        identities = [Identity.of_phone(a_phone()), a_lid()]
        known = await stored_customer(
            transact, a_customer(identities=identities, last_inbound_at={PROVIDER: NOW})
        )
        one = await stored_ticket(transact, a_ticket(known))
        other = await stored_ticket(transact)

        found = await inbox.customers_of([one.id, other.id])

        assert (found[one.id].id, found[other.id].id) == (known.id, other.customer_id)
        assert sorted(found[one.id].identities) == sorted(identities)
        assert found[one.id].last_inbound_at == {PROVIDER: NOW}

    async def test_a_ticket_that_is_not_there_is_not_found(
        self, transact: Transact, inbox: Inbox
    ) -> None:
        await stored_ticket(transact)

        with pytest.raises(NotFound):
            await inbox.ticket(TicketId(987_654_321))

    async def test_a_list_shows_the_tickets_of_the_state_asked_for(
        self, transact: Transact, inbox: Inbox
    ) -> None:
        open_, delayed, closed = a_ticket(), a_ticket(delayed_at=NOW), a_ticket(closed_at=NOW)
        await _store(transact, [open_, delayed, closed])

        shown = {status: set(await _ids(inbox, status)) for status in TicketFilter}

        assert shown == {
            TicketFilter.OPEN: {open_.id},
            TicketFilter.DELAYED: {delayed.id},
            TicketFilter.CLOSED: {closed.id},
            TicketFilter.ACTIVE: {open_.id, delayed.id},
            TicketFilter.ALL: {open_.id, delayed.id, closed.id},
        }

    async def test_a_list_shows_the_tickets_of_the_holder_asked_for(
        self, transact: Transact, inbox: Inbox
    ) -> None:
        agent, other = await stored_agent(transact), await stored_agent(transact)
        idle = await stored_agent(transact)
        mine, theirs = a_ticket(agent_id=agent.id), a_ticket(agent_id=other.id)
        nobodys, closed = a_ticket(), a_ticket(agent_id=agent.id, closed_at=NOW)
        await _store(transact, [mine, theirs, nobodys, closed])

        assert set(await _ids(inbox, holder=agent.id)) == {mine.id, closed.id}
        assert set(await _ids(inbox, holder=Holder.NOBODY)) == {nobodys.id}
        assert len(await _ids(inbox, holder=Holder.ANYONE)) == 4
        assert await _ids(inbox, holder=idle.id) == []
        assert await _ids(inbox, TicketFilter.ACTIVE, agent.id) == [mine.id]
        assert await _ids(inbox, TicketFilter.CLOSED, Holder.NOBODY) == []

    async def test_the_newest_message_comes_first_and_silence_last(
        self, transact: Transact, inbox: Inbox
    ) -> None:
        silent = a_ticket(last_message_at=None, last_message=None)
        older = a_ticket(last_message_at=NOW - MICROSECOND)
        newer = a_ticket(last_message_at=NOW)
        await _store(transact, [silent, older, newer])

        assert await _ids(inbox) == [newer.id, older.id, silent.id]

    @pytest.mark.parametrize("limit", [1, 4, 7])
    async def test_pages_show_every_ticket_once_also_when_their_times_are_equal(
        self, transact: Transact, inbox: Inbox, limit: int
    ) -> None:
        tickets = [a_ticket(last_message_at=NOW - SECOND * (number % 3)) for number in range(17)]
        tickets += [a_ticket(last_message_at=None) for _ in range(4)]
        await _store(transact, tickets)

        pages = await _all_pages(
            lambda cursor: _list(inbox, cursor=cursor, limit=limit), limit=limit
        )

        assert [id_ for page in pages for id_ in page] == await _ids(inbox)
        assert len(pages) == -(-len(tickets) // limit)

    async def test_pages_keep_to_what_was_asked_for(self, transact: Transact, inbox: Inbox) -> None:
        agent = await stored_agent(transact)
        tickets = [
            a_ticket(
                agent_id=agent.id if number % 2 else None,
                closed_at=NOW if number % 3 else None,
            )
            for number in range(24)
        ]
        await _store(transact, tickets)

        pages = await _all_pages(
            lambda cursor: _list(inbox, TicketFilter.CLOSED, agent.id, cursor=cursor, limit=3),
            limit=3,
        )

        wanted = {row.id for row in tickets if row.agent_id == agent.id and not row.is_open}
        shown = [id_ for page in pages for id_ in page]
        assert set(shown) == wanted
        assert len(shown) == len(wanted)

    async def test_a_ticket_that_comes_meanwhile_pushes_nothing_into_the_next_page(
        self, transact: Transact, inbox: Inbox
    ) -> None:
        tickets = [a_ticket(last_message_at=NOW - SECOND * number) for number in range(6)]
        await _store(transact, tickets)
        first = await _list(inbox, limit=3)

        await _store(transact, [a_ticket(last_message_at=NOW + SECOND)])
        second = await _list(inbox, cursor=first.next_cursor or "", limit=3)

        shown = [view.id for view in [*first.items, *second.items]]
        assert shown == [ticket.id for ticket in tickets]

    @pytest.mark.parametrize("cursor", GARBAGE, ids=lambda cursor: repr(cursor[:16]))
    async def test_a_cursor_no_page_gave_is_refused(
        self, transact: Transact, inbox: Inbox, cursor: str
    ) -> None:
        ticket = await stored_ticket(transact)

        with pytest.raises(InvalidCursor):
            await _list(inbox, cursor=cursor)
        with pytest.raises(InvalidCursor):
            await inbox.messages(ticket.id, cursor=cursor, limit=9)

    async def test_a_cursor_of_one_list_is_none_of_the_other(
        self, transact: Transact, inbox: Inbox
    ) -> None:
        tickets = [a_ticket(), a_ticket()]
        await _store(transact, tickets)
        messages = [a_message(tickets[0]), a_message(tickets[0])]
        await transact(lambda uow: uow.messages.add_new(messages))
        of_tickets = (await _list(inbox, limit=1)).next_cursor
        of_messages = (await inbox.messages(tickets[0].id, cursor="", limit=1)).next_cursor
        assert of_tickets
        assert of_messages

        with pytest.raises(InvalidCursor):
            await _list(inbox, cursor=of_messages)
        with pytest.raises(InvalidCursor):
            await inbox.messages(tickets[0].id, cursor=of_tickets, limit=1)

    async def test_messages_are_shown_as_they_are_stored(
        self, transact: Transact, inbox: Inbox
    ) -> None:
        ticket, agent = await stored_ticket(transact), await stored_agent(transact)
        media = Media(url="https://example.test/x", mime_type="image/png", filename="أ.png", size=9)
        message = a_message(
            ticket, kind=MessageKind.IMAGE, text=None, media=media, reply_to=an_id()
        )
        reply = a_reply(ticket, agent_id=agent.id, text="تم 💊", sent_at=NOW + SECOND)
        await transact(lambda uow: uow.messages.add_new([message, reply]))

        page = await inbox.messages(ticket.id, cursor="", limit=9)

        assert page == Page(
            items=[MessageView.of(message), MessageView.of(reply)], next_cursor=None
        )

    async def test_messages_are_shown_in_the_order_they_were_said(
        self, transact: Transact, inbox: Inbox
    ) -> None:
        ticket = await stored_ticket(transact)
        sent_at = NOW.replace(microsecond=0)
        said = [
            a_message(ticket, sent_at=sent_at - SECOND, received_at=NOW + SECOND, number=9),
            a_message(ticket, sent_at=sent_at, received_at=NOW - MICROSECOND, number=8),
            a_message(ticket, sent_at=sent_at, received_at=NOW, number=1, position=5),
            a_message(ticket, sent_at=sent_at, received_at=NOW, number=2, position=0),
            a_message(ticket, sent_at=sent_at, received_at=NOW, number=2, position=1),
            a_message(ticket, sent_at=sent_at, received_at=NOW, number=10, position=0),
            a_message(ticket, sent_at=sent_at + SECOND, received_at=NOW - SECOND, number=0),
        ]
        filed: list[Message] = [said[index] for index in (4, 0, 6, 2, 5, 1, 3)]
        await transact(lambda uow: uow.messages.add_new(filed))
        elsewhere = a_message(await stored_ticket(transact))
        await transact(lambda uow: uow.messages.add_new([elsewhere]))

        page = await inbox.messages(ticket.id, cursor="", limit=100)

        assert [view.id for view in page.items] == [message.id for message in said]

    @pytest.mark.parametrize("limit", [1, 4, 5])
    async def test_pages_show_every_message_once_the_newest_page_first(
        self, transact: Transact, inbox: Inbox, limit: int
    ) -> None:
        ticket = await stored_ticket(transact)
        messages = [
            a_message(ticket, received_at=NOW + SECOND * (number // 4), number=number // 2)
            for number in range(20)
        ]
        await transact(lambda uow: uow.messages.add_new(messages))

        pages = await _all_pages(
            lambda cursor: inbox.messages(ticket.id, cursor=cursor, limit=limit), limit=limit
        )

        whole = await inbox.messages(ticket.id, cursor="", limit=100)
        shown = [id_ for page in reversed(pages) for id_ in page]
        assert shown == [view.id for view in whole.items]
        assert set(shown) == {message.id for message in messages}
        assert len(pages) == -(-len(messages) // limit)

    async def test_a_tickets_record_and_notes_are_shown_with_names_oldest_first(
        self, transact: Transact, inbox: Inbox
    ) -> None:
        ticket, other = await stored_ticket(transact), await stored_ticket(transact)
        sara = await stored_agent(transact, an_agent("سارة"))
        omar = await stored_agent(transact, an_agent("عمر"))
        opened = TicketEvent(ticket_id=ticket.id, kind=TicketEventKind.OPENED, at=NOW)
        moved = TicketEvent(
            ticket_id=ticket.id,
            kind=TicketEventKind.TRANSFERRED,
            at=NOW + SECOND,
            by=sara.id,
            from_agent_id=sara.id,
            to_agent_id=omar.id,
            reason="الفرع الأقرب",
        )
        elsewhere = TicketEvent(ticket_id=other.id, kind=TicketEventKind.OPENED, at=NOW)
        notes = [
            TicketNote(ticket_id=id_, agent_id=omar.id, text=text, at=NOW)
            for id_, text in ((ticket.id, "حساسية 💊"), (ticket.id, "x" * 4000), (other.id, "no"))
        ]

        async def write(uow: UnitOfWork) -> None:
            await uow.tickets.record([opened, moved, elsewhere])
            for note in notes:
                await uow.tickets.add_note(note)

        await transact(write)

        history = await inbox.history(ticket.id)
        first, second = history.lines
        assert (first.kind, first.by, first.from_agent, first.to_agent, first.reason) == (
            "opened",
            None,
            None,
            None,
            None,
        )
        assert second.by == second.from_agent == AgentNameView(id=sara.id, name="سارة")
        assert second.to_agent == AgentNameView(id=omar.id, name="عمر")
        assert (second.kind, second.at, second.reason) == (
            "transferred",
            NOW + SECOND,
            "الفرع الأقرب",
        )
        assert history.notes == [NoteView.of(note, omar) for note in notes[:2]]
        assert len({note.id for note in notes}) == 3
        assert (await inbox.history(TicketId(987_654_321))).lines == []
