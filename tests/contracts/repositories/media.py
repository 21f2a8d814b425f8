"""The promises of the files on record."""

import asyncio
from dataclasses import asdict, replace
from datetime import timedelta

from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.agents import AgentId
from khalifa.domain.media import (
    WAVEFORM_BARS,
    MediaFile,
    MediaId,
    MediaStatus,
    new_media_id,
)
from khalifa.domain.messages import MessageId, MessageKind
from khalifa.domain.words import Words
from tests.builders import NOW, PROVIDER

LEASE = timedelta(minutes=5)
NO_TIME = timedelta()


def a_file(message_id: int | None = 7, **fields: object) -> MediaFile:
    file = MediaFile(
        id=new_media_id(),
        message_id=MessageId(message_id) if message_id is not None else None,
        provider=PROVIDER,
        id_ext="media-1",
        url="https://files.example/1",
        kind=MessageKind.DOCUMENT,
        declared_type="application/pdf",
        filename="روشتة 💊.pdf",
        declared_size=10**10,
        declared_sha256="ab" * 32,
        created_at=NOW,
    )
    return replace(file, **fields)  # type: ignore[arg-type]


async def _add(transact: Transact, *files: MediaFile, lease: timedelta = LEASE) -> None:
    await transact(lambda uow: uow.media.add(files, lease=lease))


async def _get(transact: Transact, file: MediaFile) -> MediaFile | None:
    return (await transact(lambda uow: uow.media.get_many([file.id]))).get(file.id)


async def _claim(transact: Transact, limit: int = 10, lease: timedelta = LEASE) -> list[MediaFile]:
    return await transact(lambda uow: uow.media.claim(limit, lease=lease))


class MediaFilesContract:
    async def test_a_file_comes_back_as_it_was_added(self, transact: Transact) -> None:
        file, upload = a_file(), a_file(None, agent_id=AgentId(3), status=MediaStatus.READY)
        await _add(transact, file, upload)

        found = await transact(
            lambda uow: uow.media.get_many([file.id, upload.id, MediaId("nobody")])
        )

        assert {id_: asdict(one) for id_, one in found.items()} == {
            file.id: asdict(file),
            upload.id: asdict(upload),
        }

    async def test_a_waiting_file_is_claimed_by_one_only(self, transact: Transact) -> None:
        files = [a_file(n) for n in range(1, 6)]
        await _add(transact, *files, a_file(status=MediaStatus.READY))
        assert await transact(lambda uow: uow.media.due())

        claims = await asyncio.gather(*(_claim(transact, 2) for _ in range(4)))
        rest = await _claim(transact)

        claimed = [file.id for some in (*claims, rest) for file in some]
        assert sorted(claimed) == sorted(file.id for file in files)
        assert not await transact(lambda uow: uow.media.due())
        assert {file.attempts for some in claims for file in some} == {1}

    async def test_what_became_of_it_is_written_once_and_by_its_holder(
        self, transact: Transact
    ) -> None:
        await _add(transact, a_file())
        [mine] = await _claim(transact, lease=NO_TIME)
        [theirs] = await _claim(transact)
        theirs.arrive(mime_type="application/pdf", size=10, sha256="cd" * 32)
        mine.fail(Words("no", "لا"))

        assert not await transact(lambda uow: uow.media.settle(mine))
        assert await transact(lambda uow: uow.media.settle(theirs))
        assert not await transact(lambda uow: uow.media.settle(theirs))

        found = await _get(transact, mine)
        assert found
        assert (found.status, found.size, found.error) == (MediaStatus.READY, 10, None)
        assert found.attempts == 2

    async def test_a_claim_that_ran_out_is_free_again_unless_it_was_held_on_to(
        self, transact: Transact
    ) -> None:
        await _add(transact, a_file())
        [claimed] = await _claim(transact, lease=timedelta(seconds=1))
        await transact(lambda uow: uow.media.extend([claimed], lease=LEASE))
        assert await _claim(transact) == []

        await transact(lambda uow: uow.media.extend([claimed], lease=NO_TIME))

        [again] = await _claim(transact)
        assert (again.id, again.attempts) == (claimed.id, 2)
        # Lost, it is not won back.
        await transact(lambda uow: uow.media.extend([claimed], lease=NO_TIME))
        assert await _claim(transact) == []

    async def test_one_that_came_with_its_message_is_claimed_from_the_start(
        self, transact: Transact
    ) -> None:
        file = a_file(token="mine")
        await _add(transact, file, a_file(token="another"))
        assert await _claim(transact) == []

        drawn = (100,) * WAVEFORM_BARS
        file.arrive(mime_type="audio/ogg", size=1, sha256="00" * 32, waveform=drawn)
        assert await transact(lambda uow: uow.media.settle(file))
        settled = await _get(transact, file)
        assert settled
        assert settled.waveform == drawn

        left = a_file(token="left")
        await _add(transact, left, lease=NO_TIME)
        assert [one.id for one in await _claim(transact)] == [left.id]

    async def test_one_that_is_put_back_waits_for_its_pause(self, transact: Transact) -> None:
        await _add(transact, a_file(1), a_file(2))
        first, second = await _claim(transact)

        async def put_back(uow: UnitOfWork) -> None:
            await uow.media.put_back(first, pause=timedelta(minutes=1))
            await uow.media.put_back(second, pause=NO_TIME)

        await transact(put_back)

        assert [file.id for file in await _claim(transact)] == [second.id]

    async def test_files_of_messages_that_are_no_more_are_forgotten_in_their_time(
        self, transact: Transact
    ) -> None:
        echo, other = a_file(4), a_file(5)
        await _add(transact, echo, other)

        await transact(lambda uow: uow.media.detach([MessageId(4), MessageId(6)]))

        before = NOW + timedelta(hours=1)
        gone = await transact(lambda uow: uow.media.forget_unsent(before=before, limit=10))
        assert gone == [echo.id]
        kept = await _get(transact, other)
        assert kept
        assert kept.message_id == 5

    async def test_only_uploads_that_no_message_has_are_forgotten(self, transact: Transact) -> None:
        old = a_file(None, status=MediaStatus.READY)
        sent = a_file(None, status=MediaStatus.READY)
        young = a_file(None, created_at=NOW + timedelta(days=1))
        await _add(transact, old, sent, young, a_file())
        await transact(lambda uow: uow.media.attach(sent.id, MessageId(9)))

        before = NOW + timedelta(hours=1)
        gone = await transact(lambda uow: uow.media.forget_unsent(before=before, limit=10))

        assert gone == [old.id]
        assert await _get(transact, old) is None
        kept = await _get(transact, sent)
        assert kept
        assert kept.message_id == 9
