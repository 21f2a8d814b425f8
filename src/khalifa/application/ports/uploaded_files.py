"""Port: under which id a provider has a file of ours, so that it is uploaded once."""

from abc import abstractmethod
from datetime import timedelta
from typing import Protocol

from khalifa.domain.contacts import ProviderName


class UploadedFiles(Protocol):
    """
    Shared by all processes; losing it is harmless, for a file is then uploaded again.

    ``key`` says which file as what, and of which account of the provider's.
    """

    @abstractmethod
    async def remember(
        self, provider: ProviderName, key: str, id_ext: str, *, kept_for: timedelta
    ) -> None: ...

    @abstractmethod
    async def forget(self, provider: ProviderName, key: str) -> None: ...

    @abstractmethod
    async def find(self, provider: ProviderName, key: str) -> str | None:
        """Return the provider's id; None when it is not known, or too old, or nobody can say."""
