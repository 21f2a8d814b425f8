"""What a media store promises."""

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256

import pytest

from khalifa.application.ports.media import HEAD, MediaStore, NotInStore, TooManyBytes

NAME = "aBcD-1234_efgh"


async def pieces(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def content(
    store: MediaStore, name: str = NAME, *, start: int = 0, length: int | None = None
) -> bytes:
    async with store.open(name, start=start, length=length) as chunks:
        return b"".join([chunk async for chunk in chunks])


class MediaStoreContract:
    """Wants one fixture, ``store``: an empty one."""

    @pytest.mark.parametrize("size", [0, 1, HEAD, 700_001])
    async def test_a_file_comes_back_byte_for_byte(self, store: MediaStore, size: int) -> None:
        data = bytes(i % 251 for i in range(size))

        kept = await store.keep(NAME, pieces(data), at_most=size)

        assert (kept.size, kept.sha256) == (size, sha256(data).hexdigest())
        assert kept.head == data[:HEAD]
        assert await store.size_of(NAME) == size
        assert await content(store) == data
        assert await content(store) == data

    async def test_any_part_of_it_can_be_read(self, store: MediaStore) -> None:
        data = bytes(range(256)) * 2000
        await store.keep(NAME, pieces(data), at_most=len(data))

        for start, length in ((0, 1), (1, 300_000), (511_999, 1), (400_000, None), (7, 0)):
            end = None if length is None else start + length
            assert await content(store, start=start, length=length) == data[start:end]

    async def test_what_is_too_large_is_not_kept_in_part(self, store: MediaStore) -> None:
        for size in (1001, 900_000):
            with pytest.raises(TooManyBytes):
                await store.keep(NAME, pieces(b"x" * size), at_most=1000)
            assert await store.size_of(NAME) is None

    async def test_what_breaks_off_leaves_nothing_and_what_was_there_stays(
        self, store: MediaStore
    ) -> None:
        async def broken() -> AsyncIterator[bytes]:
            yield b"x" * 500_000
            raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            await store.keep(NAME, broken(), at_most=10**6)
        assert await store.size_of(NAME) is None

        await store.keep(NAME, pieces(b"first"), at_most=10)
        with pytest.raises(ConnectionResetError):
            await store.keep(NAME, broken(), at_most=10**6)
        assert await content(store) == b"first"

    async def test_a_cancelled_writer_leaves_nothing(self, store: MediaStore) -> None:
        begun = asyncio.Event()

        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield b"x" * 300_000
                begun.set()
                await asyncio.sleep(0)

        task = asyncio.create_task(store.keep(NAME, endless(), at_most=10**12))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert await store.size_of(NAME) is None

    async def test_a_file_that_is_not_there_is_said_so(self, store: MediaStore) -> None:
        assert await store.size_of(NAME) is None
        with pytest.raises(NotInStore):
            await content(store)
        await store.remove([NAME])

    async def test_a_removed_file_is_gone_with_what_was_made_of_it(self, store: MediaStore) -> None:
        await store.keep(NAME, pieces(b"file"), at_most=10)
        await store.keep(f"{NAME}.thumb", pieces(b"small"), at_most=10)

        await store.remove([NAME, "another-name"])

        assert await store.size_of(NAME) is None
        assert await store.size_of(f"{NAME}.thumb") is None

    async def test_names_that_differ_by_case_are_different(self, store: MediaStore) -> None:
        await store.keep("abcdefgh", pieces(b"small"), at_most=10)
        await store.keep("ABCDEFGH", pieces(b"LARGE"), at_most=10)

        assert await content(store, "abcdefgh") == b"small"
        assert await content(store, "ABCDEFGH") == b"LARGE"
