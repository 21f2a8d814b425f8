"""Routes around a session: token, start, state, QR, close, log out, the list."""

import asyncio
import time
from http import HTTPStatus

from aiohttp import web

from tests.far_sides.wppconnect_http import Call, json_response
from tests.far_sides.wppconnect_library import JS_ERROR
from tests.far_sides.wppconnect_messages import JsonObject
from tests.far_sides.wppconnect_sessions import Sessions, qr_png
from tests.far_sides.wppconnect_tokens import Tokens

_CLOSED: JsonObject = {"status": True, "message": "Session successfully closed"}


class SessionRoutes:
    def __init__(self, sessions: Sessions, tokens: Tokens) -> None:
        self._sessions = sessions
        self._tokens = tokens
        self._started = time.monotonic()

    async def generate_token(self, call: Call) -> web.StreamResponse:
        session = call.part("session")
        if call.part("secretkey") != self._tokens.secret_key:
            wrong: JsonObject = {"response": False, "message": "The SECRET_KEY is incorrect"}
            return call.answer(wrong, HTTPStatus.BAD_REQUEST)
        token = self._tokens.make(session)
        made: JsonObject = {
            "status": "success",
            "session": session,
            "token": token,
            "full": f"{session}:{token}",
        }
        return call.answer(made, HTTPStatus.CREATED)

    async def start_session(self, call: Call) -> web.StreamResponse:
        """
        Answer the state before the start; with `waitQrCode` and no state, the first QR.

        When the phone is paired no QR comes, and no answer ever.
        """
        waits = bool(call.body.get("waitQrCode"))
        state = self._sessions.state(call.client, wait_qr=waits)
        sign = asyncio.get_running_loop().create_future() if waits else None
        self._sessions.open(call.session, call.body, sign)
        if state is None and sign:
            return call.answer(await sign)
        return call.answer(state or {})

    async def status_session(self, call: Call) -> web.StreamResponse:
        state = self._sessions.state(call.client)
        return call.answer(state or {})

    async def check_connection(self, call: Call) -> web.StreamResponse:
        if call.client and call.client.page_alive:
            await call.client.account.page_answers.wait()
            return call.answer({"status": True, "message": "Connected"})
        return call.answer({"status": False, "message": "Disconnected"})

    async def qrcode_session(self, call: Call) -> web.StreamResponse:
        """Answer PNG bytes while there is a urlcode, also after the scan; else JSON."""
        if call.client and call.client.urlcode:
            picture = qr_png(call.client.urlcode, scale=10)
            return web.Response(body=picture, content_type="image/png")
        if call.client is None:
            advice = (
                "Session not started. Please, use the /start-session route, "
                "for initialization your session"
            )
            return call.answer({"status": None, "message": advice})
        return call.answer({"status": call.client.status, "message": "QRCode is not available..."})

    async def close_session(self, call: Call) -> web.StreamResponse:
        if self._sessions.close(call.session):
            return call.answer(_CLOSED)
        failure: JsonObject = {
            "status": False,
            "message": "Error closing session",
            "error": JS_ERROR,
        }
        return call.answer(failure, HTTPStatus.INTERNAL_SERVER_ERROR)

    async def logout_session(self, call: Call) -> web.StreamResponse:
        assert call.client
        await self._sessions.log_out(call.client)
        return call.answer(_CLOSED)

    async def show_all_sessions(self, call: Call) -> web.StreamResponse:
        """Answer the token files on disk: sessions that logged out are among them."""
        if call.part("secretkey") != self._tokens.secret_key:
            wrong: JsonObject = {"response": False, "message": "The token is incorrect"}
            return call.answer(wrong, HTTPStatus.BAD_REQUEST)
        return call.answer({"response": sorted(self._sessions.tokens)})

    async def start_all(self, call: Call) -> web.StreamResponse:
        """Start every session with a token file, whether the secret is right or not."""
        self._sessions.open_all()
        if call.part("secretkey") != self._tokens.secret_key:
            wrong: JsonObject = {"response": "error", "message": "The token is incorrect"}
            return call.answer(wrong, HTTPStatus.BAD_REQUEST)
        started: JsonObject = {"status": "success", "message": "Starting all sessions"}
        return call.answer(started, HTTPStatus.CREATED)

    async def healthz(self, _call: Call) -> web.StreamResponse:
        health = {
            "uptime": time.monotonic() - self._started,
            "message": "OK",
            "timestamp": int(time.time() * 1000),
        }
        return json_response(health)
