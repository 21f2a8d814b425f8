"""What WPPConnect is asked for each kind, and its false answers told apart for each."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from khalifa.application.compose_outgoing import hand_to
from khalifa.application.ports.messaging import (
    DeliveryError,
    MessageRejected,
    OutcomeUnknown,
    ProviderUnreachable,
    RecipientUnreachable,
)
from khalifa.application.ports.outgoing import (
    AnyOutgoing,
    OutgoingContacts,
    OutgoingLocation,
    OutgoingReaction,
    OutgoingText,
    QuotedMessage,
    Receipt,
)
from khalifa.domain.contacts import Address
from khalifa.domain.contents import ContactCard
from khalifa.infrastructure.messaging import wppconnect
from khalifa.infrastructure.provider_http import open_http
from tests.contracts.message_driver import CUSTOMER, failure_of
from tests.contracts.outgoing_kinds import CARD, PLACE
from tests.contracts.test_wppconnect_driver import WppconnectBench, bench, env_of, impatient
from tests.far_sides.wppconnect_messages import message_object, text_content
from tests.far_sides.wppconnect_world import StoredMessage

__all__ = ["bench"]

PHONE = Address(wppconnect.NAME, CUSTOMER.digits)
LID = "14443111111111@lid"
LONG_LID = "144431111111111@lid"


def place(to: Address = PHONE) -> OutgoingLocation:
    return OutgoingLocation(to=to, opaque_id="o", location=PLACE)


def card(to: Address = PHONE) -> OutgoingContacts:
    return OutgoingContacts(to=to, opaque_id="o", contacts=(CARD,))


def kept(bench: WppconnectBench, chat: str) -> StoredMessage:
    """Let the phone have a message of the customer's in *chat*."""
    stored = StoredMessage(message_object(text_content("hello"), chat=chat, name="Mona"))
    client = bench.far.sessions.connected("khalifa_pharmacy")
    assert client
    client.account.keep(chat, stored)
    return stored


def quoted(stored: StoredMessage, chat: Address = PHONE) -> QuotedMessage:
    return QuotedMessage(whatsapp_message_id=stored.key, from_us=False, chat=chat)


async def test_a_place_arrives_with_its_name_and_address(bench: WppconnectBench) -> None:
    receipt = await hand_to(bench.provider, place())

    (sent,) = bench.far.went_out()
    assert receipt == Receipt(sent.key, message_key=sent.key)
    client = bench.far.sessions.connected("khalifa_pharmacy")
    assert client
    message = client.account.chats[f"{CUSTOMER.digits}@c.us"][-1].message
    assert (message["lat"], message["lng"]) == (PLACE.latitude, PLACE.longitude)
    assert message["loc"] == f"{PLACE.name}\n{PLACE.address}"


async def test_a_gesture_that_the_page_refuses_is_told_apart_from_success(
    bench: WppconnectBench,
) -> None:
    receipts, typing = bench.provider.read_receipts, bench.provider.typing
    assert receipts
    assert typing
    heard = quoted(kept(bench, f"{CUSTOMER.digits}@c.us"))
    bench.far.refuse_gestures("khalifa_pharmacy")

    for tell in (receipts.mark_read, typing.show_typing):
        with pytest.raises(DeliveryError):
            await tell(heard)


async def test_a_quote_is_found_under_the_customers_lid(bench: WppconnectBench) -> None:
    bench.far.directory.lids[LID] = f"{CUSTOMER.digits}@c.us"
    stored = kept(bench, LID)
    text = OutgoingText(to=PHONE, text="this one", opaque_id="o", quoted=quoted(stored))
    reaction = OutgoingReaction(to=PHONE, opaque_id="o", target=quoted(stored), emoji="👍")

    await hand_to(bench.provider, text)
    await hand_to(bench.provider, reaction)

    first, second = bench.far.went_out()
    assert first.options["quotedMsg"] == second.options["msgId"] == stored.id


async def test_a_message_the_phone_has_no_more_is_not_quoted_and_nothing_is_sent(
    bench: WppconnectBench,
) -> None:
    gone = QuotedMessage(whatsapp_message_id="3AGONE", from_us=True, chat=PHONE)
    messages: tuple[AnyOutgoing, ...] = (
        OutgoingText(to=PHONE, text="this one", opaque_id="o", quoted=gone),
        OutgoingReaction(to=PHONE, opaque_id="o", target=gone, emoji="👍"),
    )

    for message in messages:
        failure = await failure_of(hand_to(bench.provider, message))
        assert type(failure) is MessageRejected
        assert failure.words.arabic
    assert not bench.far.accepted


async def test_a_dead_page_met_while_looking_for_the_quote_is_no_refusal(
    bench: WppconnectBench,
) -> None:
    stored = kept(bench, f"{CUSTOMER.digits}@c.us")
    bench.far.kill_browser("khalifa_pharmacy")
    text = OutgoingText(to=PHONE, text="this one", opaque_id="o", quoted=quoted(stored))

    assert type(await failure_of(hand_to(bench.provider, text))) is ProviderUnreachable


async def test_a_quote_that_a_route_would_drop_is_refused(bench: WppconnectBench) -> None:
    earlier = quoted(kept(bench, f"{CUSTOMER.digits}@c.us"))
    messages: tuple[AnyOutgoing, ...] = (
        OutgoingLocation(to=PHONE, opaque_id="o", location=PLACE, quoted=earlier),
        OutgoingContacts(to=PHONE, opaque_id="o", contacts=(CARD,), quoted=earlier),
    )

    for message in messages:
        failure = await failure_of(hand_to(bench.provider, message))
        assert type(failure) is MessageRejected
    assert not bench.far.accepted


