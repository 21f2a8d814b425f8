"""Child processes of a test: started, waited for, killed, and never left behind."""

import asyncio
import contextlib
import inspect
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self, TypeVar, overload

import aiohttp

T = TypeVar("T")

_POLL = 0.02
_LAST_WORDS = 30

# The child asks the kernel to be killed when the thread that started it ends,
# then becomes the command: same pid, and no Python between fork and exec, which
# is not safe beside threads. The parent may have ended before the question.
# https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
_LEASH = """\
import os, sys
parent, command = int(sys.argv[1]), sys.argv[2:]
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None, use_errno=True).prctl(1, 9)
    if os.getppid() != parent:
        sys.exit("the parent has ended")
os.execvp(command[0], command)
"""


class ProcessFailed(Exception):
    """A process ended, or did not do in time what was waited for. Holds its last lines."""


@overload
async def eventually(
    check: Callable[[], Awaitable[T | None]], *, within: float = ..., what: str = ...
) -> T: ...
@overload
async def eventually(
    check: Callable[[], T | None], *, within: float = ..., what: str = ...
) -> T: ...
async def eventually(
    check: Callable[[], object], *, within: float = 10, what: str = "what was waited for"
) -> object:
    """
    Ask again and again, and return the first true answer.

    ``within`` is in seconds. ``check`` may be a plain function or a coroutine
    function; what it raises is not caught.

    Raises:
        TimeoutError: No true answer in time; the message is ``what``.
    """
    deadline = time.monotonic() + within
    while True:
        answer = check()
        found = await answer if inspect.isawaitable(answer) else answer
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {within} s: {what}")
        await asyncio.sleep(_POLL)


class Child(Protocol):
    """What a `Process` needs of the process itself, as `subprocess.Popen` has it."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


class Process:
    """
    One child process, its output in a file.

    The process is killed when the thread that started it ends, however it
    ends, so start it from the main thread. It leads a group of its own:
    leaving the ``with`` block, plain or async, kills the group, with whatever
    the process had started and forgotten.

    ``env`` is the whole environment but PATH, HOME and the locale, so that a
    variable of the developer's shell decides nothing. Relative commands are
    looked up beside the running Python first (``khalifa``, ``alembic``).
    """

    def __init__(
        self,
        *command: str | Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        log: Path,
    ) -> None:
        self.command = _resolved([str(part) for part in command])
        self.log = log
        self._env = _environment(env or {})
        self._cwd = cwd
        self._child: Child | None = None
        self._log_starts_at = 0

    @classmethod
    def python(
        cls,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        log: Path,
    ) -> Self:
        """Make a process of the running Python: ``Process.python("-m", "khalifa…")``."""
        return cls(sys.executable, *arguments, env=env, cwd=cwd, log=log)

    def start(self, *, env: Mapping[str, str] | None = None) -> Self:
        """
        Start the command, also again after it ended; output is appended to the log.

        ``env`` is added to the environment for this life of it only.
        """
        if self.is_running:
            raise ProcessFailed(f"{self._name} is already running")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._log_starts_at = output.tell()
            self._child = self._spawn(output, {**self._env, **(env or {})})
        return self

    @property
    def pid(self) -> int:
        return self._started.pid

    @property
    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None while it runs, negative for the signal that ended it."""
        return self._started.poll()

    def output(self) -> str:
        """Everything printed since the last start, errors and all."""
        with self.log.open("rb") as log:
            log.seek(self._log_starts_at)
            return log.read().decode(errors="replace")

    async def wait_for_line(self, text: str, *, within: float = 20) -> str:
        """
        Wait until a line holding ``text`` is printed, and return that line.

        Raises:
            ProcessFailed: It ended first, or the time was over.
        """

        def line() -> str | None:
            # Asked in this order, so that the last words of a process that just ended count.
            has_ended = not self.is_running
            found = next((line for line in self.output().splitlines() if text in line), None)
            if found is None and has_ended:
                raise self.failure(f"ended before it printed {text!r}")
            return found

        return await self._in_time(eventually(line, within=within, what=f"{text!r} printed"))

    async def wait_for_url(self, url: str, *, status: int = 200, within: float = 20) -> None:
        """
        Wait until a GET of ``url`` is answered with ``status``.

        Raises:
            ProcessFailed: It ended first, or the time was over.
        """
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as http:

            async def answered() -> bool:
                if not self.is_running:
                    raise self.failure(f"ended before it answered {url}")
                try:
                    async with http.get(url) as response:
                        return response.status == status
                except (aiohttp.ClientError, TimeoutError):
                    return False

            told = eventually(answered, within=within, what=f"{url} answered {status}")
            await self._in_time(told)

    async def wait(self, *, within: float = 20) -> int:
        """
        Wait until it ends by itself, and return its exit code.

        Raises:
            ProcessFailed: It was still running when the time was over.
        """
        await self._in_time(eventually(lambda: not self.is_running, within=within, what="ended"))
        return self._started.wait()

    async def terminate(self, *, within: float = 20) -> int:
        """Ask it to end (SIGTERM), and wait as ``wait`` does."""
        self.signal(signal.SIGTERM)
        return await self.wait(within=within)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone, not to its children."""
        self._started.send_signal(number)

    def kill(self) -> None:
        """``kill -9`` the process alone, not its children, and wait until it is gone."""
        self._started.kill()
        self._started.wait()

    def stop(self, *, within: float = 10) -> None:
        """End it: SIGTERM, after ``within`` seconds SIGKILL; its group goes with it."""
        if self._child is None:
            return
        if self.is_running:
            self._child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(within)
        self._kill_group()

    def failure(self, what: str) -> ProcessFailed:
        """Say what went wrong, with the end of the log."""
        last = "\n".join(self.output().splitlines()[-_LAST_WORDS:])
        return ProcessFailed(f"{self._name}: {what} (exit code {self.exit_code})\n{last}")

    def __enter__(self) -> Self:
        return self if self.is_running else self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._kill_group()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._kill_group()

    @property
    def _name(self) -> str:
        return Path(self.command[0]).name

    @property
    def _started(self) -> Child:
        if self._child is None:
            raise ProcessFailed(f"{self._name} was not started")
        return self._child

    def _spawn(self, output: IO[bytes], env: Mapping[str, str]) -> Child:
        leash = [sys.executable, "-I", "-S", "-c", _LEASH, str(os.getpid())]
        return subprocess.Popen(
            [*leash, *self.command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=self._cwd,
            start_new_session=True,
        )

    async def _in_time(self, waiting: Awaitable[T]) -> T:
        try:
            return await waiting
        except TimeoutError as late:
            raise self.failure(str(late)) from None

    def _kill_group(self) -> None:
        if self._child is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        # It may not have come to lead its group yet.
        self._child.kill()
        self._child.wait()


def _resolved(command: Sequence[str]) -> list[str]:
    beside_python = Path(sys.executable).parent / command[0]
    if os.sep not in command[0] and beside_python.exists():
        return [str(beside_python), *command[1:]]
    return list(command)


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", **extra}
