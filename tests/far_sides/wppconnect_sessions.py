"""Sessions of WPPConnect Server: started, paired, connected, closed, and broken."""

import asyncio
import base64
import io
import secrets
from dataclasses import dataclass, field
from enum import Enum, auto

import segno

from tests.far_sides.wppconnect_messages import VERSION, JsonObject
from tests.far_sides.wppconnect_webhooks import Webhooks
from tests.far_sides.wppconnect_world import Account, SessionMode, Settings


@dataclass(slots=True, eq=False)
class Client:
    """
    An entry of the server's clientsArray.

    `session` is None after close-session until the browser is up again: events of that time
    go out without it. `has_page` says that the library handed its client over; while a QR
    waits it has not, and close-session fails.
    """

    name: str
    account: Account
    session: str | None
    status: str | None = None
    urlcode: str | None = None
    config: JsonObject = field(default_factory=dict)
    has_page: bool = False
    page_alive: bool = False


class _Sign(Enum):
    SCANNED = auto()
    NEXT_QR = auto()
    AUTOCLOSE = auto()


class Sessions:
    def __init__(self, settings: Settings, webhooks: Webhooks) -> None:
        self.clients: dict[str, Client] = {}
        self.tokens: dict[str, JsonObject] = {}
        """tokens/{session}.data.json: the body of the last start that had one."""
        self._settings = settings
        self._webhooks = webhooks
        self._accounts: dict[str, Account] = {}
        self._lives: dict[Client, asyncio.Task[None]] = {}
        self._pairing: dict[str, asyncio.Queue[_Sign]] = {}

    def account(self, name: str) -> Account:
        return self._accounts.setdefault(name, Account())

    def connected(self, name: str) -> Client | None:
        client = self.clients.get(name)
        return client if client and client.page_alive else None

    def state(self, client: Client | None, *, wait_qr: bool = False) -> JsonObject | None:
        """
        Return what getSessionState answers, None where it answers nothing.

        The QR is drawn from the last urlcode, so it is still there after the scan.
        """
        if (client is None or client.status is None) and not wait_qr:
            return {"status": "CLOSED", "qrcode": None}
        if client is None:
            return None
        picture = qr_png(client.urlcode) if client.urlcode else None
        data_uri = f"data:image/png;base64,{_base64(picture)}" if picture else None
        urlcode: JsonObject = {"urlcode": client.urlcode} if client.urlcode else {}
        return {"status": client.status, "qrcode": data_uri, **urlcode, "version": VERSION}

    def open(
        self, name: str, body: JsonObject, first_sign: asyncio.Future[JsonObject] | None = None
    ) -> None:
        """
        Start a session unless it runs; `first_sign` gets the first QR's answer, if one comes.

        An empty body takes the stored configuration back; any other replaces it, also when
        it names no webhook.
        """
        client = self.clients.get(name)
        if client is None:
            client = self.clients[name] = Client(name, self.account(name), session=name)
        if client.status not in (None, "CLOSED"):
            return
        client.status = "INITIALIZING"
        client.config = body or self.tokens.get(name, {})
        self.tokens[name] = client.config
        self._lives[client] = asyncio.create_task(self._live(client, first_sign))

    def open_all(self) -> None:
        for name in sorted(self.tokens):
            self.open(name, {})

    def close(self, name: str) -> bool:
        """Close a session; False where the server answers 500, which resets it all the same."""
        client = self.clients.get(name)
        if client is None:
            return False
        if client.status is None:
            return True
        self.clients[name] = Client(name, client.account, session=None)
        self._end(client)
        if not client.has_page:
            return False
        farewell: JsonObject = {
            "message": f"Session: {name} disconnected",
            "connected": False,
        }
        self._webhooks.call(client, "closesession", farewell)
        if client.page_alive:
            client.page_alive = False
            self._found(client, "browserClose")
        return True

    async def log_out(self, client: Client) -> None:
        """Unpair a connected session, as logout-session does; it takes half a second."""
        self._unpair(client)
        await asyncio.sleep(self._settings.logout_seconds)
        farewell: JsonObject = {
            "message": f"Session: {client.name} logged out",
            "connected": False,
        }
        self._webhooks.call(client, "logoutsession", farewell)

    def unlink(self, name: str) -> None:
        """Let the shop remove the device on its phone. Raises LookupError if not connected."""
        self._unpair(self._needed(name))

    def kill_browser(self, name: str) -> None:
        """Let Chromium die: the server goes on saying CONNECTED. Raises LookupError likewise."""
        client = self._needed(name)
        client.page_alive = False
        self._found(client, "browserClose")

    def scan(self, name: str) -> None:
        """Scan the QR now shown. Raises LookupError when the session shows none."""
        self._sign(name, _Sign.SCANNED)

    def next_qr(self, name: str) -> None:
        self._sign(name, _Sign.NEXT_QR)

    def autoclose(self, name: str) -> None:
        """Let the library lose patience with a QR: CLOSED, and no webhook says so."""
        self._sign(name, _Sign.AUTOCLOSE)

    def forget(self) -> None:
        """Lose what lived in the process; tokens and phones stay."""
        for client in list(self._lives):
            self._end(client)
        self.clients.clear()

    async def _live(self, client: Client, first_sign: asyncio.Future[JsonObject] | None) -> None:
        if client.account.mode is SessionMode.STUCK:
            return
        await asyncio.sleep(self._settings.start_seconds)
        if client.account.mode is SessionMode.NEEDS_QR:
            if not await self._pair(client, first_sign):
                # The handler throws before its webhook: client.close is not there yet.
                client.status = "CLOSED"
                return
            self._found(client, "qrReadSuccess")
        else:
            self._found(client, "isLogged")
        self._found(client, "inChat")
        client.account.page_answers.set()
        client.session = client.name
        client.has_page = client.page_alive = True
        client.status = "CONNECTED"

    async def _pair(self, client: Client, first_sign: asyncio.Future[JsonObject] | None) -> bool:
        self._found(client, "notLogged")
        signs = self._pairing[client.name] = asyncio.Queue()
        clock = asyncio.get_running_loop()
        closes_at = clock.time() + self._settings.autoclose_seconds
        try:
            while True:
                answer = self._show_sign(client)
                if first_sign and not first_sign.done():
                    first_sign.set_result(answer)
                left = closes_at - clock.time()
                sign = await _next_sign(signs, min(self._settings.qr_seconds, left))
                if sign is _Sign.SCANNED:
                    client.account.mode = SessionMode.PAIRED
                    return True
                if sign is _Sign.AUTOCLOSE or clock.time() >= closes_at:
                    return False
        finally:
            del self._pairing[client.name]

    def _show_sign(self, client: Client) -> JsonObject:
        named: JsonObject = {} if client.session is None else {"session": client.session}
        if phone := client.config.get("phone"):
            client.status = "PHONECODE"
            code: JsonObject = {"phoneCode": _new_phone_code(), "phone": phone}
            self._webhooks.call(client, "phoneCode", code)
            return {"status": "phoneCode", **code, **named}
        client.urlcode = _new_urlcode()
        client.status = "QRCODE"
        picture: JsonObject = {
            "qrcode": _base64(qr_png(client.urlcode)),
            "urlcode": client.urlcode,
        }
        self._webhooks.call(client, "qrcode", picture)
        return {"status": "qrcode", **picture, **named}

    def _unpair(self, client: Client) -> None:
        client.account.mode = SessionMode.NEEDS_QR
        client.status = "CLOSED"
        client.page_alive = False
        self._end(client)
        self.clients.pop(client.name, None)
        self._found(client, "disconnectedMobile")
        self._found(client, "browserClose")

    def _found(self, client: Client, status: str) -> None:
        self._webhooks.call(client, "status-find", {"status": status})

    def _end(self, client: Client) -> None:
        if life := self._lives.pop(client, None):
            life.cancel()

    def _needed(self, name: str) -> Client:
        if client := self.connected(name):
            return client
        raise LookupError(f"session {name} is not connected")

    def _sign(self, name: str, sign: _Sign) -> None:
        if name not in self._pairing:
            raise LookupError(f"session {name} shows no QR")
        self._pairing[name].put_nowait(sign)


def qr_png(urlcode: str, *, scale: int = 4) -> bytes:
    picture = io.BytesIO()
    segno.make(urlcode, error="m").save(picture, kind="png", scale=scale)
    return picture.getvalue()


async def _next_sign(signs: asyncio.Queue[_Sign], seconds: float) -> _Sign | None:
    try:
        return await asyncio.wait_for(signs.get(), max(seconds, 0))
    except TimeoutError:
        return None


def _new_urlcode() -> str:
    parts = (secrets.token_hex(size).upper() for size in (16, 8, 8))
    return f"2@{','.join(parts)}=="


def _new_phone_code() -> str:
    """Return a code as WhatsApp makes them: Crockford's letters and digits, a dash between."""
    letters = "".join(secrets.choice("123456789ABCDEFGHJKLMNPQRSTVWXYZ") for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
