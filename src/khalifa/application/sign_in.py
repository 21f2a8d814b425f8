"""Use cases: sign in, sign out, who holds a token, and where one is signed in."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from khalifa.application.business_rules import BusinessRules
from khalifa.application.check_code import CheckCode
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.passwords import PasswordHasher
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.agents import MAX_PASSWORD, Agent, AgentId, require_password
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.errors import DomainError, NotFound
from khalifa.domain.sessions import (
    MAX_ADDRESS,
    MAX_DEVICE,
    Attempts,
    Session,
    delay_of,
    secret_hash,
)
from khalifa.domain.two_step import CodeRefused, WrongCode
from khalifa.domain.words import Words

SESSION = timedelta(days=30)
REMEMBER = timedelta(seconds=1)
REMEMBERED = 1000
KEEP_ATTEMPTS = timedelta(days=1)

_WRONG = Words("The name or the password is not right.", "الاسم أو كلمة المرور غير صحيحة.")
_NOT_THE_OLD_ONE = Words(
    "The password you have now is not right.", "كلمة المرور الحالية غير صحيحة."
)


class SignInRefused(DomainError):
    """The name or the password is wrong; it does not say which."""

    def __init__(self) -> None:
        super().__init__(_WRONG)


class WrongPassword(DomainError):
    """Who wants another password does not know the present one."""

    def __init__(self) -> None:
        super().__init__(_NOT_THE_OLD_ONE)


def _account(name: str) -> str:
    return hashlib.sha256(name.casefold().encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPassword:
    """
    Tell whose name and password these are, and make guessing them hopeless.

    Five wrong ones for an account from one address, and that address waits
    fifteen minutes for it. From elsewhere the account's answers come later
    and later, eight seconds at most: nobody can lock somebody out. An attempt
    counts before it is looked at, so many at once are no way around.

    The wrong ones are forgiven once all is right: the password, and what *also*
    asks for besides. What that raises is raised here, to nobody with a wrong password.
    """

    transact: Transact
    passwords: PasswordHasher
    clock: Clock
    wait: Callable[[float], Awaitable[object]]

    async def __call__(
        self,
        name: str,
        password: str,
        *,
        address: str | None,
        also: Callable[[Agent], Awaitable[None]] | None = None,
    ) -> Agent:
        """
        Raises:
            SignInRefused: unknown, disabled, or the wrong password; all take as long.
            SignInLocked: too many wrong ones came from here.
        """
        account, here = _account(name), (address or "")[:MAX_ADDRESS]

        async def begin(uow: UnitOfWork) -> tuple[Agent | None, str | None, timedelta]:
            now = self.clock.now()
            known = await uow.attempts.lock(account)
            mine = next((one for one in known if one.address == here), None)
            delay = delay_of(known, now)
            mine = mine or Attempts(account=account, address=here, last_at=now)
            mine.count_one(now)
            await uow.attempts.save(mine)
            agent = await uow.agents.find_named(name)
            return agent, await uow.agents.password_hash(agent.id) if agent else None, delay

        agent, password_hash, delay = await self.transact(begin)
        if delay:
            await self.wait(delay.total_seconds())
        right = await self.passwords.verify(password[: MAX_PASSWORD + 1], password_hash)
        if agent is None or agent.disabled or not right:
            raise SignInRefused
        if also is not None:
            await also(agent)

        async def forgive(uow: UnitOfWork) -> None:
            await uow.attempts.forget(account, here)

        await self.transact(forgive)
        return agent

    async def again(
        self,
        agent: Agent,
        password: str,
        *,
        address: str | None,
        also: Callable[[Agent], Awaitable[None]] | None = None,
    ) -> None:
        """
        Ask somebody who is signed in for the password once more; as above besides.

        Raises:
            WrongPassword: it is another.
            SignInLocked: too many wrong ones came from here.
        """
        try:
            await self(agent.name, password, address=address, also=also)
        except SignInRefused:
            raise WrongPassword from None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """
    Exchange a name and a password for a session token, good for thirty days.

    Who has two-step sign-in on gives a code, too.
    The token is always a new one; the one the browser had before, *replaces*,
    is worthless from then on.
    """

    transact: Transact
    check_password: CheckPassword
    check_code: CheckCode
    clock: Clock
    random_token: Callable[[], str]

    async def __call__(
        self,
        name: str,
        password: str,
        *,
        code: str | None = None,
        address: str | None = None,
        device: str | None = None,
        replaces: str | None = None,
    ) -> tuple[Agent, str]:
        """
        Raises what `CheckPassword` raises, and to whoever has the password more.

        Raises:
            CodeWanted: two-step sign-in is on, and there is no code.
            CodeRefused: the code is wrong, or was used already.
        """

        async def second_step(agent: Agent) -> None:
            try:
                await self.check_code(agent.id, code)
            except WrongCode:
                raise CodeRefused from None

        agent = await self.check_password(name, password, address=address, also=second_step)
        token, now = self.random_token(), self.clock.now()
        session = Session(
            token_hash=secret_hash(token),
            agent_id=agent.id,
            kind="session",
            created_at=now,
            expires_at=now + SESSION,
            address=address and address[:MAX_ADDRESS],
            device=device and device[:MAX_DEVICE],
        )

        async def remember(uow: UnitOfWork) -> None:
            if replaces is not None:
                await uow.tokens.remove(secret_hash(replaces))
            await uow.tokens.add(session)
            await uow.agents.signed_in(agent.id, now)

        await self.transact(remember)
        return agent, token


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOut:
    """Make a session token worthless."""

    transact: Transact

    async def __call__(self, token: str) -> None:
        async def work(uow: UnitOfWork) -> None:
            await uow.tokens.remove(secret_hash(token))

        await self.transact(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOwnPassword:
    """
    Give oneself another password; wherever else one is signed in, one is not any more.

    Tokens of programs go, too. Only the session that asks, *kept*, stays.
    """

    transact: Transact
    check_password: CheckPassword
    passwords: PasswordHasher

    async def __call__(
        self, agent: Agent, current: str, new: str, *, kept: str, address: str | None
    ) -> None:
        """
        Raises:
            InvalidAgent: the new one cannot be used.
            WrongPassword: the current one is another.
            SignInLocked: too many wrong ones came from here.
        """
        require_password(new)
        await self.check_password.again(agent, current, address=address)
        password_hash = await self.passwords.hash(new)

        async def work(uow: UnitOfWork) -> None:
            await uow.agents.set_password_hash(agent.id, password_hash)
            await uow.tokens.remove_of(agent.id, but=secret_hash(kept))

        await self.transact(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """``current``: the one that asks."""

    id: str
    kind: str
    created_at: datetime
    expires_at: datetime | None
    address: str | None
    device: str | None
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Where an agent is signed in, programs' tokens too, and ending one of them."""

    transact: Transact
    clock: Clock

    async def of(self, agent_id: AgentId, *, current: str | None = None) -> list[SessionView]:
        """
        Return those that are good, the newest first.

        Raises:
            NotFound: there is no such agent.
        """

        async def work(uow: UnitOfWork) -> list[Session]:
            await uow.agents.get(agent_id)
            return await uow.tokens.of_agent(agent_id, now=self.clock.now())

        asking = secret_hash(current) if current is not None else None
        return [
            SessionView(
                id=one.id,
                kind=one.kind,
                created_at=one.created_at,
                expires_at=one.expires_at,
                address=one.address,
                device=one.device,
                current=one.token_hash == asking,
            )
            for one in await self.transact.read(work)
        ]

    async def revoke(self, by: Agent, agent_id: AgentId, session_id: str) -> None:
        """
        End one session of one's own, or, as an administrator, anybody's: that is on record.

        Raises:
            NotAllowed: it is another agent's, and *by* is no administrator.
            NotFound: there is none.
        """
        if agent_id != by.id:
            by.require_admin()

        async def work(uow: UnitOfWork) -> None:
            found = await uow.tokens.of_agent(agent_id, now=self.clock.now())
            session = next((one for one in found if one.id == session_id), None)
            if session is None:
                reason = "There is no such session."
                raise NotFound(reason)
            await uow.tokens.remove(session.token_hash)
            if agent_id != by.id:
                entry = AuditEntry(
                    at=self.clock.now(),
                    by=by.id,
                    act=Act.SESSION_REVOKED,
                    subject=f"agent {agent_id}",
                    details={"kind": session.kind},
                )
                await uow.audit.add(entry)

        await self.transact(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetAttempts:
    """Forget who tried passwords from where a day ago: it hinders nobody any more."""

    transact: Transact
    clock: Clock

    async def __call__(self) -> int:
        """Return how many were forgotten."""
        before = self.clock.now() - KEEP_ATTEMPTS
        return await self.transact(lambda uow: uow.attempts.forget_before(before))


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoIs:
    """
    Tell whose token this is.

    Remembered for a second, so that a busy screen does not ask the database
    each time; a revoked token or a disabled agent is out after that second.
    """

    transact: Transact
    rules: BusinessRules
    clock: Clock
    _known: dict[str, tuple[Agent, datetime]] = field(default_factory=dict)

    async def __call__(self, token: str, *, anew: bool = False) -> Agent | None:
        """
        Return the agent, None when the token is unknown, expired or revoked.

        *anew*: as the agent is now, for whoever looks at more than who it is.
        """
        now, hashed = self.clock.now(), secret_hash(token)
        known = self._known.get(hashed)
        if known and not anew and now - known[1] < REMEMBER:
            return known[0]

        async def work(uow: UnitOfWork) -> Agent | None:
            return await uow.tokens.find_agent(hashed, now=now)

        agent = await self.transact.read(work)
        self._known.pop(hashed, None)
        if agent is not None:
            agent.sees_all = (await self.rules()).agents_see_all
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[hashed] = (agent, now)
        return agent
