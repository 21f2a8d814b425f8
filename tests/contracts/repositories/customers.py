"""The promises of the customers on file."""

import asyncio
from dataclasses import asdict
from functools import partial

import pytest

from khalifa.application.ports.unit_of_work import ConcurrentChange, Transact, UnitOfWork
from khalifa.domain.contacts import Identity, IdentityKind
from khalifa.domain.customers import Customer, CustomerId
from tests.builders import NOW, NOW_IN_SECONDS, OTHER_PROVIDER, PROVIDER, a_customer, a_lid, a_phone
from tests.contracts.repositories.stored import stored_customer, written


def _facts(customer: Customer) -> dict[str, object]:
    facts = asdict(customer)
    facts["identities"] = sorted(customer.identities)
    return facts


class CustomersContract:
    async def test_a_customer_is_found_by_each_identity(self, transact: Transact) -> None:
        identities = [Identity.of_phone(a_phone()), a_lid(), a_lid(OTHER_PROVIDER)]
        customer = await stored_customer(transact, a_customer(identities=identities))

        found = await transact(lambda uow: uow.customers.named([*identities, a_lid()]))

        assert found == dict.fromkeys(identities, customer.id)

    async def test_customers_come_page_by_page_each_once_with_their_identities(
        self, transact: Transact
    ) -> None:
        phone, lid, former = Identity.of_phone(a_phone()), a_lid(), a_lid(OTHER_PROVIDER)
        kept = [await stored_customer(transact) for _ in range(3)]
        both = a_customer(identities=[phone, lid])
        both.former = {former: NOW}
        kept += [await stored_customer(transact, one) for one in (both, a_customer(identities=[]))]
        merged = a_customer(identities=[])
        merged.merged_into = kept[0].id
        await stored_customer(transact, merged)

        seen: dict[CustomerId, list[Identity]] = {}
        after = CustomerId(0)
        while page := await transact.read(partial(_page, after)):
            assert len(page) <= 2
            seen |= page
            after = max(page)

        assert list(seen) == [customer.id for customer in kept]
        assert [sorted(names) for names in seen.values()] == [sorted(c.identities) for c in kept]

    async def test_a_customer_comes_back_whole(self, transact: Transact) -> None:
        known = await stored_customer(
            transact,
            a_customer(
                identities=[Identity.of_phone(a_phone()), a_lid()],
                name="د. منى 👩🏽‍⚕️",
                last_provider=OTHER_PROVIDER,
                pinned_provider=PROVIDER,
                last_inbound_at={PROVIDER: NOW, OTHER_PROVIDER: NOW_IN_SECONDS},
            ),
        )
        bare = await stored_customer(transact, a_customer(identities=[a_lid()], name=None))

        found = await transact(lambda uow: uow.customers.get_many([known.id, bare.id]))
        locked = await transact(lambda uow: uow.customers.lock([known.id, bare.id]))

        expected = {known.id: _facts(known), bare.id: _facts(bare)}
        assert {id_: _facts(customer) for id_, customer in found.items()} == expected
        assert {id_: _facts(customer) for id_, customer in locked.items()} == expected

    async def test_ids_of_nobody_are_left_out(self, transact: Transact) -> None:
        customer = await stored_customer(transact)
        ids = [customer.id, CustomerId(987_654_321)]

        assert (await transact(lambda uow: uow.customers.get_many(ids))).keys() == {customer.id}
        assert (await transact(lambda uow: uow.customers.lock(ids))).keys() == {customer.id}
        assert await transact(lambda uow: uow.customers.get_many([])) == {}

    @pytest.mark.parametrize(
        ("one", "another"),
        [("AbC", "aBc"), ("é", "e"), ("😀", "😁"), ("أحمد", "احمد"), ("id", "id ")],
    )
    async def test_identities_that_look_alike_are_different(
        self, transact: Transact, one: str, another: str
    ) -> None:
        first = Identity(PROVIDER, IdentityKind.CHAT, one)
        second = Identity(PROVIDER, IdentityKind.CHAT, another)
        customers = [a_customer(identities=[first]), a_customer(identities=[second])]

        await transact(lambda uow: uow.customers.add_new(customers))

        found = await transact(lambda uow: uow.customers.named([first, second]))
        assert found == {first: customers[0].id, second: customers[1].id}
        assert customers[0].id != customers[1].id

    async def test_the_same_id_elsewhere_or_of_another_kind_is_somebody_else(
        self, transact: Transact
    ) -> None:
        identities = [
            Identity(PROVIDER, IdentityKind.LID, "77"),
            Identity(OTHER_PROVIDER, IdentityKind.LID, "77"),
            Identity(PROVIDER, IdentityKind.BSUID, "77"),
        ]
        customers = [a_customer(identities=[identity]) for identity in identities]

        await transact(lambda uow: uow.customers.add_new(customers))

        found = await transact(lambda uow: uow.customers.named(identities))
        assert len(set(found.values())) == 3

    async def test_an_identity_is_never_two_customers(self, transact: Transact) -> None:
        customer = await stored_customer(transact)

        async def work(uow: UnitOfWork) -> None:
            with pytest.raises(ConcurrentChange):
                await written(
                    uow, uow.customers.add_new([a_customer(identities=customer.identities)])
                )

        await transact(work)

    async def test_customers_added_at_the_same_time_are_one(self, transact: Transact) -> None:
        identities = [Identity.of_phone(a_phone()), a_lid()]

        async def find_or_add(uow: UnitOfWork) -> CustomerId:
            known = await uow.customers.named(identities)
            if not known:
                customer = a_customer(identities=identities)
                await uow.customers.add_new([customer])
                return customer.id
            return known[identities[0]]

        found = await asyncio.gather(*(transact(find_or_add) for _ in range(6)))

        assert len(set(found)) == 1

    async def test_lists_of_customers_added_at_the_same_time_all_get_through(
        self, transact: Transact
    ) -> None:
        identities = sorted(Identity.of_phone(a_phone()) for _ in range(40))

        async def add_missing(wanted: list[Identity], uow: UnitOfWork) -> None:
            known = await uow.customers.named(wanted)
            missing = [identity for identity in wanted if identity not in known]
            await uow.customers.add_new([a_customer(identities=[new]) for new in missing])

        lists = [identities[:30], identities[10:], identities[5:25], identities]
        await asyncio.gather(*(transact(partial(add_missing, wanted)) for wanted in lists))

        found = await transact(lambda uow: uow.customers.named(identities))
        assert len(set(found.values())) == 40

    async def test_what_a_customer_learns_is_saved(self, transact: Transact) -> None:
        customer = await stored_customer(transact, a_customer(identities=[a_lid()], name=None))
        learnt = Identity.of_phone(a_phone())

        async def work(uow: UnitOfWork) -> None:
            found = (await uow.customers.lock([customer.id]))[customer.id]
            found.learn((learnt,), "منى")
            found.last_provider, found.pinned_provider = OTHER_PROVIDER, PROVIDER
            found.heard(PROVIDER, NOW)
            await uow.customers.save([found])

        await transact(work)

        found = (await transact(lambda uow: uow.customers.get_many([customer.id])))[customer.id]
        assert sorted(found.identities) == sorted([*customer.identities, learnt])
        assert (found.name, found.phone) == ("منى", learnt.id_ext)
        assert (found.last_provider, found.pinned_provider) == (OTHER_PROVIDER, PROVIDER)
        assert found.last_inbound_at == {PROVIDER: NOW}
        assert await transact(lambda uow: uow.customers.named([learnt])) == {learnt: customer.id}

    async def test_a_customer_cannot_learn_somebody_elses_identity(
        self, transact: Transact
    ) -> None:
        customer, other = await stored_customer(transact), await stored_customer(transact)

        async def work(uow: UnitOfWork) -> None:
            found = (await uow.customers.lock([customer.id]))[customer.id]
            found.learn(tuple(other.identities), None)
            with pytest.raises(ConcurrentChange):
                await written(uow, uow.customers.save([found]))

        await transact(work)

        found = await transact(lambda uow: uow.customers.named(other.identities))
        assert found == dict.fromkeys(other.identities, other.id)

    async def test_a_long_list_is_stored_and_found(self, transact: Transact) -> None:
        customers = [a_customer() for _ in range(1200)]

        await transact(lambda uow: uow.customers.add_new(customers))

        identities = [customer.identities[0] for customer in customers]
        found = await transact(lambda uow: uow.customers.named(identities))
        assert found == {customer.identities[0]: customer.id for customer in customers}


async def _page(after: CustomerId, uow: UnitOfWork) -> dict[CustomerId, list[Identity]]:
    return await uow.customers.page(after=after, limit=2)
