"""The dashboard and the alerts speak of metrics that there are, and of all that there are."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from khalifa.application.ports.metrics import ALL, HistogramMetric

DEPLOY = Path(__file__).parents[3] / "deploy"
DASHBOARD = DEPLOY / "grafana" / "khalifa.json"
ALERTS = DEPLOY / "prometheus" / "alerts.yml"

METRICS = {metric.name: metric for metric in ALL}
ENDS = {
    name: [f"{name}{end}" for end in ("_bucket", "_count", "_sum")]
    if isinstance(metric, HistogramMetric)
    else [name]
    for name, metric in METRICS.items()
}


def expressions() -> list[str]:
    dashboard: dict[str, Any] = json.loads(DASHBOARD.read_text())
    shown = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return [*shown, *(rule["expr"] for rule in alerts())]


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_every_metric_named_in_them_exists() -> None:
    named = set(re.findall(r"khalifa_\w+", " ".join(expressions())))

    assert named - {series for of_one in ENDS.values() for series in of_one} == set()


def test_the_dashboard_leaves_no_metric_out() -> None:
    text = " ".join(expressions())

    assert [name for name in METRICS if not re.search(rf"\b{name}(_\w+)?\b", text)] == []


@pytest.mark.parametrize("expression", expressions())
def test_what_they_are_told_apart_by_are_labels_of_theirs(expression: str) -> None:
    by = {
        label.strip()
        for group in re.findall(r"by \(([^)]*)\)", expression)
        for label in group.split(",")
    }
    picked = set(re.findall(r"(\w+)=~?\"", expression))
    labels = {
        label for name, metric in METRICS.items() if name in expression for label in metric.labels
    }
    of_prometheus = {"le", "instance", "job", "role"}

    assert (by | picked) - labels - of_prometheus == set()


def test_every_alert_says_how_urgent_it_is_and_what_is_wrong() -> None:
    assert len({rule["alert"] for rule in alerts()}) == len(alerts()) > 0
    for rule in alerts():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]
