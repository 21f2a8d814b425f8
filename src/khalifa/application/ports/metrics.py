"""
Port: what khalifa counts and times, for whoever watches it.

Every metric is named here and nowhere else. A label's value is a word of ours or of a closed list
(a provider, a status, a route): never a phone, a name or a text.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class Metric:
    """Its name as it is asked for, what it tells, and what it is told apart by."""

    name: str
    tells: str
    labels: tuple[str, ...] = ()


class CounterMetric(Metric):
    """How often something happened since the process began."""


@dataclass(frozen=True, slots=True)
class HistogramMetric(Metric):
    """How many seconds something took, each time; ``buckets`` are the bounds they are put in."""

    buckets: tuple[float, ...] = (
        *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
        *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0),
    )


class GaugeMetric(Metric):
    """How much there is of something when one looks."""


# What happened: counted by the process that did it.
WEBHOOKS = HistogramMetric(
    "khalifa_webhook_seconds",
    "From a provider's call to our answer, by the answer.",
    ("provider", "status"),
)
REQUESTS = HistogramMetric(
    "khalifa_http_request_seconds",
    "From every other request to the end of its answer.",
    ("method", "route", "status"),
)
FILING = HistogramMetric(
    "khalifa_filing_seconds",
    "From a webhook's arrival to the commit of what was in it.",
    ("provider",),
)
FILED = CounterMetric(
    "khalifa_filed_total",
    "What was found in webhooks, by what became of it.",
    ("provider", "outcome"),
)
EVENTS = HistogramMetric(
    "khalifa_event_seconds",
    "From the transaction that caused an event to the open screens.",
)
SENDS = HistogramMetric(
    "khalifa_send_seconds",
    "From handing a reply to its provider to the outcome, with the provider's code.",
    ("provider", "outcome", "code"),
)
FAILED_LATER = CounterMetric(
    "khalifa_failed_later_total",
    "Replies that a provider took, and reported as failed afterwards.",
    ("provider",),
)
CALLS = HistogramMetric(
    "khalifa_provider_call_seconds",
    "Every call of a provider's API, by what was answered.",
    ("provider", "answer"),
)
FILES = CounterMetric(
    "khalifa_files_total",
    "Attempts to fetch a file that a customer sent, by outcome.",
    ("provider", "outcome"),
)
JOBS = HistogramMetric(
    "khalifa_job_seconds",
    "Jobs of the queues; one that files bodies waits a second for more.",
    ("queue", "outcome"),
)
SWEEP_FAILURES = CounterMetric(
    "khalifa_sweep_failures_total", "Sweeps of the housekeeper that failed.", ("sweep",)
)

# How things stand: looked up when somebody asks.
READABLE = GaugeMetric(
    "khalifa_readable", "Whether the figures of a part could be read: 1 or 0.", ("part",)
)
JOURNAL_BODIES = GaugeMetric(
    "khalifa_journal_bodies", "Webhooks in this server's journal that are not filed yet."
)
JOURNAL_BYTES = GaugeMetric("khalifa_journal_bytes", "How large they are together.")
JOURNAL_OLDEST = GaugeMetric(
    "khalifa_journal_oldest_seconds", "For how long the oldest of them has waited."
)
SOCKETS = GaugeMetric("khalifa_live_sockets", "Screens that are connected to this server.")
QUEUED = GaugeMetric("khalifa_queue_waiting", "What waits in Redis for a worker.", ("queue",))
TICKETS = GaugeMetric("khalifa_tickets", "Tickets that are not closed, by state.", ("state",))
OLDEST_WAIT = GaugeMetric(
    "khalifa_customer_wait_seconds", "For how long the customer who waits longest has waited."
)
AGENTS = GaugeMetric("khalifa_agents", "Agents by presence.", ("presence",))
REPLIES = GaugeMetric("khalifa_replies", "Replies on their way out, by state.", ("state",))
OLDEST_REPLY = GaugeMetric(
    "khalifa_reply_oldest_seconds", "For how long the oldest of them has been queued."
)
FILES_WAITING = GaugeMetric("khalifa_files_waiting", "Customers' files that are still to come.")
CONNECTED = GaugeMetric(
    "khalifa_provider_connected", "Whether a provider carries messages: 1 or 0.", ("provider",)
)
NEEDS_PERSON = GaugeMetric(
    "khalifa_provider_needs_person",
    "Whether a provider waits for a person to mend it: 1 or 0.",
    ("provider",),
)
ACTIVE = GaugeMetric(
    "khalifa_provider_active", "Whether replies go by this provider: 1 or 0.", ("provider",)
)
TOKENS_LEFT = GaugeMetric(
    "khalifa_pace_tokens_left", "Messages that may leave at once.", ("provider",)
)
HELD = GaugeMetric(
    "khalifa_pace_held", "Whether a warning sign holds the number: 1 or 0.", ("provider",)
)
FIRST_CONTACTS_LEFT = GaugeMetric(
    "khalifa_first_contacts_left",
    "People who never wrote and may be written to within this hour.",
    ("provider",),
)

ALL: tuple[Metric, ...] = tuple(one for one in list(globals().values()) if isinstance(one, Metric))


@dataclass(frozen=True, slots=True)
class Sample:
    """How much there is now of what a gauge speaks of; ``labels`` in its order."""

    gauge: GaugeMetric
    value: float
    labels: tuple[str, ...] = ()


class Metrics(Protocol):
    """
    Takes note of what this process does. Never waits, and is asked on the hottest paths.

    Labels are given in the metric's order.
    """

    @abstractmethod
    def count(self, counter: CounterMetric, *labels: str, times: int = 1) -> None: ...

    @abstractmethod
    def observe(self, histogram: HistogramMetric, *labels: str, seconds: float) -> None:
        """Note that it took *seconds*; less than nothing, by clocks that differ, is nothing."""


MetricsPage: TypeAlias = tuple[str, bytes]


class MetricsReport(Protocol):
    """Shows what was noted."""

    @abstractmethod
    def page(self, samples: Sequence[Sample] = ()) -> MetricsPage:
        """Return the type and the bytes of a page of everything, *samples* among it."""
