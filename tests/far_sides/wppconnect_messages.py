"""WPPConnect's message objects: the serialized form and the raw model, as pure data."""

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

JsonObject: TypeAlias = dict[str, object]

SHOP = "201000000001@c.us"
MONA = "201111111111"
VERSION = "2.10.4"

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A real PNG of one pixel."""
JPEG_PREVIEW = "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQ=="
TINY_PREVIEW = "/9j/4AAQSkZJRg=="

# The model's own attributes travel with every message; none of them means anything to a reader.
MODEL_FLAGS: Mapping[str, object] = {
    "viewed": False,
    "invis": False,
    "isNewMsg": True,
    "star": False,
    "kicNotified": False,
    "recvFresh": True,
    "isFromTemplate": False,
    "isAdsMedia": False,
    "pollInvalidated": False,
    "isSentCagPollCreation": False,
    "latestEditMsgKey": None,
    "latestEditSenderTimestampMs": None,
    "mentionedJidList": [],
    "groupMentions": [],
    "isEventCanceled": False,
    "eventInvalidated": False,
    "isVcardOverMmsDocument": False,
    "isForwarded": False,
    "isQuestion": False,
    "labels": [],
    "hasReaction": False,
    "viewMode": "VISIBLE",
    "productHeaderImageRejected": False,
    "lastPlaybackProgress": 0,
    "isDynamicReplyButtonsMsg": False,
    "isCarouselCard": False,
    "parentMsgId": None,
    "callSilenceReason": None,
    "isVideoCall": False,
    "callDuration": None,
    "callCreator": None,
    "callParticipants": None,
    "isCallLink": None,
    "callLinkToken": None,
    "isMdHistoryMsg": False,
    "stickerSentTs": 0,
    "isAvatar": False,
    "lastUpdateFromServerTs": 0,
    "invokedBotWid": None,
    "bizBotType": None,
    "botResponseTargetId": None,
    "botPluginType": None,
    "requiresDirectConnection": False,
    "bizContentPlaceholderType": None,
    "hostedBizEncStateMismatch": False,
    "senderOrRecipientAccountTypeHosted": False,
    "placeholderCreatedWhenAccountIsHosted": False,
}


def wid(who: str) -> str:
    """Return the chat id of a bare number; what already has a server part stays as it is."""
    return who if "@" in who else f"{who}@c.us"


def wid_object(who: str) -> JsonObject:
    user, _, server = wid(who).partition("@")
    return {"server": server, "user": user, "_serialized": wid(who)}


def new_key(*, from_me: bool) -> str:
    """Return a message key as WhatsApp Web (3EB0…) or a phone (3A…) would make it."""
    return ("3EB0" if from_me else "3A") + secrets.token_hex(9).upper()


def message_id(chat: str, key: str, *, from_me: bool, participant: str | None = None) -> str:
    tail = f"_{participant}" if participant else ""
    return f"{'true' if from_me else 'false'}_{chat}_{key}{tail}"


def key_object(serialized: str) -> JsonObject:
    """Return the object that raw models carry where serialized messages carry a string."""
    own, remote, key, *participant = serialized.split("_")
    parts: JsonObject = {"fromMe": own == "true", "remote": remote, "id": key}
    if participant:
        parts["participant"] = participant[0]
    return {**parts, "_serialized": serialized}


@dataclass(frozen=True, slots=True)
class MediaFile:
    mimetype: str
    data: bytes
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """
    What a message says, apart from who, where and when.

    `preview` is what `body` and `content` hold before a download: the text of
    a text, a small JPEG of a picture, and nothing at all of a sound.
    """

    kind: str = "chat"
    preview: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    media: MediaFile | None = None


def text_content(text: str | None) -> Content:
    return Content(preview=text)


def location_content(lat: float = 30.0444, lng: float = 31.2357) -> Content:
    place = {"lat": lat, "lng": lng, "isLive": False}
    return Content(kind="location", preview=TINY_PREVIEW, fields=place)


def contact_card_content(name: str = "Omar", phone: str = "201222222222") -> Content:
    card = (
        f"BEGIN:VCARD\nVERSION:3.0\nN:;{name};;;\nFN:{name}\n"
        f"TEL;type=CELL;waid={phone}:+{phone}\nEND:VCARD"
    )
    return Content(kind="vcard", preview=card, fields={"vcardFormattedName": name})


_Specimen: TypeAlias = tuple[str, bytes, str | None, dict[str, object]]
_SPECIMENS: Mapping[str, _Specimen] = {
    "image": ("image/jpeg", PIXEL, JPEG_PREVIEW, {"width": 1200, "height": 1600}),
    "video": (
        "video/mp4",
        b"fake video bytes",
        JPEG_PREVIEW,
        {"width": 640, "height": 360, "duration": "7"},
    ),
    "audio": ("audio/mpeg", b"fake audio bytes", None, {"duration": "12"}),
    "ptt": ("audio/ogg; codecs=opus", b"fake ptt bytes", None, {"duration": "4"}),
    "document": (
        "application/pdf",
        b"fake document bytes",
        TINY_PREVIEW,
        {"filename": "contract.pdf", "pageCount": 1},
    ),
    "sticker": ("image/webp", PIXEL, None, {"width": 64, "height": 64}),
}


def media_content(
    kind: str,
    *,
    data: bytes | None = None,
    mimetype: str | None = None,
    caption: str | None = None,
    filename: str | None = None,
) -> Content:
    """
    Return an image, video, audio, ptt, document or sticker; what is not given is a specimen's.

    Raises KeyError for another kind.
    """
    usual_mimetype, usual_data, preview, shape = _SPECIMENS[kind]
    details: dict[str, object] = {} if caption is None else {"caption": caption}
    details |= shape
    if filename is not None:
        details["filename"] = filename
    file = MediaFile(mimetype or usual_mimetype, usual_data if data is None else data, details)
    return Content(kind=kind, preview=preview, media=file)


def contact_object(who: str, name: str, *, is_me: bool = False) -> JsonObject:
    """Return a contact; without a name it is a bare number that is in nobody's address book."""
    short: JsonObject = {"shortName": name.split(maxsplit=1)[0]} if name else {}
    return {
        "id": who,
        "name": name,
        **short,
        "pushname": name,
        "type": "in",
        "isBusiness": False,
        "isEnterprise": False,
        "isSmb": False,
        "isContactSyncCompleted": 1,
        "textStatusLastUpdateTime": -1,
        "syncToAddressbook": False,
        "formattedName": name or f"+{who.partition('@')[0]}",
        "isMe": is_me,
        "isMyContact": bool(name),
        "isPSA": False,
        "isUser": True,
        "isWAContact": True,
        "profilePicThumbObj": {},
        "msgs": None,
    }


