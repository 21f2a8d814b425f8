"""Slowing down, or stopping, when a provider refuses what it had taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from khalifa.application.hold_channels import HoldChannels
from khalifa.application.keep_pace import KeepPace
from khalifa.application.ports.messaging import Providers
from khalifa.application.ports.metrics import FAILED_LATER, Metrics
from khalifa.domain.contacts import ProviderName
from khalifa.domain.pace import WarningSign

# By provider the code of each reply that it refused, None where it gave none.
Refused = Mapping[ProviderName, Sequence[str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeedRefusals:
    """
    Take in that replies which had been taken were refused later: it may come before a ban.

    To be told of each once, when that is committed, however it became known.
    """

    providers: Providers
    keep_pace: KeepPace
    hold_channels: HoldChannels
    metrics: Metrics

    async def __call__(self, refused: Refused) -> None:
        for name, codes in refused.items():
            self.metrics.count(FAILED_LATER, name, times=len(codes))
            await self.keep_pace.warn(name, WarningSign.REFUSED, times=len(codes))
            provider = self.providers.find(name)
            if provider is None or provider.late_refusals is None:
                continue
            for code in sorted({code for code in codes if code}):
                if refusal := provider.late_refusals.refusal(code):
                    await self.hold_channels.note_late(name, refusal)
                    await self.keep_pace.note(name, refusal)
