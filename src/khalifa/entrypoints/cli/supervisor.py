"""Child processes: kept alive, ended in order, and never left behind."""

import asyncio
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from khalifa.entrypoints.cli.leash import Leash
from khalifa.entrypoints.cli.output import CommandFailed
from khalifa.entrypoints.start import set_start_aside

# In seconds: between the end of a child and its next start, twice as long each time, and how long
# it must have lived for the count to begin anew.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0

# A child that ended so often before everything was ready will not get ready.
HOPELESS = 3
LAST_LINES = 15


def this_python(*arguments: str) -> tuple[str, ...]:
    """Return the command that runs `khalifa` with *arguments* by this very Python."""
    # -P: whatever lies in the current folder is not imported.
    return (sys.executable, "-P", "-m", "khalifa.entrypoints.cli", *arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """
    A process to keep alive.

    ``{leash}`` in ``command`` stands for the leash's file descriptor. Without
    a ``log`` it prints where its parent does. ``patience``, in seconds: from
    asking it to end until making it.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] | None = None
    log: Path | None = None
    patience: float = 4.0


@dataclass(slots=True, eq=False)
class _Kept:
    child: Child
    process: asyncio.subprocess.Process | None = None
    keeping: asyncio.Task[None] | None = None
    ended: int = 0

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.returncode is None


@dataclass(slots=True, eq=False)
class Supervisor:
    """
    Keeps children alive until it is left; then ends them, the last started first.

    ``say`` tells a person; ``on_change`` is called when a child has started.
    ``inherited``: descriptors that children must hold too. Each child leads a
    session of its own, so that Ctrl-C reaches the supervisor alone. Use from
    the main thread.
    """

    say: Callable[[str], None]
    on_change: Callable[[Mapping[str, int]], None] = lambda _: None
    inherited: tuple[int, ...] = ()
    _leash: Leash = field(default_factory=Leash)
    _stages: list[list[_Kept]] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        set_start_aside()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for stage in reversed(self._stages):
            await asyncio.gather(*(self._end(kept) for kept in stage))
        self._leash.close()

    @property
    def pids(self) -> dict[str, int]:
        """Return the pid of each child that runs, by its name."""
        return {
            kept.child.name: kept.process.pid
            for stage in self._stages
            for kept in stage
            if kept.process is not None and kept.is_running
        }

    async def keep(self, *children: Child) -> None:
        """Start *children* side by side and keep them alive; they will be ended side by side."""
        stage = [_Kept(child) for child in children]
        self._stages.append(stage)
        for kept in stage:
            await self._start(kept)
            kept.keeping = asyncio.create_task(self._keep(kept))

    async def once(self, child: Child) -> tuple[int, str]:
        """Run *child* to its end; return its exit code and what it answered."""
        process = await self._spawn(child, output=asyncio.subprocess.PIPE, errors=None)
        answer, _ = await process.communicate()
        return process.returncode or 0, answer.decode()

    async def until(self, check: Callable[[], bool], *, within: float, what: str) -> None:
        """
        Wait until *check*, asked in a thread, says yes.

        Raises:
            CommandFailed: not *within* so many seconds, or a child ends again and again.
        """
        try:
            async with asyncio.timeout(within):
                while not await asyncio.to_thread(check):
                    self._require_hope()
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise CommandFailed(f"{what} did not get ready within {within:g} seconds.") from None

    def kill(self) -> None:
        """Make all children end at once."""
        for kept in [kept for stage in self._stages for kept in stage if kept.is_running]:
            _signal(kept, signal.SIGKILL)

    async def _keep(self, kept: _Kept) -> None:
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        while kept.process is not None:
            started_at = loop.time()
            code = await kept.process.wait()
            kept.ended += 1
            if loop.time() - started_at > STEADY_AFTER:
                pause = FIRST_PAUSE
            self.say(f"{kept.child.name} ended ({_how(code)}); starting it again.")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            # One that cannot be started for want of memory or disk ended at once, so to speak.
            with suppress(OSError):
                await self._start(kept)

    async def _start(self, kept: _Kept) -> None:
        if kept.child.log is None:
            kept.process = await self._spawn(kept.child, output=None, errors=None)
        else:
            with kept.child.log.open("ab") as log:
                kept.process = await self._spawn(
                    kept.child, output=log, errors=asyncio.subprocess.STDOUT
                )
        with suppress(OSError):
            # It is started all the same.
            self.on_change(self.pids)

    async def _spawn(
        self, child: Child, *, output: int | IO[bytes] | None, errors: int | None
    ) -> asyncio.subprocess.Process:
        leash = str(self._leash.fd)
        return await asyncio.create_subprocess_exec(
            *(leash if word == "{leash}" else word for word in child.command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env=child.env,
            pass_fds=(self._leash.fd, *self.inherited),
            start_new_session=True,
        )

    async def _end(self, kept: _Kept) -> None:
        if kept.keeping is not None:
            kept.keeping.cancel()
            await asyncio.wait([kept.keeping])
        if kept.process is None or not kept.is_running:
            return
        _signal(kept, signal.SIGTERM)
        try:
            async with asyncio.timeout(kept.child.patience):
                await kept.process.wait()
        except TimeoutError:
            _signal(kept, signal.SIGKILL)
            await kept.process.wait()

    def _require_hope(self) -> None:
        for kept in [kept for stage in self._stages for kept in stage]:
            if kept.ended >= HOPELESS:
                raise CommandFailed(f"The {kept.child.name} does not start.{_last_words(kept)}")


def _signal(kept: _Kept, number: signal.Signals) -> None:
    if kept.process is not None:
        with suppress(ProcessLookupError):
            kept.process.send_signal(number)


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def _last_words(kept: _Kept) -> str:
    log = kept.child.log
    if log is None or not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 8192))
        lines: Sequence[str] = file.read().decode(errors="replace").splitlines()[-LAST_LINES:]
    return "\n".join([f" The end of {log}:", *lines])
