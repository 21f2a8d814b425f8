"""`python -m benchmarks`: measure, show the table, write the JSON."""

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import uvloop
from cyclopts import App, Parameter
from rich.console import Console

from benchmarks.report import Figure, show, write

BENCHMARKS: Mapping[str, str] = {
    "end-to-end": "webhook to commit, beside a bare Redis list and beside RQ used plainly",
    "intake": "webhooks answered, beside a handler that only verifies",
    "latency": "from POST to commit: idle, and at half of the maximum",
    "live": "from commit to the frame on the agent's screen, with 50 agents",
    "memory": "memory after 10,000 and after 100,000 messages",
    "stored": "cost of a message with 10,000 and with 1,000,000 stored",
}

_LIST = "\n".join(f"- {name}: {what}" for name, what in BENCHMARKS.items())

app = App(
    name="benchmarks",
    help=(
        "Measure khalifa's speed side by side with what it is compared with, on private servers.\n"
        f"\n{_LIST}\n\n"
        "Ends with 1 when a bar is missed. Nothing else should run on the machine meanwhile."
    ),
    version_flags=[],
)


@app.default
def main(
    names: Annotated[
        tuple[str, ...], Parameter(help="Which to run, all by default.", negative=())
    ] = (),
    /,
    *,
    json: Annotated[Path, Parameter(help="Where the figures are written.")] = Path(
        "build/benchmarks.json"
    ),
) -> int:
    console = Console()
    if unknown := set(names) - set(BENCHMARKS):
        console.print(f"There is no benchmark {', '.join(sorted(unknown))}. There are:\n{_LIST}")
        return 2
    figures: list[Figure] = []
    for name in names or tuple(BENCHMARKS):
        module = importlib.import_module(f"benchmarks.{name.replace('-', '_')}")
        with console.status(f"{name}: {BENCHMARKS[name]}"):
            measured = uvloop.run(module.run())
        figures += measured
        write(figures, json)
    show(figures, console)
    console.print(f"written to {json}")
    return 0 if all(figure.met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(app())
