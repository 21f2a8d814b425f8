"""What files are called and taken for, whatever is said of them."""

import pytest

from khalifa.domain.contacts import ProviderName
from khalifa.domain.errors import FileTooLarge, FileTypeRefused
from khalifa.domain.media import (
    MAX_NAME,
    MB,
    FileRule,
    clean_filename,
    found_type,
    in_words,
    too_large,
)
from khalifa.domain.messages import MessageKind
from khalifa.infrastructure.file_types import MagicFileTypes

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
OGG = b"OggS\0\x02" + b"\0" * 22 + b"OpusHead"
MP4 = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2"
ZIP = b"PK\x03\x04\x14\0\x06\0" + b"\0" * 40
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BYTES = "application/octet-stream"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("روشتة.jpg", "روشتة.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system32\\a.dll", "a.dll"),
        ("a\0b\x07.pdf", "a b .pdf"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("\u2066\u200b\ufeff", None),
        ("con.txt", "_con.txt"),
        ("..", None),
        ("", None),
        (None, None),
        ('a<b>:"|?*.png', "a_b______.png"),
        ("line\r\nSet-Cookie: x", "line Set-Cookie_ x"),
        ("half \ud83d an emoji", "half an emoji"),
        ("می‌خواهم.pdf", "می‌خواهم.pdf"),
    ],
)
def test_a_name_can_do_no_harm(given: str | None, kept: str | None) -> None:
    assert clean_filename(given) == kept


def test_a_long_name_keeps_its_ending() -> None:
    for name in ("x" * 300 + ".pdf", "ص" * 300 + ".pdf"):
        kept = clean_filename(name)
        assert kept
        assert len(kept) == MAX_NAME
        assert kept.endswith(".pdf")
    assert clean_filename("." + "y" * 300) == "y" * MAX_NAME


@pytest.mark.parametrize(
    ("declared", "data", "found"),
    [
        ("image/png", PNG, "image/png"),
        ("image/jpeg", PNG, "image/png"),
        ("text/html", PNG, "image/png"),
        (None, PNG, "image/png"),
        ("audio/ogg; codecs=opus", OGG, "audio/ogg"),
        ("audio/mp4", MP4, "audio/mp4"),
        ("video/mp4", MP4, "video/mp4"),
        ("audio/webm;codecs=opus", b"\x1aE\xdf\xa3" + b"\0" * 30, "audio/webm"),
        (DOCX, ZIP, DOCX),
        ("application/zip", ZIP, BYTES),
        (DOCX, PNG, "image/png"),
        ("application/pdf", b"%PDF-1.7\n", "application/pdf"),
        ("application/pdf", b"MZ\x90\0 this program", BYTES),
        ("image/jpeg", b"<html><script>alert(1)</script>", BYTES),
        ("text/html", b"<html><script>alert(1)</script>", BYTES),
        ("image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg"/>', BYTES),
        ("text/plain", b"  <script>alert(1)</script>", BYTES),
        ("text/plain", "وصفة طبية".encode(), "text/plain"),
        ("text/plain", b"\0\x01\x02", BYTES),
        ("text/csv", b"a,b\n1,2\n", "text/csv"),
        ("application/x-msdownload", b"hello", BYTES),
        (None, b"", BYTES),
    ],
)
def test_a_file_is_taken_for_what_its_bytes_bear_out(
    declared: str | None, data: bytes, found: str
) -> None:
    assert found_type(declared, MagicFileTypes().of(data), data) == found


def test_a_refusal_names_the_limit_in_both_languages() -> None:
    rule = FileRule(most=5 * MB, types=frozenset({"image/jpeg", "image/png"}))
    cloud = ProviderName("cloud_api")

    rule.require(cloud, MessageKind.IMAGE, mime_type="image/jpeg", size=5 * MB)
    with pytest.raises(FileTooLarge) as large:
        rule.require(cloud, MessageKind.IMAGE, mime_type="image/jpeg", size=5 * MB + 1)
    with pytest.raises(FileTypeRefused) as wrong:
        rule.require(cloud, MessageKind.IMAGE, mime_type="image/webp", size=1)

    assert "5 MB" in large.value.words.english
    assert "5 MB" in (large.value.words.arabic or "")
    # Whoever stopped reading at the limit does not know how much there was.
    assert too_large(MessageKind.VIDEO, most=16 * MB).words.english.endswith("this one is larger.")
    assert "image/jpeg, image/png" in wrong.value.words.english


def test_sizes_read_as_people_read_them() -> None:
    assert [in_words(size) for size in (1, 1024, 1536, 100 * MB)] == [
        "1 bytes",
        "1 KB",
        "1.5 KB",
        "100 MB",
    ]
