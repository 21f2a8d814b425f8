"""What `khalifa up` asks of ports and sockets."""

import errno
import http.client
import socket
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from khalifa.domain.errors import SettingError
from khalifa.entrypoints.cli.output import CommandFailed
from khalifa.settings import DEFAULT_PORT, MAX_PORT


def require_free(host: str, port: int) -> None:
    """
    Make sure that a server can listen at *host* and *port*.

    Raises:
        SettingError: *host* is not an address of this machine.
        CommandFailed: nothing can listen on *port* there.
    """
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for family, kind, protocol, _, address in addresses:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
    except OSError as error:
        match error.errno:
            case errno.EADDRINUSE:
                other = port + 1 if port < MAX_PORT else port - 1
                raise CommandFailed(
                    f"Port {port} is taken by another program. "
                    f"Stop that, or choose another port: --port {other}"
                ) from None
            case errno.EACCES:
                raise CommandFailed(
                    f"Only root may listen on port {port}. "
                    f"Choose one above 1023: --port {DEFAULT_PORT}"
                ) from None
            case _:
                raise SettingError(
                    f"{host} is not an address of this machine. Say --host 127.0.0.1 for "
                    f"this machine alone, or --host 0.0.0.0 for every address it has."
                ) from None


def answers_ping(path: Path) -> bool:
    """Say whether a Valkey or Redis answers at the socket *path*."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def is_ready(url: str) -> bool:
    """Say whether the server at *url* answers that it has all it needs."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
