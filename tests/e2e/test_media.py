"""Files in and out, byte for byte, through real processes; killed, hostile, and very large."""

import io
import zipfile
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from tests.e2e.lines import CloudApiLine, Line, SandboxLine, WppconnectLine
from tests.e2e.system import System
from tests.recordings import a_recording
from tests.servers import MysqlServer, PrivateRedis, Process, eventually

MONA = "201012345678"
MB = 1024 * 1024
LEAFLET = b"%PDF-1.7\n" + "نشرة الدواء ".encode() * 30_000
HOSTILE = "../../\u202e" + "ر" * 300 + ".pdf"


def a_photo() -> bytes:
    made = io.BytesIO()
    Image.effect_noise((600, 400), 90).convert("RGB").save(made, "JPEG")
    return made.getvalue()


async def connected(system: System) -> None:
    async def is_up() -> bool:
        status = await system.ask("GET", "/api/whatsapp/status")
        return bool(status["connected"])

    await eventually(is_up, within=30, what="the session is up")


@pytest.fixture(params=[CloudApiLine, WppconnectLine, SandboxLine], ids=lambda line: line.driver)
async def system(
    request: pytest.FixtureRequest, mariadb: MysqlServer, redis_server: PrivateRedis, tmp_path: Path
) -> AsyncIterator[System]:
    redis_server.flushall()
    line: type[Line] = request.param
    async with System(line, mariadb, redis_server, tmp_path) as running:
        await running.add_agent("sara", online=True)
        if isinstance(running.line, WppconnectLine):
            await connected(running)
        yield running


@pytest.fixture
async def wppconnect(
    mariadb: MysqlServer, redis_server: PrivateRedis, tmp_path: Path
) -> AsyncIterator[System]:
    redis_server.flushall()
    async with System(WppconnectLine, mariadb, redis_server, tmp_path) as running:
        await running.add_agent("sara", online=True)
        await connected(running)
        yield running


@pytest.fixture
async def cloud(
    mariadb: MysqlServer, redis_server: PrivateRedis, tmp_path: Path
) -> AsyncIterator[System]:
    redis_server.flushall()
    async with System(CloudApiLine, mariadb, redis_server, tmp_path) as running:
        await running.add_agent("sara", online=True)
        yield running


async def customer_sends(
    system: System,
    kind: str,
    data: bytes,
    mime_type: str,
    filename: str | None = None,
    *,
    times: int = 1,
) -> None:
    """Let a customer send *data*, so many times over, as one file."""
    match system.line:
        case CloudApiLine() as line:
            await line.act(
                "customer_sends_media",
                who=MONA,
                kind="audio" if kind == "voice" else kind,
                data=b64encode(data).decode(),
                mime_type=mime_type,
                filename=filename,
                times=times,
            )
        case WppconnectLine() as line:
            await line.act(
                "customer_sends_media",
                who=MONA,
                kind="ptt" if kind == "voice" else kind,
                file=b64encode(data).decode(),
                mimetype=mime_type,
                filename=filename,
                session=line.session,
                times=times,
            )
        case _:
            # As browsers write names, and aiohttp by itself does not.
            form = aiohttp.FormData({"name": "Mona", "kind": kind}, quote_fields=False)
            file = io.BytesIO(data * times)
            form.add_field("file", file, filename=filename or "file", content_type=mime_type)
            url = f"{system.url}/api/sandbox/phones/{MONA}/files"
            async with system.http.post(url, data=form) as answer:
                assert answer.status == 204


