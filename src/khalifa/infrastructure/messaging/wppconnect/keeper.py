"""Keeping the session at WPPConnect up: started, watched, mended."""

import time
from collections.abc import Callable

import structlog

from khalifa.application.ports.messaging import DeliveryError, SessionKeeper
from khalifa.domain.contacts import PhoneNumber
from khalifa.infrastructure.messaging.wppconnect.connection import STUCK_AFTER
from khalifa.infrastructure.messaging.wppconnect.memory import WebhookMemory
from khalifa.infrastructure.messaging.wppconnect.session import Look, Session, State

log = structlog.get_logger(__name__)

# Seconds between two looks. State changes come by no webhook that could be relied on.
WATCHING = 30.0
WAITING = 3.0
AWAY = 10.0
# After a webhook that speaks of the session: many of them come at once.
HINTED = 1.0
# One look may fall into the moment when the page is replaced.
DEAD_AFTER = WAITING
# Between two starts of a session that does not come up, doubling.
LONGEST_PAUSE = 60.0

_STUCK = "it does not come up"
_DEAD = "its page is dead"
_OTHER_WEBHOOK = "its webhook is not known to be ours"


class WppconnectKeeper(SessionKeeper):
    """
    Looks after the session every 30 seconds, every 3 while it is not connected,
    and when a webhook speaks of it.

    - Closed: it is started, with our webhook.
    - Starting for three minutes: closed and started; nothing else helps.
    - Showing the same QR code, or waiting for a code to be typed, for three
      minutes: the same; its page is dead.
    - Showing a QR code where a phone is to be paired by a code, or the other
      way round: left alone until it closes by itself, a minute at most.
    - Connected, and its page dead at two looks in a row: the same.
    - Connected, but not known to have been started with the webhook we have
      now: the same, once. WPPConnect tells nobody which webhook it calls, and
      takes a new one at a start only, so a fingerprint of ours is remembered
      on disk: restarting khalifa, or WPPConnect, leaves a healthy session alone.

    None of this unpairs the phone.
    """

    def __init__(
        self,
        session: Session,
        memory: WebhookMemory,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._memory = memory
        self._clock = clock
        self._looking = False
        self._in_sight = True
        self._next_look = clock()
        self._seen: Look | None = None
        self._since = clock()
        self._start_pause = WAITING
        self._next_start = clock()
        self._code_for: PhoneNumber | None = None

    def look_soon(self) -> None:
        """Look at the next opportunity: a webhook says that something happened to the session."""
        self._next_look = min(self._next_look, self._clock() + HINTED)

    async def keep(self, *, code_for: PhoneNumber | None = None) -> None:
        self._code_for = code_for
        if self._looking or self._clock() < self._next_look:
            return
        self._looking = True
        pause = AWAY
        try:
            pause = await self._look_after()
        except DeliveryError as failure:
            # Told once; the provider's status goes on telling.
            if self._in_sight:
                log.warning("whatsapp session out of sight", reason=str(failure))
            self._in_sight, self._seen = False, None
        finally:
            self._looking = False
            self._next_look = self._clock() + pause

    async def _look_after(self) -> float:
        look = await self._session.look()
        state = look.state
        if not self._in_sight:
            log.info("whatsapp session in sight again")
        self._in_sight = True
        if self._seen is None or state is not self._seen.state:
            log.info("whatsapp session changed", state=state.value)
        if look != self._seen:
            self._seen, self._since = look, self._clock()
        lasting = self._clock() - self._since
        match state:
            case State.CLOSED:
                await self._start()
            case State.STARTING | State.QR | State.CODE if lasting >= STUCK_AFTER:
                await self._restart(_STUCK)
            case State.DISCONNECTED if lasting >= DEAD_AFTER:
                await self._restart(_DEAD)
            case State.QR | State.CODE:
                # Closing now would leave its browser behind: it has no handle yet, and another
                # cannot use the same profile. Without a phone it closes by itself, with one it
                # is connected.
                self._start_pause = WAITING
            case State.CONNECTED:
                self._start_pause = WAITING
                if not self._memory.is_ours():
                    await self._restart(_OTHER_WEBHOOK)
        is_up = self._seen is not None and self._seen.state is State.CONNECTED
        return WATCHING if is_up else WAITING

    async def _start(self) -> None:
        if not self._may_start():
            return
        with self._memory.alone() as alone:
            if alone:
                await self._session.start(code_for=self._code_for)
                self._memory.remember()

    async def _restart(self, reason: str) -> None:
        if not self._may_start():
            return
        with self._memory.alone() as alone:
            if not alone or (reason is _OTHER_WEBHOOK and self._memory.is_ours()):
                return
            log.warning("whatsapp session restarted", reason=reason)
            await self._session.restart(code_for=self._code_for)
            self._memory.remember()
            self._seen = None

    def _may_start(self) -> bool:
        """Say whether it is time for another start, and take note of it."""
        now = self._clock()
        if now < self._next_start:
            return False
        self._next_start = now + self._start_pause
        self._start_pause = min(self._start_pause * 2, LONGEST_PAUSE)
        return True
