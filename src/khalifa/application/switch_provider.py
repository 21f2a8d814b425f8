"""Use case: know and change the active provider. One row says which; the newest."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.messaging import Providers
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.agents import AgentId
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.contacts import ProviderName
from khalifa.domain.errors import Conflict
from khalifa.domain.routing import ProviderSwitch, switch_at_start
from khalifa.domain.words import Words

LOOK_AGAIN_AFTER = timedelta(seconds=1)

NOT_CONFIGURED = Words(
    "{name} is not configured here: it would carry nothing.",
    "المزوّد {name} غير مهيّأ هنا، فلن يحمل شيئًا.",
)
_ALREADY = Words("Replies go by {name} already.", "الردود تسلك {name} من قبل.")
_NO_WAY_BACK = Words(
    "There was no switch yet: nothing to go back to.", "لم يحدث تبديل بعد، فلا شيء نرجع إليه."
)
_GONE = Words(
    "{name} was active before, and is not configured any more.",
    "كان {name} قبله، ولم يعد مهيّأً.",
)
_MEANWHILE = Words(
    "Somebody else has switched meanwhile: replies go by {name} now.",
    "بدّل غيرك المزوّد في هذه الأثناء: الردود تسلك {name} الآن.",
)


class ActiveProvider:
    """
    Tell which provider carries replies now, and which carry nothing any more.

    Every process looks at the rows again after a second, so a switch reaches
    all of them without a restart.
    """

    def __init__(
        self,
        *,
        transact: Transact,
        clock: Clock,
        configured: ProviderName,
        operator: str | None = None,
    ) -> None:
        self._transact = transact
        self._clock = clock
        self._configured = configured
        self._operator = operator
        self._known: tuple[ProviderName, datetime] | None = None
        self.retired: frozenset[ProviderName] = frozenset()
        """The retired providers, as they were last seen."""

    @property
    def known(self) -> ProviderName:
        """Return the active provider as it was last seen, without looking."""
        return self._known[0] if self._known is not None else self._configured

    def look_again(self) -> None:
        """Look at the rows when asked next: this process has just made a switch."""
        self._known = None

    async def __call__(self) -> ProviderName:
        now = self._clock.now()
        if self._known is None or now - self._known[1] >= LOOK_AGAIN_AFTER:

            async def read(
                uow: UnitOfWork,
            ) -> tuple[ProviderSwitch | None, dict[ProviderName, datetime]]:
                return await uow.switches.newest(), await uow.switches.retired()

            row, retired = await self._transact.read(read)
            self._known = (row.provider if row else self._configured, now)
            self.retired = frozenset(retired)
        return self._known[0]

    async def at_start(self) -> ProviderName:
        """Record the switch of a person who edited the variable; return the active provider."""

        async def work(uow: UnitOfWork) -> None:
            newest = await uow.switches.newest()
            provider = switch_at_start(newest, self._configured)
            if provider is not None:
                switch = ProviderSwitch(
                    provider=provider,
                    configured=self._configured,
                    source="WHATSAPP_DRIVER",
                    at=self._clock.now(),
                    by=self._operator,
                )
                await _record(uow, switch, before=newest.provider if newest else None)

        await self._transact(work)
        self.look_again()
        return await self()


class SwitchRefused(Conflict):
    """The switch cannot be made in the state things are in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchProvider:
    """
    Make another provider the active one: one row, and nothing else.

    From the next claim on replies go by it. What is claimed settles where it
    is; every configured provider goes on taking in what customers write.
    ``configured`` is written down as it is now: by it the next start knows
    whether a person edited the variable since.
    """

    transact: Transact
    providers: Providers
    clock: Clock
    configured: ProviderName

    async def __call__(
        self,
        to: ProviderName,
        *,
        expected: ProviderName,
        source: str,
        by: str | None = None,
        agent: AgentId | None = None,
    ) -> ProviderSwitch:
        """
        Switch to *to*, if *expected* is still the active one.

        *by* says who sat at which machine, *agent* who did it on the desk.

        Raises:
            SwitchRefused: it is not, or *to* is not configured, or is active already.
        """
        if self.providers.find(to) is None:
            raise SwitchRefused(NOT_CONFIGURED.filled(name=to))

        async def work(uow: UnitOfWork) -> ProviderSwitch:
            made = await self._locked(uow, expected)
            if expected == to:
                raise SwitchRefused(_ALREADY.filled(name=to))
            if not made:
                # No server has started yet: this is what there is to go back to.
                await self._write(uow, expected, before=None, source="WHATSAPP_DRIVER", by=by)
            return await self._write(uow, to, before=expected, source=source, by=by, agent=agent)

        return await self.transact(work)

    async def back(
        self, *, expected: ProviderName, by: str | None = None, agent: AgentId | None = None
    ) -> ProviderSwitch:
        """
        Switch to the provider that was active before the newest switch.

        Raises:
            SwitchRefused: there was none, it is not configured any more, or
                *expected* is not the active one any more.
        """

        async def work(uow: UnitOfWork) -> ProviderSwitch:
            made = await self._locked(uow, expected)
            before = next((row.provider for row in made if row.provider != expected), None)
            if before is None:
                raise SwitchRefused(_NO_WAY_BACK)
            if self.providers.find(before) is None:
                raise SwitchRefused(_GONE.filled(name=before))
            return await self._write(
                uow, before, before=expected, source="rollback", by=by, agent=agent
            )

        return await self.transact(work)

    async def _locked(self, uow: UnitOfWork, expected: ProviderName) -> list[ProviderSwitch]:
        """Return the locked record; raise `SwitchRefused` unless *expected* is active."""
        made = await uow.switches.lock()
        active = made[0].provider if made else self.configured
        if active != expected:
            raise SwitchRefused(_MEANWHILE.filled(name=active))
        return made

    async def _write(
        self,
        uow: UnitOfWork,
        to: ProviderName,
        *,
        before: ProviderName | None,
        source: str,
        by: str | None,
        agent: AgentId | None = None,
    ) -> ProviderSwitch:
        switch = ProviderSwitch(
            provider=to, configured=self.configured, source=source, at=self.clock.now(), by=by
        )
        await _record(uow, switch, before=before, agent=agent)
        return switch


async def _record(
    uow: UnitOfWork,
    switch: ProviderSwitch,
    *,
    before: ProviderName | None,
    agent: AgentId | None = None,
) -> None:
    await uow.switches.add(switch)
    # Of the operator's switches, who sat at which machine is written beside.
    entry = AuditEntry(
        at=switch.at,
        by=agent,
        act=Act.PROVIDER_SWITCHED,
        subject=f"provider {switch.provider}",
        details={
            "provider": [before, switch.provider],
            "source": switch.source,
            "operator": switch.by,
        },
    )
    await uow.audit.add(entry)