async def file_that_went_out(system: System) -> bytes | None:
    """Return the file that the far side took last."""
    match system.line:
        case CloudApiLine() as line:
            sent = await line.read("accepted")
            if not sent:
                return None
            body: Any = sent[-1]["body"]
            token = {"Authorization": f"Bearer {line.token}"}
            node = f"{line.far_url}/v25.0/{body[body['type']]['id']}"
            async with system.http.get(node, headers=token) as answer:
                url = (await answer.json())["url"]
            async with system.http.get(url, headers=token) as answer:
                return await answer.read()
        case WppconnectLine() as line:
            taken = [one for one in await line.read("accepted") if one["went_out"]]
            if not taken:
                return None
            routes = f"{line.far_url}/api/{line.session}"
            async with system.http.post(f"{routes}/{line.secret_key}/generate-token") as answer:
                bearer = {"Authorization": f"Bearer {(await answer.json())['token']}"}
            asked = {"messageId": taken[-1]["id"]}
            async with system.http.post(
                f"{routes}/download-media", json=asked, headers=bearer
            ) as answer:
                return b64decode((await answer.json())["base64"])
        case _:
            url = f"{system.url}/api/sandbox/phones/{MONA}/messages"
            async with system.http.get(url) as answer:
                ours = [one for one in (await answer.json())["items"] if one["from_us"]]
            if not ours:
                return None
            file_url = f"{system.url}/api/sandbox/files/{ours[-1]['content']['id']}"
            async with system.http.get(file_url) as answer:
                return await answer.read()


def bearer(system: System) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {system.tokens['sara']}"}


async def opened(system: System, url: str) -> bytes:
    async with system.http.get(system.url + url, headers=bearer(system)) as answer:
        assert answer.status == 200
        return await answer.read()


async def newest(system: System) -> dict[str, Any]:
    messages = await system.messages()
    return max(messages, key=lambda one: int(one["id"]))


async def the_file_comes(system: System, count: int, *, within: float = 30) -> dict[str, Any]:
    """Wait for so many messages, and for the newest one's file; return what is shown of it."""
    await system.filed(count)

    async def settled() -> bool:
        return bool((await newest(system))["media"]["status"] != "waiting")

    await eventually(settled, within=within, what="the file has come")
    media: dict[str, Any] = (await newest(system))["media"]
    return media


async def upload(
    system: System, data: Any, mime_type: str, *, kind: str, filename: str
) -> dict[str, Any]:
    form = aiohttp.FormData({"kind": kind})
    form.add_field("file", data, filename=filename, content_type=mime_type)
    async with system.http.post(
        f"{system.url}/api/media", data=form, headers=bearer(system)
    ) as answer:
        assert answer.status == 201, await answer.text()
        made: dict[str, Any] = await answer.json()
        return made


async def test_a_photo_a_voice_note_and_a_pdf_go_in_and_out_byte_for_byte(system: System) -> None:
    photo, voice = a_photo(), a_recording("ogg")
    for count, (kind, data, mime_type, name) in enumerate(
        (
            ("image", photo, "image/jpeg", None),
            ("voice", voice, "audio/ogg; codecs=opus", None),
            ("document", LEAFLET, "application/pdf", HOSTILE),
        ),
        start=1,
    ):
        await customer_sends(system, kind, data, mime_type, name)
        media = await the_file_comes(system, count)
        assert (media["status"], media["size"]) == ("ready", len(data))
        assert media["mime_type"] == mime_type.partition(";")[0]
        assert await opened(system, media["url"]) == data
    assert len(media["filename"]) <= 120
    assert media["filename"].startswith("ر")
    assert media["filename"].endswith(".pdf")
    [ticket] = await system.everything("/api/tickets?status=active", by="sara")
    sent: bytes | None = None
    for kind, data, mime_type in (
        ("image", photo, "image/jpeg"),
        ("voice", a_recording(), "audio/webm;codecs=opus"),
        ("document", LEAFLET, "application/pdf"),
    ):
        made = await upload(system, data, mime_type, kind=kind, filename="نشرة.pdf")
        whole = await opened(system, f"/api/media/{made['id']}")
        assert whole == data or (kind == "voice" and whole.startswith(b"OggS"))
        await system.ask(
            "POST",
            f"/api/tickets/{ticket['id']}/messages",
            {"kind": kind, "media_id": made["id"]},
            by="sara",
            status=202,
        )
        before = sent

        async def arrived(before: bytes | None = before) -> bool:
            return await file_that_went_out(system) not in {None, before}

        await eventually(arrived, within=30, what=f"the {kind} has gone out")
        sent = await file_that_went_out(system)
        assert sent == whole


