"""The operations of the API's document, and calling them with the document's own examples."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx

from tests.http.desk import Desk

# Nobody: what is done to an agent would change who asks.
NOBODY = 987_654


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    said: dict[str, object]

    @property
    def key(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def body(self) -> object:
        match self.said.get("requestBody"):
            case {"content": {"application/json": {"example": example}}}:
                return example
            case {"content": {"application/json": {"examples": {"text": {"value": example}}}}}:
                return example
        return None


async def document_of(desk: Desk) -> dict[str, object]:
    document: dict[str, object] = (await desk.caller().get("/docs/openapi.json")).json()
    return document


def operations_of(document: dict[str, object]) -> Iterator[Operation]:
    match document:
        case {"paths": {**paths}}:
            for path, item in paths.items():
                assert isinstance(item, dict)
                for method, said in item.items():
                    yield Operation(method, str(path), said)


def ids_around(ticket: int, **others: object) -> dict[str, object]:
    """Return what stands for each id in a path: of *ticket*, its customer and first message."""
    # The memory store has one sequence of ids: the customer's is the one before the ticket's.
    ours = {"ticket_id": ticket, "customer_id": ticket - 1, "message_id": ticket + 1}
    nobodys = dict.fromkeys(("agent_id", "reply", "branch_id"), NOBODY)
    return {**ours, **nobodys, "media_id": "none", "session": "none", "provider": "memory"} | others


async def call(
    caller: httpx.AsyncClient,
    operation: Operation,
    ids: Mapping[str, object],
    **headers: str,
) -> httpx.Response:
    path = operation.path.format(**ids)
    return await caller.request(operation.method, path, json=operation.body, headers=headers)
