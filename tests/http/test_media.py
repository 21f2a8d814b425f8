"""Files over HTTP: who may open them, in which parts, how harmless; and uploading."""

import io
import struct
import zlib
from hashlib import sha256
from resource import RUSAGE_SELF, getrusage

import httpx
import pytest
from PIL import Image

from khalifa.application.ports.unit_of_work import UnitOfWork
from khalifa.domain.agents import Presence, Role
from khalifa.domain.contacts import Identity, PhoneNumber
from khalifa.domain.media import MB, FileRule
from khalifa.domain.messages import IncomingMessage, Media, MessageKind
from khalifa.infrastructure.memory.media import MemoryMediaStore
from khalifa.infrastructure.memory.messaging import NAME
from tests.builders import an_id
from tests.http.desk import Desk

DATA = bytes(range(256)) * 1000
PHONE = Identity.of_phone(PhoneNumber("201012345678"))


def kept(desk: Desk) -> dict[str, bytes]:
    store = desk.container.media_store()
    assert isinstance(store, MemoryMediaStore)
    return store.files


def a_picture(form: str = "PNG", size: tuple[int, int] = (640, 480), **how: object) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "red").save(made, form, **how)
    return made.getvalue()


def a_bomb(form: str, side: int) -> bytes:
    """Return a few bytes that say they are a picture of *side* by *side* dots."""
    if form == "PNG":
        picture = bytearray(a_picture())
        picture[16:24] = struct.pack(">II", side, side)
        picture[29:33] = struct.pack(">I", zlib.crc32(picture[12:29]))
        return bytes(picture)
    picture = bytearray(a_picture("JPEG", progressive=True))
    # Height and width stand in the frame's header, one byte behind its length.
    at = picture.index(b"\xff\xc2") + 5
    picture[at : at + 4] = struct.pack(">HH", side, side)
    return bytes(picture)


async def arrives(
    desk: Desk,
    data: bytes,
    *,
    mime_type: str = "application/pdf",
    filename: str | None = "a.pdf",
    kind: MessageKind = MessageKind.DOCUMENT,
) -> str:
    """Let a customer's file come in and be fetched; return its id."""
    id_ext = an_id()
    desk.provider.files.add(id_ext, data)
    message = IncomingMessage(
        provider=NAME,
        whatsapp_message_id=id_ext,
        identities=(PHONE,),
        name="Mona",
        kind=kind,
        media=Media(id_ext=id_ext, mime_type=mime_type, filename=filename),
    )
    call = desk.provider.webhook.call(message)
    await desk.container.take_in_webhook()(desk.provider.port, call)
    await desk.container.receive_messages()(desk.jobs.take_bodies())
    await desk.container.fetch_media()()
    await desk.container.fetch_media().finish()
    [found] = [
        message.media
        for message in desk.container.memory_store().tables.messages.values()
        if message.whatsapp_message_id == id_ext
    ]
    assert found
    assert found.id
    return found.id


async def test_only_who_may_see_the_ticket_opens_its_files(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    media_id = await arrives(desk, DATA)
    omar, _, _ = await desk.agent("Omar")
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)

    for path in (f"/api/media/{media_id}", f"/api/media/{media_id}/thumbnail"):
        assert (await desk.caller().get(path)).status_code == 401
        assert (await omar.get(path)).status_code == 403
    for caller in (sara, admin):
        assert (await caller.get(f"/api/media/{media_id}")).content == DATA
    for wrong in ("x", "x" * 64, f"{media_id}.thumb", "..%2f..%2fetc%2fpasswd"):
        assert (await sara.get(f"/api/media/{wrong}")).status_code == 404