# What a customer says that a file is, its bytes, and what we say that it is. The last: whether
# a browser may show it where it stands, and whether it has a small picture.
PAGE = b"<html><script>alert(1)</script></html>"
OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BYTES = "application/octet-stream"


def a_packed_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        file.writestr("word/document.xml", bytes(64 * MB))
    return packed.getvalue()


PICTURE = b"<svg onload='alert(1)' xmlns='http://www.w3.org/2000/svg'/>"
PROGRAM = b"MZ\x90\0\x03\0 This program cannot be run in DOS mode"


def liars() -> list[tuple[str, bytes, str, bool, bool]]:
    photo = a_photo()
    return [
        ("image/jpeg", PAGE, BYTES, False, False),
        ("image/jpeg", PICTURE, BYTES, False, False),
        ("image/svg+xml", b"<?xml version='1.0'?><svg><script/></svg>", BYTES, False, False),
        ("image/jpeg", PROGRAM, BYTES, False, False),
        ("application/pdf", b"\x7fELF\x02\x01\x01" + bytes(60), BYTES, False, False),
        ("text/html", PAGE.decode().encode("utf-16"), BYTES, False, False),
        ("text/plain", b"#!/bin/sh\nrm -rf /\n", "text/plain", False, False),
        ("application/pdf", photo, "image/jpeg", True, True),
        ("image/png", LEAFLET, "application/pdf", False, False),
        # What is two things at once is shown as the harmless one, and as nothing else.
        ("text/html", photo + PAGE, "image/jpeg", True, True),
        ("text/javascript", b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)//", "image/gif", True, False),
        (OFFICE, a_packed_bomb(), OFFICE, False, False),
    ]


NAMES = [
    "../../../../etc/cron.d/evil",
    "..\\..\\autorun.inf",
    "a\0b.pdf\0.exe",
    "invoice\u202egpj.exe",
    "\u200b\u2066\ufeff",
    "ص" * 300 + ".jpg",
    'x"; filename="evil.html',
    "x\r\nSet-Cookie: a=b\r\n\r\n<script>",
    "con.jpg",
    ".htaccess",
    "%2e%2e%2fpasswd",
    "\ud83d.jpg",
]


