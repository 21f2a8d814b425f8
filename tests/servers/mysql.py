"""Servers that speak MySQL's protocol: private ones, and one that somebody else started."""

import fcntl
import hashlib
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pymysql
from sqlalchemy.engine import URL, make_url

from tests.servers.private import PrivateServer, installed
from tests.servers.processes import ProcessFailed

_BUILD = Path(__file__).resolve().parents[2] / "build"
_LOCK_WAIT = 5

# The servers refuse to run as root unless told that this is meant.
_AS_ROOT = ["--user=root"] if os.geteuid() == 0 else []

_DURABLE = ["--innodb-flush-log-at-trx-commit=1"]
_FAST = ["--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0"]


class MysqlServer:
    """A running server, and a user who may make databases there."""

    def __init__(self, host: str, port: int, user: str, password: str) -> None:
        self._access = URL.create(
            "mysql+aiomysql", username=user, password=password, host=host, port=port
        )

    @classmethod
    def at(cls, url: str) -> "MysqlServer":
        """Use a server that someone else started: ``mysql+aiomysql://user:password@host:port``."""
        access = make_url(url)
        return MysqlServer(
            access.host or "127.0.0.1",
            access.port or 3306,
            access.username or "root",
            str(access.password or ""),
        )

    def url(self, database: str) -> str:
        return self._access.set(database=database).render_as_string(hide_password=False)

    def create_database(self) -> str:
        """Create an empty database of a name that nobody has, ``utf8mb4_bin``; return its URL."""
        name = f"khalifa_{secrets.token_hex(8)}"
        self.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """
        Drop a database by the URL that ``create_database`` returned.

        Raises:
            pymysql.err.OperationalError: A transaction in it was left open.
        """
        self.execute(
            f"SET SESSION lock_wait_timeout = {_LOCK_WAIT}",
            f"DROP DATABASE {make_url(url).database}",
        )

    def execute(self, *statements: str) -> list[tuple[object, ...]]:
        """Run statements outside of any database; return the rows of the last."""
        rows: list[tuple[object, ...]] = []
        with (
            pymysql.connect(
                host=self._access.host,
                port=self._access.port,
                user=self._access.username,
                password=str(self._access.password),
                autocommit=True,
                connect_timeout=_LOCK_WAIT,
            ) as connection,
            connection.cursor() as cursor,
        ):
            for statement in statements:
                cursor.execute(statement)
                rows = list(cursor.fetchall())
        return rows


class _Private(PrivateServer, MysqlServer):
    """The only account is a user with a random password, by TCP on the loopback address."""

    def __init__(self) -> None:
        PrivateServer.__init__(self)
        self._password = secrets.token_hex(16)
        MysqlServer.__init__(self, "127.0.0.1", self.port, "khalifa", self._password)

    def _settings(self, *accounts: str) -> list[str]:
        init_file = self.folder / "accounts.sql"
        init_file.write_text(
            f"CREATE USER IF NOT EXISTS khalifa@'%' IDENTIFIED BY '{self._password}';\n"
            "GRANT ALL ON *.* TO khalifa@'%' WITH GRANT OPTION;\n"
            + "".join(f"{statement};\n" for statement in accounts)
        )
        (self.folder / "tmp").mkdir()
        return [
            *_AS_ROOT,
            f"--datadir={self.folder / 'data'}",
            f"--tmpdir={self.folder / 'tmp'}",
            f"--socket={self.folder / 'socket'}",
            f"--pid-file={self.folder / 'pid'}",
            f"--init-file={init_file}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
            "--max-connections=300",
        ]

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except pymysql.err.OperationalError:
            return False
        return True


class PrivateMariaDB(_Private):
    """
    A MariaDB of one's own.

    With ``durable`` a commit is on the disk when it is answered, as in
    production; without, it is faster, and ``kill`` loses committed rows.
    ``options`` are passed to the server as they are.
    """

    name = "mariadb"

    def __init__(self, *, durable: bool = False, options: Sequence[str] = ()) -> None:
        super().__init__()
        self._options = [*(_DURABLE if durable else _FAST), *options]

    def _prepare(self) -> Sequence[str]:
        shutil.copytree(_mariadb_template(), self.folder / "data")
        # install-db makes a root for every name of the machine.
        no_root = ["DELETE FROM mysql.global_priv WHERE User = 'root'", "FLUSH PRIVILEGES"]
        return [
            installed("mariadbd", "mysqld"),
            "--no-defaults",
            *self._settings(*no_root),
            *self._options,
        ]


class PrivateMySQL(_Private):
    """
    A real MySQL of one's own, run from the folder where its packages were unpacked.

    ``home`` is what scripts/unpack-mysql.sh fills. The packages bring their
    own C library, so the server is started through their own loader.
    """

    name = "mysql"

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._home = home

    def _prepare(self) -> Sequence[str]:
        share = self._home / "usr/share/mysql"
        command = [
            *_with_own_libraries(self._home),
            str(self._home / "usr/sbin/mysqld"),
            "--no-defaults",
            f"--basedir={self._home / 'usr'}",
            f"--lc-messages-dir={share}",
            f"--character-sets-dir={share / 'charsets'}",
            "--secure-file-priv=",
            "--mysqlx=OFF",
            *_AS_ROOT,
        ]
        data = self.folder / "data"
        _made([*command, "--initialize-insecure", f"--datadir={data}"], logs=data)
        return [*command, *self._settings("DROP USER IF EXISTS root@localhost"), *_FAST]


def _with_own_libraries(home: Path) -> list[str]:
    loader = next(home.glob("usr/lib*/**/ld-linux-*.so.*"))
    folders = {library.parent for library in home.glob("usr/lib/**/*.so*")}
    return [str(loader), "--library-path", ":".join(str(folder) for folder in sorted(folders))]


def _mariadb_template() -> Path:
    """
    Return a fresh data folder to copy, made once for each version of the server.

    Copying takes a twentieth of the time. The folder gets its name when it is
    whole, so a second run beside this one sees all of it or nothing.
    """
    install = [
        installed("mariadb-install-db", "mysql_install_db"),
        "--no-defaults",
        *_AS_ROOT,
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        # A small redo log copies fast; the server grows it as it starts.
        "--innodb-log-file-size=8M",
    ]
    version = subprocess.check_output([installed("mariadbd", "mysqld"), "--version"], text=True)
    made_of = hashlib.sha256("\n".join([version, *install]).encode()).hexdigest()[:16]
    template = _BUILD / f"mariadb-{made_of}"
    if template.exists():
        return template
    _BUILD.mkdir(exist_ok=True)
    with (_BUILD / "mariadb.lock").open("w") as lock:
        # Whoever else wants one waits for this one: several at once have been seen to fail.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.exists():
            _make(template, install)
    return template


def _make(template: Path, install: Sequence[str]) -> None:
    unfinished = Path(tempfile.mkdtemp(prefix="mariadb-unfinished-", dir=_BUILD))
    try:
        _made([*install, f"--datadir={unfinished}"], logs=unfinished)
        unfinished.rename(template)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _made(command: Sequence[str], *, logs: Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = "".join(log.read_text(errors="replace") for log in logs.glob("*.err"))
        raise ProcessFailed(f"{command[0]} failed\n{done.stdout}{done.stderr}{said}")
