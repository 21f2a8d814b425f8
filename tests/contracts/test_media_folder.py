"""The media store in a folder: the port's promises, and what a disk can do to them."""

import asyncio
from pathlib import Path

import pytest

from khalifa.application.ports.media import MediaStore, NotInStore, StoreUnavailable
from khalifa.infrastructure.media_files import MediaFolder
from tests.contracts.media_store import NAME, MediaStoreContract, content, pieces


class TestMediaFolder(MediaStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> MediaStore:
        return MediaFolder(tmp_path / "media")


async def test_nothing_half_written_is_left_behind(tmp_path: Path) -> None:
    store = MediaFolder(tmp_path)
    await store.keep(NAME, pieces(b"whole"), at_most=10)

    found = await asyncio.to_thread(lambda: list(tmp_path.rglob("*")))
    files = [path.name for path in found if not path.is_dir()]

    assert files == [NAME]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b/c/d/e/f", "short", ".partial-abc", ""])
async def test_a_name_that_is_none_of_ours_leads_nowhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotInStore):
        await content(MediaFolder(tmp_path), name)


async def test_a_folder_that_cannot_be_written_is_said_so_without_its_path(tmp_path: Path) -> None:
    blocked = tmp_path / "secret-name"
    blocked.write_text("no folder")

    with pytest.raises(StoreUnavailable) as refusal:
        await MediaFolder(blocked).keep(NAME, pieces(b"x"), at_most=10)

    assert "secret-name" not in str(refusal.value)
