"""The harness of `make bench`: what it says of what it measured."""

import importlib
import inspect
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from benchmarks.__main__ import BENCHMARKS, WHEN_NAMED, main
from benchmarks.notes import Notes, Version, percentile
from benchmarks.one_job_per_message import OneJobPerMessageQueue
from benchmarks.report import Figure, show, write
from benchmarks.traffic import CUSTOMERS, Traffic


@pytest.mark.parametrize("name", [*BENCHMARKS, *WHEN_NAMED])
def test_every_benchmark_that_is_offered_can_be_run(name: str) -> None:
    module = importlib.import_module(f"benchmarks.{name.replace('-', '_')}")

    assert inspect.iscoroutinefunction(module.run)
    inspect.signature(module.run).bind()


def test_a_benchmark_that_is_not_there_is_refused_by_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(("speed",)) == 2
    assert "no benchmark speed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("at_least", "rounds", "met"),
    [
        (True, [60.0, 80.0, 75.0], True),
        (True, [80.0, 69.0, 60.0], False),
        (False, [80.0, 70.0, 60.0], True),
        (False, [60.0, 80.0, 75.0], False),
    ],
)
def test_the_median_of_the_rounds_meets_the_bar_or_misses_it(
    *, at_least: bool, rounds: list[float], met: bool
) -> None:
    figure = Figure.of_rounds("a promise", rounds, bar=70, at_least=at_least, unit="%")

    assert figure.met is met
    assert figure.spread == "60.0 to 80.0"


def test_a_missed_bar_is_shown_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figure = Figure.of_rounds("a promise", [1.0, 2.0], bar=2, at_least=True, unit="times")

    show([figure], Console(width=120))
    write([figure], tmp_path / "deep" / "report.json")

    assert "NO" in capsys.readouterr().out
    report = msgspec.json.decode((tmp_path / "deep" / "report.json").read_bytes())
    [written] = report["figures"]
    assert (written["name"], written["value"], written["met"]) == ("a promise", 1.5, False)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(number) for number in range(1, 201)]

    assert percentile(values, 50) == 101
    assert percentile(values, 99) == 199
    assert percentile([7.0], 99) == 7


def test_what_is_told_twice_was_committed_the_first_time(tmp_path: Path) -> None:
    line = '{"at":%s,"kind":"message.changed","id":"5","version":1,"entity":%s}\n'
    message = '{"id":5,"whatsapp_message_id":"wamid.1"}'
    (tmp_path / "notes").write_text(line % (1.5, message) + line % (2.5, message))

    notes = Notes(tmp_path / "notes")

    assert notes.committed == {Version("message.changed", "5", 1): 1.5}
    assert notes.message_committed == {"wamid.1": 1.5}


def test_customers_write_in_turn_and_never_the_same_message_again() -> None:
    calls = Traffic(8000).take(CUSTOMERS + 1)

    assert len({call.wamid for call in calls}) == CUSTOMERS + 1
    assert b"201000000000" in calls[0].request
    assert b"201000000000" in calls[-1].request
    assert b"201000000001" in calls[1].request


async def test_what_khalifa_is_compared_with_keeps_the_ports_promises() -> None:
    queue = OneJobPerMessageQueue("redis://127.0.0.1:1/0")

    queue.deliver()
    assert await queue.next_bodies() == []
