"""The promises of running a unit of work: all or nothing, again when others were in the way."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import pytest

from khalifa.application.ports.notifications import Event
from khalifa.application.ports.unit_of_work import (
    BadData,
    ConcurrentChange,
    DatabaseUnavailable,
    Transact,
    UnitOfWork,
)
from khalifa.domain.contacts import Identity
from tests.builders import NOW, a_customer, a_message, a_phone, an_event
from tests.contracts.repositories.stored import stored_customer, stored_ticket

# Later than any clock of a database under test.
TOMORROW = NOW + timedelta(days=36500)


async def _nothing() -> None:
    pass


@dataclass(slots=True)
class Announced:
    """Where a unit's events go after its commit. ``meanwhile`` runs at each announcement."""

    events: list[Event] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[object]] = _nothing

    async def __call__(self, events: Sequence[Event]) -> None:
        await self.meanwhile()
        self.events.extend(events)


class TransactContract:
    """Wants a fixture ``transact``, which announces to the fixture ``announced``."""

    @pytest.fixture
    def announced(self) -> Announced:
        return Announced()

    async def test_what_a_unit_stores_is_there_for_the_next(self, transact: Transact) -> None:
        customer = await stored_customer(transact)

        found = await transact(lambda uow: uow.customers.get_many([customer.id]))

        assert found.keys() == {customer.id}

    async def test_what_the_work_returns_is_returned(self, transact: Transact) -> None:
        async def work(_: UnitOfWork) -> str:
            return "done"

        assert await transact(work) == "done"

    async def test_a_unit_that_only_looks_sees_what_is_stored_and_keeps_nothing(
        self, transact: Transact, announced: Announced
    ) -> None:
        customer, other = await stored_customer(transact), a_customer()

        async def work(uow: UnitOfWork) -> int:
            await uow.customers.add_new([other])
            await uow.events.add([an_event()])
            return len(await uow.customers.named([*customer.identities, *other.identities]))

        assert await transact.read(work) == 2
        assert await transact(lambda uow: uow.customers.named(other.identities)) == {}
        assert announced.events == []

    async def test_a_look_that_met_a_change_is_repeated(self, transact: Transact) -> None:
        runs = 0

        async def work(_: UnitOfWork) -> int:
            nonlocal runs
            runs += 1
            if runs == 1:
                raise ConcurrentChange
            return runs

        assert await transact.read(work) == 2

    async def test_an_error_undoes_all_of_its_unit(self, transact: Transact) -> None:
        customer = a_customer()

        async def work(uow: UnitOfWork) -> None:
            await uow.customers.add_new([customer])
            await uow.events.add([an_event()])
            raise LookupError

        with pytest.raises(LookupError):
            await transact(work)

        assert await transact(lambda uow: uow.customers.named(customer.identities)) == {}
        assert await transact(lambda uow: uow.events.unpublished(before=TOMORROW, limit=9)) == []

    async def test_what_is_changed_and_not_saved_stays_as_it_was(self, transact: Transact) -> None:
        ticket = await stored_ticket(transact)

        async def work(uow: UnitOfWork) -> None:
            (await uow.tickets.get(ticket.id)).unread = 99

        await transact(work)

        assert (await transact(lambda uow: uow.tickets.get(ticket.id))).unread == 0

    async def test_a_concurrent_change_repeats_the_work_without_what_it_had_stored(
        self, transact: Transact
    ) -> None:
        first, second = a_customer(), a_customer()
        runs = 0

        async def work(uow: UnitOfWork) -> int:
            nonlocal runs
            runs += 1
            await uow.customers.add_new([first if runs == 1 else second])
            if runs == 1:
                raise ConcurrentChange
            return runs

        assert await transact(work) == 2
        both = [*first.identities, *second.identities]
        assert await transact(lambda uow: uow.customers.named(both)) == {
            second.identities[0]: second.id
        }

    async def test_work_that_never_gets_through_is_given_up_and_stores_nothing(
        self, transact: Transact
    ) -> None:
        customer = a_customer()

        async def work(uow: UnitOfWork) -> None:
            await uow.customers.add_new([customer])
            raise ConcurrentChange

        with pytest.raises(DatabaseUnavailable):
            await transact(work)

        assert await transact(lambda uow: uow.customers.named(customer.identities)) == {}

    async def test_rows_no_database_can_take_are_bad_data_and_stay_out_of_the_error(
        self, transact: Transact
    ) -> None:
        ticket = await stored_ticket(transact)
        message = a_message(ticket, text="my secret \ud83d")

        with pytest.raises(BadData) as refusal:
            await transact(lambda uow: uow.messages.add_new([message]))

        assert "my secret" not in "".join(traceback.format_exception(refusal.value))

    async def test_units_that_lock_the_same_customer_lose_none_of_each_others_changes(
        self, transact: Transact
    ) -> None:
        ticket = await stored_ticket(transact)

        async def work(uow: UnitOfWork) -> None:
            await uow.customers.lock([ticket.customer_id])
            found = await uow.tickets.get(ticket.id)
            found.unread += 1
            await uow.tickets.save([found])

        await asyncio.gather(*(transact(work) for _ in range(8)))

        assert (await transact(lambda uow: uow.tickets.get(ticket.id))).unread == 8

    async def test_units_that_lock_many_customers_in_any_order_all_get_through(
        self, transact: Transact
    ) -> None:
        phones = [Identity.of_phone(a_phone()) for _ in range(10)]
        customers = [a_customer(identities=[phone]) for phone in phones]
        await transact(lambda uow: uow.customers.add_new(customers))
        ids = [customer.id for customer in customers]

        async def work(turn: int, uow: UnitOfWork) -> None:
            locked = await uow.customers.lock(ids[turn:] + ids[:turn])
            for customer in locked.values():
                customer.name = f"{customer.name}."
            await uow.customers.save(list(locked.values()))

        await asyncio.gather(*(transact(partial(work, turn)) for turn in range(6)))

        found = await transact(lambda uow: uow.customers.get_many(ids))
        assert {customer.name for customer in found.values()} == {"منى سعيد......"}

    async def test_events_are_announced_once_their_unit_is_committed(
        self, transact: Transact, announced: Announced
    ) -> None:
        event = an_event()
        seen: list[Event] = []

        async def look() -> None:
            seen.extend(
                await transact(lambda uow: uow.events.unpublished(before=TOMORROW, limit=9))
            )

        announced.meanwhile = look
        await transact(lambda uow: uow.events.add([event]))

        assert announced.events == [event]
        assert seen == [event]

    async def test_events_of_a_unit_that_failed_are_not_announced(
        self, transact: Transact, announced: Announced
    ) -> None:
        async def work(uow: UnitOfWork) -> None:
            await uow.events.add([an_event()])
            raise LookupError

        with pytest.raises(LookupError):
            await transact(work)

        assert announced.events == []

    async def test_events_of_repeated_work_are_those_of_its_last_run(
        self, transact: Transact, announced: Announced
    ) -> None:
        events = [an_event(), an_event()]
        runs = 0

        async def work(uow: UnitOfWork) -> None:
            nonlocal runs
            runs += 1
            await uow.events.add([events[runs - 1]])
            if runs == 1:
                raise ConcurrentChange

        await transact(work)

        assert announced.events == [events[1]]

    async def test_an_announcement_that_fails_leaves_the_events_to_be_swept(
        self, transact: Transact, announced: Announced
    ) -> None:
        event = an_event()

        async def fail() -> None:
            raise ConnectionError

        announced.meanwhile = fail
        await transact(lambda uow: uow.events.add([event]))

        unpublished = await transact(lambda uow: uow.events.unpublished(before=TOMORROW, limit=9))
        assert unpublished == [event]
