"""What the private servers share: a folder and a port of their own, started, killed, gone."""

import os
import shutil
import signal
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from tests.servers.ports import free_port
from tests.servers.processes import Process, ProcessFailed

_READY_WITHIN = 30
_STOPPED_WITHIN = 20
_FROZEN_WITHIN = 5


class PrivateServer(ABC):
    """
    A server in a temporary folder, on a port that stays its own through restarts.

    Use as a context manager: leaving kills the server and removes the folder.
    Start it from the main thread: it ends with the thread that started it.
    """

    name: ClassVar[str]

    def __init__(self) -> None:
        # The folder's path is short, for Unix sockets, and for its owner alone.
        self.folder = Path(tempfile.mkdtemp(prefix=f"khalifa-{self.name}-"))
        self.port = free_port()
        self.log = self.folder / f"{self.name}.log"
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        if self._process is None:
            raise ProcessFailed(f"{self.name} was not started")
        return self._process

    def start(self) -> Self:
        """
        Start it, and return when it answers. What it kept from before is there again.

        Raises:
            ProcessFailed: It ended, or did not answer in time; with the end of its log.
            FileNotFoundError: It is not installed.
        """
        if self._process is None:
            self._process = Process(*self._prepare(), log=self.log)
        self._process.start()
        self._wait_until_it_answers(self._process)
        return self

    def stop(self) -> None:
        """End it in good order; the folder stays, for another start."""
        self.process.stop(within=_STOPPED_WITHIN)

    def kill(self) -> None:
        """``kill -9``; the folder stays, for another start."""
        self.process.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    def freeze(self) -> None:
        """Let it hang: connections stay open and nothing is answered, until ``thaw``."""
        self.process.signal(signal.SIGSTOP)
        # Each thread stops by itself, a moment later: until then one may still answer.
        until = time.monotonic() + _FROZEN_WITHIN
        while not all(map(_is_stopped, Path(f"/proc/{self.process.pid}/task").iterdir())):
            if time.monotonic() > until:
                raise self.process.failure("does not stop")
            time.sleep(0.001)

    def thaw(self) -> None:
        self.process.signal(signal.SIGCONT)

    def close(self) -> None:
        """Kill it and remove the folder."""
        if self._process is not None:
            self._process.stop(within=0)
        shutil.rmtree(self.folder, ignore_errors=True)

    def keep_log(self, folder: Path) -> Path:
        """Copy the log to where it outlives the server."""
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(self.log, folder / f"{self.name}-{self.port}.log"))

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @abstractmethod
    def _prepare(self) -> Sequence[str | Path]:
        """Fill the folder, and return the command."""

    @abstractmethod
    def _answers(self) -> bool: ...

    def _wait_until_it_answers(self, process: Process) -> None:
        deadline = time.monotonic() + _READY_WITHIN
        while not self._answers():
            if not process.is_running:
                raise process.failure("ended before it answered")
            if time.monotonic() > deadline:
                raise process.failure(f"no answer within {_READY_WITHIN} s")
            time.sleep(0.01)


def _is_stopped(thread: Path) -> bool:
    """Say whether a thread of a process is stopped, or gone."""
    try:
        _, _, after_its_name = (thread / "stat").read_text().rpartition(") ")
    except (FileNotFoundError, ProcessLookupError):
        return True
    return after_its_name.startswith("T")


def installed(*names: str) -> str:
    """
    Find a server's program, by the first of its names that is there.

    Raises:
        FileNotFoundError: None is.
    """
    # Debian keeps servers where only root's PATH looks.
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin"])
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    raise FileNotFoundError(f"{names[0]} is not installed; `make servers` installs it")
