"""Routes that send: text, reply, file."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

import aiohttp
from aiohttp import web

from tests.far_sides.wppconnect_gate import contact_to_array
from tests.far_sides.wppconnect_http import Call, Target, json_response
from tests.far_sides.wppconnect_library import NO_ENTRY, Library, Send
from tests.far_sides.wppconnect_messages import (
    Content,
    JsonObject,
    contact_card_content,
    location_content,
    media_content,
    text_content,
)
from tests.far_sides.wppconnect_scenarios import ThrownByLibraryError

_EMPTY_FILE: JsonObject = {"code": "empty_file", "level": "error"}
_KINDS = {"image", "video", "audio"}
_UNTYPED = "application/octet-stream"


class SendRoutes:
    def __init__(self, library: Library) -> None:
        self._library = library

    async def send_message(self, call: Call) -> web.StreamResponse:
        options = call.body.get("options")
        return await self._send_text(call, dict(options) if isinstance(options, dict) else {})

    async def send_reply(self, call: Call) -> web.StreamResponse:
        return await self._send_text(call, {"quotedMsg": call.body.get("messageId")})

    async def send_file(self, call: Call) -> web.StreamResponse:
        """Answer send-image, send-file and send-file-base64: a data URI, a path or a form."""
        if call.is_form and call.upload is None:
            # For application/json this is lost in the patched send, and the send fails.
            missing: JsonObject = {"message": "Sending the file is mandatory"}
            return json_response(missing, HTTPStatus.UNAUTHORIZED)
        return await self._send_file(call, ("base64", "path"))

    async def send_voice_base64(self, call: Call) -> web.StreamResponse:
        return await self._send_file(call, ("base64Ptt",), "ptt")

    async def send_voice(self, call: Call) -> web.StreamResponse:
        return await self._send_file(call, ("path",), "ptt")

    async def send_sticker(self, call: Call) -> web.StreamResponse:
        return await self._send_file(call, ("path",), "sticker")

    async def _send_file(
        self, call: Call, keys: tuple[str, ...], kind: str | None = None
    ) -> web.StreamResponse:
        async def send(target: Target) -> object:
            content = await _file_content(call, keys, kind)
            quoted = call.body.get("quotedMessageId")
            options: JsonObject = {"quotedMsg": quoted} if quoted else {}
            entry = await self._library.send(_send(call, target, content, options))
            return {"ack": entry["ack"], "id": entry["id"]} if isinstance(entry, dict) else entry

        return await self._to_each(call, send)

    async def send_location(self, call: Call) -> web.StreamResponse:
        body = call.body
        lines = [str(body[name]) for name in ("title", "address") if body.get(name)]
        place = location_content(float(str(body["lat"])), float(str(body["lng"])))
        content = replace(place, fields={**place.fields, "loc": "\n".join(lines)})

        async def send(target: Target) -> object:
            return await self._library.send(_send(call, target, content, {}))

        return await self._to_each(call, send)

    async def contact_vcard(self, call: Call) -> web.StreamResponse:
        """
        Answer 200 with the last message itself; without a recipient there is no `response`.

        The wids go through contactToArray a second time, without isLid, as with typing.
        """
        card = contact_card_content(
            str(call.body.get("name") or ""), str(call.body.get("contactsId")).partition("@")[0]
        )
        answer: JsonObject = {"status": "success"}
        try:
            for chat in contact_to_array([target.wid for target in call.targets]):
                asked = Target(asked=chat, wid=chat)
                sent = await self._library.send(_send(call, asked, card, {}))
                if sent is not NO_ENTRY:
                    answer["response"] = sent
        except ThrownByLibraryError as thrown:
            return _failed(call, "Error on send contact vcard", thrown)
        return call.answer(answer)

    async def react_message(self, call: Call) -> web.StreamResponse:
        assert call.client
        try:
            await self._library.react(
                call.client, str(call.body.get("msgId")), str(call.body.get("reaction") or "")
            )
        except ThrownByLibraryError as thrown:
            return _failed(call, "Error on send reaction to message", thrown)
        return call.answer({"status": "success", "response": {"message": "Reaction sended"}})

    async def _send_text(self, call: Call, options: JsonObject) -> web.StreamResponse:
        message = call.body.get("message")
        content = text_content(None if message is None else str(message))

        async def send(target: Target) -> object:
            return await self._library.send(_send(call, target, content, options))

        return await self._to_each(call, send)

    async def _to_each(
        self, call: Call, send: Callable[[Target], Awaitable[object]]
    ) -> web.StreamResponse:
        try:
            tried = [await send(target) for target in call.targets]
        except ThrownByLibraryError as thrown:
            failure: JsonObject = {
                "status": "Error",
                "message": "Erro ao enviar a mensagem.",
                "error": thrown.error,
            }
            return call.answer(failure, HTTPStatus.INTERNAL_SERVER_ERROR)
        entries = [entry for entry in tried if entry is not NO_ENTRY]
        if not entries and not call.is_exactly_json:
            # For application/json this bare string dies in the patched send, and a 201 follows.
            return json_response("Error sending message", HTTPStatus.BAD_REQUEST)
        success: JsonObject = {"status": "success", "response": entries, "mapper": "return"}
        return call.answer(success, HTTPStatus.CREATED)


def _failed(call: Call, message: str, thrown: ThrownByLibraryError) -> web.StreamResponse:
    failure: JsonObject = {"status": "error", "message": message, "error": thrown.error}
    return call.answer(failure, HTTPStatus.INTERNAL_SERVER_ERROR)


def _send(call: Call, target: Target, content: Content, options: JsonObject) -> Send:
    assert call.client
    return Send(
        client=call.client, asked=target.asked, to=target.wid, content=content, options=options
    )


async def _file_content(call: Call, keys: tuple[str, ...], kind: str | None) -> Content:
    named = next((str(call.body[key]) for key in keys if call.body.get(key)), "")
    data, mimetype = await _file(call, named)
    family = mimetype.partition("/")[0]
    caption = call.body.get("message") or call.body.get("caption")
    return media_content(
        kind or (family if family in _KINDS else "document"),
        data=data,
        mimetype=mimetype,
        caption=str(caption) if caption else None,
        filename=str(call.body.get("filename") or "file"),
    )


async def _file(call: Call, named: str) -> tuple[bytes, str]:
    """Return the file and its type: of a form, a data URI, a link, or a file of this machine's."""
    if call.upload is not None:
        return call.upload, _UNTYPED
    if named.startswith(("http://", "https://")):
        async with aiohttp.ClientSession() as http, http.get(named) as answer:
            return await answer.read(), _UNTYPED
    head, comma, encoded = named.partition(";base64,")
    try:
        if comma and head.startswith("data:"):
            return base64.b64decode(encoded, validate=True), head.removeprefix("data:")
        return await asyncio.to_thread(Path(named).read_bytes), _UNTYPED
    except (binascii.Error, OSError) as failure:
        raise ThrownByLibraryError(_EMPTY_FILE) from failure
