"""Who is signed in from where, and who guesses passwords and codes."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from khalifa.domain.agents import AgentId
from khalifa.domain.errors import DomainError
from khalifa.domain.words import Words

LOCK_AFTER = 5
LOCK = timedelta(minutes=15)
FIRST_DELAY = timedelta(milliseconds=250)
LONGEST_DELAY = timedelta(seconds=8)
MAX_ADDRESS = 45
MAX_DEVICE = 200
_ID = 32
_LOCKED = Words(
    "Too many wrong passwords or codes. Try again in {minutes} minutes.",
    "محاولات خاطئة كثيرة. حاول بعد {minutes} دقيقة.",
)


def secret_hash(secret: str) -> str:
    """Return what is stored of a token or recovery code; both are random: a plain digest does."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class SignInLocked(DomainError):
    """
    Too many wrong passwords for this account from this address, or codes from wherever.

    ``retry_after`` in seconds.
    """

    def __init__(self, rest: timedelta) -> None:
        super().__init__(_LOCKED.filled(minutes=-(-rest // timedelta(minutes=1))))
        self.retry_after = -(-rest // timedelta(seconds=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """
    One person signed in at one place, or a program's token (``kind`` ``api``).

    ``id`` may be shown: the token cannot be found from it. ``device`` is what
    the browser calls itself.
    """

    token_hash: str
    agent_id: AgentId
    kind: str
    created_at: datetime
    expires_at: datetime | None
    address: str | None = None
    device: str | None = None

    @property
    def id(self) -> str:
        return self.token_hash[:_ID]


@dataclass(kw_only=True, eq=False, slots=True)
class Attempts:
    """
    Passwords tried for one account from one address; or codes, from wherever.

    ``account`` is a digest: people type passwords where names belong.
    """

    account: str
    address: str
    tried: int = 0
    last_at: datetime

    def is_recent(self, now: datetime) -> bool:
        return now - self.last_at < LOCK

    def count_one(self, now: datetime) -> None:
        """
        Take one more attempt for a wrong one, until it turns out right.

        Raises:
            SignInLocked: there were `LOCK_AFTER` already, the last less than `LOCK` ago.
        """
        if not self.is_recent(now):
            self.tried = 0
        if self.tried >= LOCK_AFTER:
            raise SignInLocked(self.last_at + LOCK - now)
        self.tried, self.last_at = self.tried + 1, now


def delay_of(attempts: Iterable[Attempts], now: datetime) -> timedelta:
    """
    Return how long an account's next answer takes, whoever asks.

    It doubles with each recent attempt beyond what one address has. Nobody is
    refused because of what others try: who has the password gets in, later.
    """
    beyond = sum(one.tried for one in attempts if one.is_recent(now)) - LOCK_AFTER
    if beyond <= 0:
        return timedelta()
    # Doubling stops long before it would overflow.
    return min(FIRST_DELAY * (1 << min(beyond - 1, 10)), LONGEST_DELAY)
