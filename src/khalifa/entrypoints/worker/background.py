"""The process's one event loop, in a thread of its own, for the process's life."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self, TypeVar

import structlog
import uvloop

R = TypeVar("R")

# In seconds: how long the end may take before the thread is left to die with the process.
END_WITHIN = 3.0

_log = structlog.get_logger()


class Background:
    """
    Runs coroutines for one thread that waits for them, one at a time.

    *life* is entered in the loop before anything else runs there and left
    after everything else has ended: what is opened once for the process
    belongs into it. Use as a context manager; what *life* raises on the way in
    is raised by ``with``.
    """

    def __init__(self, life: AbstractAsyncContextManager[None]) -> None:
        self._life = life
        self._job: asyncio.Task[object] | None = None
        self._ready = Future[asyncio.AbstractEventLoop]()
        self._thread = threading.Thread(target=self._live, name="event loop", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._loop = self._ready.result()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(END_WITHIN)

    def run(self, work: Callable[[], Awaitable[R]], *, within: float) -> R:
        """
        Run *work* in the loop and wait; whatever ends the waiting ends the work.

        Raises:
            TimeoutError: it took longer than *within* seconds, and was cancelled.
            concurrent.futures.CancelledError: `cancel_after` came to it.
        """

        async def limited() -> R:
            self._job = asyncio.current_task()
            async with asyncio.timeout(within):
                return await work()

        future = asyncio.run_coroutine_threadsafe(limited(), self._loop)
        try:
            return future.result()
        finally:
            future.cancel()

    def cancel_after(self, seconds: float) -> None:
        """Cancel in *seconds* what runs then. Safe in a signal handler."""
        self._loop.call_soon_threadsafe(self._loop.call_later, seconds, self._cancel)

    def _cancel(self) -> None:
        # To cancel what is done already does nothing.
        if self._job is not None:
            self._job.cancel()

    def _live(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._until_over())
        except Exception as error:  # noqa: BLE001 - told to whoever waits, else logged
            if not self._ready.done():
                self._ready.set_exception(error)
            else:
                _log.error("event loop ended badly", error=type(error).__name__)

    async def _until_over(self) -> None:
        self._over = asyncio.Event()
        async with self._life:
            self._ready.set_result(asyncio.get_running_loop())
            await self._over.wait()