def message_object(
    content: Content,
    *,
    chat: str,
    from_me: bool = False,
    me: str = SHOP,
    name: str = "",
    key: str | None = None,
    at: float | None = None,
    ack: int = 1,
    author: str | None = None,
    quoted: str | None = None,
    chat_id_object: bool = False,
) -> JsonObject:
    """
    Return a message as WAPI's serializer makes it: id and wids are strings, times in seconds.

    `author` names who wrote it in a group; `quoted` is the id of a message it answers;
    `chat_id_object` gives `chatId` the object form seen with LID senders. Media have their
    preview in `body`: the server puts the file there only when it calls a webhook.
    """
    at = time.time() if at is None else at
    chat = wid(chat)
    in_group = chat.endswith("@g.us")
    writer = me if from_me else wid(author or chat)
    message: JsonObject = {
        "id": message_id(
            chat,
            key or new_key(from_me=from_me),
            from_me=from_me,
            participant=writer if in_group else None,
        ),
        **({} if content.preview is None else {"body": content.preview}),
        "type": content.kind,
        "t": int(at),
        "clientReceivedTsMillis": int(at * 1000),
        "notifyName": name,
        "from": me if from_me else chat,
        "to": chat if from_me else me,
        "ack": ack,
        **MODEL_FLAGS,
        **_media_fields(content.media, int(at)),
        **content.fields,
        **_quotation(quoted, me),
        **({"author": writer} if in_group else {}),
        "chatId": wid_object(chat) if chat_id_object else chat,
        "fromMe": from_me,
        "sender": contact_object(writer, name, is_me=from_me),
        "timestamp": int(at),
        **({} if content.preview is None else {"content": content.preview}),
        "isGroupMsg": in_group,
        "isMMS": content.media is not None,
        "isMedia": content.kind in {"image", "video"},
        "isNotification": False,
        "isPSA": False,
        **({} if quoted is None else {"quotedMsgId": quoted}),
        "mediaData": _media_data(content),
    }
    return message


def raw_model(message: JsonObject, ack: int) -> JsonObject:
    """
    Return the raw model of our own message, as acks carry it: `id` is an object there.

    `t` is the time of the message, however late the ack.
    """
    model: JsonObject = {"id": key_object(str(message["id"])), **MODEL_FLAGS}
    head = ("body", "type", "t", "notifyName", "from", "to")
    model |= {name: message[name] for name in head if name in message}
    model |= {"self": "out", "ack": ack}
    media = ("mimetype", "caption", "filename", "deprecatedMms3Url", "mediaKey", "size")
    return model | {name: message[name] for name in media if name in message}


def _media_fields(media: MediaFile | None, seconds: int) -> JsonObject:
    if media is None:
        return {}
    return {
        "mimetype": media.mimetype,
        "deprecatedMms3Url": "https://mmg.whatsapp.net/v/t62.7118-24/harness.enc?ccb=11-4&mms3=true",
        "directPath": "/v/t62.7118-24/harness.enc?ccb=11-4",
        "staticUrl": "",
        "filehash": _digest(media.data),
        "encFilehash": _digest(b"encrypted " + media.data),
        "size": len(media.data),
        "mediaKey": base64.b64encode(secrets.token_bytes(32)).decode(),
        "mediaKeyTimestamp": seconds,
        "isViewOnce": False,
        **media.details,
    }


def _media_data(content: Content) -> JsonObject:
    if content.media is None:
        return {}
    return {
        "type": content.kind,
        "mediaStage": "RESOLVED",
        "animationDuration": 0,
        "animatedAsNewMsg": False,
        "isViewOnce": False,
    }


def _quotation(quoted: str | None, me: str) -> JsonObject:
    if quoted is None:
        return {}
    own, chat, key, *participant = quoted.split("_")
    writer = me if own == "true" else (participant or [chat])[0]
    return {
        "quotedStanzaID": key,
        "quotedParticipant": writer,
        "quotedMsg": {"type": "chat", "body": "earlier text"},
    }


def _digest(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()
