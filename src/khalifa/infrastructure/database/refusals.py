"""What a database error means to khalifa. Nothing of a statement or its values gets through."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError

from khalifa.application.ports.unit_of_work import BadData, ConcurrentChange, DatabaseUnavailable
from khalifa.domain.errors import KhalifaError, NameTaken, ShortcutTaken
from khalifa.infrastructure.database.tables import agents, branches


class Interrupted(DatabaseUnavailable):
    """The transaction did not go through for a reason that passes; the same may work at once."""


# https://mariadb.com/docs/server/reference/error-codes/mariadb-error-code-reference
# https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html
_DUPLICATES = {1022, 1062, 1169, 1586}
_BAD_DATA = {
    1048,  # a column cannot be null
    1153,  # the packet is too large: half of the rows may pass
    1216,  # no such parent row
    1264,  # out of range
    1265,  # data truncated
    1292,  # incorrect value
    1300,  # invalid character string
    1364,  # no default value
    1366,  # incorrect string value
    1367,  # illegal value
    1406,  # data too long
    1411,  # incorrect value for a function
    1441,  # date out of range
    1451,  # the row has children
    1452,  # no such parent row
    1690,  # number out of range
    3819,  # a check failed, MySQL
    4025,  # a check failed, MariaDB
}
_BEHIND = "the schema is behind: run `khalifa db upgrade`"
_REFUSED = "the database refuses this user, password or right"
# What waiting does not mend by itself; not worth repeating at once.
_LASTING = {
    1021: "the database's disk is full",
    1044: _REFUSED,
    1045: _REFUSED,
    1049: "there is no database of this name on the server",
    1054: _BEHIND,
    1114: "the database's disk is full",
    1142: _REFUSED,
    1146: _BEHIND,
    1290: "the database is read only",
    1698: _REFUSED,
    1836: "the database is read only",
}
_CANNOT_CONNECT = 2003
_SQLITE_PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT}
_SQLITE_DUPLICATES = {
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_ROWID,
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
}
_SQLITE_BAD_DATA = {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH}

# How a duplicate shows which key it broke: MySQL and MariaDB name the key, SQLite its columns.
# Whatever else is unique, somebody was faster with.
_NAMED_DUPLICATES: dict[str, KhalifaError] = {
    f"uq_{agents.name}_{agents.c.folded_name.name}": NameTaken("Another agent has this name."),
    f"{agents.name}.{agents.c.folded_name.name}": NameTaken("Another agent has this name."),
    f"uq_{branches.name}_{branches.c.folded_name.name}": NameTaken("Another branch has this name."),
    f"{branches.name}.{branches.c.folded_name.name}": NameTaken("Another branch has this name."),
}

_TAKEN = "Another ready reply has this shortcut."
_NAMED_DUPLICATES |= {
    "uq_ready_replies_owner_id_shortcut": ShortcutTaken(_TAKEN),
    "ready_replies.owner_id": ShortcutTaken(_TAKEN),
}


@contextmanager
def khalifas_own() -> Iterator[None]:
    """
    Turn whatever the database raises inside into khalifa's own errors.

    Raises:
        ConcurrentChange: a unique key was taken by somebody else.
        NameTaken, ShortcutTaken: as above, and the key is a name that people chose.
        BadData: the database will never take these values.
        Interrupted: deadlock, lost connection, busy lock.
        DatabaseUnavailable: anything else.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, UnicodeEncodeError, OverflowError, OSError) as error:
        # The cause holds values: it must not be printed with the traceback.
        raise _meaning(error) from None


@asynccontextmanager
async def answered_within(seconds: float) -> AsyncIterator[None]:
    """
    As `khalifas_own`, and cut off after *seconds*: a server may fall silent without a word.

    Raises:
        Interrupted: the time is over.
    """
    try:
        async with asyncio.timeout(seconds) as deadline:
            with khalifas_own():
                yield
    except TimeoutError:
        if not deadline.expired():
            raise
        raise Interrupted("the database did not answer in time") from None


def _meaning(error: Exception) -> KhalifaError:
    match error:
        case UnicodeEncodeError() | OverflowError():
            return BadData("a value the database has no way to hold")
        # A transaction of SQLite's is begun past SQLAlchemy.
        case DBAPIError(orig=sqlite3.Error() as cause) | (sqlite3.Error() as cause):
            return _sqlite_meaning(cause)
        case DBAPIError(orig=Exception(args=(int() as code, *rest))):
            return _mysql_meaning(code, " ".join(map(str, rest)))
        case DBAPIError():
            return Interrupted("the database connection is gone")
        case StatementError():
            return BadData("a value of the wrong kind for its column")
        case _:
            return Interrupted(f"the database cannot be reached: {type(error).__name__}")


def _mysql_meaning(code: int, text: str) -> KhalifaError:
    if code in _DUPLICATES:
        return _duplicate(text)
    if code in _BAD_DATA:
        return BadData(f"the database refuses a row: error {code}")
    if code == _CANNOT_CONNECT:
        return Interrupted("the database cannot be reached")
    if code in _LASTING:
        return DatabaseUnavailable(f"{_LASTING[code]} (error {code})")
    return Interrupted(f"the database was busy or gone: error {code}")


def _sqlite_meaning(cause: sqlite3.Error) -> KhalifaError:
    extended = getattr(cause, "sqlite_errorcode", 0)
    # The low byte is the family, the rest the reason: https://www.sqlite.org/rescode.html
    code = extended & 0xFF
    if extended in _SQLITE_DUPLICATES:
        return _duplicate(str(cause))
    if code in _SQLITE_BAD_DATA or isinstance(cause, sqlite3.DataError | sqlite3.InterfaceError):
        return BadData(f"the database refuses a row: SQLite error {extended}")
    if code in _SQLITE_PASSING:
        return Interrupted("the database file is locked")
    if str(cause).startswith(("no such table", "no such column", "table ")):
        return DatabaseUnavailable(_BEHIND)
    return DatabaseUnavailable(f"the database file cannot be used: SQLite error {extended}")


def _duplicate(text: str) -> KhalifaError:
    for key, error in _NAMED_DUPLICATES.items():
        if key in text:
            return type(error)(*error.args)
    return ConcurrentChange("somebody else was faster")
