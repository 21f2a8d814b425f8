"""How MariaDB carried out each statement: its plan and what was read, from its slow log."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from tests.servers import MysqlServer

_LOG = "statements.log"
# Every statement is slow; only while somebody looks, the log goes to the file. (Whether there is
# a log at all, a connection decides for good when it is opened.)
OPTIONS = (
    "--slow-query-log=ON",
    "--log-output=NONE",
    "--long-query-time=0",
    "--log-slow-verbosity=query_plan,explain",
    f"--slow-query-log-file={_LOG}",
)
# A small table is read whole, rightly; so is a list that the statement itself made.
LARGE = 1000
_WHOLE = {"ALL", "index"}
_EXPLAIN, _STATISTICS = "# explain: ", "# Query_time: "
# The columns of EXPLAIN, which the log has in front of each plan.
_HEAD = "id\t"


class Step(NamedTuple):
    """One table of a plan: ``rows`` were truly read of it, each time it was looked into."""

    table: str
    access: str
    rows: float

    @property
    def is_full_scan(self) -> bool:
        return self.access in _WHOLE and self.rows > LARGE and not self.table.startswith("<")


@dataclass(slots=True)
class Statement:
    """A statement as it was carried out; ``examined`` are the rows that were looked at."""

    text: str
    examined: int
    steps: Sequence[Step]

    @property
    def full_scans(self) -> list[Step]:
        return [step for step in self.steps if step.is_full_scan]


class Plans:
    """
    The statements of a private MariaDB that was started with `OPTIONS`.

    Use as a context manager: from entering to leaving all are noted.
    """

    def __init__(self, server: MysqlServer, folder: Path) -> None:
        """*folder*: the server's own, with its data in it."""
        self._server = server
        self._log = folder / "data" / _LOG
        self._read = 0

    def __enter__(self) -> Self:
        self._server.execute("SET GLOBAL log_output = 'FILE'")
        self.new()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.execute("SET GLOBAL log_output = 'NONE'")

    def new(self) -> list[Statement]:
        """Return the statements since the last look."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            noted = log.read()
        self._read += len(noted)
        return list(_statements(noted.decode(errors="replace").splitlines()))


def _statements(lines: Sequence[str]) -> Iterator[Statement]:
    """Read the log: of each statement a few comments, ``SET timestamp``, its text."""
    now: Statement | None = None
    for line in lines:
        if line.startswith(_STATISTICS):
            if now is not None:
                yield now
            _, _, examined = line.rpartition("Rows_examined: ")
            now = Statement(text="", examined=int(examined), steps=[])
        elif now is not None and line.startswith(_EXPLAIN):
            plan = line.removeprefix(_EXPLAIN)
            if not plan.startswith(_HEAD):
                now.steps = [*now.steps, _step(plan)]
        elif now is not None and not line.startswith(("#", "SET timestamp", "use ")):
            now.text = f"{now.text} {line}".strip()
    if now is not None:
        yield now


def _step(plan: str) -> Step:
    _id, _kind, table, access, *_, rows, _filtered, _r_filtered, _extra = plan.split("\t")
    # NULL: it was never looked into.
    return Step(table, access, 0.0 if rows == "NULL" else float(rows))
