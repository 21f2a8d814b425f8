"""Metrics as Prometheus reads them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    ProcessCollector,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from khalifa.application.ports.metrics import (
    ALL,
    CounterMetric,
    HistogramMetric,
    Metrics,
    MetricsPage,
    MetricsReport,
    Sample,
)


class PrometheusMetrics(Metrics, MetricsReport):
    """
    One process's numbers, in a registry of its own, with the process's memory and files.

    What a label's values lead to is kept: finding it anew costs the library more
    than the counting.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self._counters = {
            metric.name: Counter(metric.name, metric.tells, metric.labels, registry=self._registry)
            for metric in ALL
            if isinstance(metric, CounterMetric)
        }
        self._histograms = {
            metric.name: Histogram(
                metric.name,
                metric.tells,
                metric.labels,
                buckets=metric.buckets,
                registry=self._registry,
            )
            for metric in ALL
            if isinstance(metric, HistogramMetric)
        }
        self._counted: dict[tuple[str, ...], Counter] = {}
        self._observed: dict[tuple[str, ...], Histogram] = {}

    def count(self, counter: CounterMetric, *labels: str, times: int = 1) -> None:
        key = (counter.name, *labels)
        found = self._counted.get(key)
        if found is None:
            family = self._counters[counter.name]
            found = self._counted[key] = family.labels(*labels) if counter.labels else family
        found.inc(times)

    def observe(self, histogram: HistogramMetric, *labels: str, seconds: float) -> None:
        key = (histogram.name, *labels)
        found = self._observed.get(key)
        if found is None:
            family = self._histograms[histogram.name]
            found = self._observed[key] = family.labels(*labels) if histogram.labels else family
        found.observe(max(seconds, 0.0))

    def page(self, samples: Sequence[Sample] = ()) -> MetricsPage:
        gauges = CollectorRegistry()
        gauges.register(_Gauges(samples))
        return CONTENT_TYPE_LATEST, generate_latest(self._registry) + generate_latest(gauges)


class _Gauges(Collector):
    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = samples

    def collect(self) -> Iterable[GaugeMetricFamily]:
        together = defaultdict(list)
        for sample in self._samples:
            together[sample.gauge].append(sample)
        for gauge, found in together.items():
            family = GaugeMetricFamily(gauge.name, gauge.tells, labels=gauge.labels)
            for sample in found:
                family.add_metric(sample.labels, sample.value)
            yield family
