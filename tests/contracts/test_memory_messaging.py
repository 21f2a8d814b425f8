"""The played provider keeps what providers promise, and does what a test tells it."""

from collections.abc import Sequence

import pytest

from khalifa.application.ports.messaging import (
    ChannelStopped,
    ConnectionStatus,
    DeliveryError,
    MessageRejected,
    OutcomeUnknown,
    Provider,
    ProviderUnreachable,
    QrCode,
    RateLimited,
    RecipientUnreachable,
    UntrustedWebhook,
    WebhookCall,
)
from khalifa.application.ports.outgoing import (
    AnyOutgoing,
    OutgoingContacts,
    OutgoingInteractive,
    OutgoingLocation,
    OutgoingMedia,
    OutgoingReaction,
    OutgoingTemplate,
    OutgoingText,
    QuotedMessage,
    Receipt,
)
from khalifa.domain.contacts import ProviderName
from khalifa.domain.messages import Ignored, MessageKind, Reading
from khalifa.domain.words import Words
from khalifa.infrastructure.memory.messaging import (
    SECRET,
    SECRET_HEADER,
    MemoryProvider,
    MemoryProviders,
)
from tests.builders import NOW, PROVIDER, a_status, an_incoming_message
from tests.contracts.message_driver import Delivered, MessageDriverContract, Scenario
from tests.contracts.outgoing_kinds import KindsBench, OutgoingKindsContract
from tests.contracts.webhook_parser import ParserBench, WebhookParserContract

AWAY = ConnectionStatus(connected=False, state="unreachable", detail="Start the provider.")
OUTCOMES: dict[Scenario, Receipt | DeliveryError | None] = {
    Scenario.ACCEPTS: None,
    Scenario.THROTTLES: RateLimited(Words("too fast", "لا"), retry_after=5),
    Scenario.SAYS_TRY_AGAIN: ProviderUnreachable(Words("busy", "لا")),
    Scenario.STOPS_THE_CHANNEL: ChannelStopped(Words("no account", "لا")),
    Scenario.REFUSES_RECIPIENT: RecipientUnreachable(Words("not there", "لا")),
    Scenario.REFUSES_MESSAGE: MessageRejected(Words("not this", "لا")),
    Scenario.BREAKS_OFF_UNREAD: OutcomeUnknown(Words("broke off", "لا")),
    Scenario.BREAKS_OFF: OutcomeUnknown(Words("broke off", "لا")),
    Scenario.FALLS_SILENT: None,
    Scenario.TALKS_NONSENSE: OutcomeUnknown(Words("nonsense", "لا")),
    Scenario.HIDES_BEHIND_A_PAGE: OutcomeUnknown(Words("a page", "لا")),
    Scenario.LOSES_THE_ID: Receipt(None),
    Scenario.IS_AWAY: ProviderUnreachable(Words("away", "لا")),
}


_KINDS: dict[type[AnyOutgoing], MessageKind] = {
    OutgoingText: MessageKind.TEXT,
    OutgoingLocation: MessageKind.LOCATION,
    OutgoingContacts: MessageKind.CONTACTS,
    OutgoingReaction: MessageKind.REACTION,
    OutgoingTemplate: MessageKind.TEMPLATE,
    OutgoingInteractive: MessageKind.INTERACTIVE,
}


def _kind_of(message: AnyOutgoing) -> MessageKind:
    return message.kind if isinstance(message, OutgoingMedia) else _KINDS[type(message)]


