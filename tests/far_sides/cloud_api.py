"""
Meta's side of the Cloud API: answers as the Graph API does, calls our webhook as Meta does.

In a test: `async with CloudApiFarSide(Settings(webhook_url=…)) as far: far.base_url`. As a
process of its own: `python -m tests.far_sides.cloud_api --port 8090`, steered and read under
`/_control/` (`cloud_api_control`), where actions are called as the methods below are.
"""

import argparse
import asyncio
import dataclasses
import signal
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.far_sides.cloud_api_bodies import SHOP, Line
from tests.far_sides.cloud_api_calls import Calls
from tests.far_sides.cloud_api_control import control_routes
from tests.far_sides.cloud_api_customers import Customers
from tests.far_sides.cloud_api_errors import ErrorCode
from tests.far_sides.cloud_api_graph import Graph
from tests.far_sides.cloud_api_scenarios import Endpoint, Rule, Scenario, Scenarios
from tests.far_sides.cloud_api_world import (
    AcceptedMessage,
    Delivery,
    MarkedRead,
    SeenRequest,
    Settings,
)

API_VERSION = "v25.0"
_MAX_UPLOAD = 110 * 1024 * 1024


class CloudApiFarSide(Customers):
    """
    Meta, small: one app, one business account, one number.

    Change `settings` and `world.phone_number` at any time. Records only grow, until `reset`.
    """

    def __init__(
        self, settings: Settings | None = None, *, port: int = 0, host: str = "127.0.0.1"
    ) -> None:
        super().__init__(settings or Settings())
        self._scenarios = Scenarios()
        self._calls = Calls(self.settings, self.world, self._scenarios)
        self._graph = Graph(self.settings, self.world, self._calls, self._webhooks)
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_MAX_UPLOAD)
        app.add_routes(control_routes(self))
        app.add_routes(self._graph.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await self._webhooks.open()
        await self.come_up()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.go_down()
        await self._webhooks.close()
        assert self._runner
        await self._runner.cleanup()

    async def come_up(self) -> None:
        """Listen; after `go_down` on the same port as before."""
        assert self._runner
        self._site = web.TCPSite(self._runner, self._host, self._port, reuse_address=True)
        await self._site.start()
        self._port = self._runner.addresses[0][1]

    async def go_down(self) -> None:
        """
        Cut every call off and refuse connections from now on.

        Webhook calls go on, and so do `/_control/` connections that there are.
        """
        if self._site:
            await self._site.stop()
            self._site = None
        self._calls.cut_off()

    async def restart(self, down_seconds: float = 0.0) -> None:
        """Go down, and come up again after so many seconds."""
        await self.go_down()
        await asyncio.sleep(down_seconds)
        await self.come_up()

    @property
    def base_url(self) -> str:
        return f"http://{self._host}:{self._port}"

    @property
    def graph_url(self) -> str:
        return f"{self.base_url}/{API_VERSION}"

    @property
    def accepted(self) -> list[AcceptedMessage]:
        return self.world.accepted

    @property
    def requests(self) -> list[SeenRequest]:
        return self.world.requests

    @property
    def reads(self) -> list[MarkedRead]:
        return self.world.reads

    @property
    def deliveries(self) -> list[Delivery]:
        return self.world.deliveries

    @property
    def hanging(self) -> int:
        """How many calls hang now."""
        return self._scenarios.hanging

    def accepted_for(
        self, *, to: str | None = None, opaque: str | None = None
    ) -> list[AcceptedMessage]:
        """Return what was accepted for whom (digits or BSUID), or with this opaque data."""
        return [
            message
            for message in self.world.accepted
            if to in (None, message.who) and opaque in (None, message.opaque)
        ]

    def went_out(self, text: str | None = None) -> list[AcceptedMessage]:
        """Return what customers' phones really got, of one text when given."""
        return [m for m in self.world.accepted if m.went_out and text in (None, m.text)]

    def arrange(
        self,
        scenario: Scenario | str,
        *,
        to: str | None = None,
        times: int | None = None,
        seconds: float = 0.0,
        code: int = ErrorCode.WINDOW_CLOSED,
        goes_out: bool | None = None,
        statuses: Sequence[str] | None = None,
        endpoint: Endpoint | str = Endpoint.MESSAGES,
    ) -> None:
        """
        Let *scenario* happen to the next *times* calls (None: to all), or to those for *to*.

        The arguments are `Rule`'s.

        Raises:
            ValueError: no such scenario, code or endpoint.
        """
        rule = Rule(
            scenario=Scenario(scenario),
            to=to.removeprefix("+") if to else None,
            times=times,
            seconds=seconds,
            code=ErrorCode(code),
            goes_out=goes_out,
            statuses=None if statuses is None else tuple(statuses),
            endpoint=Endpoint(endpoint),
        )
        self._scenarios.arrange(rule)

    def clear_arrangements(self) -> None:
        """Forget every scenario arranged and let go of what hangs."""
        self._scenarios.clear()

    def release(self) -> None:
        """Let go of every call that hangs now."""
        self._scenarios.release()

    async def until_hanging(self, count: int = 1) -> None:
        """Wait, for ever if need be, until so many calls hang."""
        await self._scenarios.until_hanging(count)

    def reset(self) -> None:
        """Forget scenarios and records."""
        self.clear_arrangements()
        self.world.forget()

    def adjust(self, **changes: object) -> None:
        """Change settings by name, `line` by its parts. Raises TypeError for an unknown one."""
        line = changes.pop("line", None)
        if isinstance(line, dict):
            self.settings.line = dataclasses.replace(self.settings.line, **line)
        known = {setting.name for setting in dataclasses.fields(Settings)}
        if unknown := changes.keys() - known:
            raise TypeError(f"no settings {sorted(unknown)}")
        for name, value in changes.items():
            setattr(self.settings, name, tuple(value) if isinstance(value, list) else value)

    def change_number(self, **fields: object) -> None:
        """Change what the phone number node says: `status`, `quality_rating` and so on."""
        self.world.phone_number.update(fields)

    async def settle(self) -> None:
        """Wait until no webhook call is under way or still to come."""
        await self._webhooks.settle()

    async def report_statuses(
        self, wamid: str, statuses: Sequence[str], *, code: int = ErrorCode.WINDOW_CLOSED
    ) -> None:
        """
        Report statuses of an accepted message until each is taken; *code* goes with `failed`.

        Raises:
            LookupError: no message with this id was accepted.
        """
        message = next((m for m in self.world.accepted if m.wamid == wamid), None)
        if message is None:
            raise LookupError("no message with this id was accepted")
        await self._graph.statuses.report(message, statuses, ErrorCode(code))


def _settings_of(arguments: argparse.Namespace) -> Settings:
    line = Line(
        waba_id=arguments.waba_id,
        phone_number_id=arguments.phone_number_id,
        display_phone_number=arguments.display_phone_number,
    )
    return Settings(
        line=line,
        webhook_url=arguments.webhook,
        app_secret=arguments.app_secret,
        access_token=arguments.access_token,
    )


async def _serve(settings: Settings, host: str, port: int) -> None:
    ended = asyncio.Event()
    for end in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(end, ended.set)
    async with CloudApiFarSide(settings, port=port, host=host) as far:
        sys.stdout.write(f"{far.base_url}\n")
        sys.stdout.flush()
        await ended.wait()


def main() -> None:
    """Serve until SIGTERM; the first line on standard output is the base URL."""
    usual = Settings()
    parser = argparse.ArgumentParser(prog="python -m tests.far_sides.cloud_api")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--webhook", help="URL to call; without a path, ours is added")
    parser.add_argument("--app-secret", default=usual.app_secret)
    parser.add_argument("--access-token", default=usual.access_token)
    parser.add_argument("--phone-number-id", default=SHOP.phone_number_id)
    parser.add_argument("--waba-id", default=SHOP.waba_id)
    parser.add_argument("--display-phone-number", default=SHOP.display_phone_number)
    arguments = parser.parse_args()
    asyncio.run(_serve(_settings_of(arguments), arguments.host, arguments.port))


if __name__ == "__main__":
    main()
