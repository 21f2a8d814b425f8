"""What the search promises, whatever it looks through."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from khalifa.application.erase_customer import erase_messages
from khalifa.application.ports.readers import Holder, InvalidCursor
from khalifa.application.ports.search import MessageHits, MessageSearch
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.views import CustomerView
from khalifa.domain.agents import AgentId
from khalifa.domain.folding import Search
from khalifa.domain.messages import Message
from khalifa.domain.tickets import Ticket
from khalifa.infrastructure.database.mapping import message_row
from khalifa.infrastructure.database.tables import message_texts, messages
from tests.builders import NOW, PROVIDER, a_customer, a_message, a_ticket
from tests.contracts.inbox import GARBAGE
from tests.contracts.repositories.stored import (
    stored_agent,
    stored_customer,
    stored_message,
    stored_ticket,
)

SETTLED = NOW + timedelta(days=1)


async def fold(transact: Transact, *, limit: int = 500) -> int:
    return await transact(lambda uow: uow.search.fold_new(limit, settled=SETTLED))


async def said(transact: Transact, ticket: Ticket, *texts: str | None) -> list[Message]:
    return [await stored_message(transact, a_message(ticket, text=text)) for text in texts]


class MessageSearchContract:
    """Wants the fixtures ``transact`` and ``search`` over the same empty store."""

    async def find(
        self,
        search: MessageSearch,
        text: str,
        *,
        holder: AgentId | Holder = Holder.ANYONE,
        cursor: str = "",
        limit: int = 100,
    ) -> MessageHits:
        return await search.find(Search(text), holder=holder, cursor=cursor, limit=limit)

    async def found(
        self, search: MessageSearch, text: str, *, holder: AgentId | Holder = Holder.ANYONE
    ) -> list[int]:
        return [hit.id for hit in (await self.find(search, text, holder=holder)).items]

    async def test_a_hit_says_of_its_customer_what_a_conversation_does(
        self, transact: Transact, search: MessageSearch
    ) -> None:
        customer = a_customer(name="Mona", phone="+201012345678")
        customer.tags, customer.blocked_at, customer.pinned_provider = ("vip",), NOW, PROVIDER
        await stored_customer(transact, customer)
        ticket = await stored_ticket(transact, a_ticket(customer))
        await said(transact, ticket, "Concor")
        await fold(transact)

        [hit] = (await self.find(search, "concor")).items

        assert hit.customer == CustomerView.of(customer)

    async def test_messages_are_found_by_what_they_say_newest_first(
        self, transact: Transact, search: MessageSearch
    ) -> None:
        ticket = await stored_ticket(transact)
        extra, night, other, _ = await said(
            transact, ticket, "هل يوجد بنادول إكسترا؟", "البَنادول نايت", "باراسيتامول 100%", None
        )
        await fold(transact)

        assert await self.found(search, "بنادول") == [night.id, extra.id]
        assert await self.found(search, "البنادول اكسترا") == [extra.id]
        assert await self.found(search, '"بنادول نايت"') == []
        assert await self.found(search, '"البنادول نايت"') == [night.id]
        assert await self.found(search, "١٠٠") == [other.id]
        assert await self.found(search, "با") == [other.id]
        assert await self.found(search, "هل") == [extra.id]
        assert await self.found(search, "100%_") == [other.id]

    async def test_a_hit_says_whose_it_is_and_what_was_said(
        self, transact: Transact, search: MessageSearch
    ) -> None:
        customer = await stored_customer(transact)
        ticket = await stored_ticket(transact, a_ticket(customer))
        (message,) = await said(transact, ticket, "عندكم بنادول؟")
        await fold(transact)

        (hit,) = (await self.find(search, "بنادول")).items

        assert (hit.id, hit.ticket_id, hit.text) == (message.id, ticket.id, "عندكم بنادول؟")
        assert (hit.customer.id, hit.customer.name) == (customer.id, customer.name)
        assert (hit.direction, hit.kind, hit.sent_at) == ("in", "text", message.sent_at)

    async def test_pages_follow_each_other_without_a_gap(
        self, transact: Transact, search: MessageSearch
    ) -> None:
        ticket = await stored_ticket(transact)
        ids = [one.id for one in await said(transact, ticket, *(f"بنادول {n}" for n in range(5)))]
        await fold(transact)

        pages, cursor = list[int](), ""
        for _ in range(3):
            page = await self.find(search, "بنادول", cursor=cursor, limit=2)
            pages += [hit.id for hit in page.items]
            cursor = page.next_cursor or ""

        assert pages == ids[::-1]
        assert (cursor, page.searched_until) == ("", None)

    async def test_agents_find_what_is_on_their_own_tickets(
        self, transact: Transact, search: MessageSearch
    ) -> None:
        sara, omar = await stored_agent(transact), await stored_agent(transact)
        customer = await stored_customer(transact)
        mine = await stored_ticket(transact, a_ticket(customer, agent_id=sara.id, closed_at=NOW))
        waiting = await stored_ticket(transact, a_ticket(customer))
        (one,) = await said(transact, mine, "بنادول")
        (two,) = await said(transact, waiting, "بنادول")
        await fold(transact)

        assert await self.found(search, "بنادول", holder=sara.id) == [one.id]
        assert await self.found(search, "بنادول", holder=omar.id) == []
        assert await self.found(search, "بنادول", holder=Holder.NOBODY) == [two.id]
        newest = await search.newest_tickets([customer.id], holder=Holder.ANYONE)
        assert newest == {customer.id: waiting.id}
        assert await search.newest_tickets([customer.id], holder=sara.id) == {customer.id: mine.id}
        assert await search.newest_tickets([customer.id], holder=omar.id) == {}

    async def test_what_is_changed_is_found_by_what_it_says_now(
        self, transact: Transact, search: MessageSearch
    ) -> None:
        ticket = await stored_ticket(transact)
        edited, deleted = await said(transact, ticket, "بنادول", "بنادول")
        await fold(transact)

        async def change(uow: UnitOfWork) -> None:
            both = await uow.messages.get_many([edited.id, deleted.id])
            both[edited.id].edit("بروفين", at=NOW)
            both[deleted.id].revoke(at=NOW)
            await uow.messages.save(list(both.values()))
            await uow.search.fold_again(list(both.values()))

        await transact(change)

        assert await self.found(search, "بنادول") == []
        assert await self.found(search, "بروفين") == [edited.id]

    async def test_folding_goes_on_where_it_was_and_twice_does_no_harm(
        self, transact: Transact, search: MessageSearch
    ) -> None:
        ticket = await stored_ticket(transact)
        ids = [one.id for one in await said(transact, ticket, *(f"بنادول {n}" for n in range(5)))]

        while await fold(transact, limit=2):
            pass
        await fold(transact)

        assert await self.found(search, "بنادول") == ids[::-1]

    @pytest.mark.parametrize("cursor", GARBAGE, ids=lambda cursor: cursor[:8])
    async def test_a_cursor_of_nobodys_is_refused(self, search: MessageSearch, cursor: str) -> None:
        with pytest.raises(InvalidCursor):
            await self.find(search, "بنادول", cursor=cursor)


class SqlMessageSearchContract(MessageSearchContract):
    """What is promised where there is more than can be looked through at once."""

    @pytest.fixture
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in {
            "WINDOW": 10,
            "RARE": 2,
            "PATIENCE": 60,
            "INDEX_PATIENCE": 5,
            "OVER_AFTER": 60,
        }.items():
            monkeypatch.setattr(f"khalifa.infrastructure.database.message_search.{name}", value)

    @pytest.mark.usefixtures("small")
    async def test_what_is_far_back_is_found_and_nothing_is_passed_over(
        self, transact: Transact, search: MessageSearch
    ) -> None:
        ticket = await stored_ticket(transact)
        ones = await said(transact, ticket, *(f"بنادول {n}" for n in range(35)), "خد حبة")
        await fold(transact)

        assert await self.found(search, "بنادول 3") == [ones[n].id for n in (34, 33, 32, 31, 30, 3)]
        assert await self.found(search, "17") == [ones[17].id]
        assert await self.found(search, "خد") == [ones[35].id]

    @pytest.mark.usefixtures("small")
    @pytest.mark.parametrize("few", [0, 500])
    async def test_an_agent_finds_what_is_far_back_holding_many_tickets_or_few(
        self,
        transact: Transact,
        search: MessageSearch,
        monkeypatch: pytest.MonkeyPatch,
        few: int,
    ) -> None:
        monkeypatch.setattr("khalifa.infrastructure.database.message_search.FEW_TICKETS", few)
        sara, omar = await stored_agent(transact), await stored_agent(transact)
        mine, others = [
            await stored_ticket(
                transact, a_ticket(await stored_customer(transact), agent_id=agent.id)
            )
            for agent in (sara, omar)
        ]
        pairs = [
            await said(transact, ticket, f"بنادول {n}")
            for n in range(17)
            for ticket in (mine, others)
        ]
        await fold(transact)

        found = await self.found(search, "بنادول", holder=sara.id)

        assert found == [one.id for (one,) in reversed(pairs[::2])]

    @pytest.mark.usefixtures("small")
    async def test_a_word_of_long_ago_is_found_though_no_index_is_asked_for_it(
        self, transact: Transact, search: MessageSearch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in {"SAMPLE": 10, "PIECES": 5, "MOST_PLACES": 1}.items():
            monkeypatch.setattr(f"khalifa.infrastructure.database.message_search.{name}", value)
        ticket = await stored_ticket(transact)
        ones = await said(transact, ticket, *["بنادول"] * 30)
        await said(transact, ticket, *(f"خد حبة {n}" for n in range(12)))
        await fold(transact)

        found = await self.found(search, "بنادول")

        assert found == [one.id for one in reversed(ones)]

    @pytest.mark.usefixtures("small")
    async def test_where_the_looking_is_cut_off_it_says_so_and_goes_on(
        self, transact: Transact, search: MessageSearch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("khalifa.infrastructure.database.message_search.PATIENCE", -1)
        ticket = await stored_ticket(transact)
        ones = await said(transact, ticket, *("خد حبة " + chr(0x628 + n) for n in range(25)))
        await fold(transact)

        # Words of two letters no index has.
        page = await self.find(search, "خد خد")
        looks = 1
        found = [hit.id for hit in page.items]
        assert len(found) == 10
        assert page.searched_until == ones[15].stored_at
        while page.next_cursor:
            page = await self.find(search, "خد", cursor=page.next_cursor)
            found += [hit.id for hit in page.items]
            looks += 1

        assert found == [one.id for one in reversed(ones)]
        assert looks == 3

    async def test_what_is_erased_is_left_nowhere(
        self, engine: AsyncEngine, transact: Transact, search: MessageSearch
    ) -> None:
        ticket = await stored_ticket(transact)
        erased, kept = await said(transact, ticket, "بنادول", "بنادول")
        await fold(transact)
        before = await transact(lambda uow: uow.erasures.left([ticket.customer_id]))

        await transact(lambda uow: erase_messages(uow, [erased], at=NOW))

        assert await self.found(search, "بنادول") == [kept.id]
        left = await transact(lambda uow: uow.erasures.left([ticket.customer_id]))
        # What it said, and its folded text.
        assert left == before - 2
        async with engine.connect() as connection:
            folded = await connection.execute(
                select(message_texts.c.folded).order_by(message_texts.c.message_id)
            )
            assert folded.scalars().all() == ["", " بنادول"]

    async def test_a_message_that_comes_late_under_an_early_id_is_folded_too(
        self,
        engine: AsyncEngine,
        transact: Transact,
        search: MessageSearch,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("khalifa.infrastructure.database.search_texts.FAR", 0)
        ticket = await stored_ticket(transact)
        first, late, last = await said(transact, ticket, "بنادول", "بنادول", "بنادول")
        # As if its transaction were not over yet.
        await transact(lambda uow: uow.messages.remove([late.id]))
        await transact(lambda uow: uow.search.fold_new(500, settled=NOW - timedelta(days=1)))
        assert await self.found(search, "بنادول") == [last.id, first.id]

        async with engine.begin() as connection:
            await connection.execute(insert(messages).values(id=late.id, **message_row(late)))
        await fold(transact)

        assert await self.found(search, "بنادول") == [last.id, late.id, first.id]
