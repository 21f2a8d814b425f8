"""What the use cases count: what became of things, and nothing of whose they were."""

from datetime import timedelta

import pytest
from dependency_injector import providers

from khalifa.application.ports.media import NotFetchedYet
from khalifa.application.ports.messaging import (
    ChannelStopped,
    DeliveryError,
    MessageRejected,
    OutcomeUnknown,
)
from khalifa.application.ports.metrics import FAILED_LATER, FILED, FILES, FILING, SENDS
from khalifa.domain.messages import DeliveryStatus
from khalifa.infrastructure.memory.metrics import MemoryMetrics
from tests.unit.application.test_fetch_media import LATER, PNG, fetch, photo
from tests.unit.application.world import NOW, WIRE, World, reported, wrote


@pytest.fixture
def metrics(world: World) -> MemoryMetrics:
    """Count in dictionaries what the use cases made from now on count."""
    metrics = MemoryMetrics()
    world.container.metrics.override(providers.Object(metrics))
    for use_case in (
        "heed_refusals",
        "fetch_media",
        "receive_messages",
        "deliver_messages",
        "tell_customer",
    ):
        getattr(world.container, use_case).reset()
    world.receive_messages = world.container.receive_messages()
    world.deliver_messages = world.container.deliver_messages()
    return metrics


async def test_what_is_found_is_counted_once_by_what_became_of_it(
    world: World, metrics: MemoryMetrics
) -> None:
    first, again = wrote("hello", id_ext="w1"), wrote("hello", id_ext="w1")

    await world.receive(first)
    await world.receive(again, wrote("and this"))

    counts = {labels[1:]: times for labels, times in metrics.counts.items() if times}
    assert counts == {(WIRE, "stored"): 2, (WIRE, "duplicate"): 1}
    assert {labels[0] for labels in metrics.counts} == {FILED.name}


async def test_filing_is_timed_from_the_webhook_to_the_commit(
    world: World, metrics: MemoryMetrics
) -> None:
    body = world.body(wrote("hello"))
    world.clock.advance(timedelta(seconds=3))

    await world.receive_messages([body])

    [waited] = metrics.seconds[FILING.name, WIRE]
    assert waited == (world.clock.now() - NOW).total_seconds() == 3.0


@pytest.mark.parametrize(
    ("outcome", "labels"),
    [
        (None, ("Receipt", "")),
        (MessageRejected("no", code="131026"), ("MessageRejected", "131026")),
        (ChannelStopped("no", code="190"), ("ChannelStopped", "190")),
        (MessageRejected("no", code="-1"), ("MessageRejected", "-1")),
        (MessageRejected("no", code="to 201012345678"), ("MessageRejected", "")),
        (MessageRejected("no", code="201012345678"), ("MessageRejected", "")),
        (OutcomeUnknown("?"), ("OutcomeUnknown", "")),
    ],
)
async def test_a_reply_is_timed_with_its_outcome_and_a_code_that_is_one(
    world: World, metrics: MemoryMetrics, outcome: DeliveryError | None, labels: tuple[str, str]
) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "hello")
    if outcome is not None:
        world.wire.driver.will(outcome)

    await world.deliver_messages()

    sends = [key for key in metrics.seconds if key[0] == SENDS.name]
    assert sends == [(SENDS.name, WIRE, *labels)]


async def test_a_reply_that_fails_after_it_was_taken_is_counted(
    world: World, metrics: MemoryMetrics
) -> None:
    sara = await world.agent("Sara")
    ticket = await world.conversation(sara)
    await world.reply_to_ticket(sara, ticket.id, "hello")
    await world.deliver_messages()

    await world.receive(reported(DeliveryStatus.FAILED, "wire-1"))

    assert metrics.counts[FAILED_LATER.name, WIRE] == 1


async def test_files_are_counted_by_what_became_of_each_attempt(
    world: World, metrics: MemoryMetrics
) -> None:
    world.wire.files.add("m1", PNG)
    world.wire.files.failures.append(NotFetchedYet(LATER))
    await photo(world)
    await fetch(world)
    world.clock.advance(timedelta(minutes=1))
    await fetch(world)

    assert metrics.counts[FILES.name, WIRE, "again"] == 1
    assert metrics.counts[FILES.name, WIRE, "ready"] == 1
