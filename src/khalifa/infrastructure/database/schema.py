"""Bringing a database's schema up and down: Alembic, driven from code, one at a time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

from khalifa.application.ports.unit_of_work import DatabaseUnavailable
from khalifa.domain.errors import KhalifaError
from khalifa.infrastructure.database.engine import CONNECT_SECONDS, READ_ONLY, prepare, with_driver
from khalifa.infrastructure.database.refusals import Interrupted, answered_within, khalifas_own

LOCK_SECONDS = 60
_LOOK_AGAIN = 0.05
PING_SECONDS = 5.0

_MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaTooNew(KhalifaError):
    """The database was made by a later khalifa than this one."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"The database's schema is newer than this khalifa: it has revision {revision}, "
            f"which is unknown here. Run the khalifa that made it, or a later one."
        )


def upgrade(url: str, revision: str = "head") -> None:
    """
    Bring the schema up to *revision*. One process does it, others wait for it.

    Safe to repeat, also after it was killed half-way. From synchronous code;
    blocks for as long as it takes.

    Raises:
        SchemaTooNew: the schema is of a later khalifa.
        DatabaseUnavailable: the database cannot be reached, or somebody else
            has been changing the schema for a minute.
    """
    with _locked(url) as connection:
        _alembic("upgrade", connection, revision)


def downgrade(url: str, revision: str) -> None:
    """
    Take the schema down to *revision*, ``base`` for nothing at all. What later ones held is gone.

    Raises:
        SchemaTooNew, DatabaseUnavailable: as `upgrade`.
    """
    with _locked(url) as connection:
        _alembic("downgrade", connection, revision)


def current(url: str) -> str | None:
    """
    Return the schema's revision, None when there is no schema.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
    """
    with _connected(url) as connection:
        return _revision(connection)


def head() -> str:
    """Return the revision this khalifa works with."""
    return max(_known())


async def ping(engine: AsyncEngine) -> str | None:
    """Return what is wrong with the database, in words for an administrator; None if nothing."""
    try:
        reader = engine.execution_options(**READ_ONLY)
        async with answered_within(PING_SECONDS), reader.connect() as connection:
            revision = await connection.run_sync(_revision)
    except DatabaseUnavailable as error:
        return str(error)
    if revision == head():
        return None
    if revision is not None and revision not in _known():
        return str(SchemaTooNew(revision))
    return "the schema is behind: run `khalifa db upgrade`"


@cache
def _known() -> set[str]:
    # By their files' names, and a test compares: to read the revisions is to import Alembic,
    # a fifth of the time in which a process starts, for what only an upgrade needs.
    return {path.name.split("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*_*.py")}


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def _alembic(change: Literal["upgrade", "downgrade"], connection: Connection, to: str) -> None:
    from alembic import command  # noqa: PLC0415 - see `_known`
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    # A path may hold a per cent sign, which the configuration would take for its own.
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    {"upgrade": command.upgrade, "downgrade": command.downgrade}[change](config, to)


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = _open(url)
    try:
        with khalifas_own(), _connect(engine) as connection:
            yield connection
    finally:
        engine.dispose()


def _connect(engine: Engine) -> Connection:
    give_up_at = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            with khalifas_own():
                return engine.connect()
        except Interrupted:
            # A new file is turned to WAL by whoever opens it first, and who finds another
            # writing there is not made to wait by SQLite, but refused.
            if engine.dialect.name != "sqlite" or time.monotonic() > give_up_at:
                raise
        time.sleep(_LOOK_AGAIN)


def _open(url: str) -> Engine:
    address = with_driver(url, asynchronous=False)
    is_sqlite = address.get_backend_name() == "sqlite"
    engine = create_engine(
        address,
        hide_parameters=True,
        connect_args={} if is_sqlite else {"connect_timeout": CONNECT_SECONDS},
    )
    prepare(engine)
    event.listen(engine, "connect", _be_patient if is_sqlite else _be_slow)
    return engine


def _be_patient(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.cursor().execute(f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}")


def _be_slow(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # A long change must not lose its connection, and with it the lock, on the way.
    connection.cursor().execute("SET SESSION wait_timeout = 28800, lock_wait_timeout = 60")


@contextmanager
def _locked(url: str) -> Iterator[Connection]:
    """Connect with the right to change the schema; refuse a schema that is newer than the code."""
    with _connected(url) as connection:
        if connection.dialect.name == "sqlite":
            # BEGIN IMMEDIATE is the lock, and makes the whole change one transaction.
            with connection.begin():
                _require_known(connection)
                yield connection
            return
        lock = f"khalifa.schema.{connection.engine.url.database}"[:64]
        wait = {"name": lock, "seconds": LOCK_SECONDS}
        got = connection.scalar(text("SELECT GET_LOCK(:name, :seconds)"), wait)
        if got != 1:
            raise DatabaseUnavailable("somebody else is changing the schema")
        try:
            _require_known(connection)
            connection.commit()
            yield connection
        finally:
            try:
                connection.rollback()
                connection.execute(text("DO RELEASE_LOCK(:name)"), {"name": lock})
            except SQLAlchemyError:
                # The lock is the connection's: it is gone with it.
                connection.invalidate()


def _require_known(connection: Connection) -> None:
    revision = _revision(connection)
    if revision is not None and revision not in _known():
        raise SchemaTooNew(revision)
