"""Customers over HTTP: who may see, change, block, merge and part them."""

import httpx
import pytest

from khalifa.domain.agents import Role
from khalifa.domain.contacts import Identity, IdentityKind, PhoneNumber
from khalifa.domain.messages import IncomingMessage, MessageKind
from khalifa.infrastructure.memory.messaging import NAME
from tests.builders import an_id
from tests.http.desk import Desk, listening

PHONE = Identity.of_phone(PhoneNumber("201012345678"))
LID = Identity(NAME, IdentityKind.LID, "14443111111111")
BSUID = Identity(NAME, IdentityKind.BSUID, "EG.1349")

Shown = dict[str, object]


async def writes(desk: Desk, text: str, *identities: Identity, name: str | None = "Mona") -> None:
    message = IncomingMessage(
        provider=NAME,
        whatsapp_message_id=an_id(),
        identities=identities,
        name=name,
        kind=MessageKind.TEXT,
        text=text,
    )
    await desk.container.take_in_webhook()(desk.provider.port, desk.provider.webhook.call(message))
    await desk.container.receive_messages()(desk.jobs.take_bodies())


async def listed(caller: httpx.AsyncClient, query: str = "") -> list[Shown]:
    answer = await caller.get("/api/customers", params={"query": query})
    assert answer.status_code == 200
    items: list[Shown] = answer.json()["items"]
    return items


async def only(caller: httpx.AsyncClient, query: str = "") -> int:
    (customer,) = await listed(caller, query)
    assert isinstance(customer["id"], int)
    return customer["id"]


async def test_agents_see_the_customers_of_their_own_tickets(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    await writes(desk, "hello", PHONE)
    omar, _, _ = await desk.agent("Omar")
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)

    customer = await only(sara)

    assert await listed(omar) == []
    assert await only(admin) == customer
    assert (await sara.get(f"/api/customers/{customer}")).status_code == 200
    assert (await admin.get(f"/api/customers/{customer}")).status_code == 200
    refusal = await omar.get(f"/api/customers/{customer}")
    assert (refusal.status_code, refusal.json()["type"]) == (403, "/docs/errors#not-allowed")
    assert (await omar.patch(f"/api/customers/{customer}", json={"notes": "x"})).status_code == 403
    assert (await sara.get("/api/customers/987654321")).status_code == 404


