"""Python processes that need not import everything: forked from one that has."""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import IO

from tests.servers.processes import Child, Process

KHALIFA = "khalifa.entrypoints.cli.__main__"

# Imported once, before any process is forked. What is missing here a process imports itself.
_PRELOADED = [
    KHALIFA,
    "khalifa.entrypoints.cli.ledger",
    "khalifa.entrypoints.cli.main",
    "khalifa.entrypoints.cli.serve",
    "khalifa.entrypoints.cli.switching",
    "khalifa.entrypoints.cli.worker",
    "khalifa.entrypoints.http.app",
]
_KILL_WITH_PARENT = 1

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(_PRELOADED)


class ForkedProcess(Process):
    """
    A process that calls ``main()`` of *module* as if the command line were *arguments*.

    It is one of its own in every way, and all else is as with `Process`. But it was
    forked from a process that holds khalifa's modules already: most of what a start
    costs is their import, and a test starts several. Tests of the start itself use
    `Process`.
    """

    def __init__(
        self,
        module: str,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        log: Path,
    ) -> None:
        super().__init__(module, *arguments, env=env, cwd=cwd, log=log)

    def _spawn(self, output: IO[bytes], env: Mapping[str, str]) -> Child:
        # The descriptor of *output* is not the other process's: it opens the file again.
        process = _forks.Process(
            target=_become, args=(self.command, env, self._cwd, self.log), daemon=True
        )
        process.start()
        return _Forked(process)


class _Forked(Child):
    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return int(self._process.pid or 0)

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if (code := self._process.exitcode) is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return code

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _become(command: Sequence[str], env: Mapping[str, str], cwd: Path | None, log: Path) -> None:
    """Be, from here on, what `Process` would have started."""
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_KILL_WITH_PARENT, signal.SIGKILL)
    with log.open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os.environ.clear()
    os.environ.update(env)
    if cwd is not None:
        os.chdir(cwd)
    module, *arguments = command
    sys.argv = [module, *arguments]
    import_module(module).main()
