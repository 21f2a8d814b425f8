"""`khalifa backup` and `khalifa restore`, as an operator gives them."""

import shutil
from datetime import timedelta
from pathlib import Path

import time_machine
from dotenv import dotenv_values

from khalifa.entrypoints.cli.embedded import DataFolder
from tests.e2e.shell import Shell


def test_a_backup_is_put_back_where_nothing_is_left(ready: Shell) -> None:
    ready.fine("agents", "add", "mona", "--no-password")
    photo = ready.folder / "data" / "media" / "1a2" / "photo-of-a-prescription"
    photo.parent.mkdir(parents=True)
    photo.write_text("a photo")
    made = Path(ready.fine("backup").strip())
    ready.fine("agents", "add", "came-later", "--no-password")

    refused = ready.run("restore", str(made))
    assert (refused.code, "--overwrite" in refused.errors) == (1, True)
    asked = ready.run("restore", str(made), "--overwrite")
    assert (asked.code, "say --yes" in asked.errors) == (1, True)
    assert "came-later" in ready.fine("agents", "list")
    ready.fine("restore", str(made), "--overwrite", "--yes")
    assert "came-later" not in ready.fine("agents", "list")

    # Another machine: nothing there, and nobody says where the database is.
    shutil.rmtree(photo.parents[1])
    ready.folder.joinpath("khalifa.db").unlink()
    settings = dict(ready.env)
    ready.env.clear()
    ready.folder = ready.folder / "another"
    ready.folder.mkdir()
    ready.fine("restore", str(made))
    assert (ready.folder / ".env").stat().st_mode & 0o777 == 0o600
    assert dotenv_values(ready.folder / ".env") == settings
    assert photo.read_text() == "a photo"
    assert "mona" in ready.fine("agents", "list")
    assert ready.run("restore", str(ready.folder)).code == 1


def test_a_backup_becomes_the_folder_of_an_up_and_old_ones_are_removed(ready: Shell) -> None:
    ready.fine("agents", "add", "mona", "--no-password")
    made = [Path(ready.fine("backup", "kept", "--no-media", "--no-trial").strip())]
    with time_machine.travel(timedelta(days=1)):
        made.append(Path(ready.fine("backup", "kept", "--keep", "1").strip()))
    assert [path.exists() for path in made] == [False, True]

    ready.fine("restore", str(made[1]), "--data", "house")
    assert "mona" in ready.fine("agents", "list", "--data", "house")
    with DataFolder((ready.folder / "house").absolute()).claimed():
        busy = ready.run("restore", str(made[1]), "--data", "house", "--overwrite", "--yes")
    assert (busy.code, "is using" in busy.errors) == (1, True)
    assert ready.run("backup", "--keep", "0").code == 1
