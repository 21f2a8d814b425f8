"""Metrics in dictionaries keep the port's promises."""

import pytest

from khalifa.application.ports.metrics import ALL
from khalifa.infrastructure.memory.metrics import MemoryMetrics
from tests.contracts.metrics import MetricsBench, MetricsContract

LABELS = {metric.name: metric.labels for metric in ALL}


def _key(name: str, labels: dict[str, str]) -> tuple[str, ...]:
    return (name, *(labels[label] for label in LABELS[name]))


class MemoryBench(MetricsBench):
    def __init__(self) -> None:
        self.metrics = self._memory = MemoryMetrics()

    def counted(self, name: str, **labels: str) -> float | None:
        return self._memory.counts.get(_key(name, labels))

    def observed(self, name: str, **labels: str) -> tuple[float, float] | None:
        seconds = self._memory.seconds.get(_key(name, labels))
        return (len(seconds), sum(seconds)) if seconds else None


class TestMemoryMetrics(MetricsContract):
    @pytest.fixture
    def bench(self) -> MetricsBench:
        return MemoryBench()
