"""The media store: files in a folder, which several machines may share."""

import asyncio
import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, ParamSpec, TypeVar

from khalifa.application.ports.media import (
    HEAD,
    Kept,
    MediaStore,
    NotInStore,
    StoreUnavailable,
    TooManyBytes,
)

P = ParamSpec("P")
T = TypeVar("T")

CHUNK = 256 * 1024
_NAME = re.compile(r"[A-Za-z0-9_-]{8,64}(\.[a-z]{1,8})?")
_PARTIAL = ".partial-"
_MADE_OF = (".thumb",)


class MediaFolder(MediaStore):
    """
    Each file lies under its name in one of some 4,000 folders.

    It is written beside its place, flushed to the disk, then renamed: so it
    is whole or not there, also on a shared folder that several machines see.
    What a killed process left half-written has no file's name, and is never read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, name: str, chunks: AsyncIterable[bytes], *, at_most: int) -> Kept:
        place = self._place(name)
        writing = _Writing(place)
        try:
            await _on_disk(writing.begin)
            waiting: list[bytes] = []
            held = 0
            async for chunk in chunks:
                held += len(chunk)
                if writing.size + held > at_most:
                    raise TooManyBytes
                waiting.append(chunk)
                if held >= CHUNK:
                    await _on_disk(writing.write, waiting)
                    waiting, held = [], 0
            await _on_disk(writing.write, waiting)
            return await _on_disk(writing.finish)
        finally:
            # Also when cancelled; not awaited, so that nothing can come between.
            writing.drop()

    async def size_of(self, name: str) -> int | None:
        place = self._place(name)

        def look() -> int | None:
            try:
                return place.stat().st_size
            except FileNotFoundError:
                return None

        return await _on_disk(look)

    @asynccontextmanager
    async def open(
        self, name: str, *, start: int = 0, length: int | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        file = await _on_disk(_opened, self._place(name), start)
        try:
            yield _chunks(file, length)
        finally:
            file.close()

    async def remove(self, names: Collection[str]) -> None:
        places = [self._place(f"{name}{more}") for name in names for more in ("", *_MADE_OF)]

        def unlink() -> None:
            for place in places:
                place.unlink(missing_ok=True)

        await _on_disk(unlink)

    def _place(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise NotInStore
        # Not by the name's own letters: on some file systems their case does not count.
        shard = hashlib.sha256(name.partition(".")[0].encode()).hexdigest()[:3]
        return self._folder / shard / name


class _Writing:
    """One file on its way into the store; its methods but `drop` run in a thread."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._file: IO[bytes] | None = None
        self._path: Path | None = None
        self._digest = hashlib.sha256()
        self._head = b""
        self.size = 0

    def begin(self) -> None:
        self._place.parent.mkdir(parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(prefix=_PARTIAL, dir=self._place.parent)
        self._path = Path(path)
        self._file = os.fdopen(handle, "wb")

    def write(self, chunks: list[bytes]) -> None:
        if self._file is None:
            raise StoreUnavailable
        for chunk in chunks:
            self._file.write(chunk)
            self._digest.update(chunk)
            self.size += len(chunk)
            if len(self._head) < HEAD:
                self._head += chunk[: HEAD - len(self._head)]

    def finish(self) -> Kept:
        if self._file is None or self._path is None:
            raise StoreUnavailable
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._path.replace(self._place)
        self._path = None
        folder = os.open(self._place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return Kept(size=self.size, sha256=self._digest.hexdigest(), head=self._head)

    def drop(self) -> None:
        """Let go of what was not finished; does nothing to what was."""
        if self._file is not None:
            with contextlib.suppress(OSError, ValueError):
                self._file.close()
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink()


def _opened(place: Path, start: int) -> IO[bytes]:
    try:
        file = place.open("rb")
    except FileNotFoundError:
        raise NotInStore from None
    file.seek(start)
    return file


async def _chunks(file: IO[bytes], length: int | None) -> AsyncIterator[bytes]:
    left = length
    while left is None or left > 0:
        chunk = await _on_disk(file.read, CHUNK if left is None else min(CHUNK, left))
        if not chunk:
            return
        if left is not None:
            left -= len(chunk)
        yield chunk


async def _on_disk(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    try:
        return await asyncio.to_thread(work, *arguments, **named)
    except OSError as error:
        # The path stays out: its name opens the file.
        failure = StoreUnavailable(f"the media folder does not work: {type(error).__name__}")
    raise failure
