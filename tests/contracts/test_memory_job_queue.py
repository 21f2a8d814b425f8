"""The queue in memory keeps what those who ask are promised."""

import pytest

from khalifa.infrastructure.memory.job_queue import MemoryJobQueue
from tests.contracts.job_queue import JobBench, JobQueueContract


class MemoryBench(JobBench):
    def __init__(self) -> None:
        self.jobs: MemoryJobQueue = MemoryJobQueue()

    async def nudges(self) -> int:
        return int(self.jobs.take_deliver())

    async def fetches(self) -> int:
        return int(self.jobs.take_fetch())

    async def go_away(self) -> None:
        self.jobs.away = True

    async def come_back(self) -> None:
        self.jobs.away = False


class TestMemoryJobQueue(JobQueueContract):
    @pytest.fixture
    def bench(self) -> JobBench:
        return MemoryBench()
