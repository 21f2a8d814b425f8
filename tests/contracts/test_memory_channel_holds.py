"""Holds in memory keep what is promised of them."""

from datetime import timedelta

import pytest

from khalifa.infrastructure.memory.channel_holds import MemoryChannelHolds
from khalifa.infrastructure.memory.clock import ManualClock
from tests.builders import NOW
from tests.contracts.channel_holds import ChannelHoldsContract, GoAway, Pass


class TestMemoryChannelHolds(ChannelHoldsContract):
    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock(NOW)

    @pytest.fixture
    def holds(self, clock: ManualClock) -> MemoryChannelHolds:
        return MemoryChannelHolds(clock)

    @pytest.fixture
    def wait(self, clock: ManualClock) -> Pass:
        async def wait(time: timedelta) -> None:
            clock.advance(time)

        return wait

    @pytest.fixture
    def go_away(self, holds: MemoryChannelHolds) -> GoAway:
        async def go_away() -> None:
            holds.away = True

        return go_away
