"""Connections to Redis that give up soon: nothing here is worth waiting long for."""

import redis
from redis.asyncio import Redis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
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
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_TIMEOUT,
        socket_timeout=ANSWER_TIMEOUT,
        retry=AsyncRetry(NoBackoff(), RETRIES),
    )


def open_blocking_redis(url: str) -> redis.Redis:
    """Make a client for threads; it connects when it is first used."""
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_TIMEOUT,
        socket_timeout=ANSWER_TIMEOUT,
        retry=Retry(NoBackoff(), RETRIES),
    )
