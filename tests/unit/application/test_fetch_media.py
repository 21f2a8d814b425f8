"""The files of messages: fetched beside them, once, whatever goes wrong."""

import asyncio
import base64
import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from khalifa.application.fetch_media import LEASE, MOST_ATTEMPTS
from khalifa.application.ports.media import FileGone, NotFetchedYet
from khalifa.application.ports.notifications import EventKind
from khalifa.domain.media import MB
from khalifa.domain.messages import Media, Message, MessageKind
from khalifa.domain.words import Words
from khalifa.infrastructure.memory.media import MemoryMediaStore
from tests.recordings import a_recording
from tests.unit.application.world import WIRE, World, wrote

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"pixels" * 1000
LATER = Words("later", "لاحقًا")


async def photo(
    world: World,
    *,
    file: bytes | None = None,
    kind: MessageKind = MessageKind.IMAGE,
    **media: object,
) -> Message:
    """Let a photo of the customer's come in, or another file."""
    told = {"id_ext": "m1", "mime_type": "image/png", "filename": "../روشتة.png", **media}
    reading = replace(
        wrote("look"),
        kind=kind,
        media=Media(**told),  # type: ignore[arg-type]
        file=base64.b64encode(file) if file is not None else None,
    )
    await world.receive(reading)
    return world.message("look")


def kept(world: World) -> dict[str, bytes]:
    store = world.container.media_store()
    assert isinstance(store, MemoryMediaStore)
    return store.files


async def fetch(world: World) -> None:
    use_case = world.container.fetch_media()
    await use_case()
    await use_case.finish()


def shown(world: World) -> Media:
    media = world.message("look").media
    assert media
    return media


async def test_a_message_is_shown_at_once_and_its_file_when_it_has_come(world: World) -> None:
    world.wire.files.add("m1", PNG)
    message = await photo(world)

    assert message.media
    assert (message.media.status, message.media.filename) == ("waiting", "روشتة.png")
    assert world.jobs.take_fetch()
    told = len(world.told)

    await fetch(world)

    media = shown(world)
    assert (media.status, media.size, media.mime_type) == ("ready", len(PNG), "image/png")
    assert media.sha256 == sha256(PNG).hexdigest()
    assert kept(world)[media.id or ""] == PNG
    [event] = world.told[told:]
    assert event.kind is EventKind.MESSAGE_CHANGED
    entity = json.loads(event.entity)
    assert entity["media"]["status"] == "ready"
    assert entity["media"]["url"] == f"/api/media/{media.id}"
    assert entity["media"]["thumbnail_url"] == f"/api/media/{media.id}/thumbnail"
    assert entity["version"] == message.version + 1


async def test_a_file_that_came_whole_is_taken_in_without_being_fetched(world: World) -> None:
    await photo(world, file=PNG, size=len(PNG))

    assert shown(world).status == "ready"
    assert not world.jobs.take_fetch()
    assert world.wire.files.asked == 0


async def test_a_voice_note_is_shown_with_its_waveform(world: World) -> None:
    note = a_recording("ogg", seconds=0.5, fades=True)
    world.wire.files.add("m1", note)
    await photo(world, kind=MessageKind.VOICE, mime_type="audio/ogg", filename=None)

    await fetch(world)

    waveform = shown(world).waveform
    assert waveform
    assert (len(waveform), max(waveform)) == (48, 100)
    entity = json.loads(world.told[-1].entity)
    assert entity["media"]["waveform"] == list(waveform)


async def test_one_that_came_whole_is_kept_and_looked_into_beside_filing(world: World) -> None:
    note = a_recording("ogg", seconds=0.5)
    await photo(world, file=note, kind=MessageKind.VOICE, mime_type="audio/ogg")
    assert shown(world).status == "waiting"
    assert world.jobs.take_fetch()

    await fetch(world)

    media = shown(world)
    assert (media.status, media.size) == ("ready", len(note))
    assert media.waveform
    assert world.wire.files.asked == 0


async def test_one_whose_looking_into_broke_off_thrice_is_shown_without(world: World) -> None:
    world.wire.files.add("m1", a_recording("ogg"))
    world.wire.files.failures.extend([NotFetchedYet(LATER)] * 3)
    await photo(world, kind=MessageKind.VOICE, mime_type="audio/ogg", filename=None)

    for pause in (2, 4, 8, 0):
        await fetch(world)
        world.clock.advance(timedelta(seconds=pause))

    assert shown(world).status == "ready"
    assert shown(world).waveform is None


