"""From one event of WPPConnect's to one reading of khalifa's."""

import re
from collections.abc import Callable
from dataclasses import replace

from khalifa.domain.contacts import Identity
from khalifa.domain.messages import (
    DeliveryStatus,
    IdentityChange,
    Ignored,
    IncomingMessage,
    JsonValue,
    MessageKind,
    Reading,
    StatusUpdate,
)
from khalifa.domain.words import Words
from khalifa.infrastructure.messaging.wppconnect.contents import (
    Contents,
    contents_of,
    moment,
    text,
)
from khalifa.infrastructure.messaging.wppconnect.event import Event
from khalifa.infrastructure.messaging.wppconnect.ids import (
    MAX_ID,
    MessageRef,
    identities_of,
    key_of,
    wid_of,
)
from khalifa.infrastructure.messaging.wppconnect.settings import NAME

_MAX_NAME = 255
_NUMBER_FOR_A_NAME = re.compile(r"[\d\s()+.\-\u200e\u200f\u202a-\u202e\u2066-\u2069]+")

_PHONE_CODE = re.compile(r"[A-Za-z0-9]{4}-?[A-Za-z0-9]{4}")

# Events that are no message and no status.
# https://github.com/wppconnect-team/wppconnect-server/blob/main/src/util/createSessionUtil.ts
_OTHER_EVENTS = frozenset(
    {
        "closesession",
        "incomingcall",
        "location",
        "logoutsession",
        "onparticipantschanged",
        "onpollresponse",
        "onpresencechanged",
        "onupdatelabel",
        "phoneCode",
        "qrcode",
        "status-find",
    }
)

# WhatsApp Web's own notes in a chat: encryption, calls, settings.
_NOTICES = frozenset(
    {
        "broadcast_notification",
        "call_log",
        "e2e_notification",
        "gp2",
        "group_notification",
        "notification",
        "notification_template",
        "protocol",
    }
)

# Both come again under the same key, as what they are, and would then pass
# for repeated: a message once it is decrypted, a reaction as an event.
# https://github.com/wppconnect-team/wa-js/blob/main/src/chat/events/registerNewMessageEvent.ts
_COMES_AGAIN = {
    "ciphertext": "not decrypted yet",
    "reaction": "a reaction is an event of its own",
}

_CHATS = {
    "g.us": "group message",
    "broadcast": "broadcast list",
    "newsletter": "channel post",
}
_STORY = "status@broadcast"

# https://github.com/wppconnect-team/wa-js/blob/main/src/whatsapp/enums/ACK.ts
_ACKS = {
    1: DeliveryStatus.SENT,
    2: DeliveryStatus.DELIVERED,
    3: DeliveryStatus.READ,
    4: DeliveryStatus.READ,
}
_FAILURES = {
    -1: Words(
        "WhatsApp did not accept the message.",
        "واتساب لم يقبل الرسالة.",
    ),
    -2: Words(
        "The message waited too long to be sent.",
        "انتظرت الرسالة طويلًا قبل الإرسال.",
    ),
    -3: Words(
        "The file is gone.",
        "الملف لم يعد موجودًا.",
    ),
    -4: Words(
        "The file is too large.",
        "الملف كبير جدًا.",
    ),
    -5: Words(
        "The file could not be uploaded.",
        "تعذّر رفع الملف.",
    ),
    -6: Words(
        "The phone has been away from WhatsApp for too long.",
        "الهاتف بعيد عن واتساب منذ مدة طويلة.",
    ),
    -7: Words(
        "WhatsApp on the phone is too old for linked devices.",
        "إصدار واتساب على الهاتف قديم ولا يدعم الأجهزة المرتبطة.",
    ),
}


def read(event: Event, session: str) -> Reading:
    """Read an event of *session*, or say why it is none for us."""
    # Early events of a session that was closed before come without its name.
    if isinstance(event.session, str) and event.session not in {"", session}:
        return Ignored(reason="for another session")
    reader = _READERS.get(event.event)
    if reader is None:
        name = event.event if event.event in _OTHER_EVENTS else "of an unknown name"
        code = text(event.phone_code) if name == "phoneCode" else None
        is_code = code is not None and _PHONE_CODE.fullmatch(code)
        return Ignored(reason=f"event {name}", pairing_code=code if is_code else None)
    ref = MessageRef.read(event.id)
    if ref is None:
        return Ignored(reason="no message id")
    if len(ref.key) > MAX_ID:
        return Ignored(reason="id too long")
    return reader(event, ref)


def _message(event: Event, ref: MessageRef) -> Reading:
    kind = text(event.type) or ""
    if kind == "notification_template" and (change := _number_change(event, ref)):
        return change
    if event.is_notification is True or kind in _NOTICES:
        return _ignored("a notice of WhatsApp's own", ref)
    if kind in _COMES_AGAIN:
        return _ignored(_COMES_AGAIN[kind], ref)
    return _incoming(
        event,
        ref,
        contents_of(event, ref),
        from_us=event.from_me is True or ref.from_us,
        reply_to=key_of(event.quoted_key) or key_of(event.quoted_id),
    )


