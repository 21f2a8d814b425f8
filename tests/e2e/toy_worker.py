"""A worker process whose use cases do as the bodies say. Started by test_workers.py."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import structlog

from khalifa.application.ports.journal import JournaledBody
from khalifa.entrypoints.worker import jobs, main
from khalifa.infrastructure.logging import configure_logging
from khalifa.infrastructure.memory.metrics import MemoryMetrics
from khalifa.infrastructure.prometheus import PrometheusMetrics
from khalifa.infrastructure.redis.job_queue import RqJobQueue
from khalifa.settings import Settings

SECRET = "a customer's words"

log = structlog.get_logger()


class ToyContainer:
    """What `run_worker` needs, with nothing behind it."""

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._cleanup = AsyncExitStack()
        self._cleanup.push_async_callback(self._close)
        self._jobs = RqJobQueue(redis_url)
        self._cleanup.push_async_callback(self._jobs.close)

    async def _close(self) -> None:
        log.info("closed")

    def settings(self) -> Settings:
        return Settings(
            whatsapp_driver="sandbox",
            database_url="memory:",
            redis_url=self._redis_url,
            data_dir=Path(),
            internal_url="http://127.0.0.1:8000",
        )

    def cleanup(self) -> AsyncExitStack:
        return self._cleanup

    def housekeeping(self) -> "ToyHousekeeper":
        return ToyHousekeeper()

    def patient_housekeeping(self) -> "ToyPatience":
        return ToyPatience()

    def metrics(self) -> MemoryMetrics:
        return MemoryMetrics()

    def metrics_report(self) -> PrometheusMetrics:
        return PrometheusMetrics()

    def jobs(self) -> RqJobQueue:
        return self._jobs

    def receive_messages(self) -> "ToyReceive":
        return ToyReceive()

    def fetch_media(self) -> "ToyDeliver":
        return ToyDeliver()

    def deliver_messages(self) -> "ToyDeliver":
        return ToyDeliver()


class ToyPatience:
    async def run(self) -> None:
        log.info("patient")


class ToyHousekeeper:
    async def run(self) -> None:
        while True:
            log.info("tick")
            await asyncio.sleep(1)


class ToyDeliver:
    async def __call__(self) -> int:
        log.info("delivering")
        return 3


class ToyReceive:
    async def __call__(self, bodies: Sequence[JournaledBody]) -> None:
        for body in bodies:
            log.info("begun", number=body.key.number)
            await self._obey(body.body.decode())
            log.info("filed", number=body.key.number)

    async def _obey(self, order: str) -> None:
        match order.split():
            case ["fail"]:
                raise LookupError(SECRET)
            case ["sleep", seconds]:
                try:
                    await asyncio.sleep(float(seconds))
                except asyncio.CancelledError:
                    log.info("given up")
                    raise


def run(role: str, redis_url: str, *patience: str) -> None:
    """*patience*: seconds a use case may take, and a job in hand when the end is asked for."""
    if patience:
        jobs.USE_CASE_TIMEOUT, main.JOB_MAY_TAKE = (float(seconds) for seconds in patience)
    configure_logging()
    main.run_worker(ToyContainer(redis_url), main.Role(role))


if __name__ == "__main__":
    run(*sys.argv[1:])
