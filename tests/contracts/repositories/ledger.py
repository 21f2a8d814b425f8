"""The promises of the ledger's reader, of replaced accounts and of seals."""

from dataclasses import replace
from datetime import timedelta

import pytest

from khalifa.application.ports.journal import BodyKey
from khalifa.application.ports.ledger import (
    LedgerEntry,
    LedgerItem,
    LedgerReader,
    Outcome,
    Seal,
)
from khalifa.application.ports.unit_of_work import ConcurrentChange, Transact, UnitOfWork
from tests.builders import NOW, a_ledger_entry
from tests.contracts.repositories.stored import written

SECOND = timedelta(seconds=1)
IGNORED = LedgerItem(position=0, outcome=Outcome.IGNORED, reason="group message")
REJECTED = LedgerItem(position=0, outcome=Outcome.REJECTED, reason="no JSON")


async def file(transact: Transact, *entries: LedgerEntry) -> None:
    await transact(lambda uow: uow.ledger.add(entries))


def numbered(journal: str, *numbers: int, at: int = 0) -> list[LedgerEntry]:
    return [
        a_ledger_entry(BodyKey(journal, n), received_at=NOW + SECOND * (at + n)) for n in numbers
    ]


class LedgerReaderContract:
    """Wants two fixtures, ``transact`` and ``reader``, on the same empty store."""

    async def test_nothing_filed_is_nothing_told(self, reader: LedgerReader) -> None:
        assert await reader.accounts(since=None) == []
        assert await reader.gaps("none", first=1, limit=9) == []
        assert await reader.seals() == []
        assert await reader.keys(rejected_only=False, since=None, after=None, limit=9) == []

    async def test_each_journal_has_its_account(
        self, transact: Transact, reader: LedgerReader
    ) -> None:
        await file(
            transact,
            *numbered("a", 1, 2, 5),
            a_ledger_entry(BodyKey("b", 1), stored=0, items=(IGNORED,)),
        )

        first, second = await reader.accounts(since=None)

        assert (first.journal, first.first, first.last, first.bodies) == ("a", 1, 5, 3)
        assert (first.found, first.stored, first.ignored) == (3, 3, 0)
        assert (second.journal, second.found, second.stored, second.ignored) == ("b", 1, 0, 1)

    async def test_since_counts_from_the_first_body_of_then(
        self, transact: Transact, reader: LedgerReader
    ) -> None:
        # Number 4 came before 3 by the clock, and lies behind it all the same.
        late = a_ledger_entry(BodyKey("a", 3), received_at=NOW + SECOND * 9)
        early = a_ledger_entry(BodyKey("a", 4), received_at=NOW)
        await file(transact, *numbered("a", 1, 2), late, early)

        [account] = await reader.accounts(since=NOW + SECOND * 5)

        assert (account.first, account.last, account.bodies) == (3, 4, 2)
        assert await reader.accounts(since=NOW + SECOND * 100) == []

    async def test_gaps_are_runs_of_numbers_that_have_no_entry(
        self, transact: Transact, reader: LedgerReader
    ) -> None:
        await file(transact, *numbered("a", 2, 3, 7, 9), *numbered("b", 1, 2))

        assert await reader.gaps("a", first=1, limit=9) == [(1, 1), (4, 6), (8, 8)]
        assert await reader.gaps("a", first=3, limit=9) == [(4, 6), (8, 8)]
        assert await reader.gaps("a", first=1, limit=1) == [(1, 1)]
        assert await reader.gaps("b", first=1, limit=9) == []
        assert await reader.filed_among("a", {1, 2, 8, 9}) == {2, 9}
        assert await reader.filed_among("a", set()) == set()

    async def test_a_body_that_does_not_add_up_is_named(
        self, transact: Transact, reader: LedgerReader
    ) -> None:
        good = a_ledger_entry(BodyKey("a", 1), stored=0, items=(IGNORED,))
        bad = a_ledger_entry(BodyKey("a", 2))
        bad = replace(bad, found=bad.found + 1)
        await file(transact, good, bad)

        assert await reader.unbalanced(since=None, limit=9) == [bad.key]
        assert await reader.unbalanced(since=NOW + SECOND * 100, limit=9) == []

    async def test_entries_come_whole_and_kept_bodies_page_by_page(
        self, transact: Transact, reader: LedgerReader
    ) -> None:
        entries = [
            a_ledger_entry(BodyKey("a", 1), body=bytes(range(256))),
            a_ledger_entry(BodyKey("a", 10), stored=0, items=(REJECTED,), body=b"{"),
            a_ledger_entry(BodyKey("b", 2), stored=0, items=(IGNORED,)),
        ]
        await file(transact, *entries)
        keys = [entry.key for entry in entries]

        assert await reader.entries([*keys, BodyKey("c", 1)]) == entries
        assert await reader.keys(rejected_only=True, since=None, after=None, limit=9) == [keys[1]]
        page = await reader.keys(rejected_only=False, since=None, after=None, limit=2)
        assert page == keys[:2]
        rest = await reader.keys(rejected_only=False, since=None, after=page[-1], limit=2)
        assert rest == keys[2:]
        assert await reader.messages_of(keys[0]) == []

    async def test_a_forgotten_body_leaves_its_account(
        self, transact: Transact, reader: LedgerReader
    ) -> None:
        await file(transact, *numbered("a", 1, 2, 3))

        forgotten = await transact(
            lambda uow: uow.ledger.forget_bodies(before=NOW + SECOND * 3, limit=1)
        )
        again = await transact(
            lambda uow: uow.ledger.forget_bodies(before=NOW + SECOND * 3, limit=9)
        )

        assert (forgotten, again) == (1, 1)
        entries = await reader.entries([BodyKey("a", n) for n in (1, 2, 3)])
        assert [bool(entry.body) for entry in entries] == [False, False, True]
        assert await reader.keys(rejected_only=False, since=None, after=None, limit=9) == [
            BodyKey("a", 3)
        ]

    async def test_an_account_is_replaced_and_the_body_stays(
        self, transact: Transact, reader: LedgerReader
    ) -> None:
        entry = a_ledger_entry(BodyKey("a", 1), stored=0, items=(REJECTED,), body=b"{")
        other = a_ledger_entry(BodyKey("a", 2), stored=0, items=(REJECTED,), body=b"{")
        await file(transact, entry, other)
        mended = replace(entry, found=3, stored=2, items=(IGNORED,))

        await transact(lambda uow: uow.ledger.replace([mended]))

        assert await reader.entries([entry.key, other.key]) == [mended, other]
        assert await reader.unbalanced(since=None, limit=9) == []

    async def test_a_seal_covers_what_was_filed_until_then_in_order(
        self, transact: Transact, reader: LedgerReader
    ) -> None:
        before = await reader.now()
        await file(transact, *numbered("b", 1), *numbered("a", 2, 1))
        between = await reader.now()
        await file(transact, *numbered("a", 3))
        after = await reader.now()

        first = [row async for row in reader.sealed(after=None, until=between)]
        second = [row async for row in reader.sealed(after=between, until=after)]

        assert {row.key for row in first} == {BodyKey("a", 1), BodyKey("a", 2), BodyKey("b", 1)}
        order = [(row.filed_at, row.key) for row in first]
        assert order == sorted(order)
        assert [row.key for row in second] == [BodyKey("a", 3)]
        assert [row async for row in reader.sealed(after=None, until=before - SECOND)] == []

    async def test_each_number_is_sealed_once(
        self, transact: Transact, reader: LedgerReader
    ) -> None:
        assert await transact(lambda uow: uow.seals.newest()) is None
        seals = [Seal(number=n, until=NOW + SECOND * n, bodies=n, digest="d" * 64) for n in (1, 2)]
        await transact(lambda uow: uow.seals.add(seals[0]))
        await transact(lambda uow: uow.seals.add(seals[1]))

        async def another(uow: UnitOfWork) -> None:
            with pytest.raises(ConcurrentChange):
                await written(uow, uow.seals.add(seals[0]))

        await transact(another)
        assert await reader.seals() == seals
        assert await transact(lambda uow: uow.seals.newest()) == seals[-1]
