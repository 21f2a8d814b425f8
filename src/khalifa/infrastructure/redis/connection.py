"""Connections to Redis that give up soon: nothing here is worth waiting long for."""

from collections.abc import Iterable

import redis
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisAway
from redis.retry import Retry

# In seconds. The database and the journal hold the truth, so being told "away"
# soon is better than an answer late.
CONNECT_TIMEOUT = 1.0
ANSWER_TIMEOUT = 5.0
# Once, at once: a connection kept from before a restart of the server is dead
# and does not know it yet. (redis-py 8 would try ten times by itself.)
RETRIES = 1


def open_redis(url: str) -> Redis:
    """Make a client for one event loop; it connects when it is first used."""
    client = Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_TIMEOUT,
        socket_timeout=ANSWER_TIMEOUT,
        retry=AsyncRetry(NoBackoff(), RETRIES),
    )
    # Which kind it is, TCP, TLS or a socket in the file system, the address says.
    kind = client.connection_pool.connection_class
    client.connection_pool.connection_class = type(kind.__name__, (_SaysAway, kind), {})
    return client


def open_blocking_redis(url: str) -> redis.Redis:
    """Make a client for threads; it connects when it is first used."""
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_TIMEOUT,
        socket_timeout=ANSWER_TIMEOUT,
        retry=Retry(NoBackoff(), RETRIES),
    )


class _SaysAway(AbstractConnection):
    """
    A connection that was cut a moment ago is away, as every other.

    uvloop lets nobody write to it, and says so in a RuntimeError, which redis-py
    hands on: neither would it be tried again, nor would who asked know what it was.
    https://github.com/MagicStack/uvloop/blob/master/uvloop/handles/handle.pyx
    """

    async def send_packed_command(
        self, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        try:
            await super().send_packed_command(command, check_health)
        except RuntimeError as closed:
            raise RedisAway("The connection was cut.") from closed