def _number_change(event: Event, ref: MessageRef) -> IdentityChange | None:
    """
    Read WhatsApp Web's notice that a customer took another number, None when it is none.

    It names two, the new one as its recipient, as whatsapp-web.js reads it, too:
    https://docs.wwebjs.dev/Client.html#event:contact_changed
    """
    if event.subtype != "change_number" or not isinstance(event.template_params, list):
        return None
    wids = {wid for param in event.template_params if (wid := wid_of(param))}
    current, previous = identities_of([wid_of(event.to)]), identities_of(wids)
    # Both must be there: one beside our own number would be somebody else's change.
    gone = tuple(identity for identity in previous if identity not in current)
    if len(current) != 1 or len(gone) != 1 or current[0] not in previous:
        return None
    return IdentityChange(
        provider=NAME,
        previous=gone,
        current=current,
        at=moment(event.t, event.timestamp),
        whatsapp_message_id=ref.key,
    )


def _own_message(event: Event, ref: MessageRef) -> Reading:
    return _message(event, replace(ref, from_us=True))


def _reaction(event: Event, ref: MessageRef) -> Reading:
    # A reaction taken back has no text.
    content: dict[str, JsonValue] = {
        "message_id": key_of(event.reacted_to),
        "emoji": text(event.reaction) or None,
    }
    return _incoming(
        event, ref, Contents(MessageKind.REACTION, content=content), from_us=ref.from_us
    )


def _revocation(event: Event, ref: MessageRef) -> Reading:
    content: dict[str, JsonValue] = {"message_id": key_of(event.revoked)}
    return _incoming(event, ref, Contents(MessageKind.REVOKE, content=content), from_us=ref.from_us)


def _ack(event: Event, ref: MessageRef) -> Reading:
    """
    Read what became of a message of ours; its time is the message's, so it has none.

    Whatever else is in the event is the message once more, and its file.
    """
    if not (ref.from_us or event.from_me is True):
        return _ignored("ack of a message that is not ours", ref)
    if reason := _no_customer(event, [ref.chat]):
        return _ignored(reason, ref)
    ack = event.ack
    if isinstance(ack, bool) or not isinstance(ack, int):
        return _ignored("no ack", ref)
    status = DeliveryStatus.FAILED if ack < 0 else _ACKS.get(ack)
    if status is None:
        return _ignored(f"ack {ack}" if ack in {0, 5} else "unknown ack", ref)
    update = StatusUpdate(provider=NAME, whatsapp_message_id=ref.key, status=status)
    return _explained(update, max(ack, -99)) if ack < 0 else update


def _explained(update: StatusUpdate, ack: int) -> StatusUpdate:
    """Return a failure with the words for its *ack*, in both languages."""
    words = _FAILURES.get(ack, _FAILURES[-1])
    return replace(
        update,
        error=f"{words.english} (ack {ack})",
        error_ar=f"{words.arabic} (ack {ack})",
        error_code=str(ack),
    )


def _incoming(
    event: Event,
    ref: MessageRef,
    contents: Contents,
    *,
    from_us: bool,
    reply_to: str | None = None,
) -> Reading:
    me, customer = wid_of(event.from_), wid_of(event.to)
    if not from_us:
        me, customer = customer, me
    chat = [customer, wid_of(event.chat_id), ref.chat]
    if reason := _no_customer(event, chat):
        return _ignored(reason, ref)
    if from_us and me is not None and me == customer:
        return _ignored("a note to ourselves", ref)
    people = chat if from_us else [*chat, ref.participant, _sender(event)]
    identities: tuple[Identity, ...] = identities_of(people)
    if not identities:
        return _ignored("no sender", ref)
    return IncomingMessage(
        provider=NAME,
        whatsapp_message_id=ref.key,
        message_key=ref.key,
        identities=identities,
        name=None if from_us else _name(event),
        kind=contents.kind,
        text=contents.text,
        media=contents.media,
        content=contents.content,
        reply_to=reply_to,
        reply_to_key=text((contents.content or {}).get("message_id")) or reply_to,
        sent_at=moment(event.t, event.timestamp),
        from_us=from_us,
        file=contents.file,
    )


def _ignored(reason: str, ref: MessageRef) -> Ignored:
    return Ignored(reason=reason, whatsapp_message_id=ref.key)


def _no_customer(event: Event, chat: list[str | None]) -> str | None:
    """Return why *chat* is not one with a customer, None when it may be."""
    if event.is_group is True:
        return _CHATS["g.us"]
    for wid in chat:
        if wid == _STORY:
            return "status post"
        if wid and (reason := _CHATS.get(wid.partition("@")[2])):
            return reason
    return None


def _sender(event: Event) -> str | None:
    return wid_of(event.sender.get("id")) if isinstance(event.sender, dict) else None


def _name(event: Event) -> str | None:
    """Return what the customer calls themselves; a number is no name."""
    sender = event.sender if isinstance(event.sender, dict) else {}
    for value in (sender.get("pushname"), event.notify_name):
        name = (text(value) or "").strip()
        if name and not _NUMBER_FOR_A_NAME.fullmatch(name):
            return name[:_MAX_NAME]
    return None


_READERS: dict[str, Callable[[Event, MessageRef], Reading]] = {
    "onmessage": _message,
    "unreadmessages": _message,
    "onselfmessage": _own_message,
    "onack": _ack,
    "onreactionmessage": _reaction,
    "onrevokedmessage": _revocation,
}
