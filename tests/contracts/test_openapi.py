"""The API's document against the API: complete, and true of what it answers."""

import re
from collections.abc import AsyncIterator

import msgspec
import pytest

from khalifa.domain.agents import Role
from khalifa.entrypoints.http import (
    customer_provider,
    figures_schemas,
    handling_schemas,
    ledger,
    new_message,
    operations_schemas,
    pairing,
    reply_route,
    schemas,
    search_schemas,
    settings_schemas,
    switching,
    team_schemas,
    template_schemas,
    two_step_schemas,
    watch_schemas,
)
from khalifa.entrypoints.http.errors import KINDS
from khalifa.entrypoints.http.problems import slug_of
from tests.http.desk import PASSWORD, Desk, running_desk
from tests.http.operations import Operation, call, document_of, ids_around, operations_of

SHAPES: dict[str, type[msgspec.Struct]] = {
    name: shape
    for module in (
        customer_provider,
        figures_schemas,
        ledger,
        schemas,
        search_schemas,
        settings_schemas,
        switching,
        handling_schemas,
        new_message,
        operations_schemas,
        pairing,
        reply_route,
        team_schemas,
        two_step_schemas,
        template_schemas,
        watch_schemas,
    )
    for name, shape in vars(module).items()
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct)
}


class Shown(msgspec.Struct):
    """One of several examples."""

    value: object


def shape_of(operation: Operation, status: int) -> type[msgspec.Struct] | None:
    """Return what the document says an answer with *status* looks like."""
    match operation.said["responses"]:
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


async def test_every_route_is_described(desk: Desk) -> None:
    document = await document_of(desk)

    for operation in operations_of(document):
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
    document = await document_of(desk)

    seen = set()
    for operation in operations_of(document):
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
    document = await document_of(desk)

    match document["components"]:
        case {"schemas": {**known}, "securitySchemes": {**schemes}}:
            assert set(re.findall(r'"#/components/schemas/(\w+)"', text)) <= set(known)
            assert set(schemes) == {"session", "token"}
        case _:
            pytest.fail("the document has no components")


async def test_every_answer_is_of_the_shape_the_document_gives(desk: Desk) -> None:
    document = await document_of(desk)
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    await desk.container.add_agent()(name="Sara", password=PASSWORD)
    ticket = await desk.customer_writes("hello")
    await desk.container.refresh_provider_status()()

    for operation in sorted(operations_of(document), key=lambda one: "close" in one.path):
        answer = await call(admin, operation, ids_around(ticket))
        assert str(answer.status_code) in str(operation.said["responses"]), operation.key
        shape = shape_of(operation, answer.status_code)
        if shape is not None:
            strict = msgspec.json.decode(answer.content, type=shape)
            assert msgspec.to_builtins(strict) == answer.json(), operation.key


async def test_the_errors_page_and_the_document_know_every_kind_a_route_gives(desk: Desk) -> None:
    text = (await desk.caller().get("/docs/openapi.json")).text
    told = set(re.findall(r"/docs/errors#([a-z-]+)", text))

    known = {slug_of(kind) for kind in KINDS} | {"invalid-request", "unreadable-body"}
    assert told <= known
    assert {"ticket-already-closed", "not-signed-in", "invalid-text", "no-route"} <= told
