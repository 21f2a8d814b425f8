"""An agent's screen: it applies what it hears, comes back after its cursor, and loads anew."""

import asyncio
import contextlib
from http import HTTPStatus
from typing import Any

import aiohttp

from tests.crash.system import CrashSystem

_AGAIN_AFTER = 0.2
_PATIENCE = 15.0


class Screen:
    """
    What an agent's browser would show, kept up by the live connection alone.

    ``tickets`` and ``messages`` hold the newest version heard of each, by id.
    """

    def __init__(self, system: CrashSystem, agent: str) -> None:
        self.tickets: dict[int, dict[str, Any]] = {}
        self.messages: dict[int, dict[str, Any]] = {}
        self.resumed = self.loaded = 0
        self._system = system
        self._agent = agent
        self._cursor: str | None = None
        self._turn = 0

    async def run(self) -> None:
        """Stay connected, to one server and then to the other, for ever."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError, ValueError):
                await self._follow()
            self._turn += 1
            await asyncio.sleep(_AGAIN_AFTER)

    async def _follow(self) -> None:
        if self._cursor is None:
            await self._load()
        async with self._system.http.ws_connect(
            f"{self._url}/api/live?since={self._cursor}", headers=self._bearer, heartbeat=2
        ) as socket:
            async for frame in socket:
                if frame.type is not aiohttp.WSMsgType.TEXT:
                    return
                told = frame.json()
                if told["type"] == "reload":
                    await self._load()
                    return
                await self._apply(told)
                self._cursor = told["cursor"]

    async def _apply(self, told: dict[str, Any]) -> None:
        match told["type"]:
            case "hello":
                self.resumed += 1
            case "ticket.changed":
                ticket = _without_tick(told["entity"])
                known = self.tickets.get(ticket["id"], {})
                if known.get("agent") != ticket["agent"]:
                    # Who had it before heard of what was said in it.
                    for message in await self._newest_of(ticket["id"]):
                        keep_newest(self.messages, message)
                keep_newest(self.tickets, ticket)
            case "message.changed":
                keep_newest(self.messages, told["entity"])

    async def _load(self) -> None:
        """Load everything, and the cursor to go on from, which is as old as the first list."""
        self._cursor = None
        cursor, tickets, messages = await self.shown()
        self.tickets, self.messages = tickets, messages
        self.loaded += 1
        self._cursor = cursor

    async def shown(self) -> tuple[str, dict[int, dict[str, Any]], dict[int, dict[str, Any]]]:
        """
        Return what the API shows this agent now, and the cursor from before it was read.

        All tickets, and of each the newest page of messages, as the desk loads them.
        """
        cursor, tickets = await self._all("/api/tickets?status=all&limit=500")
        messages: dict[int, dict[str, Any]] = {}
        for ticket in tickets:
            for message in await self._newest_of(ticket["id"]):
                messages[message["id"]] = message
        return cursor, {ticket["id"]: _without_tick(ticket) for ticket in tickets}, messages

    async def _newest_of(self, ticket: int) -> list[dict[str, Any]]:
        """Return the newest messages of a ticket; none when it is not this agent's any more."""
        try:
            page = await self._page(f"/api/tickets/{ticket}/messages?limit=500")
        except aiohttp.ClientResponseError as refused:
            if refused.status == HTTPStatus.FORBIDDEN:
                return []
            raise
        return list(page["items"])

    async def _all(self, path: str) -> tuple[str, list[dict[str, Any]]]:
        items: list[dict[str, Any]] = []
        first = after = ""
        while True:
            page = await self._page(f"{path}&cursor={after}")
            first = first or page["live_cursor"]
            items.extend(page["items"])
            after = page["next_cursor"]
            if after is None:
                return first, items

    async def _page(self, path: str) -> dict[str, Any]:
        async with (
            asyncio.timeout(_PATIENCE),
            self._system.http.get(f"{self._url}{path}", headers=self._bearer) as answer,
        ):
            answer.raise_for_status()
            page: dict[str, Any] = await answer.json()
            return page

    @property
    def _url(self) -> str:
        return self._system.urls[self._turn % len(self._system.urls)]

    @property
    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._system.tokens[self._agent]}"}


def keep_newest(held: dict[int, dict[str, Any]], entity: dict[str, Any]) -> None:
    known = held.get(entity["id"])
    if known is None or known["version"] <= entity["version"]:
        held[entity["id"]] = entity


def _without_tick(ticket: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is told of the last message by its own events, and compared there."""
    return {name: value for name, value in ticket.items() if name != "last_message_status"}
