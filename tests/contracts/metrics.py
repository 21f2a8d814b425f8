"""What counting and timing promise, wherever the numbers go."""

from abc import ABC, abstractmethod

import pytest

from khalifa.application.ports.metrics import EVENTS, FILED, WEBHOOKS, Metrics


class MetricsBench(ABC):
    """Metrics of which nothing was noted yet, and a look at what was."""

    metrics: Metrics

    @abstractmethod
    def counted(self, name: str, **labels: str) -> float | None:
        """Return how often it was counted, or None when it never was."""

    @abstractmethod
    def observed(self, name: str, **labels: str) -> tuple[float, float] | None:
        """Return how often it was observed, and all its seconds together."""


class MetricsContract:
    """Wants one fixture, ``bench``: a `MetricsBench`."""

    def test_each_combination_of_labels_is_counted_by_itself(self, bench: MetricsBench) -> None:
        bench.metrics.count(FILED, "sandbox", "stored")
        bench.metrics.count(FILED, "sandbox", "stored", times=4)
        bench.metrics.count(FILED, "sandbox", "ignored", times=2)

        assert bench.counted(FILED.name, provider="sandbox", outcome="stored") == 5
        assert bench.counted(FILED.name, provider="sandbox", outcome="ignored") == 2
        assert bench.counted(FILED.name, provider="sandbox", outcome="rejected") is None

    def test_seconds_are_added_up_and_clocks_that_differ_take_none_away(
        self, bench: MetricsBench
    ) -> None:
        for seconds in (0.25, 0.5, -3.0):
            bench.metrics.observe(WEBHOOKS, "sandbox", "200", seconds=seconds)
        bench.metrics.observe(EVENTS, seconds=2.0)

        assert bench.observed(WEBHOOKS.name, provider="sandbox", status="200") == (3, 0.75)
        assert bench.observed(EVENTS.name) == (1, 2.0)

    @pytest.mark.parametrize("labels", [(), ("sandbox",), ("sandbox", "stored", "more")])
    def test_labels_that_are_too_few_or_too_many_are_a_mistake(
        self, bench: MetricsBench, labels: tuple[str, ...]
    ) -> None:
        with pytest.raises(ValueError, match="label"):
            bench.metrics.count(FILED, *labels)
