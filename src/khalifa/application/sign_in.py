"""Use cases: sign in, sign out, and who holds a token."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.passwords import PasswordHasher
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.agents import MAX_PASSWORD, Agent
from khalifa.domain.errors import DomainError

SESSION = timedelta(days=30)
REMEMBER = timedelta(seconds=1)
REMEMBERED = 1000


class SignInRefused(DomainError):
    """The name or the password is wrong; it does not say which."""

    def __init__(self) -> None:
        super().__init__("The name or the password is not right.")


def token_hash(token: str) -> str:
    """Return what is stored of a token. Tokens are random, so a plain digest is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Exchange a name and a password for a session token, good for thirty days."""

    transact: Transact
    passwords: PasswordHasher
    clock: Clock
    random_token: Callable[[], str]

    async def __call__(self, name: str, password: str) -> tuple[Agent, str]:
        """
        Raises:
            SignInRefused: unknown, disabled, or the wrong password; all take as long.
        """

        async def look_up(uow: UnitOfWork) -> tuple[Agent | None, str | None]:
            agent = await uow.agents.find_named(name)
            return agent, await uow.agents.password_hash(agent.id) if agent else None

        agent, password_hash = await self.transact(look_up)
        right = await self.passwords.verify(password[: MAX_PASSWORD + 1], password_hash)
        if agent is None or agent.disabled or not right:
            raise SignInRefused
        token = self.random_token()

        async def remember(uow: UnitOfWork) -> None:
            expires_at = self.clock.now() + SESSION
            await uow.tokens.add(token_hash(token), agent.id, kind="session", expires_at=expires_at)

        await self.transact(remember)
        return agent, token


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOut:
    """Make a session token worthless."""

    transact: Transact

    async def __call__(self, token: str) -> None:
        async def work(uow: UnitOfWork) -> None:
            await uow.tokens.remove(token_hash(token))

        await self.transact(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoIs:
    """
    Tell whose token this is.

    Remembered for a second, so that a busy screen does not ask the database
    each time; a revoked token or a disabled agent is out after that second.
    """

    transact: Transact
    clock: Clock
    _known: dict[str, tuple[Agent, datetime]] = field(default_factory=dict)

    async def __call__(self, token: str) -> Agent | None:
        """Return the agent, None when the token is unknown, expired or revoked."""
        now, hashed = self.clock.now(), token_hash(token)
        known = self._known.get(hashed)
        if known and now - known[1] < REMEMBER:
            return known[0]

        async def work(uow: UnitOfWork) -> Agent | None:
            return await uow.tokens.find_agent(hashed, now=now)

        agent = await self.transact(work)
        self._known.pop(hashed, None)
        if agent is not None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[hashed] = (agent, now)
        return agent
