"""Metrics for Prometheus keep the port's promises, and can be read by its own parser."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from khalifa.application.ports.metrics import ALL, QUEUED, TICKETS, GaugeMetric, Sample
from khalifa.infrastructure.prometheus import PrometheusMetrics
from tests.contracts.metrics import MetricsBench, MetricsContract

Numbers = dict[tuple[str, frozenset[tuple[str, str]]], float]


def numbers_of(page: bytes) -> Numbers:
    """Return every number of a page, by its name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


class PrometheusBench(MetricsBench):
    def __init__(self) -> None:
        self.metrics = self._prometheus = PrometheusMetrics()

    def _number(self, name: str, labels: dict[str, str]) -> float | None:
        _, page = self._prometheus.page()
        return numbers_of(page).get((name, frozenset(labels.items())))

    def counted(self, name: str, **labels: str) -> float | None:
        return self._number(name, labels)

    def observed(self, name: str, **labels: str) -> tuple[float, float] | None:
        count, total = (self._number(f"{name}_{end}", labels) for end in ("count", "sum"))
        return None if count is None or total is None else (count, total)


class TestPrometheusMetrics(MetricsContract):
    @pytest.fixture
    def bench(self) -> MetricsBench:
        return PrometheusBench()


def test_gauges_are_as_they_were_given_and_not_remembered() -> None:
    metrics = PrometheusMetrics()
    samples = [Sample(TICKETS, 3, ("open",)), Sample(TICKETS, 1, ("delayed",))]

    media_type, page = metrics.page([*samples, Sample(QUEUED, 0, ("incoming_messages",))])

    assert media_type.startswith("text/plain")
    numbers = numbers_of(page)
    assert numbers["khalifa_tickets", frozenset({("state", "open")})] == 3
    assert numbers["khalifa_tickets", frozenset({("state", "delayed")})] == 1
    assert b"khalifa_tickets" not in metrics.page()[1]


def test_the_process_shows_its_memory_and_open_files() -> None:
    numbers = numbers_of(PrometheusMetrics().page()[1])

    assert numbers["process_resident_memory_bytes", frozenset()] > 0
    assert numbers["process_open_fds", frozenset()] > 0


def test_every_metric_is_ours_by_name_and_says_what_it_tells() -> None:
    assert len({metric.name for metric in ALL}) == len(ALL)
    assert all(metric.name.startswith("khalifa_") and metric.tells for metric in ALL)
    assert any(isinstance(metric, GaugeMetric) for metric in ALL)
