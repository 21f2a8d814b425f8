"""Posting what the sandbox has to say to our own webhook, as any provider would."""

import asyncio
import time
from collections.abc import Sequence
from http import HTTPStatus

import aiohttp
import structlog
from redis.exceptions import RedisError

from khalifa.application.ports.messaging import SessionKeeper
from khalifa.domain.contacts import PhoneNumber
from khalifa.infrastructure.messaging.sandbox.settings import NAME, SIGNATURE, SandboxSettings
from khalifa.infrastructure.messaging.sandbox.store import PhoneStore

AT_ONCE = 100
# In seconds. All of it is shorter than the store's lock.
_PATIENCE = aiohttp.ClientTimeout(total=10, connect=3)
_LONGEST_PAUSE = 30

log = structlog.get_logger(__name__)


class Outbox(SessionKeeper):
    """
    Posts each event at least once, in order, and again until our webhook has taken it.

    The events are in Redis: whoever is nudged posts what is due, and `keep`,
    called every second by the housekeeper, posts what a dead process left.
    """

    def __init__(
        self,
        store: PhoneStore,
        http: aiohttp.ClientSession,
        settings: SandboxSettings,
        internal_url: str,
    ) -> None:
        self._store = store
        self._http = http
        self._settings = settings
        self._url = f"{internal_url}/api/webhook/{NAME}"
        self._posting: asyncio.Task[None] | None = None
        self._more = False
        self._failed = 0
        self._rest_until = 0.0

    def nudge(self) -> None:
        """Post what is due, in the background; nudged meanwhile, look once more."""
        self._more = True
        if self._posting is None or self._posting.done():
            self._posting = asyncio.create_task(self._post_while_nudged())

    async def keep(self, *, code_for: PhoneNumber | None = None) -> None:
        if time.monotonic() >= self._rest_until:
            self.nudge()

    async def _post_while_nudged(self) -> None:
        while self._more:
            self._more = False
            try:
                await self._post_due()
            except (aiohttp.ClientError, TimeoutError, OSError, RedisError, _NotTaken) as error:
                self._rest(error)
            else:
                self._failed = 0

    def _rest(self, error: Exception) -> None:
        """Let the housekeeper try again: after a second, then less and less often."""
        self._failed += 1
        pause = min(2 ** (self._failed - 1), _LONGEST_PAUSE)
        self._rest_until = time.monotonic() + pause
        log.warning("sandbox webhook not posted", failure=str(_kind(error)), pause=pause)

    async def _post_due(self) -> None:
        if not await self._due():
            return
        # Another process may be posting; what it has posted is due no more.
        async with self._store.one_at_a_time():
            if events := await self._due():
                await self._post(events)
                await self._store.posted(events)
                self._more = True

    async def _due(self) -> list[bytes]:
        return await self._store.due(time.time(), AT_ONCE)

    async def _post(self, events: Sequence[bytes]) -> None:
        body = b'{"events":[' + b",".join(events) + b"]}"
        headers = {
            "Content-Type": "application/json",
            "Connection": "close",
            SIGNATURE: self._settings.signature(body),
        }
        if self._http.closed:
            # The process is ending; another one posts it.
            raise aiohttp.ClientConnectionError
        async with self._http.post(
            self._url, data=body, headers=headers, timeout=_PATIENCE, allow_redirects=False
        ) as answer:
            if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                raise _NotTaken(answer.status)


class _NotTaken(Exception):
    """Our webhook answered, and did not take it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def _kind(error: Exception) -> str | int:
    return error.status if isinstance(error, _NotTaken) else type(error).__name__