async def test_one_that_came_damaged_is_fetched(world: World) -> None:
    world.wire.files.add("m1", PNG)
    await photo(world, file=PNG[:-3] + b"???", sha256=sha256(PNG).hexdigest())
    assert shown(world).status == "waiting"
    assert world.message("look").text == "look"

    world.clock.advance(timedelta(minutes=2))
    await world.sweep("media")
    assert world.jobs.take_fetch()
    await fetch(world)

    assert shown(world).status == "ready"


async def test_a_fetch_that_fails_is_repeated_after_a_pause(world: World) -> None:
    world.wire.files.add("m1", PNG)
    world.wire.files.failures.extend([NotFetchedYet(LATER)] * 2)
    await photo(world)

    for pause in (2, 4):
        await fetch(world)
        assert shown(world).status == "waiting"
        await fetch(world)
        world.clock.advance(timedelta(seconds=pause))
    await fetch(world)

    assert shown(world).status == "ready"
    assert world.wire.files.asked == 3


async def test_one_that_is_gone_fails_with_words_and_the_text_stays(world: World) -> None:
    world.wire.files.failures.append(FileGone(Words("It is gone.", "لم يعد موجودًا.")))
    await photo(world)

    await fetch(world)

    media = shown(world)
    assert (media.status, media.error, media.error_ar) == (
        "failed",
        "It is gone.",
        "لم يعد موجودًا.",
    )
    assert world.message("look").text == "look"


async def test_a_fetch_that_never_succeeds_ends(world: World) -> None:
    world.wire.files.failures.extend([NotFetchedYet(LATER)] * 50)
    await photo(world)

    for _ in range(MOST_ATTEMPTS):
        await fetch(world)
        world.clock.advance(timedelta(minutes=10))

    assert shown(world).status == "failed"
    assert world.wire.files.asked == MOST_ATTEMPTS


async def test_a_file_that_is_too_large_is_refused_with_the_limit(world: World) -> None:
    world.wire.files.add("m1", b"x" * (25 * MB + 1))
    await photo(world)
    await fetch(world)
    assert "25 MB" in (shown(world).error or "")


async def test_a_declared_size_above_the_limit_is_not_even_fetched(world: World) -> None:
    await photo(world, size=10**9)
    await fetch(world)
    assert shown(world).status == "failed"
    assert world.wire.files.asked == 0


async def test_a_killed_fetch_is_taken_up_by_another(world: World) -> None:
    world.wire.files.add("m1", PNG)
    await photo(world)
    [lost] = await world.transact(lambda uow: uow.media.claim(5, lease=LEASE))

    await fetch(world)
    assert shown(world).status == "waiting"
    world.clock.advance(LEASE)
    await fetch(world)

    assert shown(world).status == "ready"
    # Whoever was thought dead has nothing more to say.
    lost.fail(LATER)
    await world.container.take_in_file().settle(lost)
    assert shown(world).status == "ready"


async def test_two_workers_never_fetch_one_file_twice(world: World) -> None:
    for n in range(8):
        world.wire.files.add(f"m{n}", PNG)
        media = Media(id_ext=f"m{n}", mime_type="image/png")
        await world.receive(replace(wrote(f"{n}"), kind=MessageKind.IMAGE, media=media))

    await asyncio.gather(*(fetch(world) for _ in range(3)))

    assert world.wire.files.asked == 8
    statuses = {message.media.status for message in world.messages() if message.media}
    assert statuses == {"ready"}


async def test_a_provider_that_gives_no_files_is_said_so(world: World) -> None:
    provider = replace(world.wire.port, media=None)
    world.container.configured_providers()._providers[WIRE] = provider
    await photo(world)
    await fetch(world)
    assert shown(world).status == "failed"


async def test_uploads_that_were_never_sent_are_forgotten_after_a_day(world: World) -> None:
    sara = await world.agent("Sara")
    upload = await world.upload(sara, PNG)

    world.clock.advance(timedelta(hours=23))
    await world.sweep("unsent_media")
    assert upload.id in kept(world)
    world.clock.advance(timedelta(hours=2))
    await world.sweep("unsent_media")

    assert kept(world) == {}


@pytest.mark.parametrize("answer", [b"", b"no picture"])
async def test_an_empty_or_strange_file_does_no_harm(world: World, answer: bytes) -> None:
    world.wire.files.add("m1", answer)
    await photo(world)
    await fetch(world)

    media = shown(world)
    assert media.status == ("ready" if answer else "waiting")
    assert media.mime_type == ("application/octet-stream" if answer else "image/png")