async def test_a_hostile_file_is_kept_as_it_is_and_harms_nobody(cloud: System) -> None:
    files = liars()
    for (declared, data, *_), name in zip(files, NAMES, strict=True):
        kind = "image" if declared.startswith("image/") else "document"
        await customer_sends(cloud, kind, data, declared, name)
    await cloud.filed(len(NAMES))
    await eventually(
        lambda: cloud.count("media", "status = 'ready'") == len(NAMES),
        within=30,
        what="all files are here",
    )

    shown = {one["media"]["size"]: one["media"] for one in await cloud.messages()}
    for declared, data, mime_type, inline, pictured in files:
        media = shown[len(data)]
        async with cloud.http.get(cloud.url + media["url"], headers=bearer(cloud)) as answer:
            assert await answer.read() == data
            told = answer.headers
        assert told["Content-Type"] == mime_type == media["mime_type"], declared
        assert told["X-Content-Type-Options"] == "nosniff"
        assert told["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert told["Content-Disposition"].startswith("inline;" if inline else "attachment;")
        assert "Set-Cookie" not in told
        picture = f"{cloud.url}{media['url']}/thumbnail"
        async with cloud.http.get(picture, headers=bearer(cloud)) as answer:
            assert answer.status == (200 if pictured else 404), declared
    for name in (media["filename"] for media in shown.values()):
        assert name is None or (len(name) <= 120 and name.isprintable())
        assert name is None or not set(name) & set('/\\:"<>')
    kept = {file for file in (cloud.folder / "data" / "media").rglob("*") if file.is_file()}
    assert {file.name.removesuffix(".thumb") for file in kept} == {m["id"] for m in shown.values()}


async def test_a_killed_download_is_taken_up_and_the_message_is_shown_meanwhile(
    cloud: System,
) -> None:
    line = cloud.line
    assert isinstance(line, CloudApiLine)
    await line.act("arrange", scenario="hang", endpoint="media")
    await customer_sends(cloud, "document", LEAFLET, "application/pdf", "a.pdf")
    await cloud.filed(1)
    assert (await newest(cloud))["media"]["status"] == "waiting"
    await eventually(lambda: _claimed(cloud), within=20, what="the file is being fetched")

    cloud.delivery.kill()
    await line.act("clear_arrangements")
    await line.act("release")
    # As if its twenty seconds were over.
    database = cloud.database_url.rsplit("/", 1)[1].split("?")[0]
    cloud.mysql.execute(f"USE `{database}`", "UPDATE media SET expires_at = '2020-01-01'")
    cloud.delivery.start()

    media = await the_file_comes(cloud, 1)
    assert media["status"] == "ready"
    assert await opened(cloud, media["url"]) == LEAFLET
    assert cloud.number("SELECT attempts FROM media") == 2


async def _claimed(system: System) -> bool:
    return system.count("media", "token IS NOT NULL") == 1


async def test_a_file_in_a_webhook_is_in_memory_once_and_a_larger_one_is_fetched_from_the_chat(
    wppconnect: System,
) -> None:
    processes = {"server": wppconnect.server, "intake": wppconnect.intake[0]}
    page = (LEAFLET * 2)[: MB // 2]
    await customer_sends(wppconnect, "document", page, "application/pdf", "small.pdf")
    await the_file_comes(wppconnect, 1)
    before = {name: high_water(process) for name, process in processes.items()}

    # In base64 31 MB, and with all around it less than 32.
    await customer_sends(wppconnect, "document", page, "application/pdf", "whole.pdf", times=47)
    media = await the_file_comes(wppconnect, 2, within=60)
    assert await opened(wppconnect, media["url"]) == page * 47
    assert '"webhook too large"' not in wppconnect.server.output()
    added = {name: high_water(process) - before[name] for name, process in processes.items()}
    # Once as it comes, and once more where a slow machine lets the sweep ask for it again.
    assert max(added.values()) < 80 * MB, added

    await customer_sends(wppconnect, "document", page, "application/pdf", "large.pdf", times=60)
    media = await the_file_comes(wppconnect, 3, within=60)
    assert (media["status"], media["size"]) == ("ready", 30 * MB)
    assert await opened(wppconnect, media["url"]) == page * 60
    assert '"webhook too large"' in wppconnect.server.output()


def high_water(process: Process) -> int:
    """Return the most memory a process has ever had, in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    [line] = [one for one in status.splitlines() if one.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


# The largest document that each provider takes, in MB.
LARGEST = {"cloud_api": 100, "wppconnect": 36, "sandbox": 16}


async def test_the_largest_document_in_and_out_takes_less_than_64_mib_of_memory(
    system: System,
) -> None:
    processes = {"server": system.server, "intake": system.intake[0], "delivery": system.delivery}
    # Warm: a small file has gone both ways.
    await customer_sends(system, "document", LEAFLET, "application/pdf", "a.pdf")
    media = await the_file_comes(system, 1)
    await opened(system, media["url"])
    before = {name: high_water(process) for name, process in processes.items()}
    page = (b"%PDF-1.7\n" + bytes(range(256)) * 4096)[: MB // 2]
    times = LARGEST[system.line.driver] * 2
    large = page * times

    await customer_sends(system, "document", page, "application/pdf", "large.pdf", times=times)
    media = await the_file_comes(system, 2, within=120)
    assert (media["status"], media["size"]) == ("ready", len(large))
    assert await opened(system, media["url"]) == large
    [ticket] = await system.everything("/api/tickets?status=active", by="sara")
    made = await upload(
        system, io.BytesIO(large), "application/pdf", kind="document", filename="large.pdf"
    )
    await system.ask(
        "POST",
        f"/api/tickets/{ticket['id']}/messages",
        {"kind": "document", "media_id": made["id"]},
        by="sara",
        status=202,
    )

    async def arrived() -> bool:
        return await file_that_went_out(system) is not None

    await eventually(arrived, within=120, what="it has gone out")
    assert await file_that_went_out(system) == large
    added = {name: high_water(process) - before[name] for name, process in processes.items()}
    assert max(added.values()) < 64 * MB, added
