"""What was last seen of templates, in a dictionary."""

from khalifa.application.ports.templates import SeenTemplates, TemplateCache
from khalifa.domain.contacts import ProviderName


class MemoryTemplateCache(TemplateCache):
    """Knows nothing while ``away`` is true, which a test may set."""

    def __init__(self) -> None:
        self.away = False
        self._seen: dict[ProviderName, SeenTemplates] = {}

    async def put(self, provider: ProviderName, seen: SeenTemplates) -> None:
        if not self.away:
            self._seen[provider] = seen

    async def get(self, provider: ProviderName) -> SeenTemplates | None:
        return None if self.away else self._seen.get(provider)
