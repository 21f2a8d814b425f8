"""Token buckets in Redis."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from khalifa.domain.pace import Borrowed, Cap, Steady
from khalifa.infrastructure.memory.pace import MemoryPace
from khalifa.infrastructure.redis.connection import open_redis
from khalifa.infrastructure.redis.pace import RedisPace
from khalifa.infrastructure.system_clock import SystemClock
from tests.contracts.pace import MINUTE, PaceContract, about, key, take
from tests.servers import PrivateRedis, eventually


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with open_redis(redis_url) as redis:
        yield redis


@pytest.fixture
def pace(redis: Redis) -> RedisPace:
    return RedisPace(redis, MemoryPace(SystemClock()))


class TestRedisPace(PaceContract):
    pass


async def test_tokens_come_back_with_the_time(pace: RedisPace) -> None:
    steady, borrowed, cap = Steady(key(), 0.1), Borrowed(key(), 0.1, 1, 0.0), Cap(key(), 1, 0.1)
    for limit in (steady, borrowed, cap):
        assert await take(pace, limit) == 0.0

        async def free(limit: Steady | Borrowed | Cap = limit) -> bool:
            return await take(pace, limit) == 0.0

        await eventually(free, within=5, what="a token")


async def test_nothing_is_kept_longer_than_it_says_anything(redis: Redis, pace: RedisPace) -> None:
    await redis.flushdb()
    await take(pace, Steady(key(), MINUTE), Borrowed(key(), MINUTE, 2, 1.0), Cap(key(), 1, MINUTE))
    await pace.slow_down(Steady(key(), 1.0), pause=1.0)

    lives = [await redis.pttl(name) for name in await redis.keys("*")]

    assert len(lives) == 5
    assert all(0 < life <= 11 * MINUTE * 1000 for life in lives)


async def test_while_redis_is_away_each_process_goes_on_slower(
    capsys: pytest.CaptureFixture[str],
) -> None:
    number, person, people = Steady(key(), MINUTE, 80), Borrowed(key(), MINUTE, 45, 6), 4
    with PrivateRedis() as server:
        async with open_redis(server.url) as redis:
            pace = RedisPace(redis, MemoryPace(SystemClock()))
            server.kill()

            assert await take(pace, number, person) == 0.0
            assert await take(pace, number) == about(2 * MINUTE)
            assert await take(pace, person) == about(MINUTE)
            assert [await take(pace, Cap("first", people, MINUTE)) for _ in range(3)] == [
                0.0,
                0.0,
                about(MINUTE),
            ]
            await pace.slow_down(number, pause=5 * MINUTE)
            [state] = await pace.look([number])
            assert state.left == 0
    assert capsys.readouterr().out.count("pace away") <= 1
