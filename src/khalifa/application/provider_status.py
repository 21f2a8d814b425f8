"""Use cases: whether the provider works, and pairing the number."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from khalifa.application.events import EventWriter
from khalifa.application.hold_channels import HoldChannels
from khalifa.application.keep_pace import KeepPace, PaceState
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.messaging import ConnectionStatus, Providers, QrCode
from khalifa.application.ports.status_cache import StatusCache
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.switch_provider import ActiveProvider
from khalifa.application.views import ProviderStatusView
from khalifa.domain.contacts import ProviderName
from khalifa.domain.errors import DomainError, NotFound
from khalifa.domain.recovery import Recovery
from khalifa.domain.words import Words

# By then a status has met its message, if there is one.
GAP_AFTER = timedelta(minutes=1)

UNKNOWN = ConnectionStatus(
    connected=False,
    state="unknown",
    detail="Nobody has asked the provider yet. Is a worker up?",
    detail_ar="لم يُسأل المزوّد بعد. هل تعمل عملية worker؟",
)

PAIRED = Words("The phone saw it. The number is paired.", "رآه الهاتف. الرقم مربوط.")
_NO_CODE = Words(
    "There is no QR code to scan now: the number is still starting.",
    "لا يوجد رمز الآن: الرقم ما زال يبدأ.",
)


class NotPairable(DomainError):
    """The provider is not paired in this way, by its nature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryView:
    """What was fetched from a provider's chats because no webhook had brought it."""

    covered_until: datetime
    checked_at: datetime | None
    complete: bool
    messages: int
    last_at: datetime | None

    @classmethod
    def of(cls, recovery: Recovery) -> Self:
        return cls(
            covered_until=recovery.covered_until,
            checked_at=recovery.checked_at,
            complete=recovery.complete,
            messages=recovery.found,
            last_at=recovery.found_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDetails:
    """One configured provider as an administrator sees it."""

    provider: str
    active: bool
    connected: bool
    state: str
    phone: str | None
    detail: str | None
    detail_ar: str | None
    needs_person: bool
    checked_at: datetime | None
    last_proven_at: datetime | None
    capabilities: tuple[str, ...]
    pace: PaceState | None
    recovery: RecoveryView | None = None
    unmatched_statuses: int = 0


def _view(name: ProviderName, status: ConnectionStatus) -> ProviderStatusView:
    return ProviderStatusView(
        provider=name,
        connected=status.connected,
        phone=status.phone,
        state=status.state,
        needs_person=status.needs_person,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadProviderStatus:
    """Tell what was last seen of the providers. Nobody is asked, so it always answers at once."""

    transact: Transact
    clock: Clock
    active_provider: ActiveProvider
    providers: Providers
    status_cache: StatusCache
    keep_pace: KeepPace

    async def __call__(self) -> ProviderStatusView:
        """Return the active provider's status."""
        name = await self.active_provider()
        seen = await self.status_cache.get(name)
        return _view(name, seen[0] if seen else UNKNOWN)

    async def capabilities(self) -> tuple[ProviderName, tuple[str, ...]]:
        """Return which provider is active, and what it can do that only some can."""
        name = await self.active_provider()
        provider = self.providers.find(name)
        return name, provider.capabilities if provider else ()

    async def details(self) -> list[ProviderDetails]:
        """Return every configured provider, the active one first."""
        active, paces = await self.active_provider(), await self.keep_pace.states()
        before = self.clock.now() - GAP_AFTER

        async def work(uow: UnitOfWork) -> tuple[list[Recovery], dict[ProviderName, int]]:
            return await uow.recoveries.all(), await uow.statuses.gaps(before=before)

        recoveries, gaps = await self.transact.read(work)
        of = {recovery.provider: RecoveryView.of(recovery) for recovery in recoveries}
        listed = [
            replace(
                await self._detail(name, active, paces),
                recovery=of.get(name) if self.providers.get(name).history else None,
                unmatched_statuses=gaps.get(name, 0),
            )
            for name in self.providers.names
        ]
        return sorted(listed, key=lambda details: (not details.active, details.provider))

    async def _detail(
        self, name: ProviderName, active: ProviderName, paces: Mapping[ProviderName, PaceState]
    ) -> ProviderDetails:
        status, at = await self.status_cache.get(name) or (UNKNOWN, None)
        return ProviderDetails(
            provider=name,
            active=name == active,
            connected=status.connected,
            state=status.state,
            phone=status.phone,
            detail=status.detail,
            detail_ar=status.detail_ar,
            needs_person=status.needs_person,
            checked_at=at,
            last_proven_at=status.last_proven_at,
            capabilities=self.providers.get(name).capabilities,
            pace=paces.get(name),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshProviderStatus:
    """
    Ask every configured provider how it is; tell the screens and the log when that changed.

    ``report`` is told of each change once, by whichever process sees it first.
    """

    transact: Transact
    providers: Providers
    status_cache: StatusCache
    hold_channels: HoldChannels
    keep_pace: KeepPace
    events: EventWriter
    clock: Clock
    report: Callable[[ProviderName, ConnectionStatus], None]

    async def __call__(self) -> None:
        await asyncio.gather(*(self._refresh(name) for name in self.providers.names))

    async def _refresh(self, name: ProviderName) -> None:
        before = await self.status_cache.get(name)
        status = await self.providers.get(name).connection.status()
        status = await self.keep_pace.see(name, before[0] if before else None, status)
        status = await self.hold_channels.shown(name, status)
        await self.status_cache.put(name, status, at=self.clock.now())
        if before is not None and before[0] == status:
            return
        self.report(name, status)

        async def work(uow: UnitOfWork) -> None:
            await uow.events.add([self.events.provider(_view(name, status))])

        await self.transact(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadQrCode:
    """Return the QR code that pairs the number now."""

    active_provider: ActiveProvider
    providers: Providers

    async def __call__(self, provider: ProviderName | None = None) -> QrCode:
        """
        Raises:
            NotPairable: the provider is not paired by QR code, by its nature.
            NotFound: it is, and there is nothing to scan now.
        """
        name = provider or await self.active_provider()
        pairing = self.providers.get(name).pairing
        if pairing is None:
            reason = f"{name} is not paired by a QR code."
            raise NotPairable(reason)
        code = await pairing.qr_code()
        if code is None:
            status = await self.providers.get(name).connection.status()
            raise NotFound(PAIRED if status.connected else _NO_CODE)
        return code
