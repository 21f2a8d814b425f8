"""What is promised of everything that can be sent beside texts, by whoever can send it."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from khalifa.application.compose_outgoing import ABILITIES, compose, hand_to, require_ability
from khalifa.application.ports.messaging import (
    DeliveryError,
    MessageRejected,
    OutcomeUnknown,
    ProviderUnreachable,
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
    Receipt,
)
from khalifa.domain.contents import ContactCard, Location
from khalifa.domain.drafts import QUOTABLE_KINDS, Draft
from khalifa.domain.errors import CannotSend
from khalifa.domain.filled_template import FilledHeader, FilledTemplate, HeaderType
from khalifa.domain.interactive import Button, Buttons
from khalifa.domain.messages import MessageId, MessageKind
from tests.builders import a_message
from tests.contracts.message_driver import CUSTOMER, TEXT, Bench, Scenario, failure_of, until
from tests.contracts.provider_files import SENT, stored

KINDS = list(ABILITIES)
PLACE = Location(
    latitude=31.0364, longitude=31.3807, name="صيدلية خليفة", address="شارع الجمهورية، المنصورة"
)
CARD = ContactCard(name="د. منى سعيد", phones=("+201112345678",))
QUESTION = Buttons(
    body="نوصله لك اليوم؟", buttons=(Button(id="y", title="نعم"), Button(id="n", title="لا"))
)
TEMPLATE = FilledTemplate(name="order_ready", language="ar", body=("منى سعيد", "25"))
SEVERAL = (CARD, replace(CARD, phones=("+201112345678", "+201212345678")))
ANSWERED = MessageId(1)
# All that an agent can say, as the API lets it through.
SAYABLE: dict[str, Draft] = {
    "text": Draft.of_text(TEXT),
    **{str(kind): Draft.of_file(kind, "a-file") for kind, *_ in SENT},
    "location": Draft.of_location(PLACE),
    "contacts": Draft.of_contacts([CARD]),
    "several contacts": Draft.of_contacts(SEVERAL),
    "several phones": Draft.of_contacts(SEVERAL[1:]),
    "interactive": Draft.of_interactive(QUESTION),
    "reaction": Draft.of_reaction(ANSWERED, "👍"),
    "template": Draft.of_template(TEMPLATE),
    "template with a file": Draft.of_template(
        replace(TEMPLATE, header=FilledHeader(type=HeaderType.IMAGE, media_id="a-file"))
    ),
}
FILES = {kind: stored(data, mime_type) for kind, data, mime_type, _ in SENT}
HIDDEN = (PLACE.name, PLACE.address, CARD.name, CARD.phones[0], QUESTION.body, "منى سعيد")
OUTCOMES: dict[Scenario, type[DeliveryError]] = {
    Scenario.REFUSES_MESSAGE: MessageRejected,
    Scenario.BREAKS_OFF: OutcomeUnknown,
    Scenario.FALLS_SILENT: OutcomeUnknown,
    Scenario.HIDES_BEHIND_A_PAGE: OutcomeUnknown,
    Scenario.IS_AWAY: ProviderUnreachable,
}


class KindsBench(Bench):
    """``never_of`` are scenarios that this provider's far side does not know of a kind."""

    never_of: frozenset[tuple[MessageKind, Scenario]] = frozenset()

    @abstractmethod
    def kinds(self) -> Sequence[MessageKind]:
        """Return what kinds of messages went out to customers, oldest first."""

    @abstractmethod
    def quotes(self) -> Sequence[str]:
        """Return the ids of the messages that those which went out answer, oldest first."""

    @abstractmethod
    async def heard(self) -> QuotedMessage:
        """Let the customer write; return the message as the provider knows it."""

    async def said(self, kind: MessageKind) -> AnyOutgoing:
        """Return a message of *kind* to the customer."""
        to, opaque_id = self.address, "opaque-1"
        match kind:
            case MessageKind.LOCATION:
                return OutgoingLocation(to=to, opaque_id=opaque_id, location=PLACE)
            case MessageKind.CONTACTS:
                return OutgoingContacts(to=to, opaque_id=opaque_id, contacts=(CARD,))
            case MessageKind.REACTION:
                target = await self.heard()
                return OutgoingReaction(to=to, opaque_id=opaque_id, target=target, emoji="👍")
            case MessageKind.TEMPLATE:
                return OutgoingTemplate(to=to, opaque_id=opaque_id, template=TEMPLATE)
        return OutgoingInteractive(to=to, opaque_id=opaque_id, interactive=QUESTION)