async def test_a_customers_page_shows_all_that_is_known(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    await writes(desk, "hello", PHONE, LID)
    customer = await only(sara)

    page = (await sara.get(f"/api/customers/{customer}")).json()

    assert (page["name"], page["phone"], page["named_by_hand"]) == ("Mona", "201012345678", False)
    assert page["identities"] == [
        {"provider": None, "kind": "phone", "id_ext": "201012345678", "former": False},
        {"provider": "memory", "kind": "lid", "id_ext": "14443111111111", "former": False},
    ]
    assert [ticket["last_message"] for ticket in page["tickets"]] == ["hello"]
    assert (page["more_tickets"], page["merges"]) == (False, [])


async def test_agents_see_only_their_own_tickets_on_a_customers_page(desk: Desk) -> None:
    sara, sara_id, _ = await desk.agent("Sara")
    await writes(desk, "hello", PHONE)
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    (ticket,) = (await sara.get("/api/tickets")).json()["items"]
    await sara.post(f"/api/tickets/{ticket['id']}/close")
    customer = await only(sara)
    listed_for_admin = await admin.get(
        "/api/tickets", params={"status": "all", "customer": customer, "agent": str(sara_id)}
    )
    omar, _, _ = await desk.agent("Omar")

    others = await omar.get("/api/tickets", params={"status": "all", "customer": customer})

    assert [one["id"] for one in listed_for_admin.json()["items"]] == [ticket["id"]]
    assert others.json()["items"] == []


async def test_a_customer_without_a_number_is_shown_everywhere(desk: Desk) -> None:
    sara, _, token = await desk.agent("Sara")
    socket = listening(desk, token)
    await socket.frame("hello")
    await writes(desk, "by lid", LID, name=None)
    await writes(desk, "by id", BSUID, name=None)

    pages = [(await sara.get(f"/api/customers/{one['id']}")).json() for one in await listed(sara)]
    tickets = (await sara.get("/api/tickets")).json()["items"]
    frame = await socket.frame("ticket.changed")
    await socket.hang_up()

    assert [page["phone"] for page in pages] == [None, None]
    assert [ticket["customer"]["phone"] for ticket in tickets] == [None, None]
    entity = frame["entity"]
    assert isinstance(entity, dict)
    assert entity["customer"]["phone"] is None
    assert await listed(sara, "14443111111111") == []
    assert await listed(sara, "1349") == []


async def test_a_name_given_by_hand_stays_and_can_be_given_up(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    await writes(desk, "hello", PHONE)
    customer = await only(sara)
    address = f"/api/customers/{customer}"

    named = await sara.patch(address, json={"name": "  Om Ahmed "})
    await writes(desk, "again", PHONE, name="Mona 🌸")
    after = (await sara.get(address)).json()
    back = await sara.patch(address, json={"name": None})

    assert (named.status_code, named.json()["name"]) == (200, "Om Ahmed")
    assert (after["name"], after["whatsapp_name"]) == ("Om Ahmed", "Mona 🌸")
    assert (back.json()["name"], back.json()["named_by_hand"]) == ("Mona 🌸", False)
    assert await only(sara, "mona 🌸") == customer


async def test_notes_and_tags_are_kept_and_shown_on_the_ticket(desk: Desk) -> None:
    sara, _, token = await desk.agent("Sara")
    await writes(desk, "hello", PHONE)
    customer = await only(sara)
    socket = listening(desk, token)
    await socket.frame("hello")

    answer = await sara.patch(
        f"/api/customers/{customer}", json={"notes": "حساسية بنسلين", "tags": ["vip", " vip ", "b"]}
    )
    frame = await socket.frame("ticket.changed")
    await socket.hang_up()
    untouched = await sara.patch(f"/api/customers/{customer}", json={})

    assert (answer.json()["notes"], answer.json()["tags"]) == ("حساسية بنسلين", ["vip", "b"])
    entity = frame["entity"]
    assert isinstance(entity, dict)
    assert entity["customer"]["tags"] == ["vip", "b"]
    assert untouched.json() == answer.json()


@pytest.mark.parametrize(
    ("change", "limit"),
    [
        ({"name": "  "}, "255"),
        ({"name": "x" * 256}, "255"),
        ({"notes": "x" * 10_001}, "10,000"),
        ({"tags": ["x" * 51]}, "50"),
        ({"tags": [""]}, "50"),
        ({"tags": [str(number) for number in range(31)]}, "30"),
    ],
)
async def test_what_cannot_be_kept_is_refused_with_its_limit(
    desk: Desk, change: Shown, limit: str
) -> None:
    sara, _, _ = await desk.agent("Sara")
    await writes(desk, "hello", PHONE)
    customer = await only(sara)

    refusal = await sara.patch(f"/api/customers/{customer}", json={"notes": "kept?", **change})

    assert refusal.status_code == 422
    assert limit in refusal.json()["detail"]
    assert limit in refusal.json()["detail_ar"]
    assert (await sara.get(f"/api/customers/{customer}")).json()["notes"] is None


@pytest.mark.parametrize("body", [{"phone": "2010"}, {"tags": "vip"}, {"blocked": "yes"}, [], None])
async def test_what_is_no_change_is_refused(desk: Desk, body: object) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    await writes(desk, "hello", PHONE)

    refusal = await admin.patch(f"/api/customers/{await only(admin)}", json=body)

    assert refusal.status_code == 422


async def test_only_administrators_block(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    await writes(desk, "hello", PHONE)
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    address = f"/api/customers/{await only(sara)}"

    refused = await sara.patch(address, json={"blocked": True})
    blocked = await admin.patch(address, json={"blocked": True})
    await writes(desk, "let me in", PHONE)
    quiet = (await sara.get("/api/tickets")).json()["items"][0]
    await admin.patch(address, json={"blocked": False})
    await writes(desk, "thank you", PHONE)
    heard = (await sara.get("/api/tickets")).json()["items"][0]

    assert refused.status_code == 403
    assert blocked.json()["blocked"] is True
    assert (quiet["last_message"], quiet["customer"]["blocked"]) == ("hello", True)
    assert (heard["last_message"], heard["customer"]["blocked"]) == ("thank you", False)


async def test_two_customers_are_merged_and_parted_by_an_administrator(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    admin, admin_id, _ = await desk.agent("admin", role=Role.ADMIN)
    await writes(desk, "by phone", PHONE)
    await writes(desk, "by lid", LID, name="Mona S.")
    newer, older = [int(str(one["id"])) for one in await listed(admin)]

    refused = await sara.post(f"/api/customers/{older}/merge", json={"other_id": newer})
    merged = await admin.post(f"/api/customers/{older}/merge", json={"other_id": newer})
    again = await admin.post(f"/api/customers/{older}/merge", json={"other_id": newer})
    as_other = await admin.get(f"/api/customers/{newer}")
    parted = await admin.post(f"/api/customers/{newer}/unmerge")
    nothing_left = await admin.post(f"/api/customers/{older}/unmerge")

    assert refused.status_code == 403
    page = merged.json()
    assert (page["id"], len(page["identities"]), len(page["tickets"])) == (older, 2, 2)
    assert [(one["reason"], one["by"]) for one in page["merges"]] == [("by hand", admin_id)]
    assert again.status_code == 409
    assert as_other.json()["id"] == older
    assert parted.status_code == 200
    assert (parted.json()["id"], parted.json()["phone"]) == (newer, None)
    assert parted.json()["merges"][0]["undone_by"] == admin_id
    assert nothing_left.status_code == 404
    assert len(await listed(admin)) == 2


async def test_a_merge_with_nobody_or_oneself_is_refused(desk: Desk) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    await writes(desk, "hello", PHONE)
    address = f"/api/customers/{await only(admin)}/merge"

    missing = await admin.post(address, json={"other_id": 987_654_321})
    itself = await admin.post(address, json={"other_id": await only(admin)})
    nonsense = await admin.post(address, json={"other_id": 0})

    assert [one.status_code for one in (missing, itself, nonsense)] == [404, 409, 422]
