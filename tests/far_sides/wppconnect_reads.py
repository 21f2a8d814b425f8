"""Routes that ask the phone: who am I, who is this, what was said; seen and typing."""

import base64
from http import HTTPStatus

from aiohttp import web

from tests.far_sides.wppconnect_gate import contact_to_array
from tests.far_sides.wppconnect_http import Call, json_response
from tests.far_sides.wppconnect_library import JS_ERROR
from tests.far_sides.wppconnect_messages import JsonObject, wid_object
from tests.far_sides.wppconnect_world import Account, Directory, StoredMessage

_USUAL_COUNT = 20


class Reads:
    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def phone_number(self, call: Call) -> web.StreamResponse:
        me = _account(call).me
        return call.answer({"status": "success", "response": me, "mapper": "device"})

    async def host_device(self, call: Call) -> web.StreamResponse:
        me = _account(call).me
        device: JsonObject = {
            "id": wid_object(me),
            "pushname": "Harness Shop",
            "platform": "android",
            "connected": True,
            "phone": {
                "wa_version": "2.25.1",
                "os_version": "14",
                "device_manufacturer": "harness",
                "device_model": "stub",
            },
            "wid": wid_object(me),
            "battery": 88,
            "plugged": False,
            "phoneNumber": me,
        }
        return call.answer({"status": "success", "response": device, "mapper": "device"})

    async def check_number_status(self, call: Call) -> web.StreamResponse:
        """Answer what WhatsApp knows; when it cannot be asked, that there is no such number."""
        response: JsonObject | None = None
        for contact in contact_to_array(call.part("phone")):
            response = self._directory.number_status(contact)
            if not _account(call).online:
                response = self._directory.unknown(contact)
        return call.answer({"status": "success", "response": response})

    async def contact_pn_lid(self, call: Call) -> web.StreamResponse:
        asked = call.part("pnLid")
        if asked.partition("@")[2] not in ("lid", "c.us"):
            failure: JsonObject = {
                "status": "error",
                "message": "Error on get contact by PN-LID",
                "error": JS_ERROR,
            }
            return call.answer(failure, HTTPStatus.INTERNAL_SERVER_ERROR)
        return call.answer(self._directory.pn_lid_entry(asked))

    async def get_messages(self, call: Call) -> web.StreamResponse:
        """
        Answer the last `count` messages of a chat, oldest first.

        An unknown chat is a 401, which says nothing about the token:
        https://github.com/wppconnect-team/wppconnect-server/blob/main/src/controller/deviceController.ts
        """
        messages = _account(call).chats.get(call.part("phone"))
        if messages is None or call.part("phone") in _account(call).closed_chats:
            failure: JsonObject = {
                "status": "error",
                "response": "Error on open list",
                "error": JS_ERROR,
            }
            return call.answer(failure, HTTPStatus.UNAUTHORIZED)
        query = call.request.query
        wanted = [stored.message for stored in messages]
        if anchor := query.get("id"):
            place = next((i for i, m in enumerate(wanted) if m["id"] == anchor), None)
            after = query.get("direction") == "after"
            wanted = [] if place is None else wanted[place + 1 :] if after else wanted[:place]
        count = _count(query.get("count"))
        tail = wanted if count < 0 else wanted[-count:]
        return call.answer({"status": "success", "response": tail})

    async def list_chats(self, call: Call) -> web.StreamResponse:
        """
        Answer the chats, the newest first: a bare list.

        `count` chats from the one with `id` on; `onlyUsers` leaves groups out.
        """
        chats = _account(call).chats
        newest = sorted(chats, key=lambda chat: _said_at(chats[chat]), reverse=True)
        if call.body.get("onlyUsers"):
            newest = [chat for chat in newest if not chat.endswith("@g.us")]
        count = call.body.get("count")
        if isinstance(count, int):
            newest = newest[:count]
        return json_response(
            [
                {
                    "id": wid_object(chat),
                    "t": _said_at(chats[chat]),
                    "unreadCount": 0,
                    "archive": False,
                    "isGroup": chat.endswith("@g.us"),
                    "isUser": not chat.endswith("@g.us"),
                    "formattedTitle": self._directory.names.get(chat, ""),
                    "msgs": None,
                }
                for chat in newest
            ]
        )

    async def unread_messages(self, call: Call) -> web.StreamResponse:
        """
        Answer chats with their `messages` not given before, newest first, and forget them.

        Reading empties it, whoever reads:
        https://github.com/wppconnect-team/wppconnect/blob/main/src/lib/wapi/functions/get-unread-messages.js
        """
        chats: list[JsonObject] = [
            {
                "id": wid_object(chat),
                "unreadCount": len(fresh),
                "isGroup": chat.endswith("@g.us"),
                "isUser": not chat.endswith("@g.us"),
                "msgs": None,
                "messages": [{**stored.message, "isNewMsg": False} for stored in fresh],
            }
            for chat, fresh in _account(call).take_new().items()
        ]
        return call.answer({"status": "success", "response": chats})

    async def download_media(self, call: Call) -> web.StreamResponse:
        message_id = call.body.get("messageId")
        stored = _account(call).find(str(message_id))
        if message_id is None:
            return _no_media(call, "Decrypt file error")
        if stored is None or stored.id != message_id:
            return _no_media(call, "Message not found")
        if stored.file is None:
            return _no_media(call, "Message does not contain media")
        if not stored.fetchable:
            return _no_media(call, "Decrypt file error")
        encoded = base64.b64encode(stored.file).decode()
        return call.answer({"base64": encoded, "mimetype": stored.message["mimetype"]})

    async def message_by_id(self, call: Call) -> web.StreamResponse:
        """Answer the message, 201; 400 when the phone has none of this whole id."""
        asked = call.part("messageId")
        stored = _account(call).find(asked)
        if stored is None or stored.id != asked:
            failure: JsonObject = {
                "message": "Error retrieving information",
                "session": call.session,
                "log": JS_ERROR,
            }
            return call.answer({"status": "Error", "response": failure}, HTTPStatus.BAD_REQUEST)
        result: JsonObject = {
            "message": "Information retrieved successfully.",
            "contact": asked.split("_")[1].partition("@")[0],
            "session": call.session,
            "data": stored.message,
        }
        return call.answer({"status": "Success", "response": result}, HTTPStatus.CREATED)

    async def send_seen(self, call: Call) -> web.StreamResponse:
        if _account(call).gestures_fail:
            failure: JsonObject = {
                "message": "Error retrieving information",
                "session": call.session,
                "log": JS_ERROR,
            }
            return call.answer({"status": "Error", "response": failure}, HTTPStatus.BAD_REQUEST)
        chats = [target.wid for target in call.targets]
        _account(call).seen.extend(chats)
        result: JsonObject = {
            "message": "Information retrieved successfully.",
            "contact": chats,
            "session": call.session,
            "data": [{"id": chat, "unreadCount": 0} for chat in chats],
        }
        return call.answer({"status": "Success", "response": result}, HTTPStatus.CREATED)

    async def typing(self, call: Call) -> web.StreamResponse:
        """
        Show or hide "typing…".

        The wids go through contactToArray a second time, without isLid: a LID of up to 14
        digits becomes a phone number here.
        """
        if _account(call).gestures_fail:
            failure: JsonObject = {
                "status": "error",
                "message": "Error on set typing",
                "error": JS_ERROR,
            }
            return call.answer(failure, HTTPStatus.INTERNAL_SERVER_ERROR)
        value = bool(call.body.get("value", True))
        wids = [target.wid for target in call.targets]
        for chat in contact_to_array(wids, is_group=bool(call.body.get("isGroup"))):
            _account(call).typing.append((chat, value))
        return call.answer({"status": "success", "response": True})


def _said_at(messages: list[StoredMessage]) -> int:
    return int(str(messages[-1].message["t"])) if messages else 0


def _account(call: Call) -> Account:
    assert call.client
    return call.client.account


def _count(text: str | None) -> int:
    digits = (text or "").lstrip("-")
    count = int(text or "") if digits.isdecimal() else _USUAL_COUNT
    return count or _USUAL_COUNT


def _no_media(call: Call, message: str) -> web.StreamResponse:
    error: JsonObject = {"error": JS_ERROR} if message == "Decrypt file error" else {}
    refusal: JsonObject = {"status": "error", "message": message, **error}
    return call.answer(refusal, HTTPStatus.BAD_REQUEST)
