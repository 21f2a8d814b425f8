"""Use case: tell administrators what is wrong before the customers notice."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from khalifa.application.audit_ledger import AuditLedger
from khalifa.application.ports.alerts import Alert, AlertChannel, AlertKind, AlertNotTold, Disk
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.journal import Journal
from khalifa.application.ports.status_cache import StatusCache
from khalifa.application.switch_provider import ActiveProvider
from khalifa.domain.words import Words

# What mends itself within this is nobody's business.
PATIENCE = timedelta(minutes=2)
OLDEST_BODY = timedelta(minutes=1)
LITTLE_ROOM = 500 * 1024 * 1024
AUDITED = timedelta(days=1)

_DOWN = Words("{provider} carries no messages: {state}.", "{provider} لا ينقل رسائل: {state}.")
_UNSEEN = Words(
    "Nobody has looked at {provider} for minutes. Is a worker up?",
    "لم يُفحص {provider} منذ دقائق. هل تعمل عملية worker؟",
)
_WAIT = Words(
    "The oldest webhook has waited for {seconds} seconds to be filed: workers, Redis or database.",
    "أقدم رسالة واردة تنتظر الحفظ منذ {seconds} ثانية: العمليات أو Redis أو قاعدة البيانات.",
)
_UNBALANCED = Words(
    "{count} things in the ledger do not add up: khalifa ledger audit.",
    "{count} من قيود السجل لا تتوازن: khalifa ledger audit.",
)
_FULL = Words("{free} MB are left on the disk.", "بقي على القرص {free} ميغابايت.")

Key = tuple[AlertKind, str]
Look = Callable[[], Awaitable[Mapping[str, Words]]]


@dataclass(kw_only=True)
class AlertAdministrators:
    """
    Look at what must not stay wrong, and tell when it begins and when it is over, once each.

    It needs neither the database nor Redis to tell that they are away. Each
    server looks by itself and remembers what it told in its own memory: of
    several servers each tells. What did not get through is told again.
    """

    channels: Sequence[AlertChannel]
    active_provider: ActiveProvider
    status_cache: StatusCache
    journal: Journal
    audit_ledger: AuditLedger
    disk: Disk
    host: str
    clock: Clock
    _since: dict[Key, datetime] = field(default_factory=dict)
    _told: dict[Key, Alert] = field(default_factory=dict)
    _untold: list[tuple[AlertChannel, Alert]] = field(default_factory=list)

    async def __call__(self) -> None:
        """Look at everything that is quick to see."""
        if not self.channels:
            return
        await self._look(AlertKind.PROVIDER_DOWN, self._provider, patience=PATIENCE)
        await self._look(AlertKind.WEBHOOKS_WAIT, self._bodies)
        await self._look(AlertKind.DISK_FULL, self._room)
        await self._tell_again()

    async def audit(self) -> None:
        """Look whether the last day's ledger balances."""
        if self.channels:
            await self._look(AlertKind.LEDGER_UNBALANCED, self._ledger)

    async def _provider(self) -> Mapping[str, Words]:
        name = await self.active_provider()
        seen = await self.status_cache.get(name)
        if seen is None or self.clock.now() - seen[1] > PATIENCE:
            return {name: _UNSEEN.filled(provider=name)}
        status, _ = seen
        return {} if status.connected else {name: _DOWN.filled(provider=name, state=status.state)}

    async def _bodies(self) -> Mapping[str, Words]:
        oldest = (await self.journal.depth()).oldest
        waited = self.clock.now() - oldest if oldest else timedelta()
        if waited <= OLDEST_BODY:
            return {}
        return {self.host: _WAIT.filled(seconds=int(waited.total_seconds()))}

    async def _room(self) -> Mapping[str, Words]:
        free = self.disk.free()
        return {self.host: _FULL.filled(free=free // 2**20)} if free < LITTLE_ROOM else {}

    async def _ledger(self) -> Mapping[str, Words]:
        found = await self.audit_ledger(since=self.clock.now() - AUDITED)
        count = len(found.differences)
        return {self.host: _UNBALANCED.filled(count=count)} if count else {}

    async def _look(
        self, kind: AlertKind, look: Look, *, patience: timedelta = timedelta()
    ) -> None:
        try:
            wrong = await look()
        except Exception:  # noqa: BLE001 - what cannot be seen is neither wrong nor mended
            return
        now = self.clock.now()
        for about, words in wrong.items():
            since = self._since.setdefault((kind, about), now)
            if now - since >= patience and (kind, about) not in self._told:
                alert = Alert(kind=kind, about=about, words=words, since=since)
                self._told[kind, about] = alert
                await self._tell(alert)
        mended = [key for key in self._since if key[0] is kind and key[1] not in wrong]
        for key in mended:
            del self._since[key]
            if (told := self._told.pop(key, None)) is not None:
                await self._tell(replace(told, over=True))

    async def _tell(self, alert: Alert) -> None:
        self._untold += [(channel, alert) for channel in self.channels]
        await self._tell_again()

    async def _tell_again(self) -> None:
        """Tell what has not got through yet, in its order for each channel."""
        waiting, self._untold = self._untold, []
        silent: set[int] = set()
        for channel, alert in waiting:
            if id(channel) not in silent:
                try:
                    await channel.tell(alert)
                    continue
                except AlertNotTold:
                    silent.add(id(channel))
            self._untold.append((channel, alert))
