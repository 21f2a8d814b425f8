"""Bodies WPPConnect Server posts to a webhook, built without a server."""

import base64
import secrets
import time

from tests.far_sides.wppconnect_messages import (
    MONA,
    SHOP,
    Content,
    JsonObject,
    key_object,
    media_content,
    message_id,
    message_object,
    new_key,
    raw_model,
    text_content,
    wid,
)

SESSION = "shop1"


def basic_auth(password: str, user: str = "khalifa") -> str:
    """Return the Authorization value axios makes of `http://user:password@…`."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def text_message_body(
    text: str,
    *,
    who: str = MONA,
    name: str = "Mona Ali",
    session: str = SESSION,
    key: str | None = None,
    at: float | None = None,
    group: str | None = None,
    quoted: str | None = None,
    chat_id_object: bool = False,
    me: str = SHOP,
) -> JsonObject:
    """Return an `onmessage` with text, from `who` (digits or wid), in `group` when given."""
    message = message_object(
        text_content(text),
        chat=group_wid(group) if group else who,
        author=who if group else None,
        name=name,
        key=key,
        at=at,
        quoted=quoted,
        chat_id_object=chat_id_object,
        me=me,
    )
    return event_body("onmessage", session, message)


def content_message_body(
    content: Content,
    *,
    who: str = MONA,
    name: str = "Mona Ali",
    session: str = SESSION,
    key: str | None = None,
    at: float | None = None,
    group: str | None = None,
    downloaded: bool = True,
    me: str = SHOP,
) -> JsonObject:
    """
    Return an `onmessage` with media, a place or a contact card.

    Media carry the whole file as base64 in `body`, or with `downloaded=False`
    only the preview (autoDownload off, or the download failed).
    """
    message = message_object(
        content,
        chat=group_wid(group) if group else who,
        author=who if group else None,
        name=name,
        key=key,
        at=at,
        me=me,
    )
    if downloaded and content.media:
        message["body"] = base64.b64encode(content.media.data).decode()
    return event_body("onmessage", session, message)


def media_message_body(
    kind: str = "image",
    *,
    who: str = MONA,
    name: str = "Mona Ali",
    session: str = SESSION,
    key: str | None = None,
    at: float | None = None,
    data: bytes | None = None,
    mimetype: str | None = None,
    caption: str | None = None,
    filename: str | None = None,
    downloaded: bool = True,
) -> JsonObject:
    """Return an `onmessage` with a file; `kind` as in `media_content`."""
    content = media_content(kind, data=data, mimetype=mimetype, caption=caption, filename=filename)
    return content_message_body(
        content, who=who, name=name, session=session, key=key, at=at, downloaded=downloaded
    )


def own_message_body(
    text: str,
    *,
    to: str = MONA,
    session: str = SESSION,
    key: str | None = None,
    at: float | None = None,
    name: str = "",
    me: str = SHOP,
) -> JsonObject:
    """Return an `onselfmessage`: typed on the shop's phone, or the echo of an API send."""
    message = message_object(
        text_content(text), chat=to, from_me=True, me=me, name=name, key=key, at=at
    )
    return event_body("onselfmessage", session, message)


def ack_body(
    ack: int,
    *,
    key: str,
    to: str = MONA,
    text: str = "hello",
    session: str = SESSION,
    at: float | None = None,
    me: str = SHOP,
) -> JsonObject:
    """Return an `onack` of our text; below 0 failed, 1 sent, 2 delivered, 3 read, 4 played."""
    message = message_object(text_content(text), chat=to, from_me=True, me=me, key=key, at=at)
    return event_body("onack", session, raw_model(message, ack))


def media_ack_body(
    ack: int,
    *,
    key: str,
    kind: str = "image",
    to: str = MONA,
    data: bytes | None = None,
    caption: str | None = None,
    filename: str | None = None,
    session: str = SESSION,
    at: float | None = None,
    me: str = SHOP,
) -> JsonObject:
    """Return an `onack` of our media, which repeats the whole file as base64 in `body`."""
    content = media_content(kind, data=data, caption=caption, filename=filename)
    message = message_object(content, chat=to, from_me=True, me=me, key=key, at=at)
    if content.media:
        message["body"] = base64.b64encode(content.media.data).decode()
    return event_body("onack", session, raw_model(message, ack))


def reaction_body(
    reaction: str,
    *,
    msg_id: str,
    who: str = MONA,
    session: str = SESSION,
    at: float | None = None,
    key: str | None = None,
) -> JsonObject:
    """
    Return an `onreactionmessage`; "" takes the reaction back; `timestamp` is in milliseconds.

    `msg_id` is the serialized id of the message reacted to; in a group `who` becomes the
    participant, otherwise nothing but `id.remote` says who it was.
    """
    chat = msg_id.split("_")[1]
    participant = wid(who) if chat.endswith("@g.us") else None
    own_id = message_id(chat, key or new_key(from_me=False), from_me=False, participant=participant)
    reacted: JsonObject = {
        "id": key_object(own_id),
        "msgId": key_object(msg_id),
        "reactionText": reaction,
        "read": False,
        "orphan": 0,
        "orphanReason": None,
        "timestamp": int(_moment(at) * 1000),
    }
    return event_body("onreactionmessage", session, reacted)


