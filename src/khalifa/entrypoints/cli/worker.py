"""`khalifa worker`: one worker process, or one of each kind."""

import asyncio
import os
import signal
from enum import StrEnum
from typing import Annotated

from cyclopts import Parameter

from khalifa.container import build_container
from khalifa.entrypoints.cli.leash import wear
from khalifa.entrypoints.cli.opening import require_complete
from khalifa.entrypoints.cli.options import LeashFd, command
from khalifa.entrypoints.cli.output import note
from khalifa.entrypoints.cli.supervisor import Child, Supervisor, this_python
from khalifa.entrypoints.worker.main import Role, run_worker
from khalifa.settings import Settings, environment

# In seconds: a job in hand is finished or handed back within this.
PATIENCE = 10.0

app = command(
    "worker",
    more=(
        "Needs WHATSAPP_DRIVER, DATABASE_URL and REDIS_URL. Start as many as you want, on as many "
        "machines as you want."
    ),
)


class Kind(StrEnum):
    """What a worker does."""

    INTAKE = Role.INTAKE.value
    DELIVERY = Role.DELIVERY.value
    ALL = "all"


@app.default
def worker(
    kind: Annotated[
        Kind, Parameter(help="File what came in, deliver what goes out, or a process for each.")
    ] = Kind.ALL,
    /,
    *,
    leash: LeashFd = None,
) -> None:
    """File what came in, and deliver what goes out."""
    wear(leash)
    settings = Settings.from_env(environment())
    if leash is None:
        # Whoever holds the leash has seen to it.
        asyncio.run(require_complete(settings))
    if kind is Kind.ALL:
        asyncio.run(_one_of_each())
    else:
        container = build_container(settings)
        container.configure_logging()
        run_worker(container, Role(kind))


async def _one_of_each() -> None:
    """Keep a process of each kind alive until asked to end."""
    asked_to_end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked_to_end.set)
    async with Supervisor(say=note) as supervisor:
        await supervisor.keep(
            *(
                Child(
                    name=f"{role} worker",
                    command=this_python("worker", role, "--leash", "{leash}"),
                    env=os.environ,
                    patience=PATIENCE,
                )
                for role in Role
            )
        )
        await asked_to_end.wait()