@pytest.mark.parametrize(
    "cards",
    [(CARD, CARD), (ContactCard(name="Mona", phones=("+201012345678", "+201112345678")),)],
)
async def test_what_one_card_cannot_hold_is_refused_with_the_limit(
    bench: WppconnectBench, cards: tuple[ContactCard, ...]
) -> None:
    message = OutgoingContacts(to=PHONE, opaque_id="o", contacts=cards)

    failure = await failure_of(hand_to(bench.provider, message))

    assert type(failure) is MessageRejected
    assert "one contact card with one phone" in str(failure)
    assert not bench.far.accepted


async def test_a_card_never_reaches_a_stranger_whose_number_looks_like_the_lid(
    bench: WppconnectBench,
) -> None:
    # The route takes a LID of 14 digits for a phone number, whoever it was found for.
    bench.far.directory.migrated[f"{CUSTOMER.digits}@c.us"] = LID

    for to in (PHONE, Address(wppconnect.NAME, LID)):
        failure = await failure_of(hand_to(bench.provider, card(to)))
        assert type(failure) is RecipientUnreachable
    assert not bench.far.accepted
    bench.far.directory.migrated[f"{CUSTOMER.digits}@c.us"] = LONG_LID
    await hand_to(bench.provider, card())
    assert [one.to for one in bench.far.went_out()] == [LONG_LID]


async def test_a_card_for_a_number_not_found_was_not_sent(bench: WppconnectBench) -> None:
    bench.far.not_on_whatsapp(CUSTOMER.digits, goes_out=True)

    assert type(await failure_of(hand_to(bench.provider, card()))) is ProviderUnreachable
    assert not bench.far.accepted


# False answers


@asynccontextmanager
async def answering(status: int, body: object) -> AsyncIterator[str]:
    """Serve a WPPConnect that answers every send alike, and knows every number and message."""

    async def token(_: web.Request) -> web.Response:
        return web.json_response({"token": "t"}, status=201)

    async def ask(request: web.Request) -> web.Response:
        if "check-number-status" in request.path:
            found = {"numberExists": True, "id": f"{CUSTOMER.digits}@c.us"}
            return web.json_response({"response": found})
        return web.json_response({"response": {"data": {"id": "x"}}}, status=201)

    async def send(_: web.Request) -> web.Response:
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(text=text, status=status, content_type="application/json")

    app = web.Application()
    app.router.add_post("/api/{session}/{secret}/generate-token", token)
    app.router.add_get("/{tail:.*}", ask)
    app.router.add_post("/api/{session}/{route}", send)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


SENT = {"id": f"true_{CUSTOMER.digits}@c.us_3EB0AA", "ack": 0}
RECEIPT = Receipt("3EB0AA", message_key="3EB0AA")
REACTION = OutgoingReaction(
    to=PHONE,
    opaque_id="o",
    target=QuotedMessage(whatsapp_message_id="3AA", from_us=False, chat=PHONE),
    emoji="👍",
)
NOT_FOUND = {"response": None, "status": "Connected", "message": "O número não existe."}


@pytest.mark.parametrize(
    ("message", "status", "body", "wanted"),
    [
        (place(), 201, {"response": [SENT]}, RECEIPT),
        (place(), 201, {"response": []}, MessageRejected),
        (place(), 201, {"response": [False]}, Receipt(None)),
        (place(), 201, {"response": [None]}, Receipt(None)),
        (place(), 201, {"response": [SENT | {"ack": -1}]}, MessageRejected),
        (place(), 400, NOT_FOUND, OutcomeUnknown),
        (place(), 404, {"status": "Disconnected"}, ProviderUnreachable),
        (place(), 500, {"error": {"level": "error"}}, OutcomeUnknown),
        (place(), 201, '{"response":[{', OutcomeUnknown),
        (card(), 200, {"status": "success", "response": SENT}, RECEIPT),
        (card(), 200, {"status": "success"}, MessageRejected),
        (card(), 200, {"status": "success", "response": None}, Receipt(None)),
        (card(), 200, {"status": "success", "response": False}, Receipt(None)),
        (card(), 200, {"status": "success", "response": SENT | {"ack": -1}}, MessageRejected),
        (card(), 400, NOT_FOUND, OutcomeUnknown),
        (card(), 404, {"status": "Disconnected"}, ProviderUnreachable),
        (card(), 500, {"status": "error", "error": {"level": "error"}}, OutcomeUnknown),
        (card(), 201, {"response": [SENT]}, OutcomeUnknown),
        (REACTION, 200, {"status": "success"}, Receipt(None)),
        (REACTION, 404, {"status": "Disconnected"}, ProviderUnreachable),
        (REACTION, 500, {"status": "error"}, OutcomeUnknown),
        (REACTION, 200, "<html></html>", OutcomeUnknown),
    ],
)
async def test_only_what_is_surely_so_is_called_sent_or_not_sent(
    message: AnyOutgoing, status: int, body: object, wanted: object, tmp_path: Path
) -> None:
    async with answering(status, body) as url, open_http() as http:
        provider = impatient(env_of(url, tmp_path), http)
        try:
            outcome: object = await hand_to(provider, message)
        except DeliveryError as failure:
            outcome = type(failure) if failure.words.arabic else failure
    assert outcome == wanted
