"""Webhook bodies in a local SQLite file, one commit for all that waited."""

import asyncio
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple, TypeAlias, TypeVar

import structlog

from khalifa.application.ports.journal import (
    BodyKey,
    Journal,
    JournalDepth,
    JournaledBody,
    JournalUnavailable,
    UnfiledBody,
)
from khalifa.domain.contacts import ProviderName
from khalifa.infrastructure.batches import MOST_BYTES, Batches
from khalifa.infrastructure.journal_file import SUFFIX, JournalFile, NewBody

R = TypeVar("R")

# How often the folder is searched for the journals of dead processes. Their
# bodies wait for the sweep anyway.
LOOK_EVERY = 3.0
# What may wait to be filed, in bytes, unless told otherwise.
MOST_BYTES_KEPT = 4 * 1024**3
# A webhook waits for a whole commit of these at most.
FORGET_AT_ONCE = 500

_log = structlog.get_logger()


class _Append(NamedTuple):
    new: NewBody
    done: asyncio.Future[JournaledBody]


_Work: TypeAlias = _Append | Callable[[], None]


def _size_of(work: _Work) -> int:
    # Whatever is not an append travels alone.
    return len(work.new.body) if isinstance(work, _Append) else MOST_BYTES + 1


class SqliteJournal(Journal):
    """
    A journal file of this process alone, in *folder*, with a thread of its own.

    With more than *most_bytes* of bodies waiting to be filed, new ones are
    refused. An unlocked journal already there is continued with its numbers, else a new
    one is made. Journals that other processes left behind when they died are
    held as long as there is something in them; an empty one is left for the
    next process to continue. All appends that waited share one commit, and one
    fsync (`synchronous=FULL`).

    Numbers go on where the file ends. A file put back from an older backup
    would give numbers out again that the ledger holds already, and their
    bodies would pass for filed: never restore this folder without its database.

    Raises:
        JournalUnavailable: no journal can be opened in *folder*.
    """

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES_KEPT) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._held: dict[str, JournalFile] = {}
        self._unreadable: set[Path] = set()
        self._next_look = time.monotonic()
        self._is_away = False
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._own = next(self._unlocked(), None) or JournalFile.new(folder)
        except (OSError, sqlite3.Error) as error:
            raise JournalUnavailable(f"No journal can be opened: {error}") from error
        self._held[self._own.name] = self._own
        self._is_closed = self._is_shut = False
        self._work = Batches[_Work](_size_of)
        # A daemon: at the interpreter's exit it may die in a commit, as it may at any moment.
        threading.Thread(target=self._serve, name="journal", daemon=True).start()

    @property
    def name(self) -> str:
        return self._own.name

    async def append(
        self, provider: ProviderName, body: bytes, *, received_at: datetime
    ) -> JournaledBody:
        self._require_open()
        self._require_room(len(body))
        done: asyncio.Future[JournaledBody] = asyncio.get_running_loop().create_future()
        self._work.put(_Append(NewBody(provider, received_at, body), done))
        return await done

    async def unfiled(
        self, *, before: datetime, after: datetime | None = None, limit: int
    ) -> list[UnfiledBody]:
        def unfiled() -> list[UnfiledBody]:
            self._look_for_left_behind()
            found = [
                body
                for file in self._held.values()
                for body in file.unfiled(before=before, after=after, limit=limit)
            ]
            return sorted(found, key=lambda body: (body.received_at, body.key))[:limit]

        return await self._call(unfiled)

    async def read(self, keys: Collection[BodyKey]) -> list[JournaledBody]:
        wanted = _by_journal(keys)

        def read() -> list[JournaledBody]:
            held = [file for file in self._held.values() if file.name in wanted]
            return [body for file in held for body in file.read(wanted[file.name])]

        return await self._call(read)

    async def forget(self, keys: Collection[BodyKey]) -> None:
        remaining = list(keys)
        while some := remaining[:FORGET_AT_ONCE]:
            del remaining[:FORGET_AT_ONCE]
            await self._forget(_by_journal(some))

    async def _forget(self, filed: Mapping[str, Collection[int]]) -> None:
        def forget() -> None:
            for file in [file for file in self._held.values() if file.name in filed]:
                file.forget(filed[file.name])
                if not file.bodies and file is not self._own:
                    self._held.pop(file.name).close()

        await self._call(forget)

    async def depth(self) -> JournalDepth:
        def depth() -> JournalDepth:
            held = self._held.values()
            return JournalDepth(
                bodies=sum(file.bodies for file in held),
                size=sum(file.size for file in held),
                oldest=min((at for file in held if (at := file.oldest())), default=None),
            )

        return await self._call(depth)

    async def close(self) -> None:
        """Write what waits, then leave the journal to the next process. Twice is harmless."""
        if not self._is_closed:
            shut = self._call(self._shut)
            self._is_closed = True
            await shut

    def _require_open(self) -> None:
        if self._is_closed:
            raise JournalUnavailable("The journal is closed.")

    def _require_room(self, size: int) -> None:
        # Counted without what is being written just now: a limit, not a measure.
        if sum(file.size for file in list(self._held.values())) + size > self._most_bytes:
            raise JournalUnavailable(
                f"The journal is full: more than {self._most_bytes // 2**20:,} MB wait to be filed."
            )

    def _call(self, work: Callable[[], R]) -> asyncio.Future[R]:
        """Run *work* in the journal's thread, after the appends that came before."""
        self._require_open()
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()

        def run() -> None:
            try:
                answer = work()
            except Exception as error:  # noqa: BLE001 - the caller hears of it; the thread lives on
                _settle(done, partial(_refuse, done, error))
            else:
                _settle(done, partial(_answer, done, answer))

        self._work.put(run)
        return done

    # What follows runs in the journal's thread, but for what __init__ calls.

    def _serve(self) -> None:
        while not self._is_shut:
            batch = self._work.take()
            if appends := [work for work in batch if isinstance(work, _Append)]:
                self._write(appends)
            for call in [work for work in batch if not isinstance(work, _Append)]:
                call()

    def _write(self, batch: Sequence[_Append]) -> None:
        try:
            first = self._own.append([work.new for work in batch])
        except Exception as error:  # noqa: BLE001 - whatever it was, these bodies are not durable
            self._report(error)
            _settle(batch[0].done, partial(_refuse_all, batch, error))
        else:
            self._report(None)
            _settle(batch[0].done, partial(_answer_all, batch, self._own.name, first))

    def _report(self, error: Exception | None) -> None:
        """Log once when the disk stops obeying, and once when it does again."""
        if error is not None and not self._is_away:
            _log.error("journal unavailable", journal=self._own.name, error=str(error))
        elif error is None and self._is_away:
            _log.info("journal back", journal=self._own.name)
        self._is_away = error is not None

    def _unlocked(self) -> Iterator[JournalFile]:
        """Take the journals nobody holds, one by one."""
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            if path.stem in self._held or path in self._unreadable:
                continue
            try:
                file = JournalFile.take(path)
            except (OSError, sqlite3.Error) as error:
                # One damaged file of the past must not stop what comes in today.
                self._unreadable.add(path)
                _log.error("journal unreadable", journal=path.stem, error=str(error))
            else:
                if file is not None:
                    yield file

    def _look_for_left_behind(self) -> None:
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_EVERY
        for file in self._unlocked():
            if file.bodies:
                self._held[file.name] = file
                _log.info("journal taken over", journal=file.name, bodies=file.bodies)
            else:
                file.close()

    def _shut(self) -> None:
        self._is_shut = True
        for file in self._held.values():
            file.close()


