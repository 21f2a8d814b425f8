"""The data folder of `khalifa up`: who works on it, and what is kept in it."""

import fcntl
import os
from pathlib import Path

import pytest

from khalifa.domain.errors import SettingError
from khalifa.entrypoints.cli.embedded import DataFolder, Running, find_data_folder
from khalifa.entrypoints.cli.output import CommandFailed


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.make()
    return folder


def _running(folder: DataFolder, *, pid: int) -> Running:
    return Running(
        pid=pid,
        host="127.0.0.1",
        port=8123,
        internal_url="http://127.0.0.1:8123",
        redis_url=f"unix://{folder.path}/khalifa-up-1/valkey.sock",
        pids={"server": 1},
    )


def test_the_folder_is_for_its_owner_alone(folder: DataFolder) -> None:
    parts = (folder.path, folder.logs, folder.valkey)
    assert [part.stat().st_mode & 0o777 for part in parts] == [0o700] * 3


def test_a_second_up_is_told_who_holds_the_folder(folder: DataFolder) -> None:
    with (
        folder.claimed(),
        pytest.raises(CommandFailed, match=rf"pid {os.getpid()}\b"),
        DataFolder(folder.path).claimed(),
    ):
        pass


def test_the_folder_is_free_again_afterwards(folder: DataFolder) -> None:
    with folder.claimed():
        pass
    with folder.claimed():
        pass


def test_a_refused_up_leaves_the_other_one_findable(folder: DataFolder) -> None:
    with folder.claimed():
        folder.tell(_running(folder, pid=os.getpid()))
        with pytest.raises(CommandFailed), folder.claimed():
            pass
        assert folder.running() == _running(folder, pid=os.getpid())


def test_other_commands_find_the_up_that_runs(folder: DataFolder) -> None:
    with folder.claimed():
        folder.tell(_running(folder, pid=os.getpid()))
        env = folder.environment()
    assert env["REDIS_URL"].endswith("/khalifa-up-1/valkey.sock")
    assert env["KHALIFA_INTERNAL_URL"] == "http://127.0.0.1:8123"


def test_an_up_that_ended_is_not_taken_for_one_that_runs(folder: DataFolder) -> None:
    with folder.claimed():
        folder.tell(_running(folder, pid=os.getpid()))
    assert folder.running() is None


def test_a_pid_that_somebody_else_has_now_is_not_taken_for_an_up(folder: DataFolder) -> None:
    with folder.claimed():
        pass
    folder.tell(_running(folder, pid=os.getpid()))
    assert folder.running() is None


def test_what_a_killed_up_left_is_waited_for_and_swept(folder: DataFolder) -> None:
    nobody = 2**22 + 1
    folder.tell(_running(folder, pid=nobody))
    runtime = folder.path / "khalifa-up-1"
    runtime.mkdir()
    with folder.claimed():
        assert not runtime.exists()


def test_a_lock_that_children_still_hold_is_held(folder: DataFolder) -> None:
    with folder.claimed() as lock:
        inherited = os.dup(lock)
    other = os.open(folder.path / "up.lock", os.O_RDWR)
    try:
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(inherited)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(other)


def test_a_secret_is_made_once_and_for_its_owner_alone(folder: DataFolder) -> None:
    file = folder.path / "word"
    assert folder.secret(file, lambda: "first") == "first"
    assert folder.secret(file, lambda: "second") == "first"
    assert file.stat().st_mode & 0o777 == 0o600


def test_database_url_decides_where_no_folder_is_named(folder: DataFolder) -> None:
    folder.database.touch()
    env = {"DATABASE_URL": "mysql://db/khalifa", "KHALIFA_DATA_DIR": str(folder.path)}
    assert find_data_folder(None, env) is None


def test_a_named_folder_comes_before_database_url(folder: DataFolder) -> None:
    folder.database.touch()
    assert find_data_folder(folder.path, {"DATABASE_URL": "mysql://db/khalifa"}) == folder


def test_the_folder_of_the_environment_is_used_without_database_url(folder: DataFolder) -> None:
    folder.database.touch()
    assert find_data_folder(None, {"KHALIFA_DATA_DIR": str(folder.path)}) == folder


def test_a_folder_without_a_database_is_refused_with_words(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"no khalifa\.db"):
        find_data_folder(tmp_path, {})


def test_with_neither_folder_nor_url_both_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingError, match=r"DATABASE_URL is not set.*--data"):
        find_data_folder(None, {})
