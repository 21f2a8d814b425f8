"""Children are kept alive, ended in order, and never left behind."""

import asyncio
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from khalifa.entrypoints.cli import leash
from khalifa.entrypoints.cli.output import CommandFailed
from khalifa.entrypoints.cli.supervisor import Child, Supervisor
from tests.servers import Process, eventually

# Writes its name and what happens to it into a file, and lives until SIGTERM.
_LIVES = """
import signal, sys, time
def write(word):
    with open(sys.argv[1], "a") as diary:
        diary.write(f"{word} {sys.argv[2]}\\n")
def end(*_):
    write("ended")
    sys.exit()
signal.signal(signal.SIGTERM, end)
write("began")
time.sleep(60)
"""
_STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""
_HOPELESS = """
import sys
sys.exit("the disk is full")
"""
# A parent that keeps one child on a leash and another that knows nothing of leashes.
_PARENT = """
import asyncio, sys
from khalifa.entrypoints.cli import leash
from khalifa.entrypoints.cli.supervisor import Child, Supervisor
WEARS = "from khalifa.entrypoints.cli.leash import wear; import sys, time; " \
    "wear(int(sys.argv[1])); time.sleep(60)"
async def main():
    async with Supervisor(say=print, on_change=lambda pids: print(pids, flush=True)) as supervisor:
        await supervisor.keep(
            Child(name="one", command=(sys.executable, "-c", WEARS, "{leash}")),
            Child(name="two", command=(
                sys.executable, "-I", "-S", leash.__file__, "{leash}", "sleep", "61.25",
            )),
        )
        await asyncio.Event().wait()
asyncio.run(main())
"""


def _nothing(_: object) -> None:
    pass


def _python(name: str, program: str, *arguments: str, log: Path | None = None) -> Child:
    return Child(
        name=name,
        command=(sys.executable, "-c", program, *arguments),
        env={"PATH": os.defpath},
        log=log,
        patience=0.5,
    )


async def test_what_began_last_ends_first(tmp_path: Path) -> None:
    diary = tmp_path / "diary"

    async with Supervisor(say=_nothing) as supervisor:
        for name in ("database", "workers", "server"):
            await supervisor.keep(_python(name, _LIVES, str(diary), name))
            await eventually(partial(_has, diary, f"began {name}"))

    assert diary.read_text().splitlines()[3:] == ["ended server", "ended workers", "ended database"]


def _has(file: Path, words: str) -> bool:
    return file.exists() and words in file.read_text()


async def test_a_child_that_is_killed_is_started_again_and_told_of(tmp_path: Path) -> None:
    diary, told = tmp_path / "diary", list[str]()
    seen: list[Mapping[str, int]] = []

    async with Supervisor(say=told.append, on_change=seen.append) as supervisor:
        await supervisor.keep(_python("server", _LIVES, str(diary), "server"))
        await eventually(lambda: _has(diary, "began"))
        os.kill(supervisor.pids["server"], 9)
        await eventually(lambda: diary.read_text().count("began") == 2)

    assert told == ["server ended (SIGKILL); starting it again."]
    assert len({pids["server"] for pids in seen}) == 2


async def test_a_child_that_does_not_end_is_ended(tmp_path: Path) -> None:
    log = tmp_path / "deaf.log"
    async with Supervisor(say=_nothing) as supervisor:
        await supervisor.keep(_python("deaf", _STUBBORN, log=log))
        await eventually(lambda: _has(log, "deaf"))
        pid = supervisor.pids["deaf"]

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_child_that_never_starts_is_given_up_with_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    async with Supervisor(say=_nothing) as supervisor:
        await supervisor.keep(_python("server", _HOPELESS, log=log))
        with pytest.raises(CommandFailed, match=r"(?s)server does not start.*the disk is full"):
            await supervisor.until(lambda: False, within=20, what="The server")


async def test_what_does_not_get_ready_in_time_is_told() -> None:
    async with Supervisor(say=_nothing) as supervisor:
        with pytest.raises(CommandFailed, match=r"^The server did not get ready"):
            await supervisor.until(lambda: False, within=0.2, what="The server")


async def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    async with Process.python("-c", _PARENT, log=tmp_path / "parent.log") as parent:
        await parent.wait_for_line("'two'")
        children = await eventually(lambda: _children(parent.pid, at_least=2))
        grandchildren = await eventually(lambda: _children(*children, at_least=1))

        parent.kill()

        def gone() -> bool:
            return not any(Path(f"/proc/{pid}").exists() for pid in children + grandchildren)

        await eventually(gone, what="children and grandchildren gone")


def _children(*parents: int, at_least: int) -> list[int]:
    """Return the children of *parents*, or none at all while they are fewer than *at_least*."""
    found = []
    for parent in parents:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(pid) for pid in task.read_text().split()]
    return found if len(found) >= at_least else []


async def test_a_program_on_a_leash_ends_as_it_would_without() -> None:
    read, write = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", leash.__file__, str(read), "sh", "-c", "exit 3"),
            pass_fds=[read],
        )
        assert await process.wait() == 3
    finally:
        os.close(read)
        os.close(write)
