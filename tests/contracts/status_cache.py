"""What a cache of provider statuses promises, and what it does when it is away."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from khalifa.application.ports.messaging import ConnectionStatus
from khalifa.application.ports.status_cache import StatusCache
from tests.builders import NOW, OTHER_PROVIDER, PROVIDER

UP = ConnectionStatus(connected=True, state="connected", phone="201000000000", detail=None)
DOWN = ConnectionStatus(
    connected=False, state="qr", phone=None, detail="امسح الرمز: khalifa provider qr 📱"
)

GoAway = Callable[[], Awaitable[None]]


class StatusCacheContract:
    """Wants ``cache``: empty; and ``go_away``, which makes it unreachable."""

    async def test_a_status_comes_back_as_it_was_seen(self, cache: StatusCache) -> None:
        await cache.put(PROVIDER, UP, at=NOW)
        await cache.put(OTHER_PROVIDER, DOWN, at=NOW + timedelta(microseconds=1))

        assert await cache.get(PROVIDER) == (UP, NOW)
        assert await cache.get(OTHER_PROVIDER) == (DOWN, NOW + timedelta(microseconds=1))

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
