"""Every revision goes up, down and up again, and may be killed on the way."""

import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from khalifa.application.ports.unit_of_work import DatabaseUnavailable
from khalifa.infrastructure.database import schema
from khalifa.infrastructure.database.comparison import belongs
from khalifa.infrastructure.database.engine import open_engine, prepare, with_driver
from khalifa.infrastructure.database.tables import metadata

FOUNDING_INDEXES = {
    "customers": ("idx_provider_id_ext", ["provider", "id_ext"]),
    "tickets": ("idx_provider_id_ext", ["provider", "id_ext"]),
    "messages": ("idx_provider", ["provider"]),
}


@pytest.fixture(params=["sqlite_url", "mysql_url"])
def url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


def connect(url: str) -> AbstractContextManager[sa.Connection]:
    engine = sa.create_engine(with_driver(url, asynchronous=False), poolclass=sa.NullPool)
    prepare(engine)
    return engine.begin()


def tables(url: str) -> set[str]:
    with connect(url) as connection:
        return set(sa.inspect(connection).get_table_names()) - {"alembic_version"}


def test_a_revisions_file_is_named_by_it_and_the_newest_is_the_head() -> None:
    scripts = ScriptDirectory(str(Path(schema.__file__).parent / "migrations"))

    assert schema.head() == scripts.get_current_head()
    for script in scripts.walk_revisions():
        assert Path(script.path).name.startswith(f"{script.revision}_")


def test_the_way_up_down_and_up_again(url: str) -> None:
    assert schema.current(url) is None

    schema.upgrade(url)
    assert schema.current(url) == schema.head()
    assert tables(url) == set(metadata.tables)

    schema.downgrade(url, "base")
    assert schema.current(url) is None
    assert tables(url) == set()

    schema.upgrade(url)
    assert schema.current(url) == schema.head()


def test_upgrading_again_changes_nothing(url: str) -> None:
    schema.upgrade(url)
    schema.upgrade(url)

    assert schema.current(url) == schema.head()


def test_the_schema_is_what_the_statements_are_written_for(url: str) -> None:
    schema.upgrade(url)

    with connect(url) as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": belongs(connection.dialect.name)}
        )
        assert compare_metadata(context, metadata) == []


def test_when_customers_last_wrote_is_read_from_their_messages(url: str) -> None:
    schema.upgrade(url, "0002")
    with connect(url) as connection:
        for statement in _AN_OLD_CONVERSATION:
            connection.execute(sa.text(statement))

    schema.upgrade(url)

    with connect(url) as connection:
        heard = connection.execute(sa.text("SELECT last_inbound_at FROM customers ORDER BY id"))
        found = [json.loads(text) if text else None for (text,) in heard]
    at = "2026-03-01T09:30:00+00:00"
    assert found == [{"cloud_api": at, "wppconnect": at}, None]


_INSERT_MESSAGE = (
    "INSERT INTO messages (ticket_id, customer_id, direction, sender_type, kind, status, provider, "
    "sent_at, received_at, number, position, stored_at, version) VALUES "
)
_AN_OLD_CONVERSATION = (
    (
        "INSERT INTO customers (id, provider, id_ext, created_at) VALUES "
        "(1, 'cloud_api', '1', '2026-01-01 00:00:00'), (2, 'cloud_api', '2', '2026-01-01 00:00:00')"
    ),
    (
        "INSERT INTO tickets "
        "(id, customer_id, provider, id_ext, status, unread, opened_at, version) "
        "VALUES (1, 1, 'cloud_api', '1', 'open', 0, '2026-01-01 00:00:00', 1), "
        "(2, 2, 'cloud_api', '2', 'open', 0, '2026-01-01 00:00:00', 1)"
    ),
    *(
        f"{_INSERT_MESSAGE} ({ticket}, {ticket}, '{direction}', 'customer', '{kind}', 'received', "
        f"'{provider}', '{at}', '{at}', 1, 0, '{at}', 1)"
        for ticket, direction, kind, provider, at in (
            (1, "in", "text", "cloud_api", "2026-02-01 09:30:00"),
            (1, "in", "image", "cloud_api", "2026-03-01 09:30:00"),
            (1, "in", "reaction", "cloud_api", "2026-04-01 09:30:00"),
            (1, "out", "text", "cloud_api", "2026-05-01 09:30:00"),
            (1, "in", "text", "wppconnect", "2026-03-01 09:30:00"),
            (2, "out", "text", "cloud_api", "2026-05-01 09:30:00"),
        )
    ),
)


def test_first_responses_of_closed_tickets_are_read_from_their_messages(url: str) -> None:
    schema.upgrade(url, "0021")
    with connect(url) as connection:
        for statement in _OLD_TICKETS:
            connection.execute(sa.text(statement))

    schema.upgrade(url)

    with connect(url) as connection:
        tickets = sa.table(
            "tickets",
            sa.column("id"),
            *(sa.column(name, sa.DateTime) for name in ("first_asked_at", "first_answered_at")),
        )
        rows = connection.execute(sa.select(tickets).order_by(tickets.c.id)).all()
    found = [tuple(at and at.minute for at in row[1:]) for row in rows]
    # The fourth is open.
    assert found == [(1, 3), (1, None), (None, None), (None, None)]


