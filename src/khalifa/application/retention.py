"""The sweeps that forget what was kept for as long as a setting says."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile

from khalifa.application.erase_customer import erase_messages, remove_files
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.media import MediaStore
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.media import MediaId
from khalifa.domain.messages import DeliveryStatus, Message
from khalifa.domain.words import Words

AT_ONCE = 200
_NOT_KEPT = Words("Files are kept for {days} days.", "تُحفظ الملفات {days} يومًا.")
_ON_ITS_WAY = {DeliveryStatus.QUEUED, DeliveryStatus.SENDING}

Forget = Callable[[UnitOfWork, Sequence[Message]], Awaitable[Sequence[MediaId]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepMessages:
    """
    Erase messages that were stored ``keep`` ago; none when it is None.

    As `EraseCustomer` does: the figures stay, and nothing comes back.
    """

    transact: Transact
    store: MediaStore
    clock: Clock
    keep: timedelta | None

    async def __call__(self) -> int:
        """Return how many messages were gone through."""

        async def erase(uow: UnitOfWork, messages: Sequence[Message]) -> Sequence[MediaId]:
            old = [message for message in messages if message.status not in _ON_ITS_WAY]
            files, _ = await erase_messages(uow, old, at=self.clock.now())
            return files

        return await _go_on(self, "messages", erase)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepOldMedia:
    """Remove the files of messages that were stored ``keep`` ago; none when it is None."""

    transact: Transact
    store: MediaStore
    clock: Clock
    keep: timedelta | None

    async def __call__(self) -> int:
        """Return how many messages were gone through."""
        days = self.keep.days if self.keep else 0

        async def lose(uow: UnitOfWork, messages: Sequence[Message]) -> Sequence[MediaId]:
            with_file = [message for message in messages if message.media is not None]
            ids = [message.id for message in with_file]
            files = await uow.erasures.files_of(ids) if ids else []
            await uow.media.detach(ids)
            for message in with_file:
                message.lose_file(_NOT_KEPT.filled(days=days))
            await uow.messages.save(with_file)
            return files

        return await _go_on(self, "media", lose)


async def _go_on(sweep: SweepMessages | SweepOldMedia, kind: str, forget: Forget) -> int:
    """Let *forget* see what is old enough, from where the last sweep ended, some at a time."""
    if sweep.keep is None:
        return 0
    before, total = sweep.clock.now() - sweep.keep, 0

    async def some(uow: UnitOfWork) -> tuple[int, Sequence[MediaId]]:
        after = await uow.erasures.forgotten_up_to(kind)
        stored = await uow.erasures.next_stored(after=after, limit=AT_ONCE)
        seen = list(takewhile(lambda message: message.stored_at < before, stored))
        if not seen:
            return 0, []
        await uow.customers.lock({message.customer_id for message in seen})
        now = await uow.messages.get_many([message.id for message in seen])
        files = await forget(uow, list(now.values()))
        await uow.erasures.note_forgotten(kind, seen[-1].id)
        return len(seen), files

    while True:
        count, files = await sweep.transact(some)
        if not count:
            return total
        await remove_files(sweep.transact, sweep.store, files)
        total += count
