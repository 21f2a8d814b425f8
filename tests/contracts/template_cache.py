"""What a cache of templates promises, and what it does when it is away."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from khalifa.application.ports.templates import SeenTemplates, TemplateCache
from khalifa.domain.filled_template import HeaderType
from khalifa.domain.templates import ButtonKind, Template, TemplateButton, TemplateHeader
from tests.builders import NOW, OTHER_PROVIDER, PROVIDER

READY = Template(
    name="order_ready",
    language="ar",
    category="UTILITY",
    named=True,
    header=TemplateHeader(type=HeaderType.TEXT, text="طلب {{number}}"),
    text="أهلاً {{name}} 💊",
    footer="صيدليات خليفة",
    buttons=(TemplateButton(kind=ButtonKind.URL, title="تتبع", url="https://x.example/{{1}}"),),
)
SEEN = SeenTemplates(templates=(READY,), seen_at=NOW)
NONE = SeenTemplates(templates=(), seen_at=NOW + timedelta(microseconds=1))

GoAway = Callable[[], Awaitable[None]]


class TemplateCacheContract:
    """Wants ``cache``: empty; and ``go_away``, which makes it unreachable."""

    async def test_templates_come_back_as_they_were_seen(self, cache: TemplateCache) -> None:
        await cache.put(PROVIDER, NONE)
        await cache.put(PROVIDER, SEEN)
        await cache.put(OTHER_PROVIDER, NONE)

        assert await cache.get(PROVIDER) == SEEN
        assert await cache.get(OTHER_PROVIDER) == NONE

    async def test_of_a_provider_never_asked_nothing_is_known(self, cache: TemplateCache) -> None:
        await cache.put(PROVIDER, SEEN)

        assert await cache.get(OTHER_PROVIDER) is None

    async def test_a_cache_that_is_away_knows_nothing_and_raises_nothing(
        self, cache: TemplateCache, go_away: GoAway
    ) -> None:
        await cache.put(PROVIDER, SEEN)
        await go_away()

        await cache.put(PROVIDER, NONE)

        assert await cache.get(PROVIDER) is None
