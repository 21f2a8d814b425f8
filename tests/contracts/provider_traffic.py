"""What every adapter of the count of traffic must do."""

from datetime import timedelta

import pytest

from khalifa.application.ports.provider_traffic import ProviderTraffic
from khalifa.application.ports.unit_of_work import Transact
from khalifa.domain.messages import DeliveryStatus, Message
from tests.builders import NOW, OTHER_PROVIDER, PROVIDER, a_message, a_reply
from tests.contracts.repositories.stored import stored_message, stored_ticket

AN_HOUR = timedelta(hours=1)


class ProviderTrafficContract:
    """Wants the fixtures ``transact`` and ``traffic`` over the same empty store."""

    async def test_where_nothing_was_carried_nothing_is_counted(
        self, traffic: ProviderTraffic
    ) -> None:
        assert await traffic.carried() == {}
        assert await traffic.between(NOW - AN_HOUR, NOW + AN_HOUR) == {}

    async def test_each_provider_is_counted_with_its_refusals_and_its_delay(
        self, transact: Transact, traffic: ProviderTraffic
    ) -> None:
        ticket = await stored_ticket(transact)
        for seconds in (1, 2, 30):
            heard = a_message(ticket, sent_at=NOW - timedelta(seconds=seconds))
            await stored_message(transact, heard)
        for status, error in (
            (DeliveryStatus.SENT, None),
            (DeliveryStatus.READ, None),
            (DeliveryStatus.FAILED, "no such number"),
            (DeliveryStatus.FAILED, "no such number"),
            (DeliveryStatus.FAILED, "too fast"),
        ):
            reply = a_reply(ticket)
            reply.provider, reply.status, reply.error = OTHER_PROVIDER, status, error
            await stored_message(transact, reply)
        await stored_message(transact, a_reply(ticket))

        counted = await traffic.between(NOW - AN_HOUR, NOW + AN_HOUR)

        assert await traffic.carried() == {PROVIDER: 3, OTHER_PROVIDER: 5}
        assert set(counted) == {PROVIDER, OTHER_PROVIDER}
        heard_by = counted[PROVIDER]
        assert (heard_by.received, heard_by.sent, heard_by.failed) == (3, 0, 0)
        assert heard_by.median_delay == pytest.approx(2.0, abs=0.01)
        other = counted[OTHER_PROVIDER]
        assert (other.received, other.sent, other.failed) == (0, 2, 3)
        assert dict(other.refusals) == {"no such number": 2, "too fast": 1}
        assert other.median_delay is None
        assert other.proven_at is not None

    async def test_a_time_begins_with_its_first_moment_and_ends_before_its_last(
        self, transact: Transact, traffic: ProviderTraffic
    ) -> None:
        ticket = await stored_ticket(transact)

        def stored_at(after: timedelta) -> Message:
            message = a_message(ticket)
            message.stored_at = NOW + after
            return message

        for after in (-timedelta(microseconds=1), timedelta(), AN_HOUR):
            await stored_message(transact, stored_at(after))

        counted = await traffic.between(NOW, NOW + AN_HOUR)

        assert counted[PROVIDER].received == 1
