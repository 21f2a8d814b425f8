"""The API's document against the API: complete, and true of who may do what."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import httpx
import msgspec
import pytest

from khalifa.domain.agents import Role
from khalifa.entrypoints.http import (
    handling_schemas,
    new_message,
    operations_schemas,
    schemas,
    settings_schemas,
    team_schemas,
    template_schemas,
    watch_schemas,
)
from khalifa.entrypoints.http.errors import KINDS
from khalifa.entrypoints.http.problems import slug_of
from tests.http.desk import PASSWORD, Desk, running_desk
from tests.http.test_media import arrives

OPEN = {
    ("post", "/api/auth/login"),
    ("post", "/api/auth/logout"),
    ("get", "/api/whatsapp/status"),
    ("get", "/health/live"),
    ("get", "/health/ready"),
    ("get", "/api/webhook/{provider}"),
    ("post", "/api/webhook/{provider}"),
}
ADMINS_ONLY = {
    ("post", "/api/provider/{provider}/release"),
    ("get", "/api/agents"),
    ("post", "/api/agents"),
    ("post", "/api/branches"),
    ("get", "/api/audit"),
    ("patch", "/api/settings"),
    ("get", "/api/provider"),
    ("get", "/api/provider/qr"),
    ("get", "/api/provider/qr.json"),
    ("post", "/api/customers/{customer_id}/merge"),
    ("post", "/api/customers/{customer_id}/unmerge"),
    ("post", "/api/tickets/{ticket_id}/assign"),
}
SHAPES: dict[str, type[msgspec.Struct]] = {
    name: shape
    for module in (
        schemas,
        settings_schemas,
        handling_schemas,
        new_message,
        operations_schemas,
        team_schemas,
        template_schemas,
        watch_schemas,
    )
    for name, shape in vars(module).items()
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct)
}


class Shown(msgspec.Struct):
    """One of several examples."""

    value: object


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    said: dict[str, object]

    @property
    def key(self) -> tuple[str, str]:
        return self.method, self.path

    @property
    def body(self) -> object:
        match self.said.get("requestBody"):
            case {"content": {"application/json": {"example": example}}}:
                return example
            case {"content": {"application/json": {"examples": {"text": {"value": example}}}}}:
                return example
        return None

    def shape_of(self, status: int) -> type[msgspec.Struct] | None:
        """Return what the document says an answer with *status* looks like."""
        match self.said["responses"]:
            case dict(responses):
                match responses[str(status)]:
                    case {"content": {**media}}:
                        for described in media.values():
                            match described:
                                case {"schema": {"$ref": str(name)}}:
                                    return SHAPES[name.rsplit("/", 1)[1]]
        return None


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with running_desk() as desk:
        yield desk


async def _document(desk: Desk) -> dict[str, object]:
    document: dict[str, object] = (await desk.caller().get("/docs/openapi.json")).json()
    return document


def _operations(document: dict[str, object]) -> Iterator[Operation]:
    match document:
        case {"paths": {**paths}}:
            for path, item in paths.items():
                assert isinstance(item, dict)
                for method, said in item.items():
                    yield Operation(method, str(path), said)


async def _call(
    caller: httpx.AsyncClient, operation: Operation, ticket: int, media: str = "none"
) -> httpx.Response:
    # The memory store has one sequence of ids: the customer's is the one before the ticket's.
    path = operation.path.format(
        ticket_id=ticket,
        customer_id=ticket - 1,
        message_id=ticket + 1,
        media_id=media,
        # Nobody: what is done to an agent would change who asks.
        agent_id=987_654,
        session="none",
        reply=987_654,
        branch_id=987_654,
        provider="memory",
    )
    return await caller.request(operation.method, path, json=operation.body)


async def test_every_route_is_described(desk: Desk) -> None:
    document = await _document(desk)

    for operation in _operations(document):
        said = operation.said
        assert said.get("summary"), operation.key
        assert said.get("tags"), operation.key
        responses = said["responses"]
        assert isinstance(responses, dict)
        for status, response in responses.items():
            assert response["description"], (operation.key, status)
            if int(status) >= 400 and operation.path != "/health/ready":
                (media,) = response["content"].items()
                assert media[0] == "application/problem+json", (operation.key, status)
                assert media[1]["examples"], (operation.key, status)
        is_form = "multipart/form-data" in str(said.get("requestBody"))
        is_ours = "webhook" not in operation.path and not is_form
        if operation.method == "post" and "requestBody" in said and is_ours:
            assert operation.body is not None, operation.key


async def test_every_example_is_of_its_shape(desk: Desk) -> None:
    document = await _document(desk)

    seen = set()
    for operation in _operations(document):
        for part in (operation.said.get("requestBody"), *_responses(operation)):
            match part:
                case {"content": {**media}}:
                    for described in media.values():
                        match described:
                            case {"schema": {"$ref": str(name)}, "example": example}:
                                examples = [example]
                            case {"schema": {"$ref": str(name)}, "examples": {**named}}:
                                examples = [
                                    msgspec.convert(one, Shown).value for one in named.values()
                                ]
                            case _:
                                continue
                        shape = SHAPES[name.rsplit("/", 1)[1]]
                        for example in examples:
                            assert msgspec.convert(example, shape) is not None
                        seen.add(shape.__name__)
    assert {"NewMessage", "Ticket", "Message", "Agent", "Me", "TicketPage", "MessagePage"} <= seen


def _responses(operation: Operation) -> list[object]:
    responses = operation.said["responses"]
    assert isinstance(responses, dict)
    return list(responses.values())


async def test_no_reference_leads_nowhere(desk: Desk) -> None:
    text = (await desk.caller().get("/docs/openapi.json")).text
    document = await _document(desk)

    match document["components"]:
        case {"schemas": {**known}, "securitySchemes": {**schemes}}:
            assert set(re.findall(r'"#/components/schemas/(\w+)"', text)) <= set(known)
            assert set(schemes) == {"session", "token"}
        case _:
            pytest.fail("the document has no components")


async def test_nobody_gets_in_where_the_document_says_sign_in(desk: Desk) -> None:
    document = await _document(desk)
    open_ones = set()

    for operation in _operations(document):
        answer = await _call(desk.caller(), operation, 1)
        if operation.said.get("security") == [{}]:
            open_ones.add(operation.key)
        else:
            assert answer.status_code == 401, operation.key
            assert answer.json()["type"] == "/docs/errors#not-signed-in"
    assert open_ones == OPEN


async def test_agents_are_kept_from_what_is_others(desk: Desk) -> None:
    document = await _document(desk)
    await desk.agent("Sara")
    ticket = await desk.customer_writes("for Sara")
    media = await arrives(desk, b"%PDF-1.4")
    omar, _, _ = await desk.agent("Omar")

    for operation in _operations(document):
        if operation.key in OPEN:
            continue
        answer = await _call(omar, operation, ticket, media)
        forbidden = operation.key in ADMINS_ONLY or "_id}" in operation.path
        assert (answer.status_code == 403) is forbidden, (operation.key, answer.status_code)


async def test_every_answer_is_of_the_shape_the_document_gives(desk: Desk) -> None:
    document = await _document(desk)
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    await desk.container.add_agent()(name="Sara", password=PASSWORD)
    ticket = await desk.customer_writes("hello")
    await desk.container.refresh_provider_status()()

    for operation in sorted(_operations(document), key=lambda one: "close" in one.path):
        answer = await _call(admin, operation, ticket)
        assert str(answer.status_code) in str(operation.said["responses"]), operation.key
        shape = operation.shape_of(answer.status_code)
        if shape is not None:
            strict = msgspec.json.decode(answer.content, type=shape)
            assert msgspec.to_builtins(strict) == answer.json(), operation.key


async def test_the_errors_page_and_the_document_know_every_kind_a_route_gives(desk: Desk) -> None:
    text = (await desk.caller().get("/docs/openapi.json")).text
    told = set(re.findall(r"/docs/errors#([a-z-]+)", text))

    known = {slug_of(kind) for kind in KINDS} | {"invalid-request", "unreadable-body"}
    assert told <= known
    assert {"ticket-already-closed", "not-signed-in", "invalid-text", "no-route"} <= told
