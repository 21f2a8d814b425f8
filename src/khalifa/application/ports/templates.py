"""Ports: the templates a provider's account has, and what was last seen of them."""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from khalifa.domain.contacts import ProviderName
from khalifa.domain.templates import Template


class TemplateCatalog(Protocol):
    """Optional: the provider's account has approved templates."""

    @abstractmethod
    async def list_templates(self) -> list[Template]:
        """
        Return every approved template, by name and language.

        Raises:
            NotSent, OutcomeUnknown: the provider did not tell.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenTemplates:
    """The approved templates as they were at ``seen_at``."""

    templates: tuple[Template, ...]
    seen_at: datetime


class TemplateCache(Protocol):
    """Shared by all processes; losing it is harmless."""

    @abstractmethod
    async def put(self, provider: ProviderName, seen: SeenTemplates) -> None: ...

    @abstractmethod
    async def get(self, provider: ProviderName) -> SeenTemplates | None:
        """Return what was last seen; None when nothing is known or the cache is away."""
