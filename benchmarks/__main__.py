"""`python -m benchmarks`: measure, show the table, write the JSON."""

import importlib
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import uvloop
from cyclopts import App, Parameter
from rich.console import Console

from benchmarks.report import Figure, show, write

BENCHMARKS: Mapping[str, str] = {
    "crowd": "from POST to the screens of 100 agents, and the server's memory",
    "end-to-end": "webhook to commit, beside a bare Redis list and beside RQ used plainly",
    "intake": "webhooks answered, beside a handler that only verifies",
    "latency": "from POST to commit: idle, and at half of the maximum",
    "live": "from commit to the frame on the agent's screen, with 50 agents",
    "memory": "memory after 10,000 and after 100,000 messages",
    "search": "the first page of a search in a million messages",
    "stored": "cost of a message with 10,000 and with 1,000,000 stored",
}
# Long ones, which show how far they are themselves.
WHEN_NAMED: Mapping[str, str] = {
    "size": "every page of the desk at ten million messages, and how each was looked up",
}

_ALL = {**BENCHMARKS, **WHEN_NAMED}
_LIST = "\n".join(
    f"- {name}: {what}{' (only when named)' if name in WHEN_NAMED else ''}"
    for name, what in _ALL.items()
)

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
        tuple[str, ...],
        Parameter(help="Which to run; by default all that take minutes.", negative=()),
    ] = (),
    /,
    *,
    json: Annotated[Path, Parameter(help="Where the figures are written.")] = Path(
        "build/benchmarks.json"
    ),
) -> int:
    console = Console()
    if unknown := set(names) - set(_ALL):
        console.print(f"There is no benchmark {', '.join(sorted(unknown))}. There are:\n{_LIST}")
        return 2
    figures: list[Figure] = []
    for name in names or tuple(BENCHMARKS):
        module = importlib.import_module(f"benchmarks.{name.replace('-', '_')}")
        doing = f"{name}: {_ALL[name]}"
        if name in WHEN_NAMED:
            console.print(doing)
        with nullcontext() if name in WHEN_NAMED else console.status(doing):
            measured = uvloop.run(module.run())
        figures += measured
        write(figures, json)
    show(figures, console)
    console.print(f"written to {json}")
    return 0 if all(figure.met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(app())
