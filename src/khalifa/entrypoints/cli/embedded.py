"""The data folder of `khalifa up`: what is where in it, and who is using it."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_hex
from time import monotonic, sleep
from typing import Self

from khalifa.domain.errors import SettingError
from khalifa.entrypoints.cli.output import CommandFailed, note
from khalifa.settings import environment

DEFAULT_DATA_DIR = ".khalifa"

# Of the folder where Valkey's socket is: it has a short path, and goes with the `up` that made it.
RUNTIME_PREFIX = "khalifa-up-"

# In seconds: what an `up` that was killed left behind ends by itself.
LEFTOVERS_END_WITHIN = 15.0


@dataclass(frozen=True, slots=True)
class Running:
    """The `up` that uses a folder now. ``pids`` are its children's, by name."""

    pid: int
    host: str
    port: int
    internal_url: str
    redis_url: str
    pids: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Everything that an embedded khalifa keeps, in one folder that can be copied and moved."""

    path: Path

    @classmethod
    def meant(cls, data: Path | None, env: Mapping[str, str]) -> Self:
        """
        Return the folder that *data* names, else KHALIFA_DATA_DIR, else the usual one.

        Raises:
            SettingError: its path cannot be written in a database's address.
        """
        named = data or Path(env.get("KHALIFA_DATA_DIR") or DEFAULT_DATA_DIR)
        if "?" in str(named):
            raise SettingError(f"There is a question mark in {named}. Choose another data folder.")
        return cls(named.expanduser().absolute())

    @property
    def database(self) -> Path:
        return self.path / "khalifa.db"

    @property
    def valkey(self) -> Path:
        return self.path / "valkey"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def admin_password(self) -> Path:
        """Where the first administrator's password stands until it is changed."""
        return self.path / "admin-password"

    @property
    def database_url(self) -> str:
        return f"sqlite+aiosqlite:///{self.database}"

    @property
    def _lock(self) -> Path:
        return self.path / "up.lock"

    @property
    def _state(self) -> Path:
        return self.path / "up.json"

    def make(self) -> None:
        """Make the folder and those in it, where they are missing; for their owner alone."""
        for part in (self.path, self.valkey, self.logs):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)

    def secret(self, file: Path, new: Callable[[], str]) -> str:
        """Return what *file* holds; if it is not there, a *new* one that it holds from now on."""
        try:
            return file.read_text().strip()
        except FileNotFoundError:
            secret = new()
        draft = file.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(f"{secret}\n")
        draft.replace(file)
        return secret

    @contextmanager
    def claimed(self) -> Iterator[int]:
        """
        Hold the folder for one `up`; yield the lock, which its children must inherit.

        So the folder is free again when the last of them is gone, and not
        before: a killed `up` has children for some seconds more.

        Raises:
            CommandFailed: another `up` holds it.
        """
        lock = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._wait_for(lock)
            self._sweep()
            os.ftruncate(lock, 0)
            os.pwrite(lock, str(os.getpid()).encode(), 0)
            yield lock
            self._state.unlink(missing_ok=True)
        finally:
            os.close(lock)

    def tell(self, running: Running) -> None:
        """Write down how this `up` is reached, for the other commands."""
        draft = self._state.with_suffix(".new")
        draft.write_text(json.dumps(asdict(running)))
        draft.replace(self._state)

    def running(self) -> Running | None:
        """Return the `up` that uses this folder now, None when there is none."""
        last = self._last()
        return last if last and _is_alive(last.pid) and self._is_locked() else None

    def environment(self) -> dict[str, str]:
        """Return the settings of a process that works on this folder, beside `up` or without it."""
        running = self.running()
        found = {
            "DATABASE_URL": self.database_url,
            "KHALIFA_DATA_DIR": str(self.path),
            "SANDBOX_SECRET": self.secret(self.path / "sandbox-secret", token_hex),
            # Nobody listens here: what must be told to screens waits in the database.
            "REDIS_URL": f"unix://{self.valkey}/not-running.sock",
        }
        if running is not None:
            found |= {
                "REDIS_URL": running.redis_url,
                "KHALIFA_HOST": running.host,
                "KHALIFA_PORT": str(running.port),
                "KHALIFA_INTERNAL_URL": running.internal_url,
            }
        return found

    def _last(self) -> Running | None:
        with suppress(OSError, ValueError, TypeError):
            return Running(**json.loads(self._state.read_text()))
        return None

    def _is_locked(self) -> bool:
        lock = os.open(self._lock, os.O_RDONLY)
        try:
            return not _try_lock(lock)
        finally:
            os.close(lock)

    def _sweep(self) -> None:
        """Remove the runtime folder of an `up` that was killed."""
        last = self._last()
        if last is not None:
            runtime = Path(last.redis_url.removeprefix("unix://")).parent
            if runtime.name.startswith(RUNTIME_PREFIX):
                shutil.rmtree(runtime, ignore_errors=True)

    def _wait_for(self, lock: int) -> None:
        give_up_at = monotonic() + LEFTOVERS_END_WITHIN
        told = False
        while not _try_lock(lock):
            holder = os.pread(lock, 20, 0).decode()
            if not holder.isdigit() or _is_alive(int(holder)) or monotonic() > give_up_at:
                raise CommandFailed(
                    f"Another khalifa up (pid {holder or 'not known yet'}) is using {self.path}. "
                    f"Stop it first, or give this one a folder of its own with --data."
                )
            if not told:
                note("The last khalifa up was killed; waiting for the end of what it left behind.")
                told = True
            sleep(0.05)


def find_data_folder(data: Path | None, env: Mapping[str, str]) -> DataFolder | None:
    """
    Return the folder of `khalifa up` that a command is meant for; None means DATABASE_URL.

    Raises:
        SettingError: *data* is no such folder, or there is neither.
    """
    folder = DataFolder.meant(data, env)
    if data is not None:
        if not folder.database.exists():
            raise SettingError(
                f"There is no khalifa.db in {folder.path}. `khalifa up --data {data}` makes one."
            )
        return folder
    if env.get("DATABASE_URL", "").strip():
        return None
    if not folder.database.exists():
        raise SettingError(
            f"DATABASE_URL is not set, and there is no khalifa.db in {folder.path}. "
            f"Set it, for example mysql://khalifa:PASSWORD@127.0.0.1:3306/khalifa, "
            f"or name the folder of a `khalifa up` with --data."
        )
    return folder


def environment_for(data: Path | None) -> tuple[dict[str, str], DataFolder | None]:
    """
    Return the environment of a command that works beside the servers, and its data folder.

    Raises:
        SettingError: as `find_data_folder`.
    """
    env = environment()
    folder = find_data_folder(data, env)
    if folder is not None:
        note(f"Working on {folder.path}.")
        env |= folder.environment()
        env["WHATSAPP_DRIVER"] = env.get("WHATSAPP_DRIVER", "").strip() or "sandbox"
    return env, folder


def _try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
