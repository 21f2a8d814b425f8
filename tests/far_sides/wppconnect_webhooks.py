"""WPPConnect Server's side of a webhook: callWebHook and the axios POST under it."""

import asyncio
import base64
import json
import random
from collections.abc import Sequence
from typing import Protocol

import aiohttp
from yarl import URL

from tests.far_sides.wppconnect_bodies import basic_auth, event_body
from tests.far_sides.wppconnect_messages import JsonObject
from tests.far_sides.wppconnect_world import Account, Delivery, Settings, now

AXIOS_HEADERS = {
    "Accept": "application/json, text/plain, */*",
    "Content-Type": "application/json",
    "User-Agent": "axios/1.21.1",
    "Accept-Encoding": "gzip, compress, deflate, br",
    "Connection": "keep-alive",
}


class Caller(Protocol):
    """Whoever a webhook call is made for: a session of the server."""

    @property
    def account(self) -> Account: ...
    @property
    def config(self) -> JsonObject: ...
    @property
    def session(self) -> str | None: ...


class Webhooks:
    """
    Call webhooks as callWebHook does: one attempt, no queue, no order, no time-out.

    Every call runs beside the others, so a message whose file must be downloaded first is
    overtaken by a later text. `deliveries` keeps what became of each.
    """

    def __init__(self, settings: Settings) -> None:
        self.deliveries: list[Delivery] = []
        self._settings = settings
        self._http: aiohttp.ClientSession | None = None
        self._under_way: set[asyncio.Task[Delivery]] = set()

    async def open(self) -> None:
        self._http = _http_client(limit=0)

    async def close(self) -> None:
        self.forget()
        await self.settle()
        if self._http:
            await self._http.close()

    def forget(self) -> None:
        """Give up the calls under way, as a server that dies does."""
        for task in self._under_way:
            task.cancel()

    async def settle(self) -> None:
        """Wait until no call is under way."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    def call(
        self,
        caller: Caller,
        event: str,
        data: JsonObject,
        *,
        file: bytes | None = None,
    ) -> asyncio.Task[Delivery]:
        """Start a call and return it; `file` is what autoDownload would find, if it can."""
        # What is posted is what was known now: a session may get its name a moment later.
        body = event_body(event, caller.session, data)
        url = str(caller.config.get("webhook") or self._settings.webhook_url or "")
        task = asyncio.create_task(self._call(caller.account, url, body, file))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def _call(
        self, account: Account, url: str, body: JsonObject, file: bytes | None
    ) -> Delivery:
        if not url:
            return _not_called(body, "no webhook is configured")
        if {body["event"], body.get("from"), body.get("type")} & set(self._settings.ignore):
            return _not_called(body, "ignored by configuration")
        if self._settings.auto_download and file is not None:
            await asyncio.sleep(self._settings.download_seconds)
            body["body"] = base64.b64encode(file).decode()
        assert self._http
        delivery = await _deliver(self._http, url, body)
        self.deliveries.append(delivery)
        is_message = body["event"] == "onmessage"
        if is_message and _was_taken(delivery) and self._settings.read_message:
            account.seen.append(str(body.get("from") or body.get("chatId")))
        return delivery


async def post_many(
    url: str,
    bodies: Sequence[JsonObject],
    *,
    connections: int,
    each_times: int,
    shuffle_seed: int | None,
) -> list[Delivery]:
    """
    Post every body `each_times` over so many connections and return what became of each call.

    Each keeps its connection; with a seed the order is shuffled, the same for the same seed.
    """
    waiting = list(bodies) * each_times
    if shuffle_seed is not None:
        random.Random(shuffle_seed).shuffle(waiting)
    waiting.reverse()
    done: list[Delivery] = []
    async with _http_client(limit=connections) as http:

        async def worker() -> None:
            while waiting:
                done.append(await _deliver(http, url, waiting.pop()))

        async with asyncio.TaskGroup() as workers:
            for _ in range(connections):
                workers.create_task(worker())
    return done


def _http_client(*, limit: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=limit),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


async def _deliver(http: aiohttp.ClientSession, url: str, body: JsonObject) -> Delivery:
    target = URL(url)
    headers = dict(AXIOS_HEADERS)
    if target.user is not None:
        headers["Authorization"] = basic_auth(target.password or "", target.user)
    target = target.with_user(None)
    status, error = None, None
    at = now()
    try:
        async with http.post(target, data=_stringify(body), headers=headers) as answer:
            await answer.read()
            status = answer.status
    except aiohttp.ClientError as failure:
        error = type(failure).__name__
    return _delivery(body, at=at, path=target.path_qs, status=status, error=error)


def _delivery(
    body: JsonObject, *, at: float, path: str, status: int | None, error: str | None
) -> Delivery:
    session = body.get("session")
    return Delivery(
        at=at,
        session=None if session is None else str(session),
        event=str(body.get("event")),
        path=path,
        body=body,
        status=status,
        error=error,
    )


def _not_called(body: JsonObject, reason: str) -> Delivery:
    return _delivery(body, at=now(), path="", status=None, error=reason)


def _was_taken(delivery: Delivery) -> bool:
    return delivery.status is not None and 200 <= delivery.status < 300


def _stringify(body: JsonObject) -> bytes:
    # JSON.stringify writes no spaces and leaves Arabic as it is.
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
