"""Use case: fetch the files of messages, beside everything else."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from khalifa.application.in_batches import in_batches
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.jobs import JobQueue
from khalifa.application.ports.media import (
    Chunks,
    FetchFailed,
    FileGone,
    MediaStore,
    NotFetchedYet,
    NotInStore,
    StoreError,
    StoreUnavailable,
)
from khalifa.application.ports.messaging import Providers
from khalifa.application.ports.metrics import FILES, Metrics
from khalifa.application.ports.unit_of_work import DatabaseUnavailable, Transact, UnitOfWork
from khalifa.application.take_in_file import TakeInFile, decoded
from khalifa.domain.media import MediaFile, too_large
from khalifa.domain.messages import MessageKind
from khalifa.domain.words import Words

AT_ONCE = 4
# A claim is held on to for as long as its file is being fetched; a killed worker's ends soon.
LEASE = timedelta(seconds=20)
BEAT = 5.0
# Seconds for one file: 100 MB over a slow line.
LONGEST = 600.0
# Together they take an hour and a half; what was not to be had by then never is.
MOST_ATTEMPTS = 16
LONGEST_PAUSE = 600.0
KEEP_UNSENT = timedelta(days=1)
SOME = 200

_GIVEN_UP = Words(
    "The file could not be fetched. Ask the customer to send it again.",
    "تعذّر تنزيل الملف. اطلب من العميل إرساله مرة أخرى.",
)
_NO_SOURCE = Words("Files of {provider} cannot be fetched.", "لا يمكن تنزيل الملفات من {provider}.")
_SLOW = Words("The file came too slowly.", "كان تنزيل الملف بطيئًا جدًا.")


class FetchMedia:
    """
    Claim files that are due, and fetch each in a task of its own.

    Nobody waits for them: a job only makes sure that they are being fetched.
    A fetch that fails is tried again after 2, 4, 8 … seconds; one whose
    process was killed, as soon as its claim ran out. The message itself is
    never touched by any of it.
    """

    def __init__(
        self,
        *,
        transact: Transact,
        providers: Providers,
        take_in_file: TakeInFile,
        metrics: Metrics,
    ) -> None:
        self._transact = transact
        self._providers = providers
        self._take_in = take_in_file
        self._metrics = metrics
        self._fetching: set[asyncio.Task[None]] = set()
        self._more = False

    async def __call__(self) -> int:
        """Begin to fetch what is due, a few at a time; return how many were begun."""
        room = AT_ONCE - len(self._fetching)
        if not room:
            self._more = True
            return 0

        async def work(uow: UnitOfWork) -> list[MediaFile]:
            return await uow.media.claim(room, lease=LEASE)

        files = await self._transact(work)
        for file in files:
            task = asyncio.create_task(self._fetch_and_go_on(file))
            self._fetching.add(task)
            task.add_done_callback(self._fetching.discard)
        self._more = len(files) == room
        return len(files)

    async def finish(self) -> None:
        """Wait until nothing is being fetched any more."""
        while self._fetching:
            await asyncio.wait(self._fetching)

    async def close(self) -> None:
        """Stop fetching; what was begun is fetched by the next process."""
        self._more = False
        for task in list(self._fetching):
            task.cancel()
        await asyncio.gather(*self._fetching, return_exceptions=True)

    async def take_in(self, file: MediaFile, encoded: bytes | memoryview) -> bool:
        """
        Take in a file that came whole, in base64, with its message; else let it be fetched.

        A voice note is only kept, and due at once: it is looked into for longer than
        whoever files messages has time for. Says whether something was left to be done.
        """
        if file.kind is not MessageKind.VOICE:
            await self._settled(file, decoded(encoded))
            return False
        # What cannot be kept now is fetched.
        with suppress(FetchFailed, StoreError):
            await self._take_in.keep(file, decoded(encoded))
        await self._put_back(file, pause=timedelta())
        return True

    async def _fetch_and_go_on(self, file: MediaFile) -> None:
        # The database being away is no news here: the claim runs out.
        with suppress(DatabaseUnavailable):
            await self._fetch(file)
            if self._more:
                # This task's own place is free in a moment.
                self._room_made()
                await self()

    def _room_made(self) -> None:
        task = asyncio.current_task()
        self._fetching -= {one for one in self._fetching if one is task}

    async def _fetch(self, file: MediaFile) -> None:
        async with self._held(file):
            provider = self._providers.find(file.provider or "")
            refusal = self._refused(file)
            if refusal is not None:
                await self._fail(file, refusal)
            elif await self._take_in.is_kept(file):
                await self._settled(file, _all_of(self._take_in.store.open(file.id)))
            elif provider is None or provider.media is None:
                await self._fail(file, _NO_SOURCE.filled(provider=file.provider or "?"))
            else:
                await self._settled(file, _all_of(provider.media.open(file)))

    def _refused(self, file: MediaFile) -> Words | None:
        if file.declared_size is not None and file.declared_size > file.at_most:
            return too_large(file.kind, most=file.at_most, given=file.declared_size).words
        return _GIVEN_UP if file.attempts > MOST_ATTEMPTS else None

    async def _settled(self, file: MediaFile, chunks: AsyncGenerator[bytes]) -> None:
        pause = timedelta(seconds=min(2.0**file.attempts, LONGEST_PAUSE))
        failure: FetchFailed
        try:
            async with asyncio.timeout(LONGEST), aclosing(chunks):
                await self._take_in(file, chunks)
        except FetchFailed as failed:
            failure = failed
        except (StoreUnavailable, NotInStore) as failed:
            failure = NotFetchedYet(failed.words)
        except TimeoutError:
            failure = NotFetchedYet(_SLOW)
        else:
            self._count(file, "ready")
            return
        if isinstance(failure, FileGone) or file.attempts >= MOST_ATTEMPTS:
            await self._fail(file, failure.words if isinstance(failure, FileGone) else _GIVEN_UP)
            return
        self._count(file, "again")
        await self._put_back(file, pause=pause)

    async def _put_back(self, file: MediaFile, *, pause: timedelta) -> None:
        async def work(uow: UnitOfWork) -> None:
            await uow.media.put_back(file, pause=pause)

        await self._transact(work)

    async def _fail(self, file: MediaFile, words: Words) -> None:
        self._count(file, "failed")
        file.fail(words)
        await self._take_in.settle(file)

    def _count(self, file: MediaFile, outcome: str) -> None:
        self._metrics.count(FILES, file.provider or "", outcome)

    @asynccontextmanager
    async def _held(self, file: MediaFile) -> AsyncIterator[None]:
        beating = asyncio.create_task(self._beat([file]))
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    async def _beat(self, files: Sequence[MediaFile]) -> None:
        async def work(uow: UnitOfWork) -> None:
            await uow.media.extend(files, lease=LEASE)

        while True:
            await asyncio.sleep(BEAT)
            with suppress(DatabaseUnavailable):
                await self._transact(work)


async def _all_of(opening: Chunks) -> AsyncGenerator[bytes]:
    async with opening as coming:
        async for chunk in coming:
            yield chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepMedia:
    """Ask again for files that are due, and forget uploads that were never sent."""

    transact: Transact
    store: MediaStore
    jobs: JobQueue
    clock: Clock

    async def __call__(self) -> None:
        async def due(uow: UnitOfWork) -> bool:
            return await uow.media.due()

        if await self.transact.read(due):
            self.jobs.fetch_media()

    async def forget_unsent(self) -> None:
        """Delete uploads that no message had within a day, and their files."""

        async def forget(uow: UnitOfWork) -> Sequence[str]:
            before = self.clock.now() - KEEP_UNSENT
            return await uow.media.forget_unsent(before=before, limit=SOME)

        async def forget_some() -> int:
            ids = await self.transact(forget)
            await self.store.remove(ids)
            return len(ids)

        await in_batches(forget_some, at_once=SOME)
