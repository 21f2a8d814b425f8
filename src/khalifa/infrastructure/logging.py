"""One line per event, to standard error: ours and the libraries', redacted alike."""

import json
import logging
import sys
import threading
from contextlib import suppress
from types import TracebackType
from typing import Literal

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from khalifa.infrastructure.redaction import redact

# They speak of each request, job or change of the schema, which we do ourselves, or
# show what they were told: SQLAlchemy's engine logs statements with their parameters.
_QUIET = (
    "aiohttp.access",
    "aiosqlite",
    "alembic",
    "rq",
    "rq.worker",
    "sqlalchemy",
    "sqlalchemy.engine",
    "sqlalchemy.engine.Engine",
    "sqlalchemy.pool",
    "uvicorn.access",
)
# These may have handlers of their own before we come.
_NOISY = ("rq.job", "rq.worker", "uvicorn", "uvicorn.access", "uvicorn.error")


class _StandardError:
    """Writes whole lines to what is standard error at the time."""

    def msg(self, line: str) -> None:
        # With nobody reading any more, there is nobody to tell either.
        with suppress(OSError):
            sys.stderr.write(line.encode(errors="backslashreplace").decode() + "\n")

    debug = info = warning = error = critical = msg


def configure_logging(
    *, level: str = "info", log_format: Literal["json", "console"] = "json"
) -> None:
    """
    Send everything logged in this process to standard error.

    *level* is ours; the libraries never say less than ``info`` would. What was
    bound with contextvars is in every line of ours. Uncaught exceptions are
    logged too: Python's own traceback would not be redacted.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    stamp: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    finish: list[Processor] = [
        structlog.processors.format_exc_info,
        _redacted,
        _as_json if log_format == "json" else _console(),
    ]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *stamp, *finish],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: _StandardError(),
        cache_logger_on_first_use=True,
    )
    _take_over_the_standard_library(stamp, finish, max(number, logging.INFO))
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def _take_over_the_standard_library(
    stamp: list[Processor], finish: list[Processor], level: int
) -> None:
    handler = _Handler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *stamp],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _NOISY:
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    # To it an error is that no leave could be taken of a connection on which the database hung up.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    logging.captureWarnings(capture=True)


class _Handler(logging.Handler):
    """The libraries' way to standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            _StandardError().msg(self.format(record))
        except Exception:  # noqa: BLE001 - as every handler of the standard library
            self.handleError(record)


def _redacted(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    # The time is ours, and has digits.
    timestamp = event.pop("timestamp", None)
    return {"timestamp": timestamp, **redact(event)}


def _as_json(logger: WrappedLogger, method: str, event: EventDict) -> str:
    try:
        return msgspec.json.encode(event).decode()
    except (UnicodeEncodeError, OverflowError, msgspec.MsgspecError):
        # Half a surrogate pair, or a number beyond 64 bits.
        return json.dumps(event)


def _console() -> Processor:
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        # Its default shows every local variable.
        exception_formatter=structlog.dev.plain_traceback,
    )


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger().critical("uncaught exception", exc_info=(kind, error, trace))


def _log_uncaught_in_thread(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None:
        _log_uncaught(failed.exc_type, failed.exc_value, failed.exc_traceback)
