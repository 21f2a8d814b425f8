"""The pairing codes in Redis."""

from collections.abc import AsyncIterator, Iterator

import pytest

from khalifa.application.ports.pairing_codes import LASTS, WANTED_FOR
from khalifa.infrastructure.redis.connection import open_redis
from khalifa.infrastructure.redis.pairing_codes import RedisPairingCodes
from tests.builders import PROVIDER
from tests.contracts.pairing_codes import CODE, PHONE, GoAway, PairingCodesContract
from tests.servers import PrivateRedis


class TestRedisPairingCodes(PairingCodesContract):
    @pytest.fixture
    def server(self) -> Iterator[PrivateRedis]:
        with PrivateRedis() as server:
            yield server

    @pytest.fixture
    async def codes(self, server: PrivateRedis) -> AsyncIterator[RedisPairingCodes]:
        async with open_redis(server.url) as redis:
            yield RedisPairingCodes(redis)

    @pytest.fixture
    def go_away(self, server: PrivateRedis) -> GoAway:
        async def go_away() -> None:
            server.kill()

        return go_away


async def test_what_was_kept_expires_by_itself(redis_url: str) -> None:
    async with open_redis(redis_url) as redis:
        codes = RedisPairingCodes(redis)
        await codes.want(PROVIDER, PHONE)
        await codes.show(PROVIDER, CODE)

        assert 0 < await redis.ttl(f"khalifa:pairing:{PROVIDER}") <= WANTED_FOR.total_seconds()
        kept_for = await redis.ttl(f"khalifa:pairing:{PROVIDER}:code")
        assert 0 < kept_for <= LASTS.total_seconds() + 1


async def test_what_another_version_wrote_is_unknown(redis_url: str) -> None:
    async with open_redis(redis_url) as redis:
        await redis.set(f"khalifa:pairing:{PROVIDER}", b"mona")
        await redis.set(f"khalifa:pairing:{PROVIDER}:code", b"{}")
        codes = RedisPairingCodes(redis)

        assert (await codes.wanted(PROVIDER), await codes.shown(PROVIDER)) == (None, None)
