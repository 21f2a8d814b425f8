"""How a line looks, whoever logged it."""

import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest
import structlog

from khalifa.infrastructure.logging import configure_logging

GONE = "[redacted]"
PHONE = "201012345678"


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """Put back what `configure_logging` changes for the whole process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    hooks = sys.excepthook, threading.excepthook
    configuration = structlog.get_config()
    yield
    root.handlers, root.level = handlers, level
    sys.excepthook, threading.excepthook = hooks
    structlog.configure(**configuration)
    structlog.contextvars.clear_contextvars()
    logging.captureWarnings(capture=False)


Lines = list[dict[str, object]]


def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    captured = capsys.readouterr()
    assert captured.out == ""
    return [json.loads(line) for line in captured.err.splitlines()]


def test_a_line_holds_the_event_its_context_and_when(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    structlog.contextvars.bind_contextvars(request_id="9f86d081884c7d65")

    structlog.get_logger("khalifa").info("request", status=200, duration_ms=1.25, port=63790)

    [line] = lines(capsys)
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "request_id": "9f86d081884c7d65",
        "status": 200,
        "duration_ms": 1.25,
        "port": 63790,
    }


def test_secrets_are_taken_out_of_our_lines_and_of_the_libraries(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging()

    structlog.get_logger().warning("sent", to=PHONE, text="أريد دواء", nested={"token": "t"})
    logging.getLogger("uvicorn.error").warning("no answer from +%s", PHONE)

    ours, theirs = lines(capsys)
    assert (ours["to"], ours["text"], ours["nested"]) == (GONE, GONE, {"token": GONE})
    assert theirs["event"] == f"no answer from {GONE}"
    assert theirs["logger"] == "uvicorn.error"
    assert theirs["level"] == "warning"


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_an_errors_own_words_are_redacted_with_all_that_caused_it(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(log_format="console" if log_format == "console" else "json")

    def fail() -> None:
        secret = "a local variable"  # noqa: F841
        cause = LookupError(f"cause {PHONE}")
        raise ValueError(f"[parameters: ('{PHONE}', 'أريد')]") from cause

    for log in (structlog.get_logger(), logging.getLogger("asyncio")):
        try:
            fail()
        except ValueError:
            log.exception("it failed")

    printed = capsys.readouterr().err
    assert printed.count("it failed") == 2
    assert printed.count("LookupError: cause [redacted]") == 2
    assert PHONE not in printed
    assert "أريد" not in printed
    assert "a local variable" not in printed.replace('secret = "a local variable"', "")


def test_an_uncaught_exception_is_a_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()

    def fail() -> None:
        raise ValueError(PHONE)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)

    for line in lines(capsys):
        assert line["event"] == "uncaught exception"
        assert line["level"] == "critical"
        assert f"ValueError: {GONE}" in str(line["exception"])


def test_libraries_say_what_matters_only(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="debug")

    structlog.get_logger().debug("ours")
    for chatty in ("rq.worker", "uvicorn.access", "sqlalchemy.engine.Engine", "aiohttp.access"):
        logging.getLogger(chatty).info("chatter")
        logging.getLogger(chatty).error("trouble")
    logging.getLogger("asyncio").debug("detail")
    logging.getLogger("uvicorn.error").info("started")
    logging.getLogger("sqlalchemy.pool.impl.AsyncAdaptedQueuePool").error("terminating connection")

    assert [line["event"] for line in lines(capsys)] == ["ours", *["trouble"] * 4, "started"]


def test_a_level_silences_what_is_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="error")

    structlog.get_logger().warning("below")
    logging.getLogger("uvicorn.error").warning("below")
    structlog.get_logger().error("above")

    assert [line["event"] for line in lines(capsys)] == ["above"]


def test_a_warning_of_python_is_a_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        logging.captureWarnings(capture=True)
        warnings.warn(f"old: {PHONE}", DeprecationWarning, stacklevel=1)

    [line] = lines(capsys)
    assert "DeprecationWarning" in str(line["event"])
    assert PHONE not in str(line["event"])


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize("value", ["\ud800", 2**70, float("nan"), object(), {1: "x"}, b"\xff"])
def test_no_value_can_stop_a_line(
    log_format: str, value: object, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(log_format="console" if log_format == "console" else "json")

    structlog.get_logger().info("here", value=value)

    assert "here" in capsys.readouterr().err
