"""What was kept for as long as a setting says is forgotten, and nothing else."""

from dataclasses import replace
from datetime import timedelta

from khalifa.application.retention import SweepMessages, SweepOldMedia
from khalifa.domain.messages import Media, MessageKind
from khalifa.infrastructure.memory.media import MemoryMediaStore
from tests.unit.application.world import World, wrote

DAY = timedelta(days=1)


async def a_photo_comes(world: World, id_ext: str) -> None:
    photo = replace(
        wrote("for my mother", id_ext=id_ext),
        kind=MessageKind.IMAGE,
        media=Media(id_ext=id_ext, mime_type="image/png"),
    )
    await world.receive(photo)
    files = store_of(world).files
    media = next(one.media for one in world.messages() if one.whatsapp_message_id == id_ext)
    assert media
    files[media.id or ""] = b"a photo"


def store_of(world: World) -> MemoryMediaStore:
    store = world.container.media_store()
    assert isinstance(store, MemoryMediaStore)
    return store


def sweep_of(
    world: World, kind: type[SweepMessages] | type[SweepOldMedia], keep: timedelta | None
) -> SweepMessages | SweepOldMedia:
    return kind(transact=world.transact, store=store_of(world), clock=world.clock, keep=keep)


async def test_files_go_when_their_time_is_over_and_words_stay(world: World) -> None:
    await a_photo_comes(world, "old")
    world.clock.advance(10 * DAY)
    await a_photo_comes(world, "new")
    sweep = sweep_of(world, SweepOldMedia, 7 * DAY)

    assert [await sweep(), await sweep()] == [1, 0]

    old, new = world.messages()
    assert (old.text, new.text) == ("for my mother", "for my mother")
    assert old.media
    assert new.media
    assert (old.media.status, old.media.error) == ("failed", "Files are kept for 7 days.")
    assert new.media.status == "waiting"
    assert set(store_of(world).files) == {new.media.id}
    assert set(world.store.tables.media) == {new.media.id}


async def test_messages_go_when_their_time_is_over_and_never_come_back(world: World) -> None:
    await a_photo_comes(world, "old")
    world.clock.advance(10 * DAY)
    await world.receive(wrote("still needed", id_ext="new"))
    sweep = sweep_of(world, SweepMessages, 7 * DAY)

    assert [await sweep(), await sweep()] == [1, 0]
    await world.receive(wrote("for my mother", id_ext="old"))

    assert [one.text for one in world.messages()] == [None, "still needed"]
    assert store_of(world).files == {}
    # Who the customer is stays.
    assert [one.phone for one in world.store.tables.customers.values()] == ["201012345678"]
    world.clock.advance(10 * DAY)
    assert await sweep() == 1


async def test_without_a_setting_everything_is_kept(world: World) -> None:
    await a_photo_comes(world, "old")
    world.clock.advance(5000 * DAY)

    assert await world.sweep("old_messages") == 0
    assert await world.sweep("old_media") == 0
    assert store_of(world).files
