"""Meta's calls of a webhook: signed, repeated until answered 200, in no certain order."""

import asyncio
import hashlib
import hmac
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial

import aiohttp
from yarl import URL

from tests.far_sides.cloud_api_bodies import encoded
from tests.far_sides.cloud_api_ids import signature
from tests.far_sides.cloud_api_world import Delivery, Settings, Verification, World, now

Body = Mapping[str, object] | bytes


class Webhooks:
    """Calls the webhook of the settings; every call is recorded in the world's `deliveries`."""

    def __init__(self, settings: Settings, world: World) -> None:
        self._settings = settings
        self._world = world
        self._http: aiohttp.ClientSession | None = None
        self._under_way: set[asyncio.Task[object]] = set()

    async def open(self) -> None:
        self._http = _client(limit=0, timeout=self._settings.webhook_timeout)

    async def close(self) -> None:
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._http:
            await self._http.close()

    def later(self, work: Coroutine[object, object, object]) -> None:
        """Run *work* beside everything else; `settle` waits for it, `close` cancels it."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def settle(self) -> None:
        """Wait until no call is under way and none will be repeated."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    async def deliver(self, body: bytes) -> Delivery:
        """Call until the answer is 200 or Meta gives up, and return the last call."""
        return await self._repeat(await self.call(body))

    async def deliver_once(self, body: bytes) -> Delivery:
        """Call once and return that; repetitions, if any are needed, run on beside."""
        delivery = await self.call(body)
        if not delivery.is_taken:
            self.later(self._repeat(delivery))
        return delivery

    async def call(
        self, body: bytes, *, headers: Mapping[str, str] | None = None, attempt: int = 1
    ) -> Delivery:
        """Call once; *headers* instead of the right ones."""
        target = self._settings.webhook_target
        if target is None or not self._settings.subscribed:
            why = "no webhook is configured" if target is None else "the app is not subscribed"
            delivery = Delivery(at=now(), body=body, attempt=attempt, error=why)
        else:
            assert self._http
            signed = signed_headers(self._settings.app_secret, body)
            headers = signed if headers is None else headers
            delivery = await _call(self._http, target, body, headers, attempt)
        self._world.deliveries.append(delivery)
        return delivery

    async def verify(self, verify_token: str) -> Verification:
        """
        Ask the webhook whether it is ours, as Meta does when a callback URL is saved.

        Raises:
            ValueError: no webhook is configured.
            aiohttp.ClientError: nobody answers there.
        """
        target = self._settings.webhook_target
        if target is None:
            raise ValueError("no webhook is configured")
        assert self._http
        challenge = str(secrets.randbelow(9 * 10**9) + 10**9)
        question = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": verify_token,
        }
        async with self._http.get(target.extend_query(question)) as answer:
            return Verification(answer.status, await answer.text(), challenge)

    async def _repeat(self, last: Delivery) -> Delivery:
        async def again(attempt: int) -> Delivery:
            return await self.call(last.body, attempt=attempt)

        return await _until_taken(last, again, self._settings.retry_seconds)


async def send_bodies(
    url: str | URL,
    secret: str,
    bodies: Sequence[Body],
    *,
    connections: int = 20,
    each_times: int = 2,
    shuffle_seed: int | None = None,
    retry_seconds: Sequence[float] = (),
    timeout_seconds: float = 10.0,
) -> list[Delivery]:
    """
    Post every body so many times over so many kept connections; return the last call of each.

    With a seed the order is shuffled, the same for the same seed. *retry_seconds* as in
    `Settings`. Needs no server, so that benchmarks can use it alone.
    """
    waiting = [_raw(body) for body in bodies] * each_times
    if shuffle_seed is not None:
        random.Random(shuffle_seed).shuffle(waiting)
    waiting.reverse()
    target = URL(url)
    done: list[Delivery] = []
    async with _client(limit=connections, timeout=timeout_seconds) as http:

        async def worker() -> None:
            while waiting:
                body = waiting.pop()
                headers = signed_headers(secret, body)
                call = partial(_call, http, target, body, headers)
                done.append(await _until_taken(await call(1), call, retry_seconds))

        async with asyncio.TaskGroup() as workers:
            for _ in range(connections):
                workers.create_task(worker())
    return done


def signed_headers(secret: str, body: bytes) -> dict[str, str]:
    """Return Meta's headers; the old SHA-1 signature still travels beside the one to check."""
    return {
        **plain_headers(),
        "X-Hub-Signature": "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest(),
        "X-Hub-Signature-256": signature(secret, body),
    }


def plain_headers() -> dict[str, str]:
    return {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "User-Agent": "facebookexternalua",
    }


def _raw(body: Body) -> bytes:
    return body if isinstance(body, bytes) else encoded(body)


def _client(*, limit: int, timeout: float) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=limit),
        timeout=aiohttp.ClientTimeout(total=timeout),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


async def _until_taken(
    delivery: Delivery, call: Callable[[int], Awaitable[Delivery]], pauses: Sequence[float]
) -> Delivery:
    for attempt, pause in enumerate(pauses, start=2):
        if delivery.is_taken:
            break
        await asyncio.sleep(pause)
        delivery = await call(attempt)
    return delivery


async def _call(
    http: aiohttp.ClientSession,
    target: URL,
    body: bytes,
    headers: Mapping[str, str],
    attempt: int,
) -> Delivery:
    status, error = None, None
    at, started = now(), time.perf_counter()
    try:
        async with http.post(target, data=body, headers=headers, allow_redirects=False) as answer:
            await answer.read()
            status = answer.status
    except (aiohttp.ClientError, TimeoutError) as failure:
        error = type(failure).__name__
    return Delivery(
        at=at,
        body=body,
        attempt=attempt,
        seconds=time.perf_counter() - started,
        status=status,
        error=error,
    )