async def test_any_part_can_be_had_and_nothing_twice(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    path = f"/api/media/{await arrives(desk, DATA)}"
    size = len(DATA)
    whole = await sara.get(path)
    tag = whole.headers["etag"]
    assert tag == f'"{sha256(DATA).hexdigest()}"'
    assert whole.headers["accept-ranges"] == "bytes"

    for asked, first, last in (
        ("bytes=0-0", 0, 0),
        ("bytes=1000-", 1000, size - 1),
        ("bytes=-5", size - 5, size - 1),
        (f"bytes=-{size * 2}", 0, size - 1),
        (f"bytes=10-{size * 2}", 10, size - 1),
    ):
        part = await sara.get(path, headers={"Range": asked})
        assert part.status_code == 206
        assert part.headers["content-range"] == f"bytes {first}-{last}/{size}"
        assert part.headers["content-length"] == str(last - first + 1)
        assert part.content == DATA[first : last + 1]
    for outside in (f"bytes={size}-", "bytes=-0"):
        refused = await sara.get(path, headers={"Range": outside})
        assert (refused.status_code, refused.headers["content-range"]) == (416, f"bytes */{size}")
        assert refused.json()["title"] == "The file is shorter than that"
    for ignored in ("bytes=0-1,5-6", "bytes=5-1", "lines=1-2", "bytes=a-b", "bytes=-"):
        answer = await sara.get(path, headers={"Range": ignored})
        assert (answer.status_code, len(answer.content)) == (200, size)

    for known in (tag, f'W/"x", {tag}', f"W/{tag}", "*"):
        answer = await sara.get(path, headers={"If-None-Match": known, "Range": "bytes=0-1"})
        assert (answer.status_code, answer.content) == (304, b"")
    other = {"Range": "bytes=0-1", "If-Range": '"other"'}
    assert (await sara.get(path, headers=other)).status_code == 200
    same = {"Range": "bytes=0-1", "If-Range": tag}
    assert (await sara.get(path, headers=same)).status_code == 206

    head = await sara.head(path, headers={"Range": "bytes=2-5"})
    assert (head.status_code, head.headers["content-length"], head.content) == (206, "4", b"")


@pytest.mark.parametrize(
    ("data", "declared", "shown_as", "inline"),
    [
        (a_picture(), "image/png", "image/png", True),
        (a_picture("JPEG"), "text/html", "image/jpeg", True),
        (b"<html><script>alert(1)</script>", "image/jpeg", "application/octet-stream", False),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml", None, False),
        (b"%PDF-1.4\n", "application/pdf", "application/pdf", False),
    ],
)
async def test_no_file_is_ever_run_by_a_browser(
    desk: Desk, data: bytes, declared: str, shown_as: str | None, inline: bool
) -> None:
    sara, _, _ = await desk.agent("Sara")
    media_id = await arrives(desk, data, mime_type=declared, filename='..\\"x"\r\n\u202eروشتة.html')

    answer = await sara.get(f"/api/media/{media_id}")

    headers = answer.headers
    assert headers["content-type"] == (shown_as or "application/octet-stream")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == (
        "sandbox; default-src 'none'; frame-ancestors 'none'"
    )
    way, plain, utf8 = headers["content-disposition"].split("; ")
    assert way == ("inline" if inline else "attachment")
    assert plain.isascii()
    assert utf8.startswith("filename*=UTF-8''")
    assert utf8.endswith("%D8%B1%D9%88%D8%B4%D8%AA%D8%A9.html")
    assert answer.content == data


async def test_images_have_small_upright_pictures(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    turned = Image.Exif()
    turned[0x0112] = 6
    tall = await arrives(
        desk,
        a_picture("JPEG", exif=turned),
        mime_type="image/jpeg",
        kind=MessageKind.IMAGE,
    )

    for _ in range(2):
        answer = await sara.get(f"/api/media/{tall}/thumbnail")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
        with Image.open(io.BytesIO(answer.content)) as small:
            assert small.size == (240, 320)
            assert not small.getexif()
    for data in (b"%PDF-1.4", a_picture()[:100]):
        other = await arrives(desk, data, mime_type="image/png", kind=MessageKind.IMAGE)
        assert (await sara.get(f"/api/media/{other}/thumbnail")).status_code == 404


@pytest.mark.parametrize(
    ("form", "side"), [("PNG", 60_000), ("PNG", 5_000), ("JPEG", 60_000), ("JPEG", 5_000)]
)
async def test_a_picture_of_few_bytes_and_many_dots_is_not_unpacked(
    desk: Desk, form: str, side: int
) -> None:
    """Nor one of 25 million dots, where all of it would have to be in memory at once."""
    sara, _, _ = await desk.agent("Sara")
    bomb = await arrives(
        desk, a_bomb(form, side), mime_type=f"image/{form.lower()}", kind=MessageKind.IMAGE
    )
    before = getrusage(RUSAGE_SELF).ru_maxrss

    assert (await sara.get(f"/api/media/{bomb}/thumbnail")).status_code == 404

    assert getrusage(RUSAGE_SELF).ru_maxrss - before < 20 * 1024


async def upload(
    caller: httpx.AsyncClient,
    data: bytes,
    *,
    name: str = "a.pdf",
    mime_type: str = "application/pdf",
    kind: str | None = None,
) -> httpx.Response:
    return await caller.post(
        "/api/media",
        files={"file": (name, data, mime_type)},
        data={"kind": kind} if kind is not None else {},
    )


async def test_an_upload_is_sent_once_by_whoever_made_it(desk: Desk) -> None:
    sara, sara_id, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN, presence=Presence.OFFLINE)
    answer = await upload(sara, b"%PDF-1.4 leaflet", name="نشرة.pdf")
    assert answer.status_code == 201
    made = answer.json()
    assert made == {
        "id": made["id"],
        "kind": "document",
        "mime_type": "application/pdf",
        "filename": "نشرة.pdf",
        "size": 16,
    }
    assert (await sara.get(f"/api/media/{made['id']}")).content == b"%PDF-1.4 leaflet"
    assert (await admin.get(f"/api/media/{made['id']}")).status_code == 404
    path = f"/api/tickets/{ticket}/messages"
    body = {"kind": "document", "media_id": made["id"], "text": "هذه هي"}

    assert (await admin.post(path, json=body)).status_code == 404
    sent = await sara.post(path, json=body)
    again = await sara.post(path, json={**body, "text": "again"})

    assert (sent.status_code, again.status_code) == (202, 202)
    media = sent.json()["media"]
    assert (media["id"], media["filename"], media["status"]) == (made["id"], "نشرة.pdf", "ready")
    assert sent.json()["agent_id"] == sara_id
    assert (await admin.get(f"/api/media/{made['id']}")).status_code == 200
    other = await desk.customer_writes("hi", phone="201112345678")
    refused = await sara.post(f"/api/tickets/{other}/messages", json=body)
    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "/docs/errors#file-sent-elsewhere",
    )


