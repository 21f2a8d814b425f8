"""Two providers: what can be said to a customer is what the one can carry who would carry it."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from khalifa.application.ports.templates import TemplateCatalog
from khalifa.application.ports.unit_of_work import UnitOfWork
from khalifa.domain.contacts import ProviderName
from khalifa.domain.media import FileRule
from khalifa.domain.messages import MessageKind
from khalifa.domain.templates import Template
from khalifa.domain.tickets import TicketId
from khalifa.infrastructure.memory.messaging import NAME, MemoryProvider
from tests.http.desk import Desk, running_desk

OTHER = ProviderName("other")
HELLO = Template(name="hello", language="ar", category="UTILITY", text="أهلاً")
SMALL = {MessageKind.DOCUMENT: FileRule(most=1_000)}
LARGE = {
    MessageKind.DOCUMENT: FileRule(most=5_000, types=frozenset({"application/pdf", "text/plain"}))
}


class Account(TemplateCatalog):
    async def list_templates(self) -> list[Template]:
        return [HELLO]


@pytest.fixture
async def shop() -> AsyncIterator[Desk]:
    """The active provider takes small documents; the other one large ones, and has templates."""
    other = MemoryProvider(OTHER, abilities=False)
    other.port = replace(other.port, file_rules=LARGE, template_catalog=Account())
    async with running_desk(beside=other, file_rules=SMALL) as desk:
        yield desk


async def pinned(shop: Desk) -> TicketId:
    """Return the ticket of a customer for whom somebody chose the other provider."""
    ticket_id = await shop.customer_writes("hello")

    async def pin(uow: UnitOfWork) -> None:
        customer_id = (await uow.tickets.get(ticket_id)).customer_id
        customer = (await uow.customers.lock([customer_id]))[customer_id]
        customer.pinned_provider = OTHER
        await uow.customers.save([customer])

    await shop.container.transact()(pin)
    return ticket_id


async def test_the_route_says_who_would_carry_a_reply_and_what_that_one_can(shop: Desk) -> None:
    sara, _, _ = await shop.agent("Sara")
    usual = await shop.customer_writes("hi", phone="201112345678")
    route = f"/api/tickets/{await pinned(shop)}/route"

    assert (await sara.get(route)).json() == {
        "provider": OTHER,
        "capabilities": [],
        "files": [{"kind": "document", "most": 5000, "types": ["application/pdf", "text/plain"]}],
    }
    other = (await sara.get(f"/api/tickets/{usual}/route")).json()
    assert other["provider"] == NAME
    assert other["files"] == [{"kind": "document", "most": 1000, "types": []}]
    assert {"reactions", "typing"} <= set(other["capabilities"])
    me = (await sara.get("/api/me")).json()
    assert (me["provider"], me["capabilities"]) == (NAME, other["capabilities"])
    assert (await sara.get("/api/tickets/999/route")).status_code == 404


async def test_a_file_is_held_against_the_limits_of_who_would_carry_it(shop: Desk) -> None:
    sara, _, _ = await shop.agent("Sara")
    ticket = await pinned(shop)

    async def upload(query: str) -> httpx.Response:
        file = ("a.txt", b"x" * 2_000, "text/plain")
        return await sara.post(f"/api/media{query}", files={"file": file})

    assert (await upload("")).status_code == 413
    made = await upload(f"?ticket={ticket}")
    assert made.status_code == 201
    body = {"kind": "document", "media_id": made.json()["id"]}
    assert (await sara.post(f"/api/tickets/{ticket}/messages", json=body)).status_code == 202
    assert (await upload("?ticket=999")).status_code == 404
    assert (await upload("?ticket=0")).status_code == 422
    omar, _, _ = await shop.agent("Omar")
    answer = await omar.post(f"/api/media?ticket={ticket}", files={"file": b"x"})
    assert answer.status_code == 403


async def test_templates_are_those_of_who_would_carry_them(shop: Desk) -> None:
    sara, _, _ = await shop.agent("Sara")
    ticket = await pinned(shop)

    listed = await sara.get(f"/api/templates?ticket={ticket}")

    assert [one["name"] for one in listed.json()["items"]] == ["hello"]
    assert (await sara.get("/api/templates")).status_code == 501
