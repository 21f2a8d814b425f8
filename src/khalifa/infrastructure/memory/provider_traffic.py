"""How much each provider carried, counted in dictionaries."""

from collections import Counter, defaultdict
from datetime import datetime
from statistics import median_low

from khalifa.application.ports.provider_traffic import ProviderTraffic, Traffic
from khalifa.domain.contacts import ProviderName
from khalifa.domain.messages import DeliveryStatus, Direction, Message
from khalifa.infrastructure.memory.store import MemoryStore

REASONS = 10
_ARRIVED = (DeliveryStatus.DELIVERED, DeliveryStatus.READ)


class MemoryProviderTraffic(ProviderTraffic):
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def carried(self) -> dict[ProviderName, int]:
        messages = self._store.tables.messages.values()
        return dict(Counter(message.provider for message in messages if message.provider))

    async def between(self, since: datetime, until: datetime) -> dict[ProviderName, Traffic]:
        by_provider: dict[ProviderName, list[Message]] = defaultdict(list)
        for message in self._store.tables.messages.values():
            if message.provider and since <= message.stored_at < until:
                by_provider[message.provider].append(message)
        return {name: _traffic(messages) for name, messages in by_provider.items()}


def _traffic(messages: list[Message]) -> Traffic:
    ours = [message for message in messages if message.direction is Direction.OUT]
    heard = [message for message in messages if message.direction is Direction.IN]
    failed = [message for message in ours if message.status is DeliveryStatus.FAILED]
    reasons = Counter(message.error or "" for message in failed)
    delays = [(message.received_at - message.sent_at).total_seconds() for message in heard]
    return Traffic(
        received=len(heard),
        sent=len(ours) - len(failed),
        failed=len(failed),
        refusals=dict(sorted(reasons.items(), key=lambda one: (-one[1], one[0]))[:REASONS]),
        median_delay=max(median_low(delays), 0.0) if delays else None,
        proven_at=max((m.sent_at for m in ours if m.status in _ARRIVED), default=None),
    )
