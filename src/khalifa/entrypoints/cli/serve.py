"""`khalifa serve`: one server process."""

import asyncio
import os
from typing import Annotated

from cyclopts import Parameter

from khalifa.container import build_container
from khalifa.entrypoints.cli.leash import wear
from khalifa.entrypoints.cli.network import require_free
from khalifa.entrypoints.cli.opening import require_complete
from khalifa.entrypoints.cli.options import LeashFd, command
from khalifa.entrypoints.http import kept_port
from khalifa.entrypoints.http.server import run_server
from khalifa.settings import Settings, environment

app = command(
    "serve",
    more=(
        "Needs WHATSAPP_DRIVER, DATABASE_URL and REDIS_URL. Start as many as you want, each with a "
        "KHALIFA_DATA_DIR that outlives it: what came in and is not filed yet is kept there."
    ),
)


@app.default
def serve(
    *,
    host: Annotated[str | None, Parameter(help="The address to listen on: KHALIFA_HOST.")] = None,
    port: Annotated[int | None, Parameter(help="The port to listen on: KHALIFA_PORT.")] = None,
    leash: LeashFd = None,
) -> None:
    """Take in webhooks, and serve the desk and the API."""
    wear(leash)
    told = {"KHALIFA_HOST": host, "KHALIFA_PORT": port}
    given = {name: str(value) for name, value in told.items() if value is not None}
    settings = Settings.from_env(environment() | given)
    if leash is None:
        # Whoever holds the leash has seen to it.
        asyncio.run(require_complete(settings))
    kept = kept_port.take_back(os.environ, kept_port.name_of(settings.host, settings.port))
    if kept is None:
        require_free(settings.host, settings.port)
    container = build_container(settings)
    container.require_journal()
    container.configure_logging()
    run_server(container, settings, kept)
