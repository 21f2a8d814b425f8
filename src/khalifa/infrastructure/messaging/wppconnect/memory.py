"""What is remembered of the session across restarts: its webhook, and that it was paired."""

import fcntl
import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog

from khalifa.infrastructure.messaging.wppconnect.settings import WppconnectSettings

log = structlog.get_logger(__name__)


class WebhookMemory:
    """
    A file with the fingerprint of the webhook the session was started with.

    It is a keyed hash, so the file tells nobody the password. Where no file
    can be kept, every webhook passes for ours: better one to be changed by
    hand than a healthy session restarted with every process. A process looks
    until it is content, so two with different settings do not take the
    session from each other again and again.
    """

    def __init__(self, settings: WppconnectSettings) -> None:
        self._file = settings.memory / f"{settings.session}.webhook"
        self._lock = settings.memory / f"{settings.session}.lock"
        self._fingerprint = hmac.digest(
            settings.secret_key.encode(), settings.webhook.encode(), "sha256"
        ).hex()
        self._content = False

    def is_ours(self) -> bool:
        """Say whether the session was last started with the webhook we have now."""
        self._content = self._content or self._is_in_file()
        return self._content

    def _is_in_file(self) -> bool:
        try:
            return self._file.read_text() == self._fingerprint
        except FileNotFoundError:
            return not self._is_writable()
        except (OSError, ValueError):
            return True

    def remember(self) -> None:
        """Note that the session was started with our webhook."""
        self._content = True
        new = self._file.with_suffix(".new")
        try:
            new.write_text(self._fingerprint)
            new.replace(self._file)
        except OSError as error:
            log.warning("webhook not remembered", failure=type(error).__name__)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Yield whether no other process of this machine is at the session now; keep them off."""
        lock = self._open_lock()
        if lock is None:
            yield True
            return
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
            else:
                yield True
        finally:
            os.close(lock)

    def _is_writable(self) -> bool:
        lock = self._open_lock()
        if lock is None:
            return False
        os.close(lock)
        return True

    def _open_lock(self) -> int | None:
        try:
            self._lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return None


class PairingMemory:
    """An empty file that says: this session was paired once, so a new QR code means unlinked."""

    def __init__(self, settings: WppconnectSettings) -> None:
        self._file = settings.memory / f"{settings.session}.paired"
        self._known = False

    def was_paired(self) -> bool:
        if not self._known:
            with suppress(OSError):
                self._known = self._file.exists()
        return self._known

    def remember(self) -> None:
        """Note that a phone is paired. Where no file can be kept, for this process's life only."""
        if self.was_paired():
            return
        self._known = True
        with suppress(OSError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file.touch(mode=0o600)
