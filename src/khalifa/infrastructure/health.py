"""Whether what khalifa stands on is there."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from khalifa.application.ports.readers import Health

PATIENCE = 3.0


class DependencyHealth(Health):
    """Asks each dependency at once; *checks* return what is wrong in words, or None."""

    def __init__(self, checks: Mapping[str, Callable[[], Awaitable[str | None]]]) -> None:
        self._checks = checks

    async def check(self) -> dict[str, str | None]:
        answers = await asyncio.gather(*(self._ask(check) for check in self._checks.values()))
        return dict(zip(self._checks, answers, strict=True))

    @staticmethod
    async def _ask(check: Callable[[], Awaitable[str | None]]) -> str | None:
        try:
            async with asyncio.timeout(PATIENCE):
                return await check()
        except TimeoutError:
            return f"no answer within {PATIENCE:g} seconds"
        except Exception as error:  # noqa: BLE001 - whatever is wrong, it is not there
            return f"not there: {type(error).__name__}"
