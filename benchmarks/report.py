"""What was measured against what was promised: a table for people, JSON for programs."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import msgspec
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """
    One promise, and what was measured.

    ``samples`` are the rounds' own values, in the order they were run;
    ``beside`` is what stands behind them: absolute rates, sizes, counts.
    """

    name: str
    value: float
    bar: float
    at_least: bool
    unit: str = ""
    samples: Sequence[float] = ()
    beside: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of_rounds(
        cls,
        name: str,
        samples: Sequence[float],
        *,
        bar: float,
        at_least: bool,
        unit: str = "",
        beside: dict[str, float] | None = None,
    ) -> "Figure":
        """Take the median of rounds that were run in turn."""
        return cls(
            name=name,
            value=median(samples),
            bar=bar,
            at_least=at_least,
            unit=unit,
            samples=samples,
            beside=beside or {},
        )

    @property
    def met(self) -> bool:
        return self.value >= self.bar if self.at_least else self.value <= self.bar

    @property
    def spread(self) -> str:
        if not self.samples:
            return ""
        return f"{shown(min(self.samples))} to {shown(max(self.samples))}"


def shown(value: float) -> str:
    """Write a number with as many digits as mean something."""
    for least, digits in ((100, 0), (10, 1)):
        if abs(value) >= least:
            return f"{value:,.{digits}f}"
    return f"{value:.2f}"


def table_of(figures: Sequence[Figure]) -> Table:
    table = Table(title="Speed", title_justify="left", show_lines=False)
    table.add_column("promise", overflow="fold")
    table.add_column("bar", justify="right", no_wrap=True)
    table.add_column("measured", justify="right", no_wrap=True)
    table.add_column("rounds", justify="right")
    table.add_column("met")
    table.add_column("beside it", overflow="fold", style="dim")
    for figure in figures:
        table.add_row(
            figure.name,
            f"{'≥' if figure.at_least else '≤'} {shown(figure.bar)} {figure.unit}".rstrip(),
            f"{shown(figure.value)} {figure.unit}".rstrip(),
            figure.spread,
            "[green]yes[/green]" if figure.met else "[bold red]NO[/bold red]",
            ", ".join(f"{name} {shown(value)}" for name, value in figure.beside.items()),
        )
    return table


def show(figures: Sequence[Figure], console: Console) -> None:
    console.print(table_of(figures))


def write(figures: Sequence[Figure], path: Path) -> None:
    """Write the figures, and what machine they are of, as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "system": platform.system(),
            "processor": platform.machine(),
            "python": platform.python_version(),
        },
        "figures": [{**msgspec.to_builtins(figure), "met": figure.met} for figure in figures],
    }
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
