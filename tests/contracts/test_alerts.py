"""Alerts get through as a webhook and as mail, in both languages; what fails tells no secret."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from khalifa.application.ports.alerts import Alert, AlertKind, AlertNotTold
from khalifa.domain.words import Words
from khalifa.infrastructure.alerts import EmailAlerts, Folders, WebhookAlerts
from tests.servers import free_port

ALERT = Alert(
    kind=AlertKind.DISK_FULL,
    about="this-machine",
    words=Words("17 MB are left on the disk.", "بقي على القرص 17 ميغابايت."),
    since=datetime(2026, 11, 29, tzinfo=UTC),
)


@asynccontextmanager
async def serving(status: int, said: list[dict[str, Any]]) -> AsyncIterator[str]:
    async def take(request: web.Request) -> web.Response:
        said.append(await request.json())
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    app = web.Application()
    app.router.add_post("/hook/secret", take)
    async with TestServer(app) as server:
        yield str(server.make_url("/hook/secret"))


async def test_a_webhook_is_told_in_both_languages() -> None:
    said: list[dict[str, Any]] = []
    async with serving(200, said) as url:
        await WebhookAlerts(url).tell(ALERT)

    assert said[0]["text"] == f"khalifa: {ALERT.words.english}\n{ALERT.words.arabic}"
    assert (said[0]["kind"], said[0]["about"], said[0]["state"]) == (
        "disk_full",
        "this-machine",
        "begun",
    )


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_a_webhook_that_refuses_was_not_told_and_its_address_stays_secret(
    status: int,
) -> None:
    said: list[dict[str, Any]] = []
    async with serving(status, said) as url:
        with pytest.raises(AlertNotTold) as refused:
            await WebhookAlerts(url).tell(ALERT)
    with pytest.raises(AlertNotTold) as away:
        await WebhookAlerts(url).tell(ALERT)

    assert len(said) == 1
    assert "secret" not in f"{refused.value}{away.value}"


class MailServer:
    """Takes mail as RFC 5321 says, as far as it is needed here."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.recipients: list[str] = []
        self.passwords = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(text: str) -> None:
            writer.write(f"{text}\r\n".encode())

        say("220 here")
        while line := (await reader.readline()).decode().strip():
            match line.split(" ")[0].upper():
                case "EHLO":
                    say("250 SMTPUTF8")
                case "AUTH":
                    self.passwords += 1
                    say("235 in")
                case "RCPT":
                    self.recipients.append(line)
                    say("250 ok")
                case "DATA":
                    say("354 go on")
                    self.mails.append(await reader.readuntil(b"\r\n.\r\n"))
                    say("250 taken")
                case "QUIT":
                    say("221 bye")
                    break
                case _:
                    say("250 ok")
        writer.close()


async def test_mail_reaches_everybody_in_both_languages() -> None:
    far, port = MailServer(), free_port()
    async with await asyncio.start_server(far.serve, "127.0.0.1", port):
        channel = EmailAlerts(
            f"smtp://127.0.0.1:{port}", sender="khalifa@x.example", recipients=["a@x", "b@x"]
        )
        await channel.tell(ALERT)

    [raw] = far.mails
    mail = message_from_bytes(raw.removesuffix(b".\r\n"), policy=policy.default)
    assert mail["Subject"] == "khalifa: 17 MB are left on the disk."
    assert mail["To"] == "a@x, b@x"
    assert abs(datetime.now(UTC) - mail["Date"].datetime) < timedelta(minutes=5)
    assert mail["Message-ID"].endswith("@x.example>")
    assert ALERT.words.arabic in mail.get_content()
    assert len(far.recipients) == 2


async def test_a_password_is_never_sent_over_an_open_line() -> None:
    far, port = MailServer(), free_port()
    async with await asyncio.start_server(far.serve, "127.0.0.1", port):
        channel = EmailAlerts(
            f"smtp://me:a-password@127.0.0.1:{port}", sender="k@x", recipients=["a@x"]
        )
        with pytest.raises(AlertNotTold) as refused:
            await channel.tell(ALERT)

    assert (far.passwords, far.mails) == (0, [])
    assert "a-password" not in str(refused.value)


async def test_a_mail_server_that_is_away_is_told_so() -> None:
    channel = EmailAlerts(f"smtp://127.0.0.1:{free_port()}", sender="k@x", recipients=["a@x"])

    with pytest.raises(AlertNotTold, match="ConnectionRefusedError"):
        await channel.tell(ALERT)


def test_room_is_known_of_folders_that_are_not_there_yet(tmp_path: Path) -> None:
    assert Folders(tmp_path / "not" / "yet", tmp_path).free() > 0
