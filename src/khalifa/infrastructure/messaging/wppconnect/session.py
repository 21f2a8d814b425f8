"""The session at WPPConnect Server: looked at, started, closed."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from khalifa.application.ports.messaging import OutcomeUnknown, ProviderUnreachable
from khalifa.domain.contacts import IdentityKind, PhoneNumber
from khalifa.domain.messages import JsonObject
from khalifa.infrastructure.messaging.wppconnect.client import WppconnectClient
from khalifa.infrastructure.messaging.wppconnect.ids import identities_of, wid_of
from khalifa.infrastructure.messaging.wppconnect.settings import WppconnectSettings
from khalifa.infrastructure.provider_http import Answer

_UNCLEAR = "WPPConnect's answer ({status}) cannot be understood."

# Every question costs WPPConnect a bcrypt comparison, some 50 ms of a core.
FRESH_FOR = 3.0


class State(StrEnum):
    """
    How far the session is.

    ``code``: it waits for a code to be typed on the phone, in place of a scan.
    ``disconnected``: it says it is connected, and its page is dead or hangs.
    The last three are not the server's to say, see `WppconnectConnection`:
    ``unlinked``, the phone has taken the pairing back; ``stuck``, it does not
    come up; ``offline``, nothing comes back from WhatsApp through the page.
    """

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    QR = "qr"
    CODE = "code"
    STARTING = "starting"
    CLOSED = "closed"
    UNLINKED = "unlinked"
    STUCK = "stuck"
    OFFLINE = "offline"


_STATES = {"CLOSED": State.CLOSED, "QRCODE": State.QR, "PHONECODE": State.CODE}


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of the session. ``qr_code``: the text of the code, while there is one."""

    state: State
    qr_code: str | None = None


class Session:
    """
    Our one session at the server.

    Every method raises `ProviderUnreachable` or `OutcomeUnknown` when the
    server does not answer sensibly, `ChannelStopped` when it refuses us.
    """

    def __init__(self, client: WppconnectClient, settings: WppconnectSettings) -> None:
        self._client = client
        self._webhook = settings.webhook

    async def look(self) -> Look:
        """
        Ask for the state.

        The server goes on saying CONNECTED when its page has died, so that is
        asked for as well; and it goes on giving an old QR code after the scan.
        """
        answer = await self._client.get("status-session", operation="Asking for the session")
        match (answer.status, answer.body):
            case (HTTPStatus.OK, {"status": "QRCODE", "urlcode": str(code)}) if code:
                return Look(State.QR, code)
            case (HTTPStatus.OK, {"status": "CONNECTED"}):
                return Look(await self._connected())
            case (HTTPStatus.OK, {"status": str(word)}):
                # INITIALIZING, or what later versions may say.
                return Look(_STATES.get(word, State.STARTING))
            case _:
                raise _unclear(answer)

    async def _connected(self) -> State:
        try:
            answer = await self._client.get(
                "check-connection-session", operation="Asking for the connection"
            )
        except OutcomeUnknown:
            # The server had answered a moment before: it is its page that hangs.
            return State.DISCONNECTED
        match (answer.status, answer.body):
            case (HTTPStatus.OK, {"status": bool(alive)}):
                return State.CONNECTED if alive else State.DISCONNECTED
            case _:
                raise _unclear(answer)

    async def phone(self) -> str | None:
        """
        Ask for the number that is paired, in digits; None when it is not told.

        An account may name itself by its LID; its device still knows the number.
        """
        for route in ("get-phone-number", "host-device"):
            answer = await self._client.get(route, operation="Asking for the number")
            if answer.status != HTTPStatus.OK or not isinstance(answer.body, dict):
                continue
            told = answer.body.get("response")
            device = told if isinstance(told, dict) else {}
            wids = (wid_of(value) for value in (told, device.get("phoneNumber"), device.get("wid")))
            for identity in identities_of(wids):
                if identity.kind is IdentityKind.PHONE:
                    return identity.id_ext
        return None

    async def reaches_whatsapp(self, phone: str) -> bool:
        """
        Ask WhatsApp, through the page, for our own number; say whether it answered.

        "Connected" above says no more than that the page answers, also when
        WhatsApp does not. A number that surely exists and is not found is one
        that nobody could be asked for. What the page finds in its own list of
        contacts it need not ask for, in versions newer than the server's own:
        https://github.com/wppconnect-team/wa-js/blob/main/src/contact/functions/queryWidExists.ts
        """
        answer = await self._client.get(
            f"check-number-status/{phone}", operation="Asking WhatsApp for our number"
        )
        match (answer.status, answer.body):
            case (HTTPStatus.OK, {"response": {"numberExists": True}}):
                return True
            case _:
                return False

    async def start(self, *, code_for: PhoneNumber | None = None) -> None:
        """
        Start the session, with our webhook; no more than a question while it runs.

        Where no phone is paired, *code_for* is by a code, in place of a scan.
        The answer is the state before, and waiting for a QR code there may
        last for ever, so it is not asked for; nor is that for the other code,
        which it would not wait for once the session was closed by hand. That
        comes by webhook alone, on none of the routes.
        """
        phone: JsonObject = {"phone": code_for.digits} if code_for else {}
        answer = await self._client.post(
            "start-session",
            {"webhook": self._webhook, "waitQrCode": False, **phone},
            operation="Starting the session",
        )
        if answer.status != HTTPStatus.OK:
            raise _unclear(answer)

    async def log_out(self) -> None:
        """Unpair the phone. A session that does not run has none: 404, and all is well."""
        answer = await self._client.post("logout-session", {}, operation="Logging out")
        if answer.status not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
            raise _unclear(answer)

    async def restart(self, *, code_for: PhoneNumber | None = None) -> None:
        """
        Close the session and start it again, paired as it was.

        Starting alone does nothing for one that hangs or died, nor does it
        take a new webhook. Closing one that hangs is answered 500 and does it.
        """
        await self._client.post("close-session", {}, operation="Closing the session")
        await self.start(code_for=code_for)


def _unclear(answer: Answer) -> ProviderUnreachable:
    return ProviderUnreachable(_UNCLEAR.format(status=answer.status))


class RecentLook:
    """The session's state, asked for at most every few seconds however many want to know."""

    def __init__(self, session: Session, clock: Callable[[], float] = time.monotonic) -> None:
        self._session = session
        self._clock = clock
        self._asking = asyncio.Lock()
        self._seen: tuple[Look, float] | None = None

    async def __call__(self) -> Look:
        """Raises as `Session.look`; an error is not kept."""
        async with self._asking:
            if self._seen is None or self._clock() - self._seen[1] >= FRESH_FOR:
                self._seen = None
                self._seen = (await self._session.look(), self._clock())
            return self._seen[0]
