"""What every message driver promises, whichever provider is behind it."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pytest
from structlog.testing import capture_logs

from khalifa.application.ports.messaging import (
    ChannelStopped,
    DeliveryError,
    MessageRejected,
    NotSent,
    OutcomeUnknown,
    Provider,
    ProviderUnreachable,
    RateLimited,
    RecipientUnreachable,
)
from khalifa.application.ports.outgoing import OutgoingText, Receipt
from khalifa.domain.contacts import (
    ANY_PROVIDER,
    Address,
    Identity,
    IdentityKind,
    PhoneNumber,
    ProviderName,
)

CUSTOMER: Final = PhoneNumber("201012345678")
TEXT: Final = "أهلاً يا منى 👩‍👩‍👧\nالدواء متوفر: 3 × 25"
ELSEWHERE: Final = ProviderName("elsewhere")
PATIENCE: Final = 10.0


class Scenario(StrEnum):
    """What the far side does with the next texts."""

    ACCEPTS = "accepts"
    # It says no, and documents that nothing was sent.
    THROTTLES = "throttles"
    SAYS_TRY_AGAIN = "says try again"
    STOPS_THE_CHANNEL = "stops the channel"
    REFUSES_RECIPIENT = "refuses recipient"
    REFUSES_MESSAGE = "refuses message"
    # Nobody can tell what became of the text.
    BREAKS_OFF_UNREAD = "breaks off before reading"
    BREAKS_OFF = "breaks off after sending"
    FALLS_SILENT = "falls silent after sending"
    TALKS_NONSENSE = "answers half a document"
    HIDES_BEHIND_A_PAGE = "answers a gateway's page"
    # It sends, and does not say under which id.
    LOSES_THE_ID = "loses the id"
    # There is nothing to connect to.
    IS_AWAY = "is away"


REFUSALS: Final[dict[Scenario, type[NotSent]]] = {
    Scenario.THROTTLES: RateLimited,
    Scenario.SAYS_TRY_AGAIN: ProviderUnreachable,
    Scenario.STOPS_THE_CHANNEL: ChannelStopped,
    Scenario.REFUSES_RECIPIENT: RecipientUnreachable,
    Scenario.REFUSES_MESSAGE: MessageRejected,
    Scenario.IS_AWAY: ProviderUnreachable,
}
UNKNOWN: Final = (
    Scenario.BREAKS_OFF_UNREAD,
    Scenario.BREAKS_OFF,
    Scenario.FALLS_SILENT,
    Scenario.TALKS_NONSENSE,
    Scenario.HIDES_BEHIND_A_PAGE,
)
RETRYABLE: Final = {
    Scenario.THROTTLES,
    Scenario.SAYS_TRY_AGAIN,
    Scenario.STOPS_THE_CHANNEL,
    Scenario.IS_AWAY,
}


@dataclass(frozen=True, slots=True)
class Delivered:
    """A text that left the far side for a customer; ``to`` is digits or the provider's id."""

    to: str
    text: str


class Bench(ABC):
    """
    A provider under test, plus a way to make its far side misbehave.

    The driver's time-outs are cut to a second at most. ``never`` are scenarios
    that this provider's far side does not know.
    """

    provider: Provider
    secrets: tuple[str, ...]
    never: frozenset[Scenario] = frozenset()

    @abstractmethod
    async def arrange(self, scenario: Scenario) -> None:
        """Make every text from now on meet *scenario*."""

    @abstractmethod
    def delivered(self) -> Sequence[Delivered]:
        """Return what went out to customers, oldest first."""

    @abstractmethod
    def calls(self) -> int:
        """Return how many texts the far side was asked to send, whatever became of them."""

    @abstractmethod
    def silent(self) -> int:
        """Return how many calls wait for an answer that does not come."""

    async def send(self, text: str = TEXT, opaque_id: str = "opaque-1") -> Receipt:
        message = OutgoingText(to=self.address, text=text, opaque_id=opaque_id)
        return await self.provider.driver.send_text(message)

    @property
    def address(self) -> Address:
        address = self.provider.driver.address_of([Identity.of_phone(CUSTOMER)])
        assert address
        return address

    async def meets(self, scenario: Scenario) -> None:
        if scenario in self.never:
            pytest.skip(f"never {scenario}")
        await self.arrange(scenario)


async def until(
    done: Callable[[], bool] | Callable[[], Awaitable[bool]], seconds: float = PATIENCE
) -> None:
    """Wait until *done* says so, asking often."""
    deadline = time.monotonic() + seconds
    while True:
        answer = done()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


async def failure_of(sending: Awaitable[Receipt]) -> DeliveryError:
    with pytest.raises(DeliveryError) as failure:
        await sending
    return failure.value


