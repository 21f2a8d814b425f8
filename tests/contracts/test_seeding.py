"""A seeded database is as khalifa itself would have filled it, and was empty before."""

import pytest
from sqlalchemy import create_engine, text

from khalifa.domain.contacts import ProviderName
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.messages import Direction, Message
from khalifa.domain.tickets import Ticket
from khalifa.infrastructure.database import schema
from khalifa.infrastructure.database.engine import open_engine, with_driver
from khalifa.infrastructure.database.ledger_reader import SqlLedgerReader
from khalifa.infrastructure.database.seeding import NotSeedable, seed
from khalifa.infrastructure.database.unit_of_work import SqlTransact

PIGEON = ProviderName("pigeon")
ALL = [CustomerId(n) for n in range(1, 41)]


@pytest.fixture(params=["sqlite_url", "mysql_url"])
def url(request: pytest.FixtureRequest) -> str:
    url = str(request.getfixturevalue(request.param))
    schema.upgrade(url)
    return url


def fill(url: str, **changes: int) -> list[tuple[int, int]]:
    heard: list[tuple[int, int]] = []
    wanted = {"customers": 40, "tickets": 8, "messages": 210, "agents": 3, **changes}
    seed(url, provider=PIGEON, progress=lambda done, total: heard.append((done, total)), **wanted)
    return heard


async def test_what_is_seeded_is_as_khalifa_would_have_filed_it(url: str) -> None:
    heard = fill(url)

    engine = open_engine(url)
    try:
        transact = SqlTransact(engine)
        customers = await transact(lambda uow: uow.customers.get_many(ALL))
        tickets = await transact(lambda uow: uow.tickets.open_of(ALL))
        tails = {
            ticket.id: await transact(lambda uow, t=ticket: uow.messages.newest_of(t.id, 500))  # type: ignore[misc]
            for ticket in tickets.values()
        }
        [account] = await SqlLedgerReader(engine).accounts(since=None)
        unbalanced = await SqlLedgerReader(engine).unbalanced(since=None, limit=5)
    finally:
        await engine.dispose()
    assert heard[-1][0] == heard[-1][1]
    assert (len(customers), len(tickets)) == (40, 8)
    assert sum(customer.phone is None for customer in customers.values()) == 2
    assert all(len(c.identities) == (1 if c.phone is None else 2) for c in customers.values())
    assert all(len(tail) in {5, 6} for tail in tails.values())
    for ticket in tickets.values():
        agree(customers[ticket.customer_id], ticket, tails[ticket.id])
    # Of rounds 1, 3, 5 of forty, and of the ten of the sixth, which is our answers.
    assert (account.first, account.last, account.bodies) == (1, 120, 120)
    assert unbalanced == []


def agree(customer: Customer, ticket: Ticket, messages: list[Message]) -> None:
    heard = [message for message in messages if message.direction is Direction.IN]
    assert customer.last_inbound_at == {PIGEON: heard[-1].sent_at}
    assert ticket.last_message_at == messages[-1].sent_at
    assert ticket.last_message == messages[-1].text
    assert bool(ticket.unread) is (messages[-1] is heard[-1])
    assert {message.provider for message in messages} == {PIGEON}
    assert messages == sorted(messages, key=lambda message: message.id)


def test_where_workers_run_already_none_has_what_is_seeded_to_fold(url: str) -> None:
    engine = create_engine(with_driver(url, asynchronous=False))
    with engine.begin() as connection:
        # A worker that found nothing yet.
        connection.execute(text("INSERT INTO search_progress (id, folded_until) VALUES (1, 0)"))

    fill(url)

    with engine.connect() as connection:
        marks = connection.execute(text("SELECT id, folded_until FROM search_progress")).all()
    engine.dispose()
    assert [tuple(mark) for mark in marks] == [(1, 210)]


def test_nothing_is_made_up_among_real_customers(url: str) -> None:
    fill(url)
    with pytest.raises(NotSeedable, match="customers in this database"):
        fill(url)
    engine = create_engine(with_driver(url, asynchronous=False))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT COUNT(*) FROM messages")) == 210
    engine.dispose()


@pytest.mark.parametrize(
    "wrong", [{"customers": 0}, {"tickets": 41}, {"messages": 39}, {"agents": 0}]
)
def test_numbers_that_make_no_sense_are_refused(url: str, wrong: dict[str, int]) -> None:
    with pytest.raises(NotSeedable):
        fill(url, **wrong)
