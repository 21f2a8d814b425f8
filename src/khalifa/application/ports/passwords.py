"""Port: hashing passwords so that they can be checked and not read."""

from abc import abstractmethod
from typing import Protocol


class PasswordHasher(Protocol):
    @abstractmethod
    async def hash(self, password: str) -> str:
        """Return a salted, deliberately slow hash. Does not hold up the event loop."""

    @abstractmethod
    async def verify(self, password: str, password_hash: str | None) -> bool:
        """
        Say whether *password* made *password_hash*.

        Takes as long when there is no hash, so that nobody learns from the
        time which names exist.
        """
