"""Telling administrators by a webhook of theirs, or by e-mail; and how much room the disk has."""

import asyncio
import shutil
import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiohttp

from khalifa.application.ports.alerts import Alert, AlertChannel, AlertNotTold, Disk

TIMEOUT = 10.0
_OVER = ("Over: ", "انتهى: ")


def texts_of(alert: Alert) -> tuple[str, str]:
    """Return what is said of *alert* in English and in Arabic."""
    english, arabic = _OVER if alert.over else ("", "")
    return f"{english}{alert.words.english}", f"{arabic}{alert.words.arabic}"


class WebhookAlerts(AlertChannel):
    """
    Posts JSON to *url*; ``text`` is what chat programs show, the rest is for programs.

    Redirects are not followed, so that what was meant for one address goes to no other.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    async def tell(self, alert: Alert) -> None:
        english, arabic = texts_of(alert)
        said = {
            "text": f"khalifa: {english}\n{arabic}",
            "kind": alert.kind.value,
            "about": alert.about,
            "state": "over" if alert.over else "begun",
            "since": alert.since.isoformat(),
            "detail": english,
            "detail_ar": arabic,
        }
        failure: AlertNotTold
        try:
            timeout = aiohttp.ClientTimeout(total=TIMEOUT)
            async with (
                aiohttp.ClientSession(timeout=timeout) as http,
                http.post(self._url, json=said, allow_redirects=False) as answer,
            ):
                if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                    return
                failure = AlertNotTold(f"the webhook answered {answer.status}")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            # Its class only: the address may be a secret.
            failure = AlertNotTold(f"the webhook cannot be reached: {type(error).__name__}")
        raise failure


class EmailAlerts(AlertChannel):
    """
    Sends mail over *smtp*: ``smtp://`` (with STARTTLS where it is offered) or ``smtps://``.

    A password is never sent over an open line.
    """

    def __init__(self, smtp: str, *, sender: str, recipients: Sequence[str]) -> None:
        self._smtp = smtp
        self._sender = sender
        self._recipients = tuple(recipients)

    async def tell(self, alert: Alert) -> None:
        english, arabic = texts_of(alert)
        message = EmailMessage()
        message["Subject"] = f"khalifa: {english}"
        message["From"] = self._sender
        message["To"] = ", ".join(self._recipients)
        # Not every server adds them, and a mail without them is taken for spam.
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = make_msgid(domain=parseaddr(self._sender)[1].rpartition("@")[2])
        message.set_content(f"{english}\n{arabic}\n\n{alert.kind.value}, {alert.about}\n")
        failure: AlertNotTold
        try:
            await asyncio.to_thread(self._send, message)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            failure = AlertNotTold(f"no mail could be sent: {type(error).__name__}")
        else:
            return
        raise failure

    def _send(self, message: EmailMessage) -> None:
        parts = urlsplit(self._smtp)
        host, safe = parts.hostname or "localhost", parts.scheme == "smtps"
        context = ssl.create_default_context()
        smtp = (
            smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT, context=context)
            if safe
            else smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT)
        )
        with smtp:
            smtp.ehlo()
            if not safe and smtp.has_extn("starttls"):
                smtp.starttls(context=context)
                safe = True
            if parts.username and safe:
                smtp.login(unquote(parts.username), unquote(parts.password or ""))
            elif parts.username:
                raise smtplib.SMTPNotSupportedError("a password needs TLS")
            smtp.send_message(message)


class Folders(Disk):
    """The disks that *folders* are on, whether they are there yet or not."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders

    def free(self) -> int:
        return min(shutil.disk_usage(_nearest(folder)).free for folder in self._folders)


def _nearest(folder: Path) -> Path:
    return next(part for part in (folder, *folder.parents) if part.exists())
