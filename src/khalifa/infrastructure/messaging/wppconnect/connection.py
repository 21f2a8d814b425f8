"""What is told of the session at WPPConnect: its state, with what to do, and the codes."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from khalifa.application.ports.messaging import (
    ChannelStopped,
    CodePairing,
    Connection,
    ConnectionStatus,
    DeliveryError,
    Pairing,
    QrCode,
)
from khalifa.infrastructure.messaging.wppconnect.memory import PairingMemory
from khalifa.infrastructure.messaging.wppconnect.session import (
    FRESH_FOR,
    Look,
    RecentLook,
    Session,
    State,
)

# Seconds. A session that has been starting for this long never will: its browser did not.
STUCK_AFTER = 180.0
# WhatsApp shows a code for 20 seconds, the first one for 60. One that stands for
# longer is the last word of a page that died.
QR_ROTATES_AFTER = 20.0
QR_EXPIRES_AFTER = 60.0
# Between two questions that go all the way to WhatsApp, and after one without an answer.
PROVEN_FOR = 60.0
ASK_AGAIN_AFTER = 10.0
# One question may be lost.
OFFLINE_AFTER = 2

Clock = Callable[[], float]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Told:
    """What an administrator is told of a state, in both languages."""

    english: str
    arabic: str
    needs_person: bool = False


_TOLD = {
    State.DISCONNECTED: _Told(
        "WhatsApp's page in WPPConnect is dead. It is being restarted.",
        "توقفت صفحة واتساب داخل WPPConnect، وتجري إعادة تشغيلها تلقائيًا.",
    ),
    State.OFFLINE: _Told(
        "WhatsApp does not answer through WPPConnect. See that its machine has internet, "
        "and that the phone is on and online.",
        "واتساب لا يرد عبر WPPConnect. تأكد من اتصال جهازه بالإنترنت، ومن أن الهاتف مفتوح ومتصل.",
        needs_person=True,
    ),
    State.QR: _Told(
        "Scan the QR code: WhatsApp on the phone, Settings, Linked devices, Link a device.",
        "امسح رمز QR: واتساب على الهاتف، الإعدادات، الأجهزة المرتبطة، ربط جهاز.",
        needs_person=True,
    ),
    State.CODE: _Told(
        "Type the code on the phone: WhatsApp, Settings, Linked devices, Link a device, Link with "
        "phone number instead.",
        "اكتب الرمز على الهاتف: واتساب، الإعدادات، الأجهزة المرتبطة، ربط جهاز، الربط برقم الهاتف.",
        needs_person=True,
    ),
    State.UNLINKED: _Told(
        "The phone has unlinked khalifa. Scan the new QR code: WhatsApp on the phone, Settings, "
        "Linked devices, Link a device.",
        "ألغى الهاتف ربط خليفة. امسح رمز QR الجديد: واتساب على الهاتف، الإعدادات، "
        "الأجهزة المرتبطة، ربط جهاز.",
        needs_person=True,
    ),
    State.STARTING: _Told(
        "WPPConnect is starting WhatsApp. This takes up to three minutes.",
        "يقوم WPPConnect بتشغيل واتساب. قد يستغرق ذلك ثلاث دقائق.",
    ),
    State.STUCK: _Told(
        "WhatsApp does not come up at WPPConnect, though it is started again and again. Look into "
        "WPPConnect's log: there may be too little memory, or no Chromium.",
        "واتساب لا يعمل داخل WPPConnect رغم تكرار المحاولة. راجع سجل WPPConnect: "
        "ربما الذاكرة غير كافية أو متصفح Chromium غير موجود.",
        needs_person=True,
    ),
    State.CLOSED: _Told(
        "The session at WPPConnect is closed. It is being started.",
        "جلسة WPPConnect مغلقة، ويجري تشغيلها.",
    ),
}
_NOT_SCANNED = _Told(
    "Nobody scanned or typed the code in time, so WPPConnect closed it. Another one is on its way.",
    "لم يُستخدم الرمز في الوقت المحدد فأغلقه WPPConnect، وسيظهر رمز آخر.",
)
_UNREACHABLE = _Told(
    "WPPConnect Server cannot be reached. Check that it runs, and WPPCONNECT_URL.",
    "لا يمكن الوصول إلى خادم WPPConnect. تأكد من أنه يعمل ومن صحة WPPCONNECT_URL.",
    needs_person=True,
)
_REFUSED_AR = "خادم WPPConnect يرفض مفتاحنا. صحح WPPCONNECT_SECRET_KEY."


class WppconnectConnection(Connection):
    """
    Tells whether the paired phone's account can be written from.

    The server's own word is not taken for it: connected is a session through
    which WhatsApp has answered a question within the last minute or so.
    """

    def __init__(
        self,
        session: Session,
        look: RecentLook,
        memory: PairingMemory,
        clock: Clock = time.monotonic,
    ) -> None:
        self._session = session
        self._look = look
        self._memory = memory
        self._clock = clock
        self._proof = _Proof(session, clock)
        self._age = _CodeAge(clock)
        self._last_up = clock()
        self._last_state: State | None = None
        self._autoclosed = False
        self._phone: str | None = None

    async def status(self) -> ConnectionStatus:
        try:
            look = await self._look()
        except ChannelStopped as refused:
            return self._down("unauthorized", _Told(str(refused), _REFUSED_AR, needs_person=True))
        except DeliveryError:
            return self._down("unreachable", _UNREACHABLE)
        state = await self._judge(look)
        if state is State.CONNECTED:
            return ConnectionStatus(
                connected=True,
                state=state.value,
                phone=self._phone,
                last_proven_at=self._proof.last_at,
            )
        told = _NOT_SCANNED if state is State.CLOSED and self._autoclosed else _TOLD[state]
        return self._down(state.value, told)

    async def _judge(self, look: Look) -> State:
        self._autoclosed = look.state is State.CLOSED and (
            self._last_state in {State.QR, State.CODE} or self._autoclosed
        )
        self._last_state = look.state
        if look.state is State.CONNECTED:
            self._last_up = self._clock()
            return State.CONNECTED if await self._is_proven() else State.OFFLINE
        self._phone = None
        self._proof.forget()
        match look.state:
            case State.QR if self._age.is_expired(look.qr_code):
                return State.STUCK
            case State.QR:
                self._last_up = self._clock()
                return State.UNLINKED if self._memory.was_paired() else State.QR
            case State.CODE:
                self._last_up = self._clock()
                return State.CODE
            case State.STARTING | State.CLOSED if self._clock() - self._last_up >= STUCK_AFTER:
                return State.STUCK
            case _:
                return look.state

    async def _is_proven(self) -> bool:
        if self._phone is None:
            # The number can only change by pairing again, which is seen as another state.
            try:
                self._phone = await self._session.phone()
            except DeliveryError:
                return False
        self._memory.remember()
        if self._phone is None:
            # Without a number to ask for nothing can be proven, nor doubted.
            return True
        return await self._proof(self._phone)

    def _down(self, state: str, told: _Told) -> ConnectionStatus:
        return ConnectionStatus(
            connected=False,
            state=state,
            detail=told.english,
            detail_ar=told.arabic,
            needs_person=told.needs_person,
            last_proven_at=self._proof.last_at,
        )


class _Proof:
    """That WhatsApp answers through the page; asked for once a minute."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self.last_at: datetime | None = None
        self._session = session
        self._clock = clock
        self._next = clock()
        self._lost = OFFLINE_AFTER

    def forget(self) -> None:
        """Take nothing for proven: another session must prove itself."""
        self._next, self._lost = self._clock(), OFFLINE_AFTER

    async def __call__(self, phone: str) -> bool:
        if self._clock() >= self._next:
            proven = False
            with suppress(DeliveryError):
                proven = await self._session.reaches_whatsapp(phone)
            self._lost = 0 if proven else self._lost + 1
            self._next = self._clock() + (PROVEN_FOR if proven else ASK_AGAIN_AFTER)
            if proven:
                self.last_at = _now()
        return self._lost < OFFLINE_AFTER


class _CodeAge:
    """For how long the same QR code has been shown."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._code: str | None = None
        self._since = clock()

    def of(self, code: str | None) -> float:
        if code != self._code:
            self._code, self._since = code, self._clock()
        return self._clock() - self._since

    def is_expired(self, code: str | None) -> bool:
        return self.of(code) >= QR_EXPIRES_AFTER


class WppconnectPairing(Pairing, CodePairing):
    """Hands on the QR code WhatsApp shows now; an expired one is none."""

    def __init__(self, session: Session, look: RecentLook, clock: Clock = time.monotonic) -> None:
        self._session = session
        self._look = look
        self._age = _CodeAge(clock)

    async def qr_code(self) -> QrCode | None:
        try:
            look = await self._look()
        except DeliveryError:
            return None
        if look.qr_code is None or self._age.is_expired(look.qr_code):
            return None
        left = max(QR_ROTATES_AFTER - self._age.of(look.qr_code), FRESH_FOR)
        return QrCode(look.qr_code, _now() + timedelta(seconds=left))

    async def takes_code(self) -> bool:
        try:
            return (await self._look()).state is State.CODE
        except DeliveryError:
            return False

    async def unpair(self) -> None:
        await self._session.log_out()
