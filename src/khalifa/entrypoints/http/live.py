"""The live connection: an agent's screen hears what changes, as it changes."""

import asyncio
from collections.abc import Callable
from typing import Annotated

import structlog
from litestar import WebSocket, websocket
from litestar.datastructures import State
from litestar.exceptions import WebSocketDisconnect
from litestar.params import QueryParameter

from khalifa.application.agent_presence import NoteSeen, SetPresence
from khalifa.application.sign_in import WhoIs
from khalifa.domain.agents import Agent, Presence
from khalifa.domain.errors import KhalifaError
from khalifa.entrypoints.http.error_trace import trace_of
from khalifa.entrypoints.http.feed import TRY_LATER, Feed, StreamAway, Subscription
from khalifa.entrypoints.http.guards import Site, require_own_origin, token_of
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.refused_requests import ForeignOrigin, NotSignedIn
from khalifa.entrypoints.http.schemas import MAX_CURSOR

UNAUTHORIZED = 4401
FOREIGN_ORIGIN = 4403
# Twice in the time after which a silent agent is taken for gone, many times over.
HEARTBEAT = 20.0
# A client that does not even take the goodbye.
GOODBYE = 5.0

Socket = WebSocket[Agent, object, State]

log = structlog.get_logger("khalifa.http")


@websocket("/api/live")
async def live(
    socket: Socket,
    *,
    feed: Injected[Feed],
    who_is: Injected[WhoIs],
    set_presence: Injected[SetPresence],
    note_seen: Injected[NoteSeen],
    site: Injected[Site],
    since: Annotated[str | None, QueryParameter(max_length=MAX_CURSOR)] = None,
) -> None:
    # Accepted first: a browser tells its page the close code, and nothing of a refused handshake.
    await socket.accept()
    try:
        agent, token = await _whose(socket, who_is, site)
        with feed.subscription(agent, token) as subscription:
            frames = await feed.frames_since(since, agent)
            await _be_here(agent, set_presence, note_seen)
            code = await _converse(socket, subscription, frames)
    except NotSignedIn:
        code = UNAUTHORIZED
    except ForeignOrigin:
        code = FOREIGN_ORIGIN
    except (StreamAway, KhalifaError) as error:
        log.warning("live connection refused", **trace_of(error))
        code = TRY_LATER
    except WebSocketDisconnect:
        return
    if code is not None:
        await _say_goodbye(socket, code)


async def _whose(socket: Socket, who_is: WhoIs, site: Site) -> tuple[Agent, str]:
    token, by_cookie = token_of(socket.headers, socket.cookies)
    if by_cookie:
        require_own_origin(socket.headers, site)
    agent = await who_is(token, anew=True) if token is not None else None
    if agent is None or token is None:
        raise NotSignedIn
    socket.scope["user"] = agent
    return agent, token


async def _be_here(agent: Agent, set_presence: SetPresence, note_seen: NoteSeen) -> None:
    """Bring an offline agent online; a break stays one."""
    if agent.presence is Presence.OFFLINE:
        await set_presence(agent, Presence.ONLINE)
    else:
        await note_seen([agent.id])


async def _converse(socket: Socket, subscription: Subscription, frames: list[str]) -> int | None:
    """Send until one side ends it; return the close code when it is ours to say."""
    sending = asyncio.create_task(_send(socket, subscription, frames))
    listening = asyncio.create_task(_listen(socket))
    ended = asyncio.create_task(subscription.ended())
    tasks = (sending, listening, ended)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return ended.result() if ended.done() else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _send(socket: Socket, subscription: Subscription, frames: list[str]) -> None:
    for frame in frames:
        await socket.send_text(frame)
    while True:
        await socket.send_text(await subscription.next())


async def _listen(socket: Socket) -> None:
    """Wait until the client hangs up. What it says has no meaning, and is dropped."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _say_goodbye(socket: Socket, code: int) -> None:
    try:
        async with asyncio.timeout(GOODBYE):
            await socket.close(code)
    except (TimeoutError, WebSocketDisconnect):
        log.info("live connection dropped", code=code)


class Heartbeats:
    """
    Notes that the agents with an open socket are there, and looks whether they still may be.

    A revoked token or a disabled agent is out after `HEARTBEAT` seconds.
    """

    def __init__(
        self, feed: Feed, who_is: Callable[[], WhoIs], note_seen: Callable[[], NoteSeen]
    ) -> None:
        self._feed = feed
        self._who_is = who_is
        self._note_seen = note_seen

    async def beat(self) -> None:
        here = set()
        for subscription in self._feed.subscriptions:
            agent = await self._who_is()(subscription.token)
            if agent is None:
                subscription.end(UNAUTHORIZED)
            else:
                subscription.agent = agent
                here.add(agent.id)
        await self._note_seen()(here)
