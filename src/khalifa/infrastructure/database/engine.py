"""Opening the database: every connection behaves the same, whatever the server's defaults."""

import math
import time

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, AdaptedConnection, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

POOL = 10
CONNECT_SECONDS = 5
# Under the session's wait_timeout, so that the pool lets go before the server does.
RECYCLE_SECONDS = 25
# A unit of work that meets a dead connection is repeated anyway; this spares it that.
ASK_AFTER_SECONDS = 0.5
_IDLE_SINCE = "idle since"

_SQL_MODES = (
    "STRICT_ALL_TABLES",
    "NO_ZERO_DATE",
    "NO_ZERO_IN_DATE",
    "ERROR_FOR_DIVISION_BY_ZERO",
    "NO_ENGINE_SUBSTITUTION",
)
# wait_timeout frees the locks of a process that hangs in a transaction.
_MYSQL_SESSION = (
    "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION time_zone = '+00:00', wait_timeout = 30, innodb_lock_wait_timeout = 5",
    # Lists that figures are made of; MySQL would cut them off after a thousand letters.
    "SET SESSION group_concat_max_len = 16777216",
    f"SET SESSION sql_mode = '{','.join(_SQL_MODES)}'",
)
# busy_timeout is first: the change to WAL waits for other connections too.
_SQLITE_SESSION = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)
_DRIVERS = {
    "mysql": ("mysql+aiomysql", "mysql+pymysql"),
    "mariadb": ("mysql+aiomysql", "mysql+pymysql"),
    "sqlite": ("sqlite+aiosqlite", "sqlite+pysqlite"),
}
READ_ONLY = {"khalifa_read_only": True}


class UnsupportedDatabase(ValueError):
    """The URL names a database khalifa does not know. Holds nothing of the URL but its scheme."""


def with_driver(url: str, *, asynchronous: bool) -> URL:
    """
    Return *url* with the driver khalifa uses; ``mysql://`` and ``sqlite://`` are enough.

    Raises:
        UnsupportedDatabase: it is neither MySQL, MariaDB nor SQLite.
    """
    parsed = make_url(url)
    drivers = _DRIVERS.get(parsed.get_backend_name())
    if drivers is None:
        raise UnsupportedDatabase(
            f"{parsed.get_backend_name()} is not a database khalifa works with"
        )
    return parsed.set(drivername=drivers[0] if asynchronous else drivers[1])


def open_engine(url: str) -> AsyncEngine:
    """
    Return an engine for *url*; nothing is connected yet. Dispose of it at the end.

    MySQL and MariaDB: READ COMMITTED, strict, UTC, binary utf8mb4. SQLite: WAL,
    durable commits, and a transaction that may write waits for its turn at its
    beginning. Values never show in errors or logs.

    Raises:
        UnsupportedDatabase: as `with_driver`.
    """
    address = with_driver(url, asynchronous=True)
    if address.get_backend_name() == "sqlite":
        engine = create_async_engine(
            address, hide_parameters=True, pool_size=POOL, max_overflow=0, pool_timeout=10
        )
    else:
        engine = create_async_engine(
            address,
            hide_parameters=True,
            pool_size=POOL,
            max_overflow=0,
            pool_timeout=CONNECT_SECONDS,
            # SQLAlchemy would roll back once more what is committed already.
            pool_reset_on_return=None,
            pool_recycle=RECYCLE_SECONDS,
            pool_use_lifo=True,
            connect_args={"charset": "utf8mb4", "connect_timeout": CONNECT_SECONDS},
        )
    prepare(engine.sync_engine)
    return engine


def _look_after(engine: Engine) -> None:
    """
    Ask a connection that lay idle whether it lives; one just used is not asked.

    The pool itself would ask each time, a round trip before every unit of work.
    """

    @event.listens_for(engine, "checkin")
    def _note(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info[_IDLE_SINCE] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ask(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() - entry.info.pop(_IDLE_SINCE, math.inf) < ASK_AFTER_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except (engine.dialect.loaded_dbapi.Error, OSError) as gone:
            # The pool opens another one instead.
            raise DisconnectionError("the database has closed the connection") from gone


def prepare(engine: Engine) -> None:
    """Make every connection *engine* opens one of khalifa's."""
    is_sqlite = engine.dialect.name == "sqlite"

    @event.listens_for(engine, "connect")
    def _settle(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        if is_sqlite:
            # Else the driver begins transactions by itself, and only before some statements.
            connection.isolation_level = None
        cursor = connection.cursor()
        for statement in _SQLITE_SESSION if is_sqlite else _MYSQL_SESSION:
            cursor.execute(statement)
        cursor.close()

    if not is_sqlite:
        _look_after(engine)
    else:

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            # A deferred transaction that turns to writing fails at once when another has
            # written meanwhile; an immediate one waits its turn.
            read_only = connection.get_execution_options().get("khalifa_read_only")
            begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
            opened = connection.connection.dbapi_connection
            if isinstance(opened, AdaptedConnection):
                # One thing for its thread to do; a statement of SQLAlchemy's would be three.
                opened.run_async(lambda driver: driver.execute(begin))
            else:
                connection.exec_driver_sql(begin)