def require_writable(folder: Path) -> None:
    """
    Make sure that a journal can be kept in *folder*; make the folder where it is missing.

    Raises:
        JournalUnavailable: it cannot be, with the reason.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryFile(dir=folder) as trial:
            trial.write(b"trial")
    except OSError as error:
        raise JournalUnavailable(
            f"{folder} cannot be written ({error.strerror}), and every webhook would be refused. "
            "Give it to the user khalifa runs as, or set KHALIFA_DATA_DIR."
        ) from error


def _by_journal(keys: Collection[BodyKey]) -> dict[str, list[int]]:
    numbers = defaultdict[str, list[int]](list)
    for key in keys:
        numbers[key.journal].append(key.number)
    return dict(numbers)


def _settle(done: asyncio.Future[R], tell: Callable[[], None]) -> None:
    """Have *tell* called in the loop that waits for *done*, if it still runs."""
    with suppress(RuntimeError):
        done.get_loop().call_soon_threadsafe(tell)


def _answer(done: asyncio.Future[R], answer: R) -> None:
    if not done.done():
        done.set_result(answer)


def _refuse(done: asyncio.Future[R], error: Exception) -> None:
    if not done.done():
        refusal = JournalUnavailable(f"The journal cannot be used: {error}")
        refusal.__cause__ = error
        done.set_exception(refusal)


def _answer_all(batch: Sequence[_Append], journal: str, first: int) -> None:
    for number, (new, done) in enumerate(batch, first):
        if not done.done():
            done.set_result(
                JournaledBody(
                    key=BodyKey(journal, number),
                    provider=new.provider,
                    received_at=new.received_at,
                    body=new.body,
                )
            )


def _refuse_all(batch: Sequence[_Append], error: Exception) -> None:
    for work in batch:
        _refuse(work.done, error)