def revoked_body(
    ref_id: str,
    *,
    who: str = MONA,
    session: str = SESSION,
    key: str | None = None,
    me: str = SHOP,
) -> JsonObject:
    """Return an `onrevokedmessage`: `refId` is the deleted message, `id` the deletion's own."""
    chat = ref_id.split("_")[1]
    author = {"author": wid(who)} if chat.endswith("@g.us") else {}
    revoked: JsonObject = {
        **author,
        "from": chat,
        "to": me,
        "id": message_id(chat, key or new_key(from_me=False), from_me=False),
        "refId": ref_id,
    }
    return event_body("onrevokedmessage", session, revoked)


def presence_body(
    state: str = "composing",
    *,
    who: str = MONA,
    name: str = "Mona Ali",
    session: str = SESSION,
    at: float | None = None,
) -> JsonObject:
    """Return an `onpresencechanged`; `t` is in milliseconds."""
    presence: JsonObject = {
        "id": wid(who),
        "isOnline": True,
        "isGroup": False,
        "isUser": True,
        "shortName": name.split(maxsplit=1)[0],
        "state": state,
        "t": int(_moment(at) * 1000),
        "isContact": True,
    }
    return event_body("onpresencechanged", session, presence)


def call_body(
    *, who: str = MONA, is_video: bool = False, session: str = SESSION, at: float | None = None
) -> JsonObject:
    call: JsonObject = {
        "id": secrets.token_hex(16).upper(),
        "peerJid": wid(who),
        "offerTime": int(_moment(at)),
        "isVideo": is_video,
        "isGroup": False,
        "groupJid": None,
        "canHandleLocally": True,
        "outgoing": False,
        "isSilenced": False,
        "offerReceivedWhileOffline": False,
        "webClientShouldHandle": False,
        "participants": [],
    }
    return event_body("incomingcall", session, call)


def participants_body(
    action: str = "add",
    *,
    group: str = "120363000000000001",
    by: str = MONA,
    who: str = "201222222222",
    session: str = SESSION,
) -> JsonObject:
    change: JsonObject = {
        "by": wid(by),
        "byPushName": "Mona",
        "groupId": group_wid(group),
        "action": action,
        "operation": action,
        "who": [wid(who)],
    }
    return event_body("onparticipantschanged", session, change)


def label_body(
    kind: str = "add", *, who: str = MONA, label: str = "1", session: str = SESSION
) -> JsonObject:
    change: JsonObject = {"chat": {"id": wid(who)}, "ids": [label], "type": kind}
    return event_body("onupdatelabel", session, change)


def live_location_body(
    *, who: str = MONA, lat: float = 30.04, lng: float = 31.23, session: str = SESSION
) -> JsonObject:
    move: JsonObject = {
        "type": "enable",
        "id": wid(who),
        "lat": lat,
        "lng": lng,
        "accuracy": 20,
        "speed": 0,
        "degrees": 0,
        "shareDuration": 900,
    }
    return event_body("location", session, move)


def poll_response_body(
    choice: str = "Yes", *, msg_id: str, session: str = SESSION, at: float | None = None
) -> JsonObject:
    chat = msg_id.split("_")[1]
    vote: JsonObject = {
        "msgId": msg_id,
        "chatId": chat,
        "selectedOptions": [{"name": choice, "localId": 0}],
        "timestamp": int(_moment(at) * 1000),
        "sender": chat,
    }
    return event_body("onpollresponse", session, vote)


def status_find_body(status: str, *, session: str | None = SESSION) -> JsonObject:
    """Return a `status-find`; `session=None` as it comes early after close and start."""
    return event_body("status-find", session, {"status": status})


def qrcode_body(qrcode: str, urlcode: str, *, session: str | None = SESSION) -> JsonObject:
    """Return a `qrcode`; the picture is bare base64 of a PNG here, no data: prefix."""
    return event_body("qrcode", session, {"qrcode": qrcode, "urlcode": urlcode})


def event_body(event: str, session: str | None, data: JsonObject) -> JsonObject:
    """Return what callWebHook posts: the event and the session first, the data flattened in."""
    named: JsonObject = {} if session is None else {"session": session}
    return {"event": event, **named, **data}


def group_wid(group: str) -> str:
    return group if "@" in group else f"{group}@g.us"


def _moment(at: float | None) -> float:
    return time.time() if at is None else at