class MessageDriverContract:
    async def test_an_accepted_text_goes_out_once_as_it_was_written(self, bench: Bench) -> None:
        await bench.meets(Scenario.ACCEPTS)

        receipt = await bench.send()

        assert receipt.whatsapp_message_id
        await until(lambda: bool(bench.delivered()))
        assert list(bench.delivered()) == [Delivered(CUSTOMER.digits, TEXT)]

    @pytest.mark.parametrize("text", ["x" * 4096, "é" * 4096, "'\"\\/<>&%", " x ", "{}", "0"])
    async def test_no_text_is_changed_on_its_way(self, bench: Bench, text: str) -> None:
        await bench.meets(Scenario.ACCEPTS)

        await bench.send(text)

        await until(lambda: bool(bench.delivered()))
        assert [one.text for one in bench.delivered()] == [text]

    async def test_texts_sent_side_by_side_get_their_own_ids(self, bench: Bench) -> None:
        await bench.meets(Scenario.ACCEPTS)
        texts = [f"text {number}" for number in range(20)]

        receipts = await asyncio.gather(
            *(bench.send(text, opaque_id=f"opaque-{text}") for text in texts)
        )

        assert len({receipt.whatsapp_message_id for receipt in receipts}) == len(texts)
        await until(lambda: len(bench.delivered()) == len(texts))
        assert {one.text for one in bench.delivered()} == set(texts)

    @pytest.mark.parametrize("scenario", list(REFUSALS), ids=str)
    async def test_a_refusal_says_whether_to_try_again_and_nothing_goes_out(
        self, bench: Bench, scenario: Scenario
    ) -> None:
        await bench.meets(scenario)

        failure = await failure_of(bench.send())

        assert type(failure) is REFUSALS[scenario]
        assert str(failure)
        assert isinstance(failure, NotSent)
        assert failure.retryable is (scenario in RETRYABLE)
        assert not bench.delivered()

    async def test_a_throttled_text_is_told_how_long_to_wait(self, bench: Bench) -> None:
        await bench.meets(Scenario.THROTTLES)

        failure = await failure_of(bench.send())

        assert isinstance(failure, RateLimited)
        assert failure.retry_after
        assert failure.retry_after > 0

    @pytest.mark.parametrize("scenario", UNKNOWN, ids=str)
    async def test_an_answer_that_never_came_is_no_refusal_and_nothing_is_sent_twice(
        self, bench: Bench, scenario: Scenario
    ) -> None:
        await bench.meets(scenario)

        failure = await failure_of(bench.send())

        assert type(failure) is OutcomeUnknown
        assert bench.calls() == 1
        assert len(bench.delivered()) <= 1

    async def test_a_sending_that_is_cancelled_ends_unknown(self, bench: Bench) -> None:
        await bench.meets(Scenario.FALLS_SILENT)
        sending = asyncio.create_task(bench.send())
        await until(lambda: bench.silent() == 1)

        sending.cancel()

        assert type(await failure_of(sending)) is OutcomeUnknown

    async def test_a_text_taken_without_an_id_is_never_called_not_sent(self, bench: Bench) -> None:
        await bench.meets(Scenario.LOSES_THE_ID)

        try:
            receipt = await bench.send()
        except OutcomeUnknown:
            return
        assert receipt == Receipt(None)

    async def test_the_provider_is_used_again_after_it_was_silent(self, bench: Bench) -> None:
        await bench.meets(Scenario.BREAKS_OFF)
        await failure_of(bench.send())
        await bench.meets(Scenario.ACCEPTS)

        assert (await bench.send("again", "opaque-2")).whatsapp_message_id

    @pytest.mark.parametrize("scenario", list(Scenario), ids=str)
    async def test_no_secret_number_or_text_reaches_a_log_or_an_error(
        self, bench: Bench, scenario: Scenario, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        await bench.meets(scenario)

        told: list[object] = []
        with capture_logs() as logged:
            try:
                told.append(await bench.send())
            except DeliveryError as failure:
                told += [failure, *failure.args, failure.__cause__, failure.__context__]
            told.append(await bench.provider.connection.status())

        shown = f"{told} {logged} {caplog.text}"
        hidden = (*bench.secrets, CUSTOMER.digits, TEXT, TEXT.splitlines()[1])
        assert not [secret for secret in hidden if secret in shown]

    async def test_what_the_provider_is_made_of_hides_its_secrets(self, bench: Bench) -> None:
        shown = repr(bench.provider)

        assert not [secret for secret in bench.secrets if secret in shown]

    async def test_an_address_carries_the_providers_name(self, bench: Bench) -> None:
        assert bench.address.provider == bench.provider.name

    async def test_a_customer_known_by_nothing_of_ours_has_no_address(self, bench: Bench) -> None:
        driver = bench.provider.driver
        strangers = [
            Identity(ELSEWHERE, IdentityKind.LID, "123456789012345"),
            Identity(ELSEWHERE, IdentityKind.BSUID, "US.13491208655302741918"),
            Identity(ELSEWHERE, IdentityKind.CHAT, "42"),
        ]

        assert driver.address_of([]) is None
        assert driver.address_of(strangers) is None

    async def test_a_phone_number_is_any_providers(self, bench: Bench) -> None:
        stranger = Identity(ELSEWHERE, IdentityKind.LID, "123456789012345")
        phone = Identity(ANY_PROVIDER, IdentityKind.PHONE, CUSTOMER.digits)

        assert bench.provider.driver.address_of([stranger, phone]) == bench.address

    async def test_a_provider_that_works_is_connected(self, bench: Bench) -> None:
        status = await bench.provider.connection.status()

        assert status.connected
        assert status.state == "connected"

    async def test_a_provider_that_is_away_is_a_status_and_no_error(self, bench: Bench) -> None:
        await bench.meets(Scenario.IS_AWAY)

        status = await bench.provider.connection.status()

        assert not status.connected
        assert status.detail
