"""
Khalifa's processes with one part replaced: what it is compared with.

`python -m benchmarks.variants VARIANT serve|intake` is `khalifa serve` or
`khalifa worker intake` with that part in place of its own.
"""

import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import FrameType

import msgspec
import redis
from dependency_injector import providers
from rq import Queue

from benchmarks import one_job_per_message
from khalifa.application.ports.journal import JournaledBody
from khalifa.application.ports.messaging import Provider, WebhookCall
from khalifa.application.ports.notifications import Event
from khalifa.container import Container, build_container
from khalifa.entrypoints.http.server import run_server
from khalifa.entrypoints.worker.background import Background
from khalifa.entrypoints.worker.jobs import USE_CASE_TIMEOUT
from khalifa.entrypoints.worker.main import Role, household, run_worker
from khalifa.infrastructure.redis.event_stream import RedisEventStream
from khalifa.infrastructure.redis.job_queue import BODIES, RqJobQueue
from khalifa.settings import Settings, environment

NOTES = "BENCHMARK_NOTES"
"""The environment's name for the file in which `NotingStream` notes commits."""

_WAIT = 1


# A bare Redis list in place of RQ.


class BareListQueue(RqJobQueue):
    """The same bodies in the same list; whoever waits for it needs no job to be told."""

    def _enqueue(self, queue: Queue, function: str) -> None:
        """Tell nobody."""


def work_on_bare_list(container: Container) -> None:
    settings = container.settings()
    with (
        Background(household(container, Role.INTAKE)) as background,
        redis.Redis.from_url(settings.redis_url) as connection,
    ):
        stopping = _stop_at_signal()
        while not stopping.is_set():
            match connection.blpop([BODIES], _WAIT):
                case (_, bytes(first)):
                    body = msgspec.msgpack.decode(first, type=JournaledBody)
                    background.run(partial(_file, container, body), within=USE_CASE_TIMEOUT)


async def _file(container: Container, first: JournaledBody) -> None:
    more = await container.jobs().next_bodies()
    await container.receive_messages()([first, *more])


def _stop_at_signal() -> threading.Event:
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    return stopping


# The verified handler with nothing behind it.


class VerifyOnly:
    """Takes a webhook in without keeping it."""

    async def __call__(self, provider: Provider, call: WebhookCall) -> None:
        provider.webhook.verify(call)


# Khalifa itself, noting when what was committed.


class NotingStream(RedisEventStream):
    """
    Notes each event and the monotonic time in a file, a JSON object a line.

    Events are published as soon as their transaction is committed, before
    anything else is done.
    """

    def __init__(self, client: "redis.asyncio.Redis", notes: Path) -> None:
        super().__init__(client)
        self._notes = notes.open("ab")

    async def publish(self, events: Sequence[Event]) -> None:
        at = time.monotonic()
        for event in events:
            self._notes.write(
                b'{"at":%.6f,"kind":"%s","id":"%s","version":%d,"entity":%s}\n'
                % (at, event.kind.encode(), event.entity_id.encode(), event.version, event.entity)
            )
        await super().publish(events)
        self._notes.flush()


def _with_bare_list(container: Container) -> None:
    container.jobs.override(providers.Singleton(BareListQueue, container.settings().redis_url))


def _with_one_job_per_message(container: Container) -> None:
    container.jobs.override(
        providers.Singleton(
            one_job_per_message.OneJobPerMessageQueue, container.settings().redis_url
        )
    )


def _verifying_only(container: Container) -> None:
    container.take_in_webhook.override(providers.Singleton(VerifyOnly))


def _noting(container: Container) -> None:
    notes = Path(container.settings().env[NOTES])
    container.event_stream.override(providers.Singleton(NotingStream, container.redis, notes))


def _intake(container: Container) -> None:
    run_worker(container, Role.INTAKE)


_CHANGES: Mapping[str, Callable[[Container], None]] = {
    "bare-list": _with_bare_list,
    "one-job-per-message": _with_one_job_per_message,
    "verify-only": _verifying_only,
    "noting": _noting,
}
_WORK: Mapping[str, Callable[[Container], None]] = {
    "bare-list": work_on_bare_list,
    "one-job-per-message": one_job_per_message.work,
}


def main(variant: str, process: str) -> None:
    settings = Settings.from_env(environment())
    container = build_container(settings)
    _CHANGES[variant](container)
    container.configure_logging()
    if process == "serve":
        run_server(container, settings)
    else:
        _WORK.get(variant, _intake)(container)


if __name__ == "__main__":
    main(*sys.argv[1:])
