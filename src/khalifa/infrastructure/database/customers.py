"""Customers and how providers name them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, exists, select, update

from khalifa.application.ports.unit_of_work import ConcurrentChange, Customers
from khalifa.domain.contacts import Identity
from khalifa.domain.customers import Customer, CustomerId
from khalifa.infrastructure.database.changes import Changes
from khalifa.infrastructure.database.lookup import Lookup, LookupRow, listed
from khalifa.infrastructure.database.mapping import (
    customer_of,
    customer_row,
    identity_of,
    identity_row,
)
from khalifa.infrastructure.database.session import Session, chunks, one_of
from khalifa.infrastructure.database.tables import customer_identities, customers

_NAME = (customer_identities.c.provider, customer_identities.c.kind, customer_identities.c.id_ext)
# More than is asked for when there are several kinds: what is cheap to find, and passed over.
_NAMED = Lookup(
    select(*_NAME, customer_identities.c.customer_id).where(
        customer_identities.c.provider.in_(listed("providers")),
        customer_identities.c.kind.in_(listed("kinds")),
        customer_identities.c.id_ext.in_(listed("ids")),
    )
)
_IN_ORDER = select(customers).where(customers.c.id.in_(listed("ids"))).order_by(customers.c.id)
_UNLOCKED, _LOCKED = Lookup(_IN_ORDER), Lookup(_IN_ORDER.with_for_update())
_IDENTITIES = Lookup(
    select(customer_identities)
    .where(customer_identities.c.customer_id.in_(listed("customers")))
    .order_by(customer_identities.c.id)
)


class SqlCustomers(Customers):
    def __init__(self, session: Session) -> None:
        self._session = session
        self._changes = Changes(customer_row)
        # Of each customer's identities, since when they are given up; None: they are not.
        self._identities: dict[CustomerId, dict[Identity, datetime | None]] = {}

    async def named(self, identities: Collection[Identity]) -> dict[Identity, CustomerId]:
        wanted = set(identities)
        found: dict[Identity, CustomerId] = {}
        for chunk in chunks(wanted):
            rows = await self._session.look(
                _NAMED,
                providers={identity.provider for identity in chunk},
                kinds={identity.kind.value for identity in chunk},
                ids={identity.id_ext for identity in chunk},
            )
            named = {identity_of(row): CustomerId(row.customer_id) for row in rows}
            found |= {identity: id_ for identity, id_ in named.items() if identity in wanted}
        return found

    async def add_new(self, customers_: Sequence[Customer]) -> None:
        for chunk in chunks(customers_):
            await self._session.insert_all(customers, list(map(customer_row, chunk)))
            await self._give_ids(chunk)
            await self._learn(chunk)
            for customer in chunk:
                self._changes.remember(customer)

    async def _give_ids(self, new: Sequence[Customer]) -> None:
        # Those without an identity are this transaction's: others' rows show only once
        # committed, and then they have one. The newest are the ones just stored.
        keys = {(customer.provider, customer.id_ext) for customer in new}
        query = (
            select(customers.c.id, customers.c.provider, customers.c.id_ext)
            .where(
                one_of((customers.c.provider, customers.c.id_ext), keys),
                ~exists().where(customer_identities.c.customer_id == customers.c.id),
            )
            .order_by(customers.c.id)
        )
        ids: dict[tuple[str, str], list[CustomerId]] = defaultdict(list)
        for row in await self._session.rows(query):
            ids[row.provider, row.id_ext].append(CustomerId(row.id))
        for customer in reversed(new):
            mine = ids[customer.provider, customer.id_ext]
            if not mine:
                # A key MySQL takes for equal to another one: spaces at the end.
                raise ConcurrentChange("a new customer's row cannot be told from another's")
            customer.id = mine.pop()

    async def _learn(self, changed: Sequence[Customer]) -> None:
        rows = []
        moved: dict[datetime | None, list[Identity]] = defaultdict(list)
        for customer in changed:
            known = self._identities.setdefault(customer.id, {})
            now = dict.fromkeys(customer.identities) | customer.former
            for identity, given_up_at in now.items():
                if identity not in known:
                    rows.append(identity_row(customer.id, identity, given_up_at))
                elif known[identity] != given_up_at:
                    moved[given_up_at].append(identity)
            known.update(now)
        # In one order everywhere: else two that add the same names may wait for each other.
        rows.sort(key=lambda row: (row["provider"], row["kind"], row["id_ext"]))
        await self._session.insert_all(customer_identities, rows)
        for given_up_at, identities in moved.items():
            await self._update(identities, given_up_at=given_up_at)

    async def _update(self, identities: Collection[Identity], **values: object) -> None:
        for chunk in chunks(sorted(identities)):
            await self._session.run(
                update(customer_identities).where(one_of(_NAME, _keys(chunk))).values(values)
            )

    async def move_identities(self, identities: Collection[Identity], to: CustomerId) -> None:
        await self._update(identities, customer_id=to)
        for identity in identities:
            found = [
                known.pop(identity) for known in self._identities.values() if identity in known
            ]
            self._identities.setdefault(to, {})[identity] = found[0] if found else None

    async def forget_former(self, *, before: datetime) -> int:
        return await self._session.run(
            delete(customer_identities).where(customer_identities.c.given_up_at < before)
        )

    async def lock(self, ids: Collection[CustomerId]) -> dict[CustomerId, Customer]:
        return await self._read(ids, _LOCKED)

    async def get_many(self, ids: Collection[CustomerId]) -> dict[CustomerId, Customer]:
        return await self._read(ids, _UNLOCKED)

    async def page(self, *, after: CustomerId, limit: int) -> dict[CustomerId, list[Identity]]:
        query = (
            select(customers.c.id)
            .where(customers.c.id > after, customers.c.merged_into.is_(None))
            .order_by(customers.c.id)
            .limit(limit)
        )
        found = {CustomerId(row.id): list[Identity]() for row in await self._session.rows(query)}
        if not found:
            return found
        names = (
            select(customer_identities.c.customer_id, *_NAME)
            .where(
                customer_identities.c.customer_id.between(min(found), max(found)),
                customer_identities.c.given_up_at.is_(None),
            )
            .order_by(customer_identities.c.customer_id, customer_identities.c.id)
        )
        for row in await self._session.rows(names):
            if (customer_id := CustomerId(row.customer_id)) in found:
                found[customer_id].append(identity_of(row))
        return found

    async def _read(self, ids: Collection[CustomerId], query: Lookup) -> dict[CustomerId, Customer]:
        read: dict[CustomerId, Customer] = {}
        for chunk in chunks(sorted(set(ids))):
            rows = await self._session.look(query, ids=chunk)
            # After the lock: what another learnt before it is there now.
            identities = await self._identities_of(chunk)
            for row in rows:
                names = {identity_of(one): one.given_up_at for one in identities[row.id]}
                customer = customer_of(row, names)
                read[customer.id] = self._changes.remember(customer)
                self._identities[customer.id] = names
        return read

    async def _identities_of(self, ids: Sequence[CustomerId]) -> dict[int, list[LookupRow]]:
        identities: dict[int, list[LookupRow]] = defaultdict(list)
        for row in await self._session.look(_IDENTITIES, customers=ids):
            identities[row.customer_id].append(row)
        return identities

    async def save(self, customers_: Sequence[Customer]) -> None:
        await self._session.update_all(customers, self._changes.of(customers_))
        await self._learn(customers_)


def _keys(identities: Collection[Identity]) -> list[tuple[str, ...]]:
    return [(identity.provider, identity.kind.value, identity.id_ext) for identity in identities]
