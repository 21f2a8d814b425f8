"""The server process: uvicorn, told how."""

import os
import socket as sockets
from contextlib import suppress

import uvicorn
from litestar import Litestar

from khalifa.container import Container
from khalifa.entrypoints.http import kept_port
from khalifa.entrypoints.http.app import create_app
from khalifa.entrypoints.start import set_start_aside
from khalifa.settings import Settings

# Seconds. A stop leaves 10 in all: what is being answered gets most of them.
GRACE = 8
KEEP_ALIVE = 30
PING_EVERY = 20.0
PING_PATIENCE = 20.0
# A live connection only listens to us: what its client says is dropped.
MAX_SOCKET_MESSAGE = 1024
MAX_CONNECTIONS = 4000
BACKLOG = 2048


def run_server(
    container: Container, settings: Settings, kept: sockets.socket | None = None
) -> None:
    """
    Serve until SIGTERM or SIGINT, then finish what is being answered, within 10 seconds.

    *kept* is the port, where the process before left it open.

    Raises:
        OSError: the port cannot be had; nothing was started.
        SystemExit: the application could not be started.
    """
    listening = kept or open_port(settings.host, settings.port)
    kept_port.keep(os.environ, kept_port.name_of(settings.host, settings.port), listening)
    server = make_server(create_app(container))
    set_start_aside()
    with listening, suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
    if not server.started:
        raise SystemExit(1)


def open_port(host: str, port: int) -> sockets.socket:
    """Return a socket that listens at *host* and *port*; 0 is any free one."""
    family = sockets.AF_INET6 if ":" in host else sockets.AF_INET
    listening = sockets.socket(family, sockets.SOCK_STREAM)
    try:
        listening.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    return listening


def make_server(app: Litestar) -> uvicorn.Server:
    """Return a server of *app* that listens nowhere yet."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        # One line per request is written by the application, with what it knows.
        access_log=False,
        log_config=None,
        server_header=False,
        backlog=BACKLOG,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
        ws_max_size=MAX_SOCKET_MESSAGE,
        ws_max_queue=4,
        ws_ping_interval=PING_EVERY,
        ws_ping_timeout=PING_PATIENCE,
        ws_per_message_deflate=False,
    )
    return uvicorn.Server(config)
