"""What a cache of provider statuses promises, and what it does when it is away."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from khalifa.application.ports.messaging import ConnectionStatus
from khalifa.application.ports.status_cache import StatusCache
from tests.builders import NOW, OTHER_PROVIDER, PROVIDER

UP = ConnectionStatus(connected=True, state="connected", phone="201000000000", detail=None)
DOWN = ConnectionStatus(
    connected=False,
    state="qr",
    phone=None,
    detail="Scan the code: khalifa provider pair 📱",
    detail_ar="امسح الرمز: khalifa provider pair",
    needs_person=True,
)

GoAway = Callable[[], Awaitable[None]]


class StatusCacheContract:
    """Wants ``cache``: empty; and ``go_away``, which makes it unreachable."""

    async def test_a_status_comes_back_as_it_was_seen(self, cache: StatusCache) -> None:
        await cache.put(PROVIDER, UP, at=NOW)
        await cache.put(OTHER_PROVIDER, DOWN, at=NOW + timedelta(microseconds=1))

        assert await cache.get(PROVIDER) == (UP, NOW)
        assert await cache.get(OTHER_PROVIDER) == (DOWN, NOW + timedelta(microseconds=1))

    async def test_when_it_was_last_proven_comes_back_too(self, cache: StatusCache) -> None:
        await cache.put(PROVIDER, replace(UP, last_proven_at=NOW), at=NOW)

        seen = await cache.get(PROVIDER)

        assert seen is not None
        assert seen[0].last_proven_at == NOW
        assert seen[0] == UP

    async def test_what_was_put_last_is_what_is_known(self, cache: StatusCache) -> None:
        await cache.put(PROVIDER, UP, at=NOW)
        await cache.put(PROVIDER, DOWN, at=NOW)

        assert await cache.get(PROVIDER) == (DOWN, NOW)

    async def test_of_a_provider_never_seen_nothing_is_known(self, cache: StatusCache) -> None:
        await cache.put(PROVIDER, UP, at=NOW)

        assert await cache.get(OTHER_PROVIDER) is None

    async def test_a_cache_that_is_away_knows_nothing_and_raises_nothing(
        self, cache: StatusCache, go_away: GoAway
    ) -> None:
        await cache.put(PROVIDER, UP, at=NOW)
        await go_away()

        await cache.put(PROVIDER, DOWN, at=NOW)

        assert await cache.get(PROVIDER) is None
