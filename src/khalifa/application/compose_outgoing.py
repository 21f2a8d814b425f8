"""Making of a stored reply what a provider is given, and giving it to the one who can send it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from khalifa.application.ports.media import StoredFile
from khalifa.application.ports.messaging import Provider
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
from khalifa.domain.contacts import Address
from khalifa.domain.drafts import (
    FILE_KINDS,
    Draft,
    cards_in,
    emoji_in,
    interactive_in,
    location_in,
    template_in,
)
from khalifa.domain.errors import CannotQuote, CannotSend, InvalidContent
from khalifa.domain.media import UNKNOWN_TYPE, MediaFile
from khalifa.domain.messages import Direction, Message, MessageKind
from khalifa.domain.words import Words

# Which ability of a provider each kind needs, beside texts and files, which all can send.
ABILITIES: Mapping[MessageKind, str] = {
    MessageKind.LOCATION: "locations",
    MessageKind.CONTACTS: "contacts",
    MessageKind.REACTION: "reactions",
    MessageKind.TEMPLATE: "templates",
    MessageKind.INTERACTIVE: "interactive",
}

_CANNOT = {
    "locations": Words("{provider} cannot send locations.", "لا يمكن إرسال موقع عبر {provider}."),
    "contacts": Words(
        "{provider} cannot send contact cards.", "لا يمكن إرسال بطاقات اتصال عبر {provider}."
    ),
    "several_contacts": Words(
        "{provider} sends one contact card with one phone at a time. Send them one by one.",
        "يرسل {provider} بطاقة اتصال واحدة برقم واحد في كل مرة. أرسلها واحدة واحدة.",
    ),
    "reactions": Words(
        "{provider} cannot react to messages.", "لا يمكن التفاعل مع الرسائل عبر {provider}."
    ),
    "templates": Words("{provider} has no templates.", "لا توجد قوالب عند {provider}."),
    "interactive": Words(
        "{provider} cannot send buttons and lists.", "لا يمكن إرسال أزرار وقوائم عبر {provider}."
    ),
    "typing": Words(
        "{provider} cannot show that somebody is typing.",
        "لا يمكن إظهار الكتابة عبر {provider}.",
    ),
}
_CANNOT_QUOTE = Words(
    "{provider} cannot quote a message with a {kind}. Send it without quoting.",
    "لا يمكن عبر {provider} اقتباس رسالة مع هذا النوع ({kind}). أرسلها بدون اقتباس.",
)
_NOT_THERE = Words(
    "The message that is answered came through another provider, or has not reached WhatsApp. "
    "Answer without quoting it.",
    "الرسالة المُقتبسة جاءت عبر مزوّد آخر أو لم تصل إلى واتساب. أرسل الرد بدون اقتباس.",
)
_NO_FILE = Words("The file is not there any more.", "الملف لم يعد موجودًا.")


def cannot(provider: Provider, ability: str) -> CannotSend:
    """Return the refusal to give when *provider* has not this *ability*."""
    return CannotSend(_CANNOT[ability].filled(provider=provider.name))


def require_ability(provider: Provider, draft: Draft) -> None:
    """Raise `CannotSend` when *provider* cannot send *draft*, or not as an answer."""
    for needed in _needs(draft):
        if needed not in provider.capabilities:
            raise cannot(provider, needed)
    if draft.quotes and draft.kind not in provider.quotes_with:
        raise CannotSend(_CANNOT_QUOTE.filled(provider=provider.name, kind=draft.kind))


def _needs(draft: Draft) -> Iterator[str]:
    if draft.kind in ABILITIES:
        yield ABILITIES[draft.kind]
    if draft.kind is MessageKind.CONTACTS:
        cards = cards_in(draft.content)
        if len(cards) > 1 or len(cards[0].phones) > 1:
            yield "several_contacts"


def require_takeable(provider: Provider, kind: MessageKind, file: MediaFile) -> None:
    """Raise `FileTypeRefused` or `FileTooLarge` when *provider* does not take *file* as *kind*."""
    rule = provider.file_rules.get(kind)
    if rule is not None:
        mime_type, size = file.mime_type or UNKNOWN_TYPE, file.size or 0
        rule.require(provider.name, kind, mime_type=mime_type, size=size)


def quoted(message: Message | None, chat: Address) -> QuotedMessage:
    """
    Return *message* as the provider of *chat* knows it.

    Raises:
        CannotQuote: that provider does not know it.
    """
    if message is None or message.whatsapp_message_id is None or message.provider != chat.provider:
        raise CannotQuote(_NOT_THERE)
    return QuotedMessage(
        whatsapp_message_id=message.whatsapp_message_id,
        from_us=message.direction is Direction.OUT,
        chat=chat,
    )


def compose(  # noqa: PLR0911 - one for each kind
    message: Message, to: Address, *, about: Message | None, file: StoredFile | None
) -> AnyOutgoing:
    """
    Return *message* as its provider is given it; *about* is the message it answers.

    Raises:
        CannotQuote, InvalidContent: it cannot be sent by this provider, or not any more.
    """
    earlier = quoted(about, to) if message.reply_to_id is not None else None
    opaque_id, content = message.opaque_id or "", message.content
    match message.kind:
        case MessageKind.LOCATION:
            place = location_in(content)
            return OutgoingLocation(to=to, opaque_id=opaque_id, quoted=earlier, location=place)
        case MessageKind.CONTACTS:
            cards = cards_in(content)
            return OutgoingContacts(to=to, opaque_id=opaque_id, quoted=earlier, contacts=cards)
        case MessageKind.REACTION:
            target, emoji = quoted(about, to), emoji_in(content)
            return OutgoingReaction(to=to, opaque_id=opaque_id, target=target, emoji=emoji)
        case MessageKind.TEMPLATE:
            return _with_header(message, to, file)
        case MessageKind.INTERACTIVE:
            return OutgoingInteractive(
                to=to, opaque_id=opaque_id, quoted=earlier, interactive=interactive_in(content)
            )
        case kind if kind in FILE_KINDS:
            return _with_file(message, to, earlier, file)
        case _:
            text = message.text or ""
            return OutgoingText(to=to, opaque_id=opaque_id, quoted=earlier, text=text)


def _with_file(
    message: Message, to: Address, earlier: QuotedMessage | None, file: StoredFile | None
) -> OutgoingMedia:
    if file is None:
        raise InvalidContent(_NO_FILE)
    media = message.media
    return OutgoingMedia(
        to=to,
        opaque_id=message.opaque_id or "",
        quoted=earlier,
        kind=message.kind,
        file=file,
        mime_type=(media.mime_type if media else None) or file.mime_type,
        caption=message.text,
        filename=media.filename if media else None,
    )


def _with_header(message: Message, to: Address, file: StoredFile | None) -> OutgoingTemplate:
    template = template_in(message.content)
    header = template.header
    if header is not None and header.media_id is not None:
        if file is None:
            raise InvalidContent(_NO_FILE)
        if header.filename is None and message.media is not None:
            named = replace(header, filename=message.media.filename)
            template = replace(template, header=named)
    return OutgoingTemplate(to=to, opaque_id=message.opaque_id or "", template=template, file=file)


async def hand_to(  # noqa: PLR0911 - one for each kind
    provider: Provider, message: AnyOutgoing
) -> Receipt:
    """
    Send *message* by whichever part of *provider* sends its kind.

    Raises:
        CannotSend: there is no such part.
        NotSent, OutcomeUnknown: as the drivers.
    """
    match message:
        case OutgoingText():
            return await provider.driver.send_text(message)
        case OutgoingMedia():
            return await provider.driver.send_media(message)
        case OutgoingLocation() if provider.locations:
            return await provider.locations.send_location(message)
        case OutgoingContacts() if provider.contacts:
            return await provider.contacts.send_contacts(message)
        case OutgoingReaction() if provider.reactions:
            return await provider.reactions.send_reaction(message)
        case OutgoingTemplate() if provider.templates:
            return await provider.templates.send_template(message)
        case OutgoingInteractive() if provider.interactive:
            return await provider.interactive.send_interactive(message)
    raise CannotSend
