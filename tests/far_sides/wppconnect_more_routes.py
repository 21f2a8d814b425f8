"""Routes khalifa has no use for, answered as transcribed."""

import base64
from http import HTTPStatus

from aiohttp import web

from tests.far_sides.wppconnect_gate import contact_to_array
from tests.far_sides.wppconnect_http import Call, json_response
from tests.far_sides.wppconnect_library import JS_ERROR
from tests.far_sides.wppconnect_messages import JsonObject, contact_object, wid_object
from tests.far_sides.wppconnect_sessions import Sessions
from tests.far_sides.wppconnect_tokens import Tokens
from tests.far_sides.wppconnect_world import Directory, SessionMode


class MoreRoutes:
    def __init__(self, sessions: Sessions, tokens: Tokens, directory: Directory) -> None:
        self._sessions = sessions
        self._tokens = tokens
        self._directory = directory

    async def contact(self, call: Call) -> web.StreamResponse:
        (who,) = contact_to_array(call.part("phone"))
        contact = contact_object(who, self._directory.names.get(who, ""))
        shown: JsonObject = {**contact, "id": wid_object(who)}
        return call.answer({"status": "success", "response": shown})

    async def profile_pic(self, call: Call) -> web.StreamResponse:
        return call.answer({"status": "success", "response": None})

    async def recording(self, call: Call) -> web.StreamResponse:
        return call.answer({"status": "success", "response": True})

    async def chat_state(self, call: Call) -> web.StreamResponse:
        return call.answer({"status": "success"})

    async def media_by_message(self, call: Call) -> web.StreamResponse:
        """Answer a file; one that is gone is answered "not active", though the session is."""
        stored = call.client.account.find(call.part("messageId")) if call.client else None
        if stored is None or stored.file is None:
            missing: JsonObject = {"status": "error", "message": "Message not found"}
            return call.answer(missing, HTTPStatus.BAD_REQUEST)
        if not stored.fetchable:
            gone: JsonObject = {
                "status": "error",
                "message": "The session is not active",
                "error": JS_ERROR,
            }
            return call.answer(gone, HTTPStatus.INTERNAL_SERVER_ERROR)
        encoded = base64.b64encode(stored.file).decode()
        return call.answer({"base64": encoded, "mimetype": stored.message["mimetype"]})

    async def clear_session_data(self, call: Call) -> web.StreamResponse:
        """Delete the pairing, whether the secret is right or not."""
        self._sessions.account(call.part("session")).mode = SessionMode.NEEDS_QR
        if call.part("secretkey") != self._tokens.secret_key:
            wrong: JsonObject = {"response": "error", "message": "The token is incorrect"}
            return json_response(wrong, HTTPStatus.BAD_REQUEST)
        return json_response({"success": True})
