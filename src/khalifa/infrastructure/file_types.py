"""What files are, told by their first bytes, by puremagic."""

from collections.abc import Sequence

from khalifa.application.ports.media import FileTypes

# What puremagic has under no name, or under one that says less than its bytes do.
_FIRST_BYTES = (
    (b"OggS", "audio/ogg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"#!AMR", "audio/amr"),
    (b"PK\x03\x04", "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"ID3", "audio/mpeg"),
)
_BRANDS = ((b"3g", "video/3gpp"), (b"M4A", "audio/mp4"), (b"M4B", "audio/mp4"), (b"", "video/mp4"))
# Still pictures in the same container as films.
_STILL = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")


class MagicFileTypes(FileTypes):
    """The library reads its table of types when it is imported, which most commands never need."""

    def of(self, head: bytes) -> Sequence[str]:
        import puremagic  # noqa: PLC0415

        known = [mime for first, mime in _FIRST_BYTES if head.startswith(first)]
        if head[4:8] == b"ftyp" and not head.startswith(_STILL, 8):
            known += [mime for brand, mime in _BRANDS if head.startswith(brand, 8)][:1]
        try:
            matches = puremagic.magic_string(head)
        except (puremagic.PureError, ValueError, LookupError):
            return known
        seen = [match.mime_type for match in matches if match.mime_type]
        return list(dict.fromkeys([*known, *seen]))
