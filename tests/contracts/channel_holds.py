"""What holding a channel promises, and what it does when holds cannot be kept."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from khalifa.application.ports.channel_holds import ChannelHolds, Hold
from khalifa.domain.words import Words
from tests.builders import NOW, OTHER_PROVIDER, PROVIDER

HOLD = Hold(words=Words("The token ran out.", "انتهت صلاحية الرمز."), code="190", since=NOW)
LATER = replace(HOLD, since=NOW + timedelta(minutes=1))
SOON = timedelta(milliseconds=1)
LONG = timedelta(minutes=5)

GoAway = Callable[[], Awaitable[None]]
Pass = Callable[[timedelta], Awaitable[None]]


class ChannelHoldsContract:
    """Wants ``holds``: empty; ``go_away``, which makes them unreachable; ``wait``, time passing."""

    async def test_a_hold_comes_back_and_is_only_its_providers(self, holds: ChannelHolds) -> None:
        await holds.hold(PROVIDER, HOLD, probe_after=LONG)

        assert await holds.find(PROVIDER) == HOLD
        assert await holds.find(OTHER_PROVIDER) is None

    async def test_a_channel_is_held_since_it_was_first_held(self, holds: ChannelHolds) -> None:
        await holds.hold(PROVIDER, HOLD, probe_after=LONG)
        await holds.hold(PROVIDER, LATER, probe_after=LONG)

        assert await holds.find(PROVIDER) == HOLD

    async def test_nobody_may_try_at_once_and_one_later(
        self, holds: ChannelHolds, wait: Pass
    ) -> None:
        await holds.hold(PROVIDER, HOLD, probe_after=timedelta(milliseconds=50))
        assert not await holds.may_probe(PROVIDER, again_after=LONG)

        await wait(timedelta(milliseconds=60))
        tried = await asyncio.gather(
            *(holds.may_probe(PROVIDER, again_after=LONG) for _ in range(10))
        )

        assert sum(tried) == 1

    async def test_a_released_channel_is_held_no_more(self, holds: ChannelHolds) -> None:
        await holds.hold(PROVIDER, HOLD, probe_after=LONG)
        await holds.release(PROVIDER)
        await holds.release(OTHER_PROVIDER)

        assert await holds.find(PROVIDER) is None

    async def test_a_warning_holds_nothing_and_the_newest_is_shown_for_a_while(
        self, holds: ChannelHolds, wait: Pass
    ) -> None:
        await holds.warn(PROVIDER, HOLD, kept_for=LONG)
        await holds.warn(PROVIDER, LATER, kept_for=timedelta(milliseconds=50))

        assert await holds.warning(PROVIDER) == LATER
        assert await holds.warning(OTHER_PROVIDER) is None
        assert await holds.find(PROVIDER) is None
        await wait(timedelta(milliseconds=80))
        assert await holds.warning(PROVIDER) is None

    async def test_a_warning_outlives_the_hold_and_is_dismissed(self, holds: ChannelHolds) -> None:
        await holds.hold(PROVIDER, HOLD, probe_after=LONG)
        await holds.warn(PROVIDER, HOLD, kept_for=LONG)

        await holds.release(PROVIDER)
        assert await holds.warning(PROVIDER) == HOLD
        await holds.dismiss(PROVIDER)
        assert await holds.warning(PROVIDER) is None

    async def test_holds_that_cannot_be_kept_are_none_and_raise_nothing(
        self, holds: ChannelHolds, go_away: GoAway
    ) -> None:
        await holds.hold(PROVIDER, HOLD, probe_after=LONG)
        await go_away()

        await holds.hold(PROVIDER, HOLD, probe_after=LONG)
        await holds.warn(PROVIDER, HOLD, kept_for=LONG)
        await holds.release(PROVIDER)
        await holds.dismiss(PROVIDER)

        assert await holds.find(PROVIDER) is None
        assert await holds.warning(PROVIDER) is None
        assert not await holds.may_probe(PROVIDER, again_after=SOON)
