"""WPPConnect's own chats: what was said while no webhook reached us, as if it had."""

import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from khalifa.application.ports.messaging import (
    ChannelStopped,
    ChatTail,
    Provider,
    ProviderUnreachable,
)
from khalifa.domain.messages import DeliveryStatus, IncomingMessage, Reading, StatusUpdate
from khalifa.infrastructure.messaging import wppconnect
from khalifa.infrastructure.messaging.wppconnect.history import PAGE, PAGES, WppconnectHistory
from khalifa.infrastructure.provider_http import open_http
from tests.contracts.message_driver import until
from tests.far_sides.wppconnect import WppconnectFarSide
from tests.far_sides.wppconnect_messages import MONA

SESSION = "shop1"
KEY = "the-secret-key"
OMAR = "201222222222"


@pytest.fixture
async def far() -> AsyncIterator[WppconnectFarSide]:
    async with WppconnectFarSide(secret_key=KEY) as server:
        server.sessions.open(SESSION, {})
        await until(lambda: server.sessions.connected(SESSION) is not None)
        yield server


@pytest.fixture
async def provider(far: WppconnectFarSide) -> AsyncIterator[Provider]:
    env = {
        "WPPCONNECT_URL": far.base_url,
        "WPPCONNECT_SESSION": SESSION,
        "WPPCONNECT_SECRET_KEY": KEY,
        "WPPCONNECT_WEBHOOK_URL": "http://127.0.0.1:9",
        "WPPCONNECT_WEBHOOK_SECRET": "the-webhook-password",
    }
    async with open_http() as http:
        yield wppconnect.build(env, http)


def ago(**by: float) -> datetime:
    return datetime.now(UTC) - timedelta(**by)


async def tails(provider: Provider, since: datetime) -> list[ChatTail]:
    history = provider.history
    assert isinstance(history, WppconnectHistory)
    quick = WppconnectHistory(history.client, history.session, pause=0)
    return [tail async for tail in quick.missed(since)]


async def missed(provider: Provider, since: datetime) -> list[Reading]:
    found = await tails(provider, since)
    assert all(tail.is_whole for tail in found)
    return [r for tail in found for body in tail.bodies for r in provider.webhook.parse(body)]


async def test_what_customers_wrote_reads_as_their_webhooks_would_have(
    far: WppconnectFarSide, provider: Provider
) -> None:
    posted = [
        await far.customer_writes(MONA, "أهلاً 🤷", session=SESSION),
        await far.customer_sends_media(MONA, "image", caption="look", session=SESSION),
        await far.customer_writes(OMAR, "me too", session=SESSION, name="Omar"),
        await far.customer_writes("14443111111111@lid", "hidden", session=SESSION),
    ]

    found = await missed(provider, ago(minutes=1))

    live = [r for one in posted for r in provider.webhook.parse(json.dumps(one.body).encode())]
    assert sorted(map(repr, found)) == sorted(map(repr, live))


async def test_its_bodies_are_marked_as_recovered(
    far: WppconnectFarSide, provider: Provider
) -> None:
    await far.customer_writes(MONA, "hello", session=SESSION)

    (tail,) = await tails(provider, ago(minutes=1))

    assert [json.loads(body)["recovered"] for body in tail.bodies] == [True]


async def test_only_what_was_said_since_is_told_and_only_those_chats_are_read(
    far: WppconnectFarSide, provider: Provider
) -> None:
    now = time.time()
    await far.customer_writes(OMAR, "long ago", session=SESSION, at=now - 7200)
    await far.customer_writes(MONA, "before", session=SESSION, at=now - 3600)
    await far.customer_writes(MONA, "after", session=SESSION, at=now - 60)

    found = await missed(provider, ago(minutes=30))

    assert [r.text for r in found if isinstance(r, IncomingMessage)] == ["after"]
    assert not [one for one in far.requests if OMAR in one.path]


async def test_a_long_tail_is_read_page_by_page_in_order_up_to_its_limit(
    far: WppconnectFarSide, provider: Provider
) -> None:
    start = time.time() - 3000
    said = PAGE * PAGES + 7
    for n in range(said):
        await far.customer_writes(MONA, f"{n}", session=SESSION, at=start + n)

    some = await missed(provider, datetime.fromtimestamp(start + said - 120, UTC))
    all_ = await missed(provider, datetime.fromtimestamp(start, UTC))

    def texts(found: list[Reading]) -> list[str | None]:
        return [r.text for r in found if isinstance(r, IncomingMessage)]

    # Whole seconds.
    assert texts(some)[-119:] == [f"{n}" for n in range(said - 119, said)]
    assert texts(all_) == [f"{n}" for n in range(said - PAGE * PAGES, said)]


async def test_our_own_messages_come_with_what_became_of_them(
    far: WppconnectFarSide, provider: Provider
) -> None:
    await far.customer_writes(MONA, "hello", session=SESSION)
    await far.shop_types(MONA, "from the phone", session=SESSION, key="3EB0OWN")
    stored = far.sessions.account(SESSION).find("3EB0OWN")
    assert stored
    stored.message["ack"] = 3

    found = await missed(provider, ago(minutes=1))

    (own,) = [r for r in found if isinstance(r, IncomingMessage) and r.from_us]
    (status,) = [r for r in found if isinstance(r, StatusUpdate)]
    assert (own.text, own.whatsapp_message_id) == ("from the phone", "3EB0OWN")
    assert (status.whatsapp_message_id, status.status) == ("3EB0OWN", DeliveryStatus.READ)


async def test_groups_are_left_out_and_nobody_gets_blue_ticks(
    far: WppconnectFarSide, provider: Provider
) -> None:
    far.adjust(read_message=False)
    await far.customer_writes(MONA, "hi all", session=SESSION, group="120363000000000001")

    assert await missed(provider, ago(minutes=1)) == []
    assert far.seen[SESSION] == []


async def test_a_chat_that_cannot_be_read_is_told_and_the_others_are_read(
    far: WppconnectFarSide, provider: Provider
) -> None:
    await far.customer_writes(MONA, "hello", session=SESSION)
    await far.customer_writes(OMAR, "me too", session=SESSION)
    far.sessions.account(SESSION).closed_chats.add(f"{MONA}@c.us")

    found = await tails(provider, ago(minutes=1))

    assert sorted(tail.is_whole for tail in found) == [False, True]
    # It is answered 401, which says nothing about our token here.
    assert sum(one.path.endswith("generate-token") for one in far.requests) == 1


async def test_without_a_page_there_is_no_history(
    far: WppconnectFarSide, provider: Provider
) -> None:
    far.kill_browser(SESSION)

    with pytest.raises(ProviderUnreachable):
        await tails(provider, ago(minutes=1))


async def test_with_a_wrong_secret_there_is_no_history(
    far: WppconnectFarSide, provider: Provider
) -> None:
    far.tokens.secret_key = "another"

    with pytest.raises(ChannelStopped):
        await tails(provider, ago(minutes=1))
