"""The sandbox's phones, and what is posted of them to a webhook that may refuse or be away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Final

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from redis.asyncio import Redis
from structlog.testing import capture_logs

from khalifa.application.compose_outgoing import hand_to
from khalifa.application.ports.messaging import (
    Provider,
    ProviderUnreachable,
    UntrustedWebhook,
    WebhookCall,
)
from khalifa.application.ports.outgoing import (
    AnyOutgoing,
    OutgoingContacts,
    OutgoingInteractive,
    OutgoingLocation,
    OutgoingReaction,
    OutgoingTemplate,
    OutgoingText,
    QuotedMessage,
)
from khalifa.application.ports.played_phones import (
    PhoneMessage,
    PlayedCustomer,
    PlayedFailures,
    PlayedPhones,
)
from khalifa.domain.contacts import Address
from khalifa.domain.messages import (
    DeliveryStatus,
    IncomingMessage,
    MessageKind,
    Reading,
    StatusUpdate,
)
from khalifa.infrastructure.messaging import sandbox
from khalifa.infrastructure.messaging.sandbox import driver, store
from khalifa.infrastructure.provider_http import open_http
from khalifa.infrastructure.redis.connection import open_redis
from tests.contracts.message_driver import until
from tests.contracts.outgoing_kinds import CARD, PLACE, QUESTION, TEMPLATE
from tests.servers import PrivateRedis

ENV: Final = {"WHATSAPP_DRIVER": "sandbox", "SANDBOX_SECRET": "the-sandbox-secret"}
MONA: Final = "201012345678"
NOUR: Final = "201005550142"


class Intake:
    """Our webhook, as the sandbox sees it: verifies, keeps what it read, answers as told."""

    def __init__(self) -> None:
        self.answers_with = 200
        self.calls = 0
        self.readings: list[Reading] = []
        self.provider: Provider | None = None

    async def take_in(self, request: web.Request) -> web.Response:
        self.calls += 1
        if self.answers_with != 200:
            return web.Response(status=self.answers_with)
        assert self.provider
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            self.provider.webhook.verify(WebhookCall(headers=headers, query={}, body=body))
        except UntrustedWebhook:
            return web.Response(status=403)
        self.readings += self.provider.webhook.parse(body)
        return web.Response()

    @property
    def written(self) -> list[str | None]:
        return [one.text for one in self.readings if isinstance(one, IncomingMessage)]

    @property
    def statuses(self) -> list[DeliveryStatus]:
        return [one.status for one in self.readings if isinstance(one, StatusUpdate)]


class Sandbox:
    """A sandbox on a real Redis, and the webhook it posts to."""

    def __init__(
        self, redis: Redis, http: aiohttp.ClientSession, intake: Intake, intake_url: str
    ) -> None:
        self.intake = intake
        self.provider = sandbox.build(ENV, http, redis, intake_url)
        intake.provider = self.provider

    @property
    def phones(self) -> PlayedPhones:
        assert self.provider.phones
        return self.provider.phones

    async def keep(self) -> None:
        assert self.provider.session
        await self.provider.session.keep()

    async def answer(self, text: str, phone: str = MONA) -> str:
        message = OutgoingText(to=Address(sandbox.NAME, phone), text=text, opaque_id=f"o-{text}")
        receipt = await self.provider.driver.send_text(message)
        assert receipt.whatsapp_message_id
        return receipt.whatsapp_message_id

    async def texts(self, phone: str = MONA) -> list[str]:
        return [message.text for message in await self.phones.messages(phone)]

    async def only(self, phone: str = MONA) -> PhoneMessage:
        (message,) = await self.phones.messages(phone)
        return message


@pytest.fixture
async def played(redis_url: str) -> AsyncIterator[Sandbox]:
    async with AsyncExitStack() as stack:
        yield await a_sandbox(redis_url, stack)


async def a_sandbox(redis_url: str, stack: AsyncExitStack) -> Sandbox:
    intake = Intake()
    app = web.Application()
    app.router.add_post("/api/webhook/sandbox", intake.take_in)
    server = await stack.enter_async_context(TestServer(app))
    redis = await stack.enter_async_context(open_redis(redis_url))
    http = await stack.enter_async_context(open_http())
    played = Sandbox(redis, http, intake, str(server.make_url("")).rstrip("/"))
    stack.push_async_callback(end_posting, [played])
    return played


async def end_posting(sandboxes: Sequence[Sandbox]) -> None:
    for played in sandboxes:
        posting = getattr(played.provider.session, "_posting", None)
        if posting is not None:
            posting.cancel()
            await asyncio.gather(posting, return_exceptions=True)


async def test_what_a_customer_writes_reaches_our_webhook_and_stays_on_the_phone(
    played: Sandbox,
) -> None:
    await played.phones.write(MONA, "أم يوسف", "صباح الخير، عندكم نوفالدول؟")

    await until(lambda: bool(played.intake.readings))
    (reading,) = played.intake.readings
    shown = await played.only()
    assert isinstance(reading, IncomingMessage)
    assert (reading.name, reading.text) == ("أم يوسف", "صباح الخير، عندكم نوفالدول؟")
    assert [identity.id_ext for identity in reading.identities] == [MONA]
    assert reading.whatsapp_message_id == shown.id
    assert reading.sent_at == shown.at.replace(microsecond=0)
    assert not shown.from_us


async def test_many_messages_at_once_arrive_once_and_in_their_order(played: Sandbox) -> None:
    texts = [f"{number}" for number in range(20)]
    for text in texts:
        await played.phones.write(MONA, "Mona", text)

    await until(lambda: len(played.intake.written) >= len(texts))

    assert played.intake.written == texts
    assert await played.texts() == texts


async def test_an_answer_is_on_the_phone_and_its_receipts_follow(played: Sandbox) -> None:
    id_ext = await played.answer("متوفر")

    await until(lambda: len(played.intake.readings) == 2)
    assert played.intake.statuses == [DeliveryStatus.SENT, DeliveryStatus.DELIVERED]
    for reading in played.intake.readings:
        assert isinstance(reading, StatusUpdate)
        assert (reading.whatsapp_message_id, reading.opaque_id) == (id_ext, "o-متوفر")

    shown = await played.only()
    assert (shown.id, shown.from_us, shown.text) == (id_ext, True, "متوفر")


async def test_an_answer_is_read_when_its_phone_is_looked_at_and_told_once(
    played: Sandbox,
) -> None:
    await played.answer("one")
    await until(lambda: len(played.intake.statuses) == 2)
    await played.texts(NOUR)

    await played.texts()
    await until(lambda: DeliveryStatus.READ in played.intake.statuses)
    await played.texts()
    await played.answer("two")

    await until(lambda: len(played.intake.statuses) == 5)
    assert played.intake.statuses.count(DeliveryStatus.READ) == 1


async def test_late_receipts_come_late(played: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "LATE_BY", 0.3)
    await played.phones.play(PlayedFailures(late_receipts=True))
    await played.answer("late")
    await played.phones.write(MONA, "Mona", "hello")
    await until(lambda: bool(played.intake.readings))

    assert not played.intake.statuses

    async def receipts_came() -> bool:
        await played.keep()
        return len(played.intake.statuses) == 2

    await until(receipts_came)


async def test_what_our_webhook_did_not_take_is_posted_again(played: Sandbox) -> None:
    played.intake.answers_with = 503
    with capture_logs() as logged:
        await played.phones.write(MONA, "Mona", "hello")
        await until(lambda: played.intake.calls == 1)
        await until(lambda: bool(logged))
    assert (await played.only()).status == "sent"
    assert MONA not in str(logged)
    assert "hello" not in str(logged)

    played.intake.answers_with = 200

    async def taken() -> bool:
        await played.keep()
        return bool(played.intake.written)

    await until(taken)
    await until(is_delivered(played))
    assert played.intake.written == ["hello"]


def is_delivered(played: Sandbox) -> Callable[[], Awaitable[bool]]:
    async def delivered() -> bool:
        return (await played.only()).status == "delivered"

    return delivered


async def test_a_webhook_that_keeps_refusing_is_asked_less_and_less_often(
    played: Sandbox,
) -> None:
    played.intake.answers_with = 500
    with capture_logs() as logged:
        await played.phones.write(MONA, "Mona", "hello")
        await until(lambda: bool(logged))

    for _ in range(100):
        await played.keep()
        await asyncio.sleep(0)

    assert played.intake.calls == 1


async def test_another_process_posts_what_a_dead_one_left(played: Sandbox, redis_url: str) -> None:
    played.intake.answers_with = 500
    await played.phones.write(MONA, "Mona", "left behind")
    await until(lambda: played.intake.calls == 1)
    await end_posting([played])

    async with AsyncExitStack() as stack:
        other = await a_sandbox(redis_url, stack)
        await other.keep()
        await until(lambda: other.intake.written == ["left behind"])
        await until(is_delivered(other))


async def test_two_processes_post_nothing_out_of_order(played: Sandbox, redis_url: str) -> None:
    async with AsyncExitStack() as stack:
        other = await a_sandbox(redis_url, stack)
        texts = [f"{number}" for number in range(40)]
        heard: list[Reading] = []
        played.intake.readings = other.intake.readings = heard
        for number, text in enumerate(texts):
            await (played, other)[number % 2].phones.write(MONA, "Mona", text)

        await until(lambda: len(heard) >= len(texts))

        assert played.intake.written == texts


async def test_customers_are_listed_the_last_one_first(played: Sandbox) -> None:
    await played.phones.write(MONA, "Mona", "hello")
    await played.phones.write(NOUR, "Nour Hassan", "hello")
    await played.phones.write(MONA, "أم يوسف", "again")
    await played.answer("to somebody who never wrote", phone="201112223344")

    customers = await played.phones.customers()

    assert [(one.phone, one.name) for one in customers] == [
        ("201112223344", None),
        (MONA, "أم يوسف"),
        (NOUR, "Nour Hassan"),
    ]
    assert all(isinstance(one, PlayedCustomer) and one.used_at.tzinfo for one in customers)


async def test_a_phone_keeps_its_newest_messages_and_the_list_its_newest_phones(
    played: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MESSAGES_KEPT", 3)
    monkeypatch.setattr(store, "PHONES_KEPT", 2)
    for number in range(5):
        await played.answer(f"{number}")
    for phone in ("201112223344", NOUR):
        await played.answer("hello", phone)

    assert await played.texts() == ["2", "3", "4"]
    assert [one.phone for one in await played.phones.customers()] == [NOUR, "201112223344"]


async def test_nothing_is_kept_for_ever(played: Sandbox, redis_url: str) -> None:
    await played.phones.write(MONA, "Mona", "hello")
    await played.answer("hello")
    await played.phones.play(PlayedFailures(late_receipts=True))
    await until(lambda: len(played.intake.readings) == 3)

    async with open_redis(redis_url) as redis:
        keys = await redis.keys("khalifa:sandbox:*")
        lasting = [await redis.ttl(key) for key in keys]
    assert keys
    assert all(0 < seconds <= store.KEPT_FOR for seconds in lasting)


async def test_what_goes_wrong_is_what_was_last_asked_for(played: Sandbox) -> None:
    assert await played.phones.failures() == PlayedFailures()
    for failures in (
        PlayedFailures(refuse_next=True, no_answer=True, late_receipts=True),
        PlayedFailures(no_answer=True),
        PlayedFailures(),
    ):
        await played.phones.play(failures)
        assert await played.phones.failures() == failures


async def test_phones_that_cannot_be_reached_are_said_to_be_so() -> None:
    with PrivateRedis() as server:
        async with AsyncExitStack() as stack:
            played = await a_sandbox(server.url, stack)
            server.kill()
            for asking in (
                played.phones.write(MONA, "Mona", "hello"),
                played.phones.messages(MONA),
                played.phones.customers(),
                played.phones.failures(),
                played.phones.play(PlayedFailures()),
            ):
                with pytest.raises(ProviderUnreachable) as away:
                    await asking
                assert MONA not in str(away.value)
            await played.keep()


async def test_every_kind_is_on_the_phone_as_it_was_said(played: Sandbox) -> None:
    await played.phones.write(MONA, "Mona", "hello")
    hello = await played.only()
    chat = Address(sandbox.NAME, MONA)
    heard = QuotedMessage(whatsapp_message_id=hello.id, from_us=False, chat=chat)
    said: list[AnyOutgoing] = [
        OutgoingText(to=chat, opaque_id="1", text="this one", quoted=heard),
        OutgoingLocation(to=chat, opaque_id="2", location=PLACE),
        OutgoingContacts(to=chat, opaque_id="3", contacts=(CARD,)),
        OutgoingTemplate(to=chat, opaque_id="4", template=TEMPLATE),
        OutgoingInteractive(to=chat, opaque_id="5", interactive=QUESTION),
    ]

    for message in said:
        await hand_to(played.provider, message)

    _, answer, place, cards, template, question = await played.phones.messages(MONA)
    assert (answer.reply_to, answer.text) == (hello.id, "this one")
    assert place.kind is MessageKind.LOCATION
    assert place.content
    assert place.content["name"] == PLACE.name
    assert cards.content == {"contacts": [{"name": CARD.name, "phones": list(CARD.phones)}]}
    assert template.content
    assert template.content["body"] == list(TEMPLATE.body)
    assert (question.text, question.kind) == (QUESTION.body, MessageKind.INTERACTIVE)


async def test_a_customer_says_all_that_a_phone_can_say(played: Sandbox) -> None:
    write = partial(played.phones.write, MONA, "Mona")
    await write("hello")
    hello = (await played.only()).id
    about = {"message_id": hello}

    await write("", kind=MessageKind.LOCATION, content={"latitude": 31.0, "longitude": 31.4})
    await write("this one", reply_to=hello)
    await write("", kind=MessageKind.REACTION, content={**about, "emoji": "❤️"})
    await write("hello!", kind=MessageKind.EDIT, content=about)
    first, place, answer = await played.phones.messages(MONA)
    await write("", kind=MessageKind.REVOKE, content=about)

    assert (first.text, first.reactions) == ("hello!", ("❤️",))
    assert place.content == {"latitude": 31.0, "longitude": 31.4}
    assert answer.reply_to == hello
    assert (await played.phones.messages(MONA))[0].kind is MessageKind.REVOKE
    await until(lambda: len(played.intake.readings) == 6)
    said = [one for one in played.intake.readings if isinstance(one, IncomingMessage)]
    assert [one.kind for one in said] == ["text", "location", "text", "reaction", "edit", "revoke"]
    assert [one.text for one in said] == ["hello", None, "this one", None, "hello!", None]
    assert said[2].reply_to == hello
    assert said[3].content == {"message_id": hello, "emoji": "❤️"}


async def test_our_reaction_is_on_its_message_until_it_is_taken_back(played: Sandbox) -> None:
    await played.phones.write(MONA, "Mona", "hello")
    chat = Address(sandbox.NAME, MONA)
    heard = QuotedMessage(whatsapp_message_id=(await played.only()).id, from_us=False, chat=chat)

    for emoji, shown in (("👍", ("👍",)), ("🙏", ("🙏",)), ("", ())):
        reaction = OutgoingReaction(to=chat, opaque_id=f"o{emoji}", target=heard, emoji=emoji)
        await hand_to(played.provider, reaction)
        assert (await played.only()).reactions == shown


async def test_the_customer_sees_that_we_read_and_that_we_type(played: Sandbox) -> None:
    receipts, typing = played.provider.read_receipts, played.provider.typing
    assert receipts
    assert typing
    for text in ("one", "two", "three"):
        await played.phones.write(MONA, "Mona", text)
    await until(lambda: len(played.intake.written) == 3)
    _, second, _ = await played.phones.messages(MONA)
    chat = Address(sandbox.NAME, MONA)
    heard = QuotedMessage(whatsapp_message_id=second.id, from_us=False, chat=chat)
    assert not await played.phones.is_typing(MONA)

    await receipts.mark_read(heard)
    await typing.show_typing(heard)

    async def told() -> bool:
        shown = [message.status for message in await played.phones.messages(MONA)]
        return shown == ["read", "read", "delivered"]

    await until(told)
    assert await played.phones.is_typing(MONA)
