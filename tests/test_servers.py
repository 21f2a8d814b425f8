"""The private servers and child processes that the other tests stand on."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from khalifa import __version__
from tests.servers import (
    KHALIFA,
    ForkedProcess,
    MysqlServer,
    PrivateMariaDB,
    PrivateRedis,
    Process,
    ProcessFailed,
    eventually,
    free_port,
)

GREETING = "أهلاً 😀"


@asynccontextmanager
async def engine_of(url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(url)
    try:
        yield engine
    finally:
        await engine.dispose()


async def write_greetings(engine: AsyncEngine, count: int) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE greetings (id INT PRIMARY KEY, words TEXT)"))
    for number in range(count):
        async with engine.begin() as connection:
            await connection.execute(
                text("INSERT INTO greetings VALUES (:id, :words)"),
                {"id": number, "words": GREETING},
            )


async def greetings(url: str) -> list[str]:
    async with engine_of(url) as engine, engine.connect() as connection:
        return list(await connection.scalars(text("SELECT words FROM greetings")))


@pytest.fixture(scope="module")
def durable() -> Iterator[PrivateMariaDB]:
    with PrivateMariaDB(durable=True) as server:
        yield server


class TestMariaDB:
    async def test_a_fresh_database_takes_arabic_and_emoji_through_sqlalchemy(
        self, mysql_url: str
    ) -> None:
        async with engine_of(mysql_url) as engine:
            await write_greetings(engine, 1)

        assert await greetings(mysql_url) == [GREETING]

    async def test_databases_are_empty_and_compare_by_code_point(
        self, mariadb: MysqlServer
    ) -> None:
        first, second = mariadb.create_database(), mariadb.create_database()

        assert first != second
        async with engine_of(second) as engine, engine.connect() as connection:
            assert not list(await connection.execute(text("SHOW TABLES")))
            assert await connection.scalar(text("SELECT @@collation_database")) == "utf8mb4_bin"

        mariadb.drop_database(first)
        mariadb.drop_database(second)

    async def test_committed_rows_survive_kill_9_of_a_durable_server(
        self, durable: PrivateMariaDB
    ) -> None:
        url = durable.create_database()
        async with engine_of(url) as engine:
            await write_greetings(engine, 50)
            durable.kill()
        durable.start()

        assert len(await greetings(url)) == 50

    async def test_a_restart_keeps_address_and_rows(self, durable: PrivateMariaDB) -> None:
        url = durable.create_database()
        async with engine_of(url) as engine:
            await write_greetings(engine, 1)
        durable.restart()

        assert await greetings(url) == [GREETING]

    def test_nobody_gets_in_without_the_password(self, durable: PrivateMariaDB) -> None:
        names = {row[0] for row in durable.execute("SELECT User FROM mysql.user")}

        assert names == {"khalifa", "mariadb.sys"}

    def test_the_folder_goes_with_the_server(self) -> None:
        with PrivateMariaDB() as server:
            pid = server.process.pid

        assert not server.folder.exists()
        assert not is_alive(pid)

    def test_a_server_that_cannot_start_shows_its_last_words(self) -> None:
        with pytest.raises(ProcessFailed, match="no-such-option"):
            PrivateMariaDB(options=["--no-such-option"]).__enter__()

    async def test_a_frozen_server_answers_nothing_until_thawed(
        self, durable: PrivateMariaDB
    ) -> None:
        url = durable.create_database()
        async with engine_of(url) as engine:
            await write_greetings(engine, 1)
        durable.freeze()
        answer = asyncio.create_task(greetings(url))

        done, _ = await asyncio.wait({answer}, timeout=0.3)
        assert not done

        durable.thaw()
        assert await answer == [GREETING]


class TestRedis:
    async def test_every_test_finds_it_empty(
        self, redis_server: PrivateRedis, redis_url: str
    ) -> None:
        async with Redis.from_url(redis_url) as client:
            await client.set("greeting", GREETING)
            redis_server.flushall()

            assert await client.dbsize() == 0

    @pytest.mark.parametrize(("durable", "left"), [(True, GREETING.encode()), (False, None)])
    async def test_kill_9_loses_what_was_not_asked_to_be_kept(
        self, *, durable: bool, left: bytes | None
    ) -> None:
        with PrivateRedis(durable=durable) as server:
            async with Redis.from_url(server.url) as client:
                await client.set("greeting", GREETING)
            server.kill()
            server.start()

            async with Redis.from_url(server.url) as client:
                assert await client.get("greeting") == left

    async def test_where_there_is_no_redis_valkey_stands_in(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with PrivateRedis() as server:
            async with Redis.from_url(server.url) as client:
                assert (await client.info("server"))["server_name"] == "valkey"


class TestProcess:
    async def test_a_line_is_waited_for_and_the_exit_code_told(self, tmp_path: Path) -> None:
        ready = "import sys; print('ready on 80'); print('worse', file=sys.stderr); sys.exit(3)"
        with Process.python("-c", ready, log=tmp_path / "log") as process:
            assert await process.wait_for_line("ready") == "ready on 80"
            assert await process.wait() == 3
        assert process.output() == "ready on 80\nworse\n"

    async def test_a_url_is_waited_for(self, tmp_path: Path) -> None:
        port = free_port()
        command = ("-m", "http.server", str(port), "--bind", "127.0.0.1")
        async with Process.python(*command, cwd=tmp_path, log=tmp_path / "log") as process:
            await process.wait_for_url(f"http://127.0.0.1:{port}/")
            with pytest.raises(ProcessFailed, match="answered 204"):
                await process.wait_for_url(f"http://127.0.0.1:{port}/", status=204, within=0.1)

    async def test_a_process_that_ended_is_not_waited_for(self, tmp_path: Path) -> None:
        with Process.python("-c", "print('my last words')", log=tmp_path / "log") as process:
            with pytest.raises(ProcessFailed, match="my last words"):
                await process.wait_for_line("never printed", within=60)
            with pytest.raises(ProcessFailed, match="ended before"):
                await process.wait_for_url("http://127.0.0.1:1/", within=60)

    async def test_terminate_kill_and_start_again(self, tmp_path: Path) -> None:
        patient = "import time; print('up', flush=True); time.sleep(600)"
        with Process.python("-c", patient, log=tmp_path / "log") as process:
            await process.wait_for_line("up")
            assert await process.terminate() == -signal.SIGTERM
            process.start()
            await process.wait_for_line("up")
            process.kill()
            assert process.exit_code == -signal.SIGKILL

    async def test_a_deaf_process_is_killed_when_the_time_is_over(self, tmp_path: Path) -> None:
        with Process("sh", "-c", "trap '' TERM; echo up; sleep 600", log=tmp_path / "log") as deaf:
            await deaf.wait_for_line("up")
            with pytest.raises(ProcessFailed, match="not within"):
                await deaf.terminate(within=0.1)
            deaf.stop(within=0.1)
            assert deaf.exit_code == -signal.SIGKILL

    async def test_children_of_the_process_go_with_it(self, tmp_path: Path) -> None:
        with Process("sh", "-c", "sleep 600 & echo child $!; wait", log=tmp_path / "log") as parent:
            child = int((await parent.wait_for_line("child")).split()[1])
            assert is_alive(child)

        await eventually(lambda: not is_alive(child), what="the child is gone")

    async def test_the_servers_of_a_killed_test_run_do_not_outlive_it(self, tmp_path: Path) -> None:
        run = (
            "from tests.servers import PrivateRedis; import time; server = PrivateRedis().start();"
            "print('server', server.process.pid, server.folder, flush=True); time.sleep(600)"
        )
        here = Path(__file__).parent.parent
        with Process.python("-c", run, cwd=here, log=tmp_path / "log") as test_run:
            _, pid, folder = (await test_run.wait_for_line("server")).split()
            test_run.kill()
            await eventually(lambda: not is_alive(int(pid)), what="the server is gone")
        shutil.rmtree(folder)

    async def test_the_developers_shell_decides_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WHATSAPP_DRIVER", "cloud_api")
        with Process("env", env={"MINE": "1"}, log=tmp_path / "log") as process:
            await process.wait()

        assert "MINE=1" in process.output()
        assert "WHATSAPP_DRIVER" not in process.output()

    async def test_what_never_comes_is_told_by_name(self) -> None:
        with pytest.raises(TimeoutError, match="a miracle"):
            await eventually(lambda: None, within=0.05, what="a miracle")


class TestForkedProcess:
    async def test_it_is_the_command_in_a_process_of_its_own(self, tmp_path: Path) -> None:
        log = tmp_path / "log"
        with ForkedProcess(KHALIFA, "--version", env={"MINE": "1"}, log=log) as process:
            assert process.pid != os.getpid()
            assert await process.wait() == 0
        assert process.output() == f"{__version__}\n"

    async def test_it_is_killed_started_again_and_leaves_nothing(self, tmp_path: Path) -> None:
        env = {
            "WHATSAPP_DRIVER": "sandbox",
            "SANDBOX_SECRET": "secret-of-the-tests",
            "DATABASE_URL": "mysql://nobody@127.0.0.1:1/khalifa",
            "REDIS_URL": "redis://127.0.0.1:1",
        }
        worker = ("worker", "delivery")
        with ForkedProcess(
            KHALIFA, *worker, env=env, cwd=tmp_path, log=tmp_path / "log"
        ) as process:
            for _ in range(2):
                await process.wait_for_line("worker started")
                process.kill()
                assert process.exit_code == -signal.SIGKILL
                process.start()
        assert not is_alive(process.pid)


def is_alive(pid: int) -> bool:
    """Tell a running process from one that is gone, or dead and not yet collected."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
