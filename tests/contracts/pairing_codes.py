"""What a store of wanted and shown pairing codes promises, and what it does when it is away."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from khalifa.application.ports.pairing_codes import PairingCode, PairingCodes
from khalifa.domain.contacts import PhoneNumber
from tests.builders import NOW, OTHER_PROVIDER, PROVIDER

PHONE, OTHER = PhoneNumber("201012345678"), PhoneNumber("966512345678")
CODE = PairingCode("ABCD-1234", NOW + timedelta(microseconds=1))

GoAway = Callable[[], Awaitable[None]]


class PairingCodesContract:
    """Wants ``codes``: empty; and ``go_away``, which makes it unreachable."""

    async def test_the_phone_and_its_code_come_back_for_their_provider(
        self, codes: PairingCodes
    ) -> None:
        assert await codes.want(PROVIDER, PHONE)
        await codes.show(PROVIDER, CODE)

        assert await codes.wanted(PROVIDER) == PHONE
        assert await codes.shown(PROVIDER) == CODE
        assert await codes.wanted(OTHER_PROVIDER) is None
        assert await codes.shown(OTHER_PROVIDER) is None

    async def test_another_phone_needs_another_code(self, codes: PairingCodes) -> None:
        await codes.want(PROVIDER, PHONE)
        await codes.show(PROVIDER, CODE)

        await codes.want(PROVIDER, OTHER)

        assert (await codes.wanted(PROVIDER), await codes.shown(PROVIDER)) == (OTHER, None)

    async def test_the_newest_code_is_shown(self, codes: PairingCodes) -> None:
        newer = PairingCode("EFGH-5678", NOW)
        await codes.show(PROVIDER, CODE)
        await codes.show(PROVIDER, newer)

        assert await codes.shown(PROVIDER) == newer

    async def test_forgotten_it_wants_and_shows_nothing(self, codes: PairingCodes) -> None:
        await codes.want(PROVIDER, PHONE)
        await codes.show(PROVIDER, CODE)

        await codes.forget(PROVIDER)
        await codes.forget(PROVIDER)

        assert (await codes.wanted(PROVIDER), await codes.shown(PROVIDER)) == (None, None)

    async def test_away_it_says_that_nothing_was_kept_and_raises_nothing(
        self, codes: PairingCodes, go_away: GoAway
    ) -> None:
        await codes.want(PROVIDER, PHONE)
        await go_away()

        assert not await codes.want(PROVIDER, OTHER)
        await codes.show(PROVIDER, CODE)
        await codes.forget(PROVIDER)
        assert (await codes.wanted(PROVIDER), await codes.shown(PROVIDER)) == (None, None)
