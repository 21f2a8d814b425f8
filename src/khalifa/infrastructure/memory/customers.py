"""Customers in dictionaries."""

from collections.abc import Collection, Sequence
from copy import copy
from datetime import datetime

from khalifa.application.ports.unit_of_work import ConcurrentChange, Customers
from khalifa.domain.contacts import Identity
from khalifa.domain.customers import Customer, CustomerId
from khalifa.infrastructure.memory.store import MAX_ID_EXT, Tables, require_storable


class MemoryCustomers(Customers):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def named(self, identities: Collection[Identity]) -> dict[Identity, CustomerId]:
        known = self._tables.identities
        return {identity: known[identity] for identity in identities if identity in known}

    async def add_new(self, customers: Sequence[Customer]) -> None:
        for customer in customers:
            customer.id = CustomerId(next(self._tables.ids))
            self._store(customer)

    async def lock(self, ids: Collection[CustomerId]) -> dict[CustomerId, Customer]:
        return await self.get_many(ids)

    async def get_many(self, ids: Collection[CustomerId]) -> dict[CustomerId, Customer]:
        rows = self._tables.customers
        return {id_: _copy(rows[id_]) for id_ in sorted(set(ids)) if id_ in rows}

    async def page(self, *, after: CustomerId, limit: int) -> dict[CustomerId, list[Identity]]:
        rows = self._tables.customers
        ids = [id_ for id_ in sorted(rows) if id_ > after and rows[id_].merged_into is None]
        page = (await self.get_many(ids[:limit])).values()
        return {customer.id: list(customer.identities) for customer in page}

    async def save(self, customers: Sequence[Customer]) -> None:
        for customer in customers:
            if customer.id in self._tables.customers:
                self._store(customer)

    async def move_identities(self, identities: Collection[Identity], to: CustomerId) -> None:
        for identity in identities:
            if (owner := self._tables.identities.get(identity)) is None:
                continue
            before, after = (_copy(self._tables.customers[id_]) for id_ in (owner, to))
            if identity in before.identities:
                before.identities.remove(identity)
                after.identities.append(identity)
            else:
                after.former[identity] = before.former.pop(identity)
            self._tables.customers |= {owner: before, to: after}
            self._tables.identities[identity] = to

    async def forget_former(self, *, before: datetime) -> int:
        forgotten = 0
        for customer in [*self._tables.customers.values()]:
            old = [identity for identity, at in customer.former.items() if at < before]
            if old:
                twin = _copy(customer)
                for identity in old:
                    del twin.former[identity]
                    del self._tables.identities[identity]
                self._tables.customers[customer.id] = twin
                forgotten += len(old)
        return forgotten

    def _store(self, customer: Customer) -> None:
        require_storable([customer.name, customer.notes, *customer.tags])
        known = [*customer.identities, *customer.former]
        id_exts = [customer.id_ext, *(identity.id_ext for identity in known)]
        require_storable(id_exts, at_most=MAX_ID_EXT)
        owners = dict.fromkeys(known, customer.id)
        if any(self._tables.identities.get(key, customer.id) != customer.id for key in owners):
            reason = "another customer has one of the identities"
            raise ConcurrentChange(reason)
        self._tables.identities.update(owners)
        self._tables.customers[customer.id] = _copy(customer)


def _copy(customer: Customer) -> Customer:
    twin = copy(customer)
    twin.identities, twin.former = customer.identities.copy(), customer.former.copy()
    return twin
