"""Steer and read a Cloud API far side from another process: `/_control/…` in JSON."""

import dataclasses
import inspect
import json
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp import web

if TYPE_CHECKING:
    from tests.far_sides.cloud_api import CloudApiFarSide

CONTROL: Final = "/_control/"
ACTIONS: Final = frozenset(
    {
        "accepted_for",
        "adjust",
        "arrange",
        "change_number",
        "clear_arrangements",
        "come_up",
        "customer_sends_media",
        "customer_writes",
        "go_down",
        "post_raw",
        "release",
        "report_statuses",
        "reset",
        "restart",
        "send_bodies",
        "settle",
        "until_hanging",
        "verify_webhook",
        "went_out",
    }
)
READINGS: Final = frozenset({"accepted", "deliveries", "hanging", "reads", "requests"})


def control_routes(far: "CloudApiFarSide") -> list[web.RouteDef]:
    """
    Return `POST /_control/{action}` (keyword arguments as JSON) and `GET /_control/{reading}`.

    Both answer `{"result": …}`; a wrong name or argument answers 400 `{"error": …}`.
    What send_bodies posted is known to the caller, so its bodies do not come back.
    """

    async def act(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in ACTIONS:
            return _refusal(f"no action {name}")
        try:
            arguments = await request.json() if request.can_read_body else {}
            result = getattr(far, name)(**arguments)
            if inspect.isawaitable(result):
                result = await result
            if name == "send_bodies":
                result = [dataclasses.replace(sent, body=b"") for sent in result]
        except (LookupError, TypeError, ValueError, aiohttp.ClientError) as failure:
            return _refusal(f"{type(failure).__name__}: {failure}")
        return web.json_response({"result": result}, dumps=_dumps)

    async def read(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in READINGS:
            return _refusal(f"no reading {name}")
        return web.json_response({"result": getattr(far, name)}, dumps=_dumps)

    return [web.post(CONTROL + "{name}", act), web.get(CONTROL + "{name}", read)]


class CloudApiRemote:
    """A far side that runs in another process, steered over HTTP."""

    def __init__(self, base_url: str, http: aiohttp.ClientSession) -> None:
        self.base_url = base_url
        self._http = http

    async def act(self, action: str, **arguments: object) -> object:
        """Call a method of the far side, see ACTIONS. Raises ValueError when it refuses."""
        url = f"{self.base_url}{CONTROL}{action}"
        async with self._http.post(url, json=arguments) as answer:
            return _result(await answer.json())

    async def read(self, reading: str) -> object:
        """Return what the far side has seen, see READINGS. Raises ValueError likewise."""
        async with self._http.get(f"{self.base_url}{CONTROL}{reading}") as answer:
            return _result(await answer.json())


def _result(answer: dict[str, object]) -> object:
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer["result"]


def _refusal(reason: str) -> web.Response:
    return web.json_response({"error": reason}, status=400)


def _dumps(payload: object) -> str:
    return json.dumps(payload, default=_plain, ensure_ascii=False)


def _plain(part: object) -> object:
    if isinstance(part, bytes):
        return part.decode(errors="replace")
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        return {f.name: getattr(part, f.name) for f in dataclasses.fields(part)}
    raise TypeError(f"cannot tell a {type(part).__name__} over the wire")
