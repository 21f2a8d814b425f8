"""What every test may ask for: private servers, fresh databases; and what each folder means."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from khalifa.entrypoints.start import pause_collector, set_start_aside
from tests.servers import (
    MysqlServer,
    PrivateMariaDB,
    PrivateMySQL,
    PrivateRedis,
    PrivateServer,
)

_TESTS = Path(__file__).parent
_LOGS = _TESTS.parent / "build" / "test-logs"

# A slow machine is not a failing example.
settings.register_profile("khalifa", deadline=None, print_blob=True)
settings.load_profile("khalifa")

_TEARDOWN_WITHIN = 60

pause_collector()


def pytest_collection_finish() -> None:
    """Keep what has been imported out of the collector's sight, as the processes do."""
    set_start_aside()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark a test by its folder and by the servers it asks for; no sockets in unit tests."""
    match item.path.relative_to(_TESTS).parts[0]:
        case "unit":
            item.add_marker("unit")
            item.add_marker("disable_socket")
        case "contracts" | "migrations" | "http":
            item.add_marker("contract")
        case "e2e" | "crash" | "desk" | "soak":
            item.add_marker("e2e")
    asked_for = set(getattr(item, "fixturenames", ()))
    if asked_for & {"mariadb", "mysql_server", "mysql_url"}:
        item.add_marker("mysql")
    if asked_for & {"redis_server", "redis_url"}:
        item.add_marker("redis")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """
    Give the teardown a minute of its own.

    pytest-timeout stops its clock at a test's first failure; a task that
    refuses to be cancelled would then hold up the run for ever.
    """

    def time_is_over(*_: object) -> None:
        pytest.fail(f"the teardown took more than {_TEARDOWN_WITHIN} s")

    before = signal.signal(signal.SIGALRM, time_is_over)
    signal.setitimer(signal.ITIMER_REAL, _TEARDOWN_WITHIN, _TEARDOWN_WITHIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def mariadb(request: pytest.FixtureRequest) -> Iterator[PrivateMariaDB]:
    """One fast MariaDB for the session; a test that kills a server starts its own."""
    with PrivateMariaDB() as server:
        yield server
        _keep_log_of_a_failure(server, request.session)


@pytest.fixture(scope="session")
def redis_server(request: pytest.FixtureRequest) -> Iterator[PrivateRedis]:
    """One Redis for the session; a test that kills a server starts its own."""
    with PrivateRedis() as server:
        yield server
        _keep_log_of_a_failure(server, request.session)


@pytest.fixture(scope="session")
def mysql_server(request: pytest.FixtureRequest) -> Iterator[MysqlServer]:
    """
    The session's MariaDB, or what `make test-mysql` puts in its place.

    That is the server at KHALIFA_TEST_MYSQL_URL, or a real MySQL whose packages
    are unpacked in KHALIFA_TEST_MYSQL_HOME.
    """
    if url := os.environ.get("KHALIFA_TEST_MYSQL_URL"):
        yield MysqlServer.at(url)
    elif home := os.environ.get("KHALIFA_TEST_MYSQL_HOME"):
        with PrivateMySQL(Path(home).resolve()) as server:
            yield server
            _keep_log_of_a_failure(server, request.session)
    else:
        yield request.getfixturevalue("mariadb")


@pytest.fixture
def mysql_url(mysql_server: MysqlServer) -> Iterator[str]:
    """An empty database on the session's server, dropped after the test."""
    url = mysql_server.create_database()
    yield url
    mysql_server.drop_database(url)


@pytest.fixture
def redis_url(redis_server: PrivateRedis) -> str:
    """The session's Redis, emptied."""
    redis_server.flushall()
    return redis_server.url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that is not there yet."""
    return f"sqlite+aiosqlite:///{tmp_path / 'khalifa.db'}"


def _keep_log_of_a_failure(server: PrivateServer, session: pytest.Session) -> None:
    if session.testsfailed:
        server.keep_log(_LOGS)
