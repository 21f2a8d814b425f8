"""What the workers do: thin functions that hand a coroutine to the event loop and wait."""

import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeAlias

import structlog
from rq.timeouts import JobTimeoutException

from khalifa.application.ports.jobs import JobQueue
from khalifa.application.ports.journal import JournaledBody
from khalifa.application.ports.metrics import JOBS, Metrics
from khalifa.entrypoints.worker.background import Background

# In seconds; less than the queue gives a job, so that a use case ends in good
# order before RQ's alarm ends it in any.
USE_CASE_TIMEOUT = 25.0

# In seconds: what RQ does around a job costs more than filing a message, so a worker
# stays with the list for as long. Short enough for one that is asked to end.
KEEP_FILING = 1.0

# Frames of a failure's trace that are logged, the innermost.
DEPTH_SHOWN = 8

_log = structlog.get_logger()


class Outcome(StrEnum):
    DONE = "done"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    CANCELLED = "cancelled"


class JobFailed(Exception):
    """A job failed and has been logged. Holds no cause: RQ keeps what is raised in Redis."""


ReceiveMessages: TypeAlias = Callable[[Sequence[JournaledBody]], Awaitable[None]]
DeliverMessages: TypeAlias = Callable[[], Awaitable[int]]
FetchMedia: TypeAlias = Callable[[], Awaitable[int]]


class UseCases(Protocol):
    """What jobs need from the container: each returns a use case when called."""

    @property
    def metrics(self) -> Callable[[], Metrics]: ...

    @property
    def jobs(self) -> Callable[[], JobQueue]: ...

    @property
    def receive_messages(self) -> Callable[[], ReceiveMessages]: ...

    @property
    def deliver_messages(self) -> Callable[[], DeliverMessages]: ...

    @property
    def fetch_media(self) -> Callable[[], FetchMedia]: ...


@dataclass(frozen=True, slots=True)
class Jobs:
    """
    The jobs by the names they have in the queue.

    Each waits for its use case, logs and counts it, and raises `JobFailed` when it
    was not done. What failed is not repeated from here: the sweeps find it.
    """

    use_cases: UseCases
    background: Background

    def by_name(self) -> Mapping[str, Callable[..., None]]:
        return {
            "file_bodies": self.file_bodies,
            "deliver": self.deliver,
            "fetch_media": self.fetch_media,
        }

    def file_bodies(self) -> None:
        """File what waits for it and what comes, for as long as one job should take."""
        filed = 0
        line: dict[str, object] = {"queue": "incoming_messages", "bodies": filed}

        async def file() -> None:
            nonlocal filed
            ends_at, left = time.monotonic() + KEEP_FILING, KEEP_FILING
            while left > 0 and (bodies := await self.use_cases.jobs().next_bodies(left)):
                line["bodies"] = filed = filed + len(bodies)
                await self.use_cases.receive_messages()(bodies)
                left = ends_at - time.monotonic()

        self._run(file, line)

    def deliver(self) -> None:
        """Send what is due."""
        line: dict[str, object] = {"queue": "outgoing_messages"}

        async def deliver() -> None:
            line["claims"] = await self.use_cases.deliver_messages()()

        self._run(deliver, line)

    def fetch_media(self) -> None:
        """Make sure that what is due is being fetched; the fetching itself goes on beside."""
        line: dict[str, object] = {"queue": "media_downloads"}

        async def fetch() -> None:
            line["files"] = await self.use_cases.fetch_media()()

        self._run(fetch, line)

    def _run(self, work: Callable[[], Awaitable[None]], line: dict[str, object]) -> None:
        """Wait for *work* and log *line* with how it went."""
        begun = time.perf_counter()
        outcome = Outcome.FAILED
        try:
            self.background.run(work, within=USE_CASE_TIMEOUT)
            outcome = Outcome.DONE
        except CancelledError:
            outcome = Outcome.CANCELLED
            raise JobFailed(outcome) from None
        except (TimeoutError, JobTimeoutException):
            outcome = Outcome.TIMED_OUT
            raise JobFailed(outcome) from None
        except Exception as error:  # noqa: BLE001 - the next job may be better
            line |= _what(error)
            raise JobFailed(outcome) from None
        finally:
            log = _log.info if outcome is Outcome.DONE else _log.error
            seconds = time.perf_counter() - begun
            log("job done", **line, duration_ms=round(seconds * 1000, 1), outcome=outcome)
            self.use_cases.metrics().observe(JOBS, str(line["queue"]), outcome, seconds=seconds)


def _what(error: Exception) -> dict[str, object]:
    """Name the error and where it came from; never its text, which may be a customer's."""
    frames = traceback.extract_tb(error.__traceback__)[-DEPTH_SHOWN:]
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
    return {"error": type(error).__name__, "trace": " > ".join(places)}
