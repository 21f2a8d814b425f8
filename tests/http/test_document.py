"""That the API takes and gives what its document says, where Litestar would have it otherwise."""

from typing import Any

import pytest

from khalifa.domain.agents import Role
from khalifa.entrypoints.http.schemas import MAX_ID
from tests.http.desk import Desk
from tests.http.operations import document_of, operations_of


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        ("/api/agents/{id}", {"disabled": 0}, ("disabled", "Expected `bool`, got `int`")),
        ("/api/agents/{id}", {"capacity": "20"}, ("capacity", "Expected `int`, got `str`")),
        (
            "/api/settings",
            {"away_reply": {"enabled": "true", "text": "Later."}},
            ("away_reply.enabled", "Expected `bool`, got `str`"),
        ),
    ],
)
async def test_a_value_of_another_type_is_not_made_to_fit(
    desk: Desk, path: str, body: dict[str, object], problem: tuple[str, str]
) -> None:
    _, sara, _ = await desk.agent("Sara")
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)

    answer = await admin.patch(path.format(id=sara), json=body)

    assert answer.status_code == 422
    assert [(one["field"], one["detail"]) for one in answer.json()["errors"]] == [problem]


async def test_options_names_every_method_of_an_address(desk: Desk) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    by_path: dict[str, set[str]] = {}
    for one in operations_of(await document_of(desk)):
        by_path.setdefault(one.path, set()).add(one.method.upper())

    for path, methods in by_path.items():
        if path == "/api/webhook/{provider}":
            continue
        answer = await admin.options(path.format_map(_AnyId()))
        assert set(answer.headers["allow"].split(", ")) - {"OPTIONS", "HEAD"} == methods, path


class _AnyId(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "1"


async def test_the_document_has_the_bounds_of_what_may_be_left_out(desk: Desk) -> None:
    document: Any = await document_of(desk)

    schemas = document["components"]["schemas"]

    for schema, field in (
        ("NewMessage", "reply_to"),
        ("Assignment", "agent_id"),
        ("MergeWith", "other_id"),
    ):
        described = schemas[schema]["properties"][field]
        assert (described["minimum"], described["maximum"]) == (1, MAX_ID), schema


async def test_the_document_has_no_body_where_there_is_none(desk: Desk) -> None:
    document: Any = await document_of(desk)

    described = [
        (path, method, status)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        for status, response in operation["responses"].items()
        if status in {"204", "304"} and "content" in response
    ]

    assert described == []


async def test_the_document_says_that_a_body_has_no_other_fields(desk: Desk) -> None:
    document: Any = await document_of(desk)

    schemas = document["components"]["schemas"]

    assert schemas["NewMessage"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["Ticket"]


async def test_a_whole_number_may_be_written_with_a_point(desk: Desk) -> None:
    _, sara, _ = await desk.agent("Sara")
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)

    whole = await admin.patch(f"/api/agents/{sara}", content=b'{"capacity": 2.0e1}')
    half = await admin.patch(f"/api/agents/{sara}", content=b'{"capacity": 20.5}')
    endless = await admin.patch(f"/api/agents/{sara}", content=b'{"capacity": 1e999}')

    assert (whole.status_code, whole.json()["capacity"]) == (200, 20)
    assert (half.status_code, endless.status_code) == (422, 422)
