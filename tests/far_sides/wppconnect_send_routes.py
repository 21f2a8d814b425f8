"""Routes that send: text, reply, file."""

import base64
import binascii
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from tests.far_sides.wppconnect_http import Call, Target, json_response
from tests.far_sides.wppconnect_library import NO_ENTRY, Library, Send
from tests.far_sides.wppconnect_messages import Content, JsonObject, media_content, text_content
from tests.far_sides.wppconnect_scenarios import ThrownByLibraryError

_EMPTY_FILE: JsonObject = {"code": "empty_file", "level": "error"}
_KINDS = {"image", "video", "audio"}


class SendRoutes:
    def __init__(self, library: Library) -> None:
        self._library = library

    async def send_message(self, call: Call) -> web.StreamResponse:
        options = call.body.get("options")
        return await self._send_text(call, dict(options) if isinstance(options, dict) else {})

    async def send_reply(self, call: Call) -> web.StreamResponse:
        return await self._send_text(call, {"quotedMsg": call.body.get("messageId")})

    async def send_file(self, call: Call) -> web.StreamResponse:
        """Answer send-image, send-file and send-file-base64; files only as a data URI here."""

        async def send(target: Target) -> object:
            content = _file_content(call.body)
            entry = await self._library.send(_send(call, target, content, {}))
            return {"ack": entry["ack"], "id": entry["id"]} if isinstance(entry, dict) else entry

        return await self._to_each(call, send)

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


def _send(call: Call, target: Target, content: Content, options: JsonObject) -> Send:
    assert call.client
    return Send(
        client=call.client, asked=target.asked, to=target.wid, content=content, options=options
    )


def _file_content(body: JsonObject) -> Content:
    head, comma, encoded = str(body.get("base64") or "").partition(";base64,")
    if not comma or not head.startswith("data:"):
        raise ThrownByLibraryError(_EMPTY_FILE)
    try:
        data = base64.b64decode(encoded, validate=True)
    except binascii.Error as failure:
        raise ThrownByLibraryError(_EMPTY_FILE) from failure
    mimetype = head.removeprefix("data:")
    kind = mimetype.partition("/")[0]
    caption = body.get("message") or body.get("caption")
    return media_content(
        kind if kind in _KINDS else "document",
        data=data,
        mimetype=mimetype,
        caption=str(caption) if caption else None,
        filename=str(body.get("filename") or "file"),
    )