class OutgoingKindsContract:
    """Wants ``bench``, a `KindsBench`."""

    @pytest.mark.parametrize("kind", KINDS, ids=str)
    async def test_every_kind_it_can_send_goes_out_once(
        self, bench: KindsBench, kind: MessageKind
    ) -> None:
        message = await _can(bench, kind)

        receipt = await hand_to(bench.provider, message)

        assert receipt.whatsapp_message_id or kind is MessageKind.REACTION
        await until(lambda: bool(bench.kinds()))
        assert list(bench.kinds()) == [kind]

    @pytest.mark.parametrize("scenario", list(OUTCOMES), ids=str)
    @pytest.mark.parametrize("kind", KINDS, ids=str)
    async def test_what_went_wrong_is_named_as_with_texts_and_nothing_private_is_told(
        self,
        bench: KindsBench,
        kind: MessageKind,
        scenario: Scenario,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        message = await _can(bench, kind)
        if (kind, scenario) in bench.never_of:
            pytest.skip(f"never {scenario} of a {kind}")
        await bench.meets(scenario)

        caplog.set_level("DEBUG")
        with capture_logs() as logged:
            failure = await failure_of(hand_to(bench.provider, message))

        assert type(failure) is OUTCOMES[scenario]
        assert str(failure)
        assert failure.words.arabic
        assert len(bench.kinds()) <= 1
        told = f"{failure!r} {failure.words} {failure.__context__} {logged} {caplog.text}"
        hidden = (*bench.secrets, CUSTOMER.digits, *HIDDEN)
        assert not [one for one in hidden if one and one in told]

    @pytest.mark.parametrize("name", SAYABLE)
    async def test_what_is_declared_goes_out_and_nothing_else_would(
        self, bench: KindsBench, name: str
    ) -> None:
        heard = await bench.heard()
        plain = SAYABLE[name]
        ways = [plain, plain.answering(ANSWERED)] if plain.kind in QUOTABLE_KINDS else [plain]
        for draft in ways:
            before = len(bench.kinds())
            saying = hand_to(bench.provider, _composed(bench, draft, heard))
            if refusal := _refusal_of(bench, draft):
                assert refusal.words.arabic
                with pytest.raises((CannotSend, MessageRejected)):
                    await saying
                assert len(bench.kinds()) == before
                continue
            await saying
            await until(lambda: len(bench.kinds()) > before)  # noqa: B023
            assert bench.kinds()[before:] == [draft.kind]
            if draft.quotes:
                assert heard.whatsapp_message_id in bench.quotes()[-1]

    async def test_a_text_shows_what_it_answers(self, bench: KindsBench) -> None:
        heard = await bench.heard()
        message = OutgoingText(to=bench.address, text=TEXT, opaque_id="o", quoted=heard)

        receipt = await hand_to(bench.provider, message)

        assert receipt.whatsapp_message_id
        await until(lambda: bool(bench.quotes()))
        assert [heard.whatsapp_message_id in one for one in bench.quotes()] == [True]

    async def test_a_reaction_is_changed_and_taken_back(self, bench: KindsBench) -> None:
        reaction = await _can(bench, MessageKind.REACTION)
        assert isinstance(reaction, OutgoingReaction)

        for emoji in ("❤️", "🙏", ""):
            again = OutgoingReaction(
                to=reaction.to, opaque_id=f"o-{emoji}", target=reaction.target, emoji=emoji
            )
            assert isinstance(await hand_to(bench.provider, again), Receipt)

        await until(lambda: len(bench.kinds()) == 3)

    async def test_reading_and_typing_are_told_or_fail_as_promised(self, bench: KindsBench) -> None:
        heard = await bench.heard()
        receipts, typing = bench.provider.read_receipts, bench.provider.typing
        assert receipts
        assert typing

        await receipts.mark_read(heard)
        await typing.show_typing(heard)

        await bench.meets(Scenario.IS_AWAY)
        for tell in (receipts.mark_read, typing.show_typing):
            with pytest.raises(DeliveryError):
                await tell(heard)


async def _can(bench: KindsBench, kind: MessageKind) -> AnyOutgoing:
    if ABILITIES[kind] not in bench.provider.capabilities:
        pytest.skip(f"cannot send a {kind}")
    return await bench.said(kind)


def _composed(bench: KindsBench, draft: Draft, heard: QuotedMessage) -> AnyOutgoing:
    """Return *draft* as deliveries make it, answering what was *heard*."""
    about = a_message(
        provider=bench.address.provider, whatsapp_message_id=heard.whatsapp_message_id
    )
    said = a_message(kind=draft.kind, text=draft.text, content=draft.stored_content)
    said.reply_to_id, said.opaque_id = draft.about, "opaque-1"
    return compose(said, bench.address, about=about, file=FILES.get(draft.file_kind))


def _refusal_of(bench: KindsBench, draft: Draft) -> CannotSend | None:
    try:
        require_ability(bench.provider, draft)
    except CannotSend as refusal:
        return refusal
    return None