async def test_what_the_provider_would_refuse_is_refused_with_its_limit(desk: Desk) -> None:
    rules = {
        MessageKind.IMAGE: FileRule(most=5000, types=frozenset({"image/png"})),
        MessageKind.DOCUMENT: FileRule(most=20_000),
    }
    object.__setattr__(desk.provider.port, "file_rules", rules)
    sara, _, _ = await desk.agent("Sara")
    small = a_picture(size=(20, 20))

    assert (await upload(sara, small, kind="image")).json()["kind"] == "image"
    assert (await upload(sara, small)).json()["kind"] == "image"
    large = await upload(sara, small + b"x" * 5000, kind="image")
    assert large.status_code == 413
    assert "4.883 KB" in large.json()["detail"]
    assert large.json()["detail_ar"]
    wrong = await upload(sara, a_picture("JPEG", (20, 20)), kind="image")
    assert wrong.status_code == 415
    assert "image/png" in wrong.json()["detail"]
    # Too large for an image, it is sent as a document.
    assert (await upload(sara, small + b"x" * 5000)).json()["kind"] == "document"
    assert (await upload(sara, b"x" * 20_001)).status_code == 413
    assert (await upload(sara, b"")).status_code == 422
    assert (await upload(sara, b"x", kind="novel")).status_code == 422
    assert (await upload(sara, b"x", kind="")).status_code == 422
    assert len(kept(desk)) == len(desk.container.memory_store().tables.media) == 3
    # Where documents may not be pictures, the limit of pictures is what helps.
    rules[MessageKind.DOCUMENT] = FileRule(most=20_000, types=frozenset({"application/pdf"}))
    assert "4.883 KB" in (await upload(sara, small + b"x" * 5000)).json()["detail"]
    photo = (await upload(sara, a_picture("JPEG", (20, 20)))).json()["detail"]
    assert photo.endswith("as image. It takes: image/png.")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"garbage"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"'),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="kind"\r\n\r\nimage\r\n--x--\r\n',
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncut off',
        ),
    ],
)
async def test_what_is_no_upload_is_refused_and_leaves_nothing(
    desk: Desk, content_type: str, body: bytes
) -> None:
    sara, _, _ = await desk.agent("Sara")

    answer = await sara.post("/api/media", content=body, headers={"Content-Type": content_type})

    assert answer.status_code in {400, 422}
    assert answer.json()["detail"]
    assert kept(desk) == {}


async def test_a_message_that_was_taken_back_takes_its_file_along(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    media_id = await arrives(desk, DATA)
    [message] = desk.container.memory_store().tables.messages.values()

    async def revoke(uow: UnitOfWork) -> None:
        await uow.customers.lock([message.customer_id])
        found = await uow.messages.get(message.id)
        found.revoked_at = found.stored_at
        await uow.messages.save([found])

    await desk.container.transact()(revoke)

    assert (await sara.get(f"/api/media/{media_id}")).status_code == 404


async def test_a_file_that_has_not_come_yet_is_not_found(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    desk.provider.files.failures.clear()
    media_id = await arrives(desk, b"")
    assert (await sara.get(f"/api/media/{media_id}")).status_code == 404


async def test_a_hundred_megabytes_and_one_are_too_many(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    headers = {
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": str(102 * MB),
    }
    answer = await sara.post("/api/media", content=b"--x", headers=headers)
    assert answer.status_code == 413
