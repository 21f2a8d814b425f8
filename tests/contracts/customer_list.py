"""What the list of customers promises, whatever it is read from."""

from datetime import timedelta

import pytest

from khalifa.application.ports.customer_list import CustomerList, CustomerQuery
from khalifa.application.ports.readers import Holder, Inbox, InvalidCursor, TicketFilter
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.agents import AgentId
from khalifa.domain.contacts import Identity, IdentityKind, PhoneNumber
from khalifa.domain.customers import Customer, CustomerId
from tests.builders import NOW, PROVIDER, a_customer, a_lid, a_ticket
from tests.contracts.inbox import GARBAGE
from tests.contracts.repositories.stored import stored_agent, stored_customer, stored_ticket


async def found(
    customers: CustomerList,
    text: str = "",
    *,
    holder: AgentId | Holder = Holder.ANYONE,
    limit: int = 100,
) -> list[int]:
    query = CustomerQuery.of(text, region="EG")
    page = await customers.find(query, holder=holder, cursor="", limit=limit)
    return [view.id for view in page.items]


def with_phone(digits: str, name: str | None = "Mona") -> Customer:
    return a_customer(identities=[Identity.of_phone(PhoneNumber(digits))], name=name)


class CustomerListContract:
    """Wants the fixtures ``transact``, ``customers`` and ``inbox`` over the same empty store."""

    @pytest.mark.parametrize(
        "text",
        [
            "01012345678",
            "+20 101 234 5678",
            "0020 101",
            "2010123",
            "101234",
            "010",
            "(010) 1234-5678",
            "\u0660\u0661\u0660\u0661\u0662\u0663",
        ],
    )
    async def test_a_number_is_found_however_it_is_typed(
        self, transact: Transact, customers: CustomerList, text: str
    ) -> None:
        wanted = await stored_customer(transact, with_phone("201012345678"))
        await stored_customer(transact, with_phone("966501012345"))

        assert await found(customers, text) == [wanted.id]

    async def test_a_lid_is_not_found_as_a_number(
        self, transact: Transact, customers: CustomerList
    ) -> None:
        lid = Identity(PROVIDER, IdentityKind.LID, "201012345678")
        await stored_customer(transact, a_customer(identities=[lid], name=None))

        assert await found(customers, "201012345678") == []
        assert await found(customers, "010") == []

    async def test_a_name_is_found_by_any_part_of_it(
        self, transact: Transact, customers: CustomerList
    ) -> None:
        mona = await stored_customer(transact, a_customer(name="Mona ÉL-Sayed 100%"))
        arabic = await stored_customer(transact, a_customer(name="منى سعيد"))
        await stored_customer(transact, a_customer(name=None, identities=[a_lid()]))

        assert await found(customers, "mona") == [mona.id]
        assert await found(customers, " él-s ") == [mona.id]
        assert await found(customers, "سعيد") == [arabic.id]
        assert await found(customers, "0%") == [mona.id]
        assert await found(customers, "%") == [mona.id]
        assert await found(customers, "_") == []
        assert await found(customers, "nobody") == []

    async def test_among_many_the_older_are_found_by_how_words_of_their_names_begin(
        self, transact: Transact, customers: CustomerList, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("WINDOW", "OWN_WINDOW"):
            monkeypatch.setattr(f"khalifa.infrastructure.database.customer_list.{name}", 2)
        sara = await stored_agent(transact)
        names = ("Mona El-Sayed", "Omar Said", "With Love", None, "Omar Ali", "منى سعيد")
        people = [await stored_customer(transact, a_customer(name=name)) for name in names]
        for customer in people[::2]:
            await stored_ticket(transact, a_ticket(customer, agent_id=sara.id))
        ids = [customer.id for customer in people]

        assert await found(customers, "omar") == [ids[4], ids[1]]
        assert await found(customers, "say") == [ids[0]]
        assert await found(customers, "a el-sayed") == [ids[0]]
        assert await found(customers, "with") == [ids[2]]
        assert await found(customers, "omar", holder=sara.id) == [ids[4]]
        assert await found(customers, "mona", holder=sara.id) == [ids[0]]
        assert await found(customers, "nobody") == []

    async def test_who_looks_for_two_letters_goes_on_from_where_the_looking_ended(
        self, transact: Transact, customers: CustomerList, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("khalifa.infrastructure.database.customer_list.WINDOW", 2)
        ids = [(await stored_customer(transact, a_customer(name=f"Li {n}"))).id for n in range(5)]

        pages, cursor = [], ""
        while True:
            page = await customers.find(
                CustomerQuery(name="li"), holder=Holder.ANYONE, cursor=cursor, limit=4
            )
            pages += [view.id for view in page.items]
            if page.next_cursor is None:
                break
            cursor = page.next_cursor

        assert pages == ids[::-1]

    async def test_the_newest_come_first_page_after_page(
        self, transact: Transact, customers: CustomerList
    ) -> None:
        ids = [(await stored_customer(transact)).id for _ in range(5)]

        pages, cursor = [], ""
        for _ in range(3):
            page = await customers.find(
                CustomerQuery(), holder=Holder.ANYONE, cursor=cursor, limit=2
            )
            pages.append([view.id for view in page.items])
            cursor = page.next_cursor or ""

        assert [id_ for page_ids in pages for id_ in page_ids] == ids[::-1]
        assert cursor == ""

    async def test_agents_see_those_whose_tickets_they_hold(
        self, transact: Transact, customers: CustomerList
    ) -> None:
        sara, omar = await stored_agent(transact), await stored_agent(transact)
        open_, closed, waiting = [await stored_customer(transact) for _ in range(3)]
        await stored_ticket(transact, a_ticket(open_, agent_id=sara.id))
        await stored_ticket(transact, a_ticket(closed, agent_id=sara.id, closed_at=NOW))
        await stored_ticket(transact, a_ticket(waiting))

        assert await found(customers, holder=sara.id) == [closed.id, open_.id]
        assert await found(customers, holder=omar.id) == []
        assert await found(customers, holder=Holder.NOBODY) == [waiting.id]
        assert await customers.is_with(closed.id, sara.id)
        assert not await customers.is_with(closed.id, omar.id)
        assert not await customers.is_with(CustomerId(987_654_321), sara.id)

    async def test_who_is_part_of_another_is_not_listed(
        self, transact: Transact, customers: CustomerList
    ) -> None:
        kept, absorbed = await stored_customer(transact), await stored_customer(transact)

        async def merge(uow: UnitOfWork) -> None:
            both = await uow.customers.lock([kept.id, absorbed.id])
            await uow.customers.move_identities(absorbed.identities, kept.id)
            both[kept.id].absorb(both[absorbed.id])
            await uow.customers.save(list(both.values()))

        await transact(merge)

        assert await found(customers) == [kept.id]

    async def test_a_view_shows_what_is_known(
        self, transact: Transact, customers: CustomerList
    ) -> None:
        customer = with_phone("201012345678")
        customer.tag(["vip", "late"])
        customer.block(at=NOW)
        await stored_customer(transact, customer)

        page = await customers.find(CustomerQuery(), holder=Holder.ANYONE, cursor="", limit=1)

        (view,) = page.items
        assert (view.name, view.phone) == ("Mona", "201012345678")
        assert (view.tags, view.blocked, view.created_at) == (("vip", "late"), True, NOW)

    @pytest.mark.parametrize("cursor", GARBAGE, ids=lambda cursor: cursor[:8])
    async def test_a_cursor_of_nobodys_is_refused(
        self, customers: CustomerList, cursor: str
    ) -> None:
        with pytest.raises(InvalidCursor):
            await customers.find(CustomerQuery(), holder=Holder.ANYONE, cursor=cursor, limit=1)

    async def test_a_customers_tickets_are_listed_alone(
        self, transact: Transact, inbox: Inbox
    ) -> None:
        customer, other = await stored_customer(transact), await stored_customer(transact)
        older = await stored_ticket(
            transact, a_ticket(customer, closed_at=NOW, last_message_at=NOW - timedelta(days=1))
        )
        newer = await stored_ticket(transact, a_ticket(customer))
        await stored_ticket(transact, a_ticket(other))

        page = await inbox.tickets(
            status=TicketFilter.ALL,
            holder=Holder.ANYONE,
            customer=customer.id,
            cursor="",
            limit=9,
        )

        assert [view.id for view in page.items] == [newer.id, older.id]
