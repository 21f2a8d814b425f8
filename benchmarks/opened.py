"""What is opened in parts, and closed whole."""

from abc import ABC, abstractmethod
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self


class Opened(ABC):
    """An async context manager: what of it was opened before a failure is closed again."""

    _opened: AsyncExitStack

    @abstractmethod
    async def _open(self) -> None:
        """Open all of it, each part entered in ``_opened``."""

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self._opened.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._opened.aclose()
