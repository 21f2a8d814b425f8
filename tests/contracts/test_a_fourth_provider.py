"""A provider khalifa has never heard of: one folder, and one override of `container.messaging`."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from dependency_injector import providers

from khalifa.container import Container, build_container
from khalifa.domain.agents import Presence, Role
from khalifa.entrypoints.http.app import create_app
from khalifa.entrypoints.http.server import make_server, open_port
from khalifa.infrastructure.memory.job_queue import MemoryJobQueue
from khalifa.settings import Settings
from tests import toy_provider
from tests.servers import eventually

SENT: web.AppKey[list[dict[str, str]]] = web.AppKey("sent")


async def take(request: web.Request) -> web.Response:
    request.app[SENT].append(await request.json())
    return web.json_response({"id": f"toy-{len(request.app[SENT])}"})


@pytest.fixture
async def far_side() -> AsyncIterator[TestServer]:
    app = web.Application()
    app[SENT] = []
    app.router.add_post("/send", take)
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


@asynccontextmanager
async def served(container: Container) -> AsyncIterator[aiohttp.ClientSession]:
    """Serve khalifa's API in this loop; give a client of it."""
    server = make_server(create_app(container))
    with open_port("127.0.0.1", 0) as listening:
        serving = asyncio.create_task(server.serve([listening]))
        port = listening.getsockname()[1]
        await eventually(lambda: server.started)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            yield client
        server.should_exit = True
        await serving


@pytest.fixture
def container(far_side: TestServer, tmp_path: Path) -> Container:
    env = {"TOY_URL": str(far_side.make_url("")), "TOY_SECRET": "open-sesame"}
    made = build_container(
        Settings(
            whatsapp_driver="toy",
            database_url="memory:",
            redis_url="memory:",
            data_dir=tmp_path,
            internal_url="http://127.0.0.1:1",
            env=env,
        )
    )
    made.messaging.override(
        providers.Dict(
            toy=providers.Singleton(
                toy_provider.build, env, providers.Factory(made.http, "toy")
            ).provider
        )
    )
    return made


async def asked(
    client: aiohttp.ClientSession,
    method: str,
    path: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, Any]:
    """Ask, read the answer to its end, and return its status and what JSON it has."""
    async with client.request(method, path, json=body, headers=headers) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if "json" in answer.content_type else None


async def test_a_toy_customer_is_answered_through_the_toy(
    container: Container, far_side: TestServer
) -> None:
    body = {"id": "t-1", "from": "teddy", "text": "hello"}
    async with served(container) as client:
        await container.add_agent()(name="sara", role=Role.ADMIN)
        token = await container.issue_token()("sara")
        sara = await container.who_is()(token)
        assert sara
        await container.set_presence()(sara, Presence.ONLINE)
        bearer = {"Authorization": f"Bearer {token}"}

        unsigned, _ = await asked(client, "POST", "/api/webhook/toy", body)
        signed = {"X-Toy-Secret": "open-sesame"}
        taken, _ = await asked(client, "POST", "/api/webhook/toy", body, headers=signed)
        jobs = container.jobs()
        assert isinstance(jobs, MemoryJobQueue)
        await container.receive_messages()(jobs.take_bodies())
        _, listed = await asked(client, "GET", "/api/tickets", headers=bearer)
        path = f"/api/tickets/{listed['items'][0]['id']}/messages"
        stored, _ = await asked(client, "POST", path, {"text": "hello, teddy"}, headers=bearer)
        await container.deliver_messages()()
        _, page = await asked(client, "GET", path, headers=bearer)

    assert (unsigned, taken, stored) == (401, 200, 202)
    assert far_side.app[SENT] == [{"to": "teddy", "text": "hello, teddy"}]
    assert [(m["text"], m["provider"], m["status"]) for m in page["items"]] == [
        ("hello", "toy", "received"),
        ("hello, teddy", "toy", "sent"),
    ]