class MemoryBench(KindsBench):
    secrets = (SECRET,)

    def __init__(self) -> None:
        self.memory = MemoryProvider(patience=0.5)
        self.provider: Provider = self.memory.port

    async def arrange(self, scenario: Scenario) -> None:
        self.memory.driver.always = OUTCOMES[scenario]
        if scenario is Scenario.FALLS_SILENT:
            self.memory.driver.hold()
        if scenario is Scenario.IS_AWAY:
            self.memory.connection.current = AWAY

    def delivered(self) -> Sequence[Delivered]:
        return [Delivered(row.to.id_ext, row.text) for row in self.memory.driver.sent]

    def kinds(self) -> Sequence[MessageKind]:
        return [_kind_of(message) for message in self.memory.driver.gone]

    def quotes(self) -> Sequence[str]:
        gone = self.memory.driver.gone
        return [one.quoted.whatsapp_message_id for one in gone if one.quoted]

    async def heard(self) -> QuotedMessage:
        return QuotedMessage(whatsapp_message_id="in-1", from_us=False, chat=self.address)

    def calls(self) -> int:
        return len(self.memory.driver.attempts)

    def silent(self) -> int:
        return self.memory.driver.waiting


class TestMemoryDriver(MessageDriverContract, OutgoingKindsContract):
    @pytest.fixture
    def bench(self) -> KindsBench:
        return MemoryBench()


class MemoryParserBench(ParserBench):
    secrets = (SECRET,)

    def __init__(self) -> None:
        self.memory = MemoryProvider(PROVIDER)
        self.provider: Provider = self.memory.port
        webhook = self.memory.webhook
        self.bodies = {
            "message": webhook.body(an_incoming_message()),
            "all": webhook.body(a_status(), Ignored(reason="no message"), an_incoming_message()),
            "nothing": webhook.body(),
        }

    def signed(self, body: bytes) -> WebhookCall:
        return WebhookCall(headers={SECRET_HEADER: SECRET}, query={}, body=body)

    def unsigned(self, body: bytes) -> WebhookCall:
        return WebhookCall(headers={}, query={}, body=body)

    def forged(self, body: bytes) -> list[WebhookCall]:
        return [
            WebhookCall(headers={SECRET_HEADER: secret}, query={}, body=body)
            for secret in ("", SECRET + "x", "سر")
        ]


class TestMemoryWebhook(WebhookParserContract):
    @pytest.fixture
    def parser(self) -> ParserBench:
        return MemoryParserBench()


def test_a_call_says_what_it_was_made_of() -> None:
    webhook = MemoryProvider().webhook
    readings: list[Reading] = [an_incoming_message(), a_status()]

    call = webhook.call(*readings)

    webhook.verify(call)
    assert list(webhook.parse(call.body)) == readings


async def test_outcomes_told_beforehand_come_in_their_order_and_then_no_more() -> None:
    bench = MemoryBench()
    bench.memory.driver.will(MessageRejected("not this"), Receipt("id-1", "key-1"))

    with pytest.raises(MessageRejected):
        await bench.send()

    assert await bench.send() == Receipt("id-1", "key-1")
    assert (await bench.send()).whatsapp_message_id == "memory-3"


def test_a_handshake_is_answered_to_whoever_knows_the_token() -> None:
    handshake = MemoryProvider().handshake

    assert handshake.answer({"token": SECRET, "challenge": "1158201444"}) == "1158201444"
    for query in ({}, {"token": "سر"}, {"challenge": "1"}):
        with pytest.raises(UntrustedWebhook):
            handshake.answer(query)


async def test_abilities_are_steered_by_the_test_and_can_be_missing() -> None:
    able, plain = MemoryProvider(), MemoryProvider(abilities=False)

    code = able.pairing.code = QrCode("2@abc", NOW)
    await able.session.keep()

    assert await able.pairing.qr_code() == code
    assert able.session.kept == 1
    assert (plain.port.pairing, plain.port.session, plain.port.handshake) == (None, None, None)


def test_providers_are_found_by_name() -> None:
    one, other = MemoryProvider().port, MemoryProvider(ProviderName("other")).port
    providers = MemoryProviders(one, other)

    assert providers.names == ("memory", "other")
    assert providers.find("other") is providers.get("other") is other
    assert providers.find("third") is None
    with pytest.raises(LookupError):
        providers.get("third")
