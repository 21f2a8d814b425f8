"""Each kind an agent can send reaches the far side, or is refused with words; per provider."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.lines import CloudApiLine, FarSideLine, Line, SandboxLine, WppconnectLine
from tests.e2e.system import System
from tests.servers import MysqlServer, PrivateRedis, eventually

MONA = "201012345678"
SENDABLE: dict[str, tuple[str | None, dict[str, Any]]] = {
    "location": (
        "locations",
        {"location": {"latitude": 31.0364, "longitude": 31.3807, "name": "صيدلية خليفة"}},
    ),
    "contacts": ("contacts", {"contacts": [{"name": "د. منى", "phones": ["+201112345678"]}]}),
    "template": (
        "templates",
        {"template": {"name": "hello", "language": "en_US", "body": {"name": "Mona"}}},
    ),
    "interactive": (
        "interactive",
        {
            "interactive": {
                "type": "buttons",
                "body": "نوصله لك؟",
                "buttons": [{"id": "y", "title": "نعم"}, {"id": "n", "title": "لا"}],
            }
        },
    ),
}
KINDS = {"chat": "text", "vcard": "contacts"}


@pytest.fixture(params=[CloudApiLine, WppconnectLine, SandboxLine], ids=lambda line: line.driver)
async def system(
    request: pytest.FixtureRequest,
    mariadb: MysqlServer,
    redis_server: PrivateRedis,
    tmp_path: Path,
) -> AsyncIterator[System]:
    redis_server.flushall()
    line: type[Line] = request.param
    async with System(line, mariadb, redis_server, tmp_path) as running:
        yield running


async def mona_writes(system: System) -> None:
    """Let a customer's phone write, so that the far side knows the message, too."""
    match system.line:
        case WppconnectLine() as line:
            await eventually(lambda: _connected(system), within=30, what="the session is up")
            await line.act("customer_writes", who=MONA, text="hello", session=line.session)
        case CloudApiLine() as line:
            await line.act("customer_writes", text="hello", who=MONA)
        case SandboxLine():
            url = f"{system.url}/api/sandbox/phones/{MONA}/messages"
            async with system.http.post(url, json={"name": "Mona", "text": "hello"}) as answer:
                assert answer.status == 204


async def _connected(system: System) -> bool:
    status = await system.ask("GET", "/api/whatsapp/status")
    return bool(status["connected"])


async def kinds_that_went_out(system: System) -> list[str]:
    if isinstance(system.line, FarSideLine):
        sent = await system.line.read("accepted")
        return [KINDS.get(str(one["kind"]), str(one["kind"])) for one in sent if one["went_out"]]
    url = f"{system.url}/api/sandbox/phones/{MONA}/messages"
    async with system.http.get(url) as answer:
        shown = (await answer.json())["items"]
    reactions = ["reaction" for one in shown for _ in one["reactions"]]
    return [one["kind"] for one in shown if one["from_us"]] + reactions


async def test_each_kind_reaches_the_customer_or_is_refused_with_words(system: System) -> None:
    await system.add_agent("sara", online=True)
    await mona_writes(system)
    await system.filed(1)
    [ticket] = await system.everything("/api/tickets?agent=me", by="sara")
    path = f"/api/tickets/{ticket['id']}"
    [heard] = (await system.ask("GET", f"{path}/messages", by="sara"))["items"]
    able = set((await system.ask("GET", "/api/me", by="sara"))["capabilities"])

    await system.ask("POST", f"{path}/typing", by="sara", status=204)
    await system.ask("POST", f"{path}/read", by="sara", status=200)
    wanted = ["text", "reaction"]
    say = f"{path}/messages"
    answer = {"text": "this one", "reply_to": heard["id"]}
    await system.ask("POST", say, answer, by="sara", status=202)
    reaction = {"kind": "reaction", "reaction": {"message_id": heard["id"], "emoji": "👍"}}
    await system.ask("POST", say, reaction, by="sara", status=202)
    for kind, (ability, said) in SENDABLE.items():
        can = ability in able
        told = await system.ask(
            "POST", say, {"kind": kind, **said}, by="sara", status=202 if can else 501
        )
        if can:
            wanted.append(kind)
        else:
            assert told["detail_ar"]
    assert ("interactive" in able) is not isinstance(system.line, WppconnectLine)

    async def all_went_out() -> bool:
        return sorted(await kinds_that_went_out(system)) == sorted(wanted)

    await eventually(all_went_out, within=30, what=f"{wanted} went out")
    gone = "direction = 'out' AND status IN ('sent', 'delivered', 'read')"
    await eventually(lambda: system.count("messages", gone) == len(wanted), within=30)
    shown = (await system.ask("GET", say, by="sara"))["items"]
    assert [(one["emoji"], one["from_us"]) for one in shown[0]["reactions"]] == [("👍", True)]
    [quoting] = [one for one in shown if one["text"] == "this one"]
    assert quoting["reply_to_id"] == heard["id"]
    logs = "".join(process.output() for process in system.processes)
    private = (MONA, "201112345678", "صيدلية خليفة", "د. منى", "نوصله", "this one", "31.0364")
    assert not [one for one in (*private, *system.tokens.values()) if one in logs]
