"""Metrics in dictionaries: what was noted, as a test reads it."""

from collections import Counter, defaultdict

from khalifa.application.ports.metrics import CounterMetric, HistogramMetric, Metrics


class MemoryMetrics(Metrics):
    """Keeps every number: ``counts`` and ``seconds`` by the metric's name and its labels."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, ...]] = Counter()
        self.seconds: defaultdict[tuple[str, ...], list[float]] = defaultdict(list)

    def count(self, counter: CounterMetric, *labels: str, times: int = 1) -> None:
        _require_labels(counter.labels, labels)
        self.counts[(counter.name, *labels)] += times

    def observe(self, histogram: HistogramMetric, *labels: str, seconds: float) -> None:
        _require_labels(histogram.labels, labels)
        self.seconds[(histogram.name, *labels)].append(max(seconds, 0.0))


def _require_labels(names: tuple[str, ...], values: tuple[str, ...]) -> None:
    if len(names) != len(values):
        reason = f"labels are {names}, and {len(values)} were given"
        raise ValueError(reason)
