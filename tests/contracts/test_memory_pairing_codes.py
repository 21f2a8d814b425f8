"""The pairing codes in memory keep what is promised."""

from datetime import timedelta

import pytest

from khalifa.application.ports.pairing_codes import WANTED_FOR
from khalifa.infrastructure.memory.clock import ManualClock
from khalifa.infrastructure.memory.pairing_codes import MemoryPairingCodes
from tests.builders import NOW, PROVIDER
from tests.contracts.pairing_codes import PHONE, GoAway, PairingCodesContract


class TestMemoryPairingCodes(PairingCodesContract):
    @pytest.fixture
    def codes(self) -> MemoryPairingCodes:
        return MemoryPairingCodes(ManualClock(NOW))

    @pytest.fixture
    def go_away(self, codes: MemoryPairingCodes) -> GoAway:
        async def go_away() -> None:
            codes.away = True

        return go_away


async def test_a_phone_is_wanted_for_some_minutes() -> None:
    clock = ManualClock(NOW)
    codes = MemoryPairingCodes(clock)
    await codes.want(PROVIDER, PHONE)

    clock.advance(WANTED_FOR - timedelta(seconds=1))
    before = await codes.wanted(PROVIDER)
    clock.advance(timedelta(seconds=1))

    assert (before, await codes.wanted(PROVIDER)) == (PHONE, None)
