"""The session at WPPConnect Server: looked at, started, closed; what it says of itself."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from khalifa.application.ports.messaging import (
    ChannelStopped,
    Connection,
    ConnectionStatus,
    DeliveryError,
    Pairing,
    ProviderUnreachable,
)
from khalifa.domain.contacts import IdentityKind
from khalifa.infrastructure.messaging.wppconnect.client import WppconnectClient
from khalifa.infrastructure.messaging.wppconnect.ids import identities_of, wid_of
from khalifa.infrastructure.messaging.wppconnect.settings import WppconnectSettings
from khalifa.infrastructure.provider_http import Answer

_UNCLEAR = "WPPConnect's answer ({status}) cannot be understood."

# Every question costs WPPConnect a bcrypt comparison, some 50 ms of a core.
FRESH_FOR = 3.0


class State(StrEnum):
    """How far the session is. ``disconnected``: it says it is connected, and its page is dead."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    QR = "qr"
    STARTING = "starting"
    CLOSED = "closed"


_STATES = {"CLOSED": State.CLOSED, "QRCODE": State.QR, "CONNECTED": State.CONNECTED}

_DETAILS = {
    State.CONNECTED: None,
    State.DISCONNECTED: "WhatsApp's page in WPPConnect is dead. It is being restarted.",
    State.QR: "Scan the QR code: WhatsApp on the phone, Settings, Linked devices, Link a device.",
    State.STARTING: "WPPConnect is starting WhatsApp. This takes up to three minutes.",
    State.CLOSED: "The session at WPPConnect is closed. It is being started.",
}
_UNREACHABLE = "WPPConnect Server cannot be reached. Check that it runs, and WPPCONNECT_URL."


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
                # INITIALIZING, PHONECODE, or what later versions may say.
                return Look(_STATES.get(word, State.STARTING))
            case _:
                raise _unclear(answer)

    async def _connected(self) -> State:
        answer = await self._client.get(
            "check-connection-session", operation="Asking for the connection"
        )
        match (answer.status, answer.body):
            case (HTTPStatus.OK, {"status": bool(alive)}):
                return State.CONNECTED if alive else State.DISCONNECTED
            case _:
                raise _unclear(answer)

    async def phone(self) -> str | None:
        """Ask for the number that is paired, in digits; None when it is not told."""
        answer = await self._client.get("get-phone-number", operation="Asking for the number")
        if answer.status != HTTPStatus.OK or not isinstance(answer.body, dict):
            return None
        identities = identities_of([wid_of(answer.body.get("response"))])
        return next((i.id_ext for i in identities if i.kind is IdentityKind.PHONE), None)

    async def start(self) -> None:
        """
        Start the session, with our webhook; no more than a question while it runs.

        The answer is the state before, and waiting for a QR code there may
        last for ever, so it is not asked for.
        """
        answer = await self._client.post(
            "start-session",
            {"webhook": self._webhook, "waitQrCode": False},
            operation="Starting the session",
        )
        if answer.status != HTTPStatus.OK:
            raise _unclear(answer)

    async def restart(self) -> None:
        """
        Close the session and start it again, paired as it was.

        Starting alone does nothing for one that hangs or died, nor does it
        take a new webhook. Closing one that hangs is answered 500 and does it.
        """
        await self._client.post("close-session", {}, operation="Closing the session")
        await self.start()


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


class WppconnectConnection(Connection):
    """Tells whether the paired phone's account can be written from."""

    def __init__(self, session: Session, look: RecentLook) -> None:
        self._session = session
        self._look = look
        self._phone: str | None = None

    async def status(self) -> ConnectionStatus:
        try:
            state = (await self._look()).state
        except ChannelStopped as refused:
            return _down("unauthorized", str(refused))
        except DeliveryError:
            return _down("unreachable", _UNREACHABLE)
        return ConnectionStatus(
            connected=state is State.CONNECTED,
            state=state.value,
            phone=await self._paired(state),
            detail=_DETAILS[state],
        )

    async def _paired(self, state: State) -> str | None:
        # The number can only change by pairing again, which is seen as another state.
        if state is not State.CONNECTED:
            self._phone = None
        elif self._phone is None:
            with suppress(DeliveryError):
                self._phone = await self._session.phone()
        return self._phone


def _down(state: str, detail: str) -> ConnectionStatus:
    return ConnectionStatus(connected=False, state=state, detail=detail)


class WppconnectPairing(Pairing):
    """Hands on the QR code WhatsApp shows; it changes every 20 seconds."""

    def __init__(self, look: RecentLook) -> None:
        self._look = look

    async def qr_code(self) -> str | None:
        try:
            return (await self._look()).qr_code
        except DeliveryError:
            return None
