"""WPPConnect Server's far side: answers as v2.10.4 does and calls our webhook as it does."""

import argparse
import asyncio
import contextlib
import dataclasses
import signal
import sys
import weakref
from http import HTTPStatus
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.far_sides.wppconnect_control import control_routes
from tests.far_sides.wppconnect_http import CONTROL, WebHandler, express
from tests.far_sides.wppconnect_library import Library
from tests.far_sides.wppconnect_phones import Phones
from tests.far_sides.wppconnect_routes import routes
from tests.far_sides.wppconnect_scenarios import Rule, SendScenario
from tests.far_sides.wppconnect_sessions import Sessions
from tests.far_sides.wppconnect_tokens import Tokens
from tests.far_sides.wppconnect_webhooks import Webhooks
from tests.far_sides.wppconnect_world import (
    AcceptedSend,
    Delivery,
    Directory,
    SeenRequest,
    SessionMode,
    Settings,
    now,
)

HOST = "127.0.0.1"
# In seconds: what is answered last still goes out.
_DIES_AFTER = 0.05


class WppconnectFarSide(Phones):
    """
    A WPPConnect Server with WhatsApp, Chromium and the phones behind it.

    An async context manager on `port` (0: a free one); `base_url` is known inside. A session
    nobody arranged is paired and connects at its first start.
    """

    def __init__(self, *, secret_key: str = "harness-secret", port: int = 0) -> None:
        self.tokens = Tokens(secret_key)
        self.port = port
        self.settings = Settings()
        self.directory = Directory()
        self.webhooks = Webhooks(self.settings)
        self.sessions = Sessions(self.settings, self.webhooks)
        self.library = Library(self.settings, self.webhooks, self.directory)
        self.requests: list[SeenRequest] = []
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._answering: set[asyncio.Task[object]] = set()
        self._dying: asyncio.Task[None] | None = None
        self._connections: weakref.WeakSet[asyncio.Transport] = weakref.WeakSet()

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._observed, express], client_max_size=0)
        app.add_routes(control_routes(self))
        app.add_routes([web.get("/unhealthy", self._unhealthy)])
        app.add_routes(routes(self.sessions, self.library, self.directory, self.tokens))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await self.webhooks.open()
        await self.come_up()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.go_down()
        await self.webhooks.close()
        assert self._runner
        await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def accepted(self) -> list[AcceptedSend]:
        """Return every send that reached the library, oldest first; see `went_out` of each."""
        return self.library.accepted

    @property
    def deliveries(self) -> list[Delivery]:
        """Return the webhook calls that ended, in the order they did."""
        return self.webhooks.deliveries

    @property
    def hanging(self) -> int:
        """Return how many sends hang now."""
        return self.library.scenarios.hanging

    @property
    def seen(self) -> dict[str, list[str]]:
        """Return, by session, the chats whose customers got blue ticks."""
        return {name: self.sessions.account(name).seen for name in self.sessions.tokens}

    @property
    def typed(self) -> dict[str, list[tuple[str, bool]]]:
        """Return, by session, where "typing…" was shown or taken away."""
        return {name: self.sessions.account(name).typing for name in self.sessions.tokens}

    def went_out(self, text: str | None = None) -> list[AcceptedSend]:
        """Return what customers really got, of one text when given."""
        return [send for send in self.accepted if send.went_out and text in (None, send.text)]

    def arrange(
        self,
        scenario: str,
        *,
        to: str | None = None,
        times: int | None = None,
        seconds: float = 0.0,
        wid: str = "14443111111111@lid",
        goes_out: bool | None = None,
    ) -> None:
        """Let sends meet a SendScenario; see `Rule`. Raises ValueError for an unknown one."""
        self.library.scenarios.arrange(
            Rule(
                scenario=SendScenario(scenario),
                to=to,
                times=times,
                seconds=seconds,
                wid=wid,
                goes_out=goes_out,
            )
        )

    def clear_arrangements(self) -> None:
        self.library.scenarios.clear()

    def release(self) -> None:
        """Let every hanging send go on."""
        self.library.scenarios.release()

    def adjust(self, **changes: object) -> None:
        """Change settings by name, see `Settings`. Raises ValueError for an unknown one."""
        known = {setting.name for setting in dataclasses.fields(Settings)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"no setting {name}")
            setattr(self.settings, name, tuple(value) if isinstance(value, list) else value)

    def revoke_tokens(self) -> None:
        """Refuse every token made so far; generate-token makes good ones."""
        self.tokens.revoke_all()

    def set_mode(self, session: str, mode: str) -> None:
        """Say what the next start of a session meets. Raises ValueError for an unknown mode."""
        self.sessions.account(session).mode = SessionMode(mode)

    def scan(self, session: str) -> None:
        self.sessions.scan(session)

    def next_qr(self, session: str) -> None:
        self.sessions.next_qr(session)

    def autoclose(self, session: str) -> None:
        self.sessions.autoclose(session)

    def kill_browser(self, session: str) -> None:
        self.sessions.kill_browser(session)

    def unlink(self, session: str) -> None:
        self.sessions.unlink(session)

    def lose_whatsapp(self, session: str) -> None:
        """Take the page's way to WhatsApp away; it goes on answering by itself."""
        self.sessions.account(session).online = False

    def regain_whatsapp(self, session: str) -> None:
        self.sessions.account(session).online = True

    def freeze_page(self, session: str) -> None:
        """Let the page hang: whatever asks it has no answer until it is thawed."""
        self.sessions.account(session).page_answers.clear()

    def thaw_page(self, session: str) -> None:
        self.sessions.account(session).page_answers.set()

    def refuse_gestures(self, session: str) -> None:
        """Let the library throw when a chat is to be shown as read, or that somebody types."""
        self.sessions.account(session).gestures_fail = True

    async def settle(self) -> None:
        """Wait until acks have been reported and no webhook call is under way."""
        await self.library.settle()
        await self.webhooks.settle()

    async def restart(self, down_seconds: float = 0.0) -> None:
        """
        Restart the server process: what was under way is lost, stored sessions start again.

        Tokens stay good, so do the phones and their chats.
        """
        await self.go_down()
        await asyncio.sleep(down_seconds)
        await self.come_up()

    async def go_down(self) -> None:
        """Die: connections break, later ones are refused; `/_control/` connections live on."""
        if self._site:
            await self._site.stop()
            self._site = None
        for task in list(self._answering):
            task.cancel()
        for connection in list(self._connections):
            connection.abort()
        self.library.forget()
        self.webhooks.forget()
        self.sessions.forget()

    async def _unhealthy(self, _: web.Request) -> web.StreamResponse:
        """Answer and die, whoever asks: there is no token to it."""
        asyncio.get_running_loop().call_later(_DIES_AFTER, self._die)
        return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)

    def _die(self) -> None:
        self._dying = asyncio.create_task(self.go_down())

    async def come_up(self) -> None:
        """Boot on the same port; every session with a token file starts (startAllSession)."""
        assert self._runner
        self._site = web.TCPSite(self._runner, HOST, self.port, reuse_address=True)
        await self._site.start()
        self.port = self._runner.addresses[0][1]
        self.sessions.open_all()

    @web.middleware
    async def _observed(self, request: web.Request, handler: WebHandler) -> web.StreamResponse:
        if request.path.startswith(CONTROL):
            if request.transport:
                self._connections.discard(request.transport)
            return await handler(request)
        self.requests.append(SeenRequest(now(), request.method, request.path))
        if request.transport:
            self._connections.add(request.transport)
        task = asyncio.current_task()
        assert task
        self._answering.add(task)
        try:
            return await handler(request)
        finally:
            self._answering.discard(task)


async def _serve(port: int, secret_key: str) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with WppconnectFarSide(secret_key=secret_key, port=port) as far:
        sys.stdout.write(f"{far.base_url}\n")
        sys.stdout.flush()
        await stopped.wait()


def main() -> None:
    """Serve until SIGTERM; the first line on standard output is the base URL."""
    parser = argparse.ArgumentParser(prog="python -m tests.far_sides.wppconnect")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--secret-key", default="harness-secret")
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(arguments.port, arguments.secret_key))


if __name__ == "__main__":
    main()
