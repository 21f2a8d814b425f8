"""Ports: what two-step sign-in is kept as, and the codes themselves."""

from abc import abstractmethod
from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from khalifa.domain.agents import AgentId
from khalifa.domain.two_step import TwoStep


class TwoSteps(Protocol):
    """Agents' secrets and recovery codes, of these only hashes. Part of a unit of work."""

    @abstractmethod
    async def find(self, agent_id: AgentId) -> TwoStep | None:
        """Return what the agent has, also while it is not on yet."""

    @abstractmethod
    async def begin(self, agent_id: AgentId, secret: str) -> bool:
        """Keep a new secret, which is not on yet; False, and nothing done, while one is on."""

    @abstractmethod
    async def switch_on(
        self, agent_id: AgentId, secret: str, *, step: int, recovery_hashes: Collection[str]
    ) -> bool:
        """Switch on; False, and nothing done, when it is on or the secret is another by now."""

    @abstractmethod
    async def use_step(self, agent_id: AgentId, secret: str, step: int) -> bool:
        """
        Accept the code of *step*; False when that one or a later one was accepted before.

        Of many who try at the same time, in whatever process, one is told True.
        """

    @abstractmethod
    async def use_recovery_code(self, agent_id: AgentId, code_hash: str) -> bool:
        """Take a recovery code away; False when it is none, or gone. One of many is told True."""

    @abstractmethod
    async def recovery_codes_left(self, agent_id: AgentId) -> int: ...

    @abstractmethod
    async def switch_off(self, agent_id: AgentId) -> None:
        """Forget the secret and the recovery codes."""

    @abstractmethod
    async def all_on(self) -> set[AgentId]:
        """Return who has it on."""


class OneTimeCodes(Protocol):
    """Codes that an app makes from a shared secret and the time (RFC 6238)."""

    @abstractmethod
    def new_secret(self) -> str:
        """Return a random secret as a person may type it: letters and digits alone."""

    @abstractmethod
    def new_recovery_code(self) -> str:
        """Return a random code nobody guesses: 16 small letters and digits."""

    @abstractmethod
    def step_of(self, code: str, secret: str, *, now: datetime) -> int | None:
        """
        Return the time step whose code *code* is: the present one or one next to it.

        None when it is none of these. Takes as long whichever it is.
        """

    @abstractmethod
    def address(self, secret: str, *, name: str) -> str:
        """Return what an app reads from a QR code (``otpauth://…``): the secret, and whose."""
