"""Use cases: which templates may be sent, and keeping what is known of them fresh."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.messaging import DeliveryError, Provider, Providers
from khalifa.application.ports.templates import SeenTemplates, TemplateCache
from khalifa.domain.contacts import ProviderName
from khalifa.domain.errors import CannotSend, InvalidContent
from khalifa.domain.filled_template import FilledTemplate
from khalifa.domain.templates import Template
from khalifa.domain.words import Words

# An account may ask 200 times an hour; a template is approved in minutes at best.
FRESH_FOR = timedelta(minutes=5)
# Seconds for which an agent's answer waits for them, where they are not known yet.
PATIENCE = 3.0

_HAS_NONE = Words("{provider} has no templates.", "لا توجد قوالب عند {provider}.")
_NO_SUCH = Words(
    "There is no approved template {name} in {language}. `GET /api/templates` lists them.",
    "لا يوجد قالب معتمد باسم {name} باللغة {language}.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateList:
    """``stale``: the provider could not be asked lately; ``seen_at`` is when it last was."""

    templates: tuple[Template, ...]
    seen_at: datetime
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTemplates:
    """Return the approved templates, from what was last seen of them where that will do."""

    providers: Providers
    cache: TemplateCache
    clock: Clock
    _changed: set[ProviderName] = field(default_factory=set)

    def note_changed(self, name: ProviderName) -> None:
        """Ask the provider anew with the next refresh of this process, fresh or not."""
        self._changed.add(name)

    async def of(self, provider: Provider) -> TemplateList:
        """
        Return those of *provider*.

        Raises:
            CannotSend: it has none, by its nature.
            DeliveryError: nothing is known of them, and the provider does not tell.
        """
        if provider.template_catalog is None:
            raise CannotSend(_HAS_NONE.filled(provider=provider.name))
        seen = await self.cache.get(provider.name) or await self._look(provider)
        age = self.clock.now() - seen.seen_at
        return TemplateList(
            templates=seen.templates, seen_at=seen.seen_at, stale=age > 2 * FRESH_FOR
        )

    async def known_of(self, name: ProviderName) -> tuple[Template, ...]:
        """Return those of the provider called *name*, none when they cannot be known at once."""
        try:
            async with asyncio.timeout(PATIENCE):
                return (await self.of(self.providers.get(name))).templates
        except (CannotSend, DeliveryError, TimeoutError):
            return ()

    async def refresh(self) -> None:
        """Ask every provider whose templates were last seen a while ago."""
        await asyncio.gather(*(self._refresh(self.providers.get(n)) for n in self.providers.names))

    async def _refresh(self, provider: Provider) -> None:
        if provider.template_catalog is None:
            return
        seen = await self.cache.get(provider.name)
        is_old = seen is None or self.clock.now() - seen.seen_at >= FRESH_FOR
        if is_old or provider.name in self._changed:
            self._changed.discard(provider.name)
            await self._look(provider)

    async def _look(self, provider: Provider) -> SeenTemplates:
        assert provider.template_catalog is not None  # noqa: S101 - asked above
        found = await provider.template_catalog.list_templates()
        seen = SeenTemplates(templates=tuple(found), seen_at=self.clock.now())
        await self.cache.put(provider.name, seen)
        return seen


def fitting(filled: FilledTemplate, known: Sequence[Template]) -> Template | None:
    """
    Return the one of *known* that *filled* fills; None when none are known at all.

    Raises:
        InvalidContent: there is no such template, or something in it is missing or too much.
    """
    if not known:
        return None
    for template in known:
        if (template.name, template.language) == (filled.name, filled.language):
            template.require_fits(filled)
            return template
    raise InvalidContent(_NO_SUCH.filled(name=filled.name, language=filled.language))
