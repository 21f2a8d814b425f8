"""What a journal promises about the bodies it was given."""

import asyncio
from datetime import timedelta

from khalifa.application.ports.journal import BodyKey, Journal, JournalDepth, JournaledBody
from tests.builders import NOW, OTHER_PROVIDER, PROVIDER

SECOND = timedelta(seconds=1)
LATER = NOW + timedelta(days=1)


async def _append(journal: Journal, count: int, *, size: int = 2) -> list[JournaledBody]:
    """Append *count* bodies, a second apart."""
    return [
        await journal.append(PROVIDER, b"x" * size, received_at=NOW + SECOND * number)
        for number in range(count)
    ]


async def _unfiled(journal: Journal) -> list[BodyKey]:
    return [row.key for row in await journal.unfiled(before=LATER, limit=10_000)]


class JournalContract:
    """Wants one fixture, ``journal``: empty."""

    async def test_a_body_is_kept_as_it_came(self, journal: Journal) -> None:
        raw = [b"", bytes(range(256)), '{"نص":"💊"}'.encode(), b"x" * 5_000_000]

        kept = [
            await journal.append(OTHER_PROVIDER, body, received_at=NOW + SECOND * number)
            for number, body in enumerate(raw)
        ]

        assert [row.body for row in kept] == raw
        assert [row.received_at for row in kept] == [NOW + SECOND * n for n in range(4)]
        assert {row.provider for row in kept} == {OTHER_PROVIDER}
        read = await journal.read([row.key for row in kept])
        assert sorted(read, key=lambda row: row.key) == kept
        assert all(type(row.body) is bytes for row in read)

    async def test_numbers_have_no_gap_and_begin_at_one(self, journal: Journal) -> None:
        one_by_one = await _append(journal, 3)
        at_once = await asyncio.gather(
            *(journal.append(PROVIDER, b"{}", received_at=NOW) for _ in range(500))
        )

        keys = [row.key for row in [*one_by_one, *at_once]]
        assert [key.number for key in keys[:3]] == [1, 2, 3]
        assert sorted(key.number for key in keys) == list(range(1, 504))
        assert len({key.journal for key in keys}) == 1

    async def test_bodies_appended_at_once_each_get_their_own_key(self, journal: Journal) -> None:
        kept = await asyncio.gather(
            *(journal.append(PROVIDER, b"%d" % n, received_at=NOW) for n in range(200))
        )

        read = {row.key: row.body for row in await journal.read([row.key for row in kept])}
        assert [read[row.key] for row in kept] == [b"%d" % n for n in range(200)]

    async def test_bodies_received_before_a_moment_are_unfiled_oldest_first(
        self, journal: Journal
    ) -> None:
        kept = await _append(journal, 5, size=7)

        unfiled = await journal.unfiled(before=NOW + SECOND * 3, limit=10)
        few = await journal.unfiled(before=LATER, limit=2)

        assert [row.key for row in unfiled] == [row.key for row in kept[:3]]
        assert [row.received_at for row in unfiled] == [row.received_at for row in kept[:3]]
        assert {row.size for row in unfiled} == {7}
        assert [row.key for row in few] == [row.key for row in kept[:2]]

    async def test_bodies_of_a_clock_that_was_ahead_need_not_wait_for_its_time(
        self, journal: Journal
    ) -> None:
        kept = await _append(journal, 5)

        unfiled = await journal.unfiled(before=NOW + SECOND, after=NOW + SECOND * 2, limit=10)

        assert [row.key for row in unfiled] == [kept[0].key, kept[3].key, kept[4].key]

    async def test_a_forgotten_body_is_gone_and_the_others_stay(self, journal: Journal) -> None:
        kept = await _append(journal, 4)
        gone = [kept[0].key, kept[2].key]

        await journal.forget(gone)

        assert await _unfiled(journal) == [kept[1].key, kept[3].key]
        assert await journal.read([row.key for row in kept]) == [kept[1], kept[3]]

    async def test_forgetting_again_or_the_unknown_is_harmless(self, journal: Journal) -> None:
        [kept] = await _append(journal, 1)
        unknown = [BodyKey(kept.key.journal, 99), BodyKey("another", kept.key.number)]

        await journal.forget(unknown)
        assert await _unfiled(journal) == [kept.key]
        assert await journal.read([*unknown, kept.key]) == [kept]

        for keys in ([kept.key], [kept.key], []):
            await journal.forget(keys)
        assert await _unfiled(journal) == []

    async def test_a_forgotten_bodys_number_is_never_given_again(self, journal: Journal) -> None:
        kept = await _append(journal, 3)
        await journal.forget([row.key for row in kept])

        following = await journal.append(PROVIDER, b"{}", received_at=NOW)

        assert following.key.number == 4

    async def test_many_bodies_are_forgotten_at_once(self, journal: Journal) -> None:
        kept = await asyncio.gather(
            *(journal.append(PROVIDER, b"{}", received_at=NOW) for _ in range(3000))
        )

        await journal.forget([row.key for row in kept[:2999]])

        assert await _unfiled(journal) == [kept[2999].key]

    async def test_the_depth_is_what_is_not_forgotten(self, journal: Journal) -> None:
        assert await journal.depth() == JournalDepth(bodies=0, size=0, oldest=None)
        kept = await _append(journal, 3, size=10)

        assert await journal.depth() == JournalDepth(bodies=3, size=30, oldest=NOW)

        await journal.forget([kept[0].key])
        assert await journal.depth() == JournalDepth(bodies=2, size=20, oldest=NOW + SECOND)