_OLD_TICKETS = (
    (
        "INSERT INTO customers (id, provider, id_ext, named_by_hand, created_at) "
        "VALUES (1, 'cloud_api', '1', false, '2026-01-01 00:00:00')"
    ),
    *(
        "INSERT INTO tickets "
        "(id, customer_id, provider, id_ext, status, unread, opened_at, version) "
        f"VALUES ({n}, 1, 'cloud_api', '1', '{status}', 0, '2026-01-01 00:00:00', 1)"
        for n, status in ((1, "closed"), (2, "closed"), (3, "closed"), (4, "open"))
    ),
    *(
        f"{_INSERT_MESSAGE} ({ticket}, 1, '{'in' if sender == 'customer' else 'out'}', '{sender}', "
        f"'text', 'sent', 'cloud_api', '2026-02-01 00:{sent}:00', '2026-02-01 00:{came}:00', "
        f"1, 0, '2026-02-01 00:{came}:00', 1)"
        for ticket, sender, sent, came in (
            (1, "agent", "00", "00"),
            (1, "customer", "01", "01"),
            # Said first, and fetched last.
            (1, "customer", "00", "06"),
            (1, "phone", "02", "02"),
            (1, "agent", "03", "03"),
            (1, "agent", "05", "05"),
            (2, "customer", "01", "01"),
            (2, "system", "02", "02"),
            (3, "agent", "01", "01"),
            (4, "customer", "01", "01"),
            (4, "agent", "02", "02"),
        )
    ),
)


def test_the_founding_designs_indexes_are_there_under_their_names(url: str) -> None:
    schema.upgrade(url)

    with connect(url) as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        for table, (name, columns) in FOUNDING_INDEXES.items():
            indexes = {
                index["name"]: index["column_names"]
                for index in sa.inspect(connection).get_indexes(table)
            }
            assert indexes[f"{table}_{name}" if is_sqlite else name] == columns


@pytest.mark.parametrize("steps", [1, 2, 3, 10, 20, 30])
def test_an_upgrade_killed_half_way_is_finished_by_the_next(
    url: str, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_after(steps, monkeypatch)
    with pytest.raises(Killed):
        schema.upgrade(url)
    monkeypatch.undo()

    schema.upgrade(url)

    with connect(url) as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": belongs(connection.dialect.name)}
        )
        assert compare_metadata(context, metadata) == []


def test_an_upgrade_killed_before_it_was_recorded_is_finished_by_the_next(url: str) -> None:
    schema.upgrade(url)
    with connect(url) as connection:
        connection.execute(sa.text("DELETE FROM alembic_version"))

    schema.upgrade(url)

    assert schema.current(url) == schema.head()


@pytest.mark.parametrize("steps", [1, 5, 12])
def test_a_downgrade_killed_half_way_is_finished_by_the_next(
    url: str, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema.upgrade(url)
    die_after(steps, monkeypatch)
    with pytest.raises(Killed):
        schema.downgrade(url, "base")
    monkeypatch.undo()

    schema.downgrade(url, "base")

    assert tables(url) == set()


def test_a_schema_newer_than_the_code_is_left_alone(url: str) -> None:
    schema.upgrade(url)
    with connect(url) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    for change in (schema.upgrade, lambda url: schema.downgrade(url, "base")):
        with pytest.raises(schema.SchemaTooNew, match="9999"):
            change(url)

    assert schema.current(url) == "9999"
    assert tables(url) == set(metadata.tables)


def test_many_who_upgrade_at_the_same_time_do_not_meet(url: str) -> None:
    failures: list[BaseException] = []

    def upgrade() -> None:
        try:
            schema.upgrade(url)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert schema.current(url) == schema.head()


def test_a_new_file_that_another_is_writing_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "new.db"
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    with closing(other):
        other.execute("BEGIN IMMEDIATE")
        done = threading.Timer(0.3, other.execute, ["COMMIT"])
        done.start()
        schema.upgrade(f"sqlite+aiosqlite:///{file}")
        done.join()

    assert schema.current(f"sqlite+aiosqlite:///{file}") == schema.head()


def test_an_upgrade_waits_no_longer_than_it_says_for_another(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "LOCK_SECONDS", 0)

    with schema._locked(url), pytest.raises(DatabaseUnavailable):
        schema.upgrade(url)


async def test_the_check_says_what_is_wrong_with_the_schema(url: str) -> None:
    engine = open_engine(url)
    assert "khalifa db upgrade" in (await schema.ping(engine) or "")

    schema.upgrade(url)
    assert await schema.ping(engine) is None

    with connect(url) as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    assert "newer" in (await schema.ping(engine) or "")
    await engine.dispose()


def test_a_database_that_is_away_is_said_to_be_so() -> None:
    with pytest.raises(DatabaseUnavailable):
        schema.upgrade("mysql://nobody:a-password@127.0.0.1:1/khalifa")


class Killed(BaseException):
    """Stands for a process that ends between two steps."""


def die_after(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let that many changes of the schema happen, then no more."""
    left = steps

    def mortal(change: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **options: object) -> object:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            return change(*args, **options)

        return run

    steps_of_ours = ("create_table", "create_index", "add_column", "drop_table", "drop_column")
    for name in (*steps_of_ours, "drop_index"):
        monkeypatch.setattr(op, name, mortal(getattr(op, name)))
