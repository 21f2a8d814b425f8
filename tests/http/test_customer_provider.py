"""By which provider a customer is answered, over HTTP: read, chosen, and taken back."""

from collections.abc import AsyncIterator

import pytest

from khalifa.domain.contacts import ProviderName
from khalifa.infrastructure.memory.messaging import NAME, MemoryProvider
from tests.http.desk import Desk, listening, running_desk

PIGEON = ProviderName("pigeon")


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with running_desk(beside=MemoryProvider(PIGEON)) as desk:
        yield desk


async def test_a_customer_is_pinned_to_one_provider_and_let_go(desk: Desk) -> None:
    sara, _, token = await desk.agent("Sara")
    await desk.customer_writes("hello")
    (ticket,) = (await sara.get("/api/tickets")).json()["items"]
    address = f"/api/customers/{ticket['customer']['id']}/provider"
    socket = listening(desk, token)
    await socket.frame("hello")

    before = await sara.get(address)
    pinned = await sara.put(address, json={"provider": PIGEON})
    frame = await socket.frame("ticket.changed")
    await socket.hang_up()
    (listed,) = (await sara.get("/api/tickets")).json()["items"]
    route = await sara.get(f"/api/tickets/{ticket['id']}/route")
    page = (await sara.get(address.removesuffix("/provider"))).json()
    after = await sara.delete(address)
    again = await sara.delete(address)

    choices = [NAME, PIGEON]
    assert before.json() == {"pinned": None, "next": NAME, "choices": choices}
    assert pinned.json() == {"pinned": PIGEON, "next": PIGEON, "choices": choices}
    entity = frame["entity"]
    assert isinstance(entity, dict)
    assert entity["customer"]["pinned_provider"] == PIGEON
    assert (listed["customer"], page["pinned_provider"]) == (entity["customer"], PIGEON)
    assert route.json()["provider"] == PIGEON
    assert after.json() == again.json() == before.json()


async def test_what_cannot_be_chosen_is_refused_in_both_languages(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    await desk.customer_writes("hello")
    omar, _, _ = await desk.agent("Omar")
    (ticket,) = (await sara.get("/api/tickets")).json()["items"]
    address = f"/api/customers/{ticket['customer']['id']}/provider"

    nobody = await sara.put(address, json={"provider": "telegram"})

    assert (nobody.status_code, nobody.json()["type"]) == (409, "/docs/errors#conflict")
    assert "telegram is not configured here" in nobody.json()["detail"]
    assert "telegram غير مُعدّ هنا" in nobody.json()["detail_ar"]
    assert (await omar.get(address)).status_code == 403
    assert (await omar.put(address, json={"provider": PIGEON})).status_code == 403
    assert (await omar.delete(address)).status_code == 403
    assert (await sara.get("/api/customers/987654321/provider")).status_code == 404


@pytest.mark.parametrize("body", [{}, {"provider": None}, {"provider": "x" * 51}, {"to": "x"}, []])
async def test_a_body_of_another_shape_is_refused(desk: Desk, body: object) -> None:
    sara, _, _ = await desk.agent("Sara")
    await desk.customer_writes("hello")
    (ticket,) = (await sara.get("/api/tickets")).json()["items"]

    answer = await sara.put(f"/api/customers/{ticket['customer']['id']}/provider", json=body)

    assert answer.status_code in {400, 422}
