"""Files as the business sees them: what they are called, what they are, what may be sent."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from secrets import token_urlsafe
from typing import NewType

from khalifa.domain.agents import AgentId
from khalifa.domain.contacts import ProviderName
from khalifa.domain.errors import FileTooLarge, FileTypeRefused
from khalifa.domain.messages import Media, MessageId, MessageKind
from khalifa.domain.words import Words

MediaId = NewType("MediaId", str)

KB = 1024
MB = 1024 * KB
MAX_NAME = 120
# How many numbers a voice note is drawn with, and the largest file that is.
WAVEFORM_BARS = 48
MOST_DRAWN = 16 * MB
_FLAGS = 20
UNKNOWN_TYPE = "application/octet-stream"

# What customers may send us, in bytes. Meta passes on 100 MB at most.
MOST_INCOMING: Mapping[MessageKind, int] = {
    MessageKind.IMAGE: 25 * MB,
    MessageKind.STICKER: 5 * MB,
    MessageKind.VIDEO: 100 * MB,
    MessageKind.AUDIO: 100 * MB,
    MessageKind.VOICE: 100 * MB,
    MessageKind.DOCUMENT: 100 * MB,
}

# The same thing under different names.
_ALIASES = {
    "application/ogg": "audio/ogg",
    "application/x-gzip": "application/gzip",
    "application/x-pdf": "application/pdf",
    "audio/mp3": "audio/mpeg",
    "audio/opus": "audio/ogg",
    "audio/vorbis": "audio/ogg",
    "audio/x-aac": "audio/aac",
    "audio/aacp": "audio/aac",
    "audio/vnd.dlna.adts": "audio/aac",
    "audio/x-hx-aac-adts": "audio/aac",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/mp4a-latm": "audio/mp4",
    "audio/wave": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "video/3gp": "video/3gpp",
    "video/3gpp2": "video/3gpp",
    "video/quicktime": "video/mp4",
    "video/x-m4v": "video/mp4",
    "audio/amr-nb": "audio/amr",
}
# A container may hold sound alone, or pictures too; only whoever sent it says which.
_SOUND_OR_PICTURE = {
    "video/mp4": "audio/mp4",
    "video/webm": "audio/webm",
    "video/3gpp": "audio/3gpp",
    "video/ogg": "audio/ogg",
}
_OFFICE = (
    "application/vnd.openxmlformats-officedocument.",
    "application/vnd.oasis.opendocument.",
)
_OLD_OFFICE = frozenset(
    {"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"}
)
_ZIP, _OLE = "application/zip", "application/x-ole-storage"
_PLAIN = frozenset({"text/plain", "text/csv", "text/vcard", "application/json"})
# What a browser runs when it opens it. It is kept, and given out as nothing but bytes.
_ACTIVE = re.compile(rb"<\s*(!doctype|html|head|script|svg|iframe|body|\?xml)", re.IGNORECASE)

# A browser shows these where they stand; whatever else is only ever saved.
SHOWN_INLINE = frozenset(
    {
        "image/jpeg",
        "image/png",
        "image/webp",
        "image/gif",
        "audio/aac",
        "audio/amr",
        "audio/mp4",
        "audio/mpeg",
        "audio/ogg",
        "audio/webm",
        "audio/wav",
        "video/3gpp",
        "video/mp4",
        "video/webm",
    }
)
_NAMED_AS_THEY_ARE = SHOWN_INLINE | {"application/pdf"}

_TOO_LARGE = Words(
    "A file of this kind ({kind}) has at most {most}; this one has {given}.",
    "أقصى حجم لهذا النوع من الملفات ({kind}) هو {most}، وحجم هذا الملف {given}.",
)
_LARGER = Words(
    "A file of this kind ({kind}) has at most {most}; this one is larger.",
    "أقصى حجم لهذا النوع من الملفات ({kind}) هو {most}، وهذا الملف أكبر.",
)
_WRONG_TYPE = Words(
    "{provider} does not take this type ({type}) as {kind}. It takes: {types}.",
    "لا يقبل {provider} هذا النوع ({type}) كـ {kind}. الأنواع المقبولة: {types}.",
)

_SEPARATORS = re.compile(r"[/\\]")
_AWKWARD = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
# Persian and emoji need the joiners; every other invisible letter only deceives.
_JOINERS = "\u200c\u200d"


class MediaStatus(StrEnum):
    """Whether a message's file can be opened."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


@dataclass(kw_only=True, eq=False, slots=True)
class MediaFile:
    """
    A file of a message, coming or going.

    ``id`` cannot be guessed, and names the file in the media store.
    ``message_id`` is None until an agent's upload is sent; ``agent_id`` is that
    agent. ``provider``, ``id_ext`` and ``url`` say where an incoming one is
    fetched. ``declared_type`` is what its sender said of it, ``mime_type`` what
    it was found to be. ``token`` while somebody fetches it.
    """

    id: MediaId
    message_id: MessageId | None = None
    agent_id: AgentId | None = None
    provider: ProviderName | None = None
    id_ext: str | None = None
    url: str | None = None
    kind: MessageKind
    declared_type: str | None = None
    mime_type: str | None = None
    filename: str | None = None
    size: int | None = None
    sha256: str | None = None
    declared_size: int | None = None
    declared_sha256: str | None = None
    waveform: tuple[int, ...] | None = None
    status: MediaStatus = MediaStatus.WAITING
    error: str | None = None
    error_ar: str | None = None
    attempts: int = 0
    token: str | None = None
    created_at: datetime

    @property
    def at_most(self) -> int:
        """The size in bytes above which it is not taken in."""
        return MOST_INCOMING.get(self.kind, 100 * MB)

    def arrive(
        self, *, mime_type: str, size: int, sha256: str, waveform: tuple[int, ...] | None = None
    ) -> None:
        """Record that the file is in the store."""
        self.status, self.error, self.error_ar = MediaStatus.READY, None, None
        self.mime_type, self.size, self.sha256 = mime_type, size, sha256
        self.waveform = waveform

    def fail(self, words: Words) -> None:
        """Record that the file will not come."""
        self.status, self.error, self.error_ar = MediaStatus.FAILED, words.english, words.arabic

    def shown(self) -> Media:
        """Return what the message shows of it."""
        return Media(
            id=self.id,
            id_ext=self.id_ext,
            url=None,
            mime_type=self.mime_type or self.declared_type,
            filename=self.filename,
            sha256=self.sha256,
            size=self.size if self.size is not None else self.declared_size,
            status=self.status.value,
            error=self.error,
            error_ar=self.error_ar,
            waveform=self.waveform,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRule:
    """
    What a provider takes as one kind of file: ``most`` in bytes; no ``types``, any type.

    ``most_still``: less, for pictures that do not move.
    """

    most: int
    most_still: int | None = None
    types: frozenset[str] = frozenset()

    def require(
        self, provider: ProviderName, kind: MessageKind, *, mime_type: str, size: int
    ) -> None:
        """Raise `FileTypeRefused` or `FileTooLarge`, which name the limit."""
        self.require_type(provider, kind, mime_type)
        if size > self.most:
            raise too_large(kind, most=self.most, given=size)

    def takes(self, mime_type: str) -> bool:
        return not self.types or base_type(mime_type) in self.types

    def require_type(self, provider: ProviderName, kind: MessageKind, mime_type: str) -> None:
        if not self.takes(mime_type):
            types = ", ".join(sorted(self.types))
            raise FileTypeRefused(
                _WRONG_TYPE.filled(
                    provider=provider, type=base_type(mime_type), kind=kind, types=types
                )
            )


def is_moving(head: bytes) -> bool:
    """Say whether a WebP picture moves: it says so in its extended header."""
    return head[12:16] == b"VP8X" and len(head) > _FLAGS and bool(head[_FLAGS] & 2)


FileRules = Mapping[MessageKind, FileRule]


def too_large(kind: MessageKind, *, most: int, given: int | None = None) -> FileTooLarge:
    """Return the refusal of a file that has more than *most* bytes; *given* where it is known."""
    if given is None:
        return FileTooLarge(_LARGER.filled(kind=kind, most=in_words(most)))
    return FileTooLarge(_TOO_LARGE.filled(kind=kind, most=in_words(most), given=in_words(given)))


def in_words(size: int) -> str:
    """Return a size as people read it; never rounded to a limit it is above."""
    for unit, name in ((MB, "MB"), (KB, "KB")):
        if size >= unit:
            number = f"{size / unit:.3f}".rstrip("0").rstrip(".")
            return f"{number} {name}"
    return f"{size} bytes"


def new_media_id() -> MediaId:
    """Return an id that nobody can guess."""
    return MediaId(token_urlsafe(24))


def base_type(mime_type: str | None) -> str:
    """Return a MIME type without its parameters, under its usual name."""
    bare = (mime_type or "").partition(";")[0].strip().lower()
    return _ALIASES.get(bare, bare)


def found_type(declared: str | None, sniffed: Collection[str], head: bytes) -> str:
    """
    Return what a file is to be taken for, by its first bytes, *head*.

    Its sender's word counts where the bytes bear it out; where they do not,
    theirs does. What a browser would run, and what nobody knows, is nothing
    but bytes.
    """
    said = base_type(declared)
    seen = [base_type(one) for one in sniffed]
    if _ACTIVE.search(head[:KB]) and not seen_as_file(seen):
        return UNKNOWN_TYPE
    for one in seen:
        if said and said in {one, _SOUND_OR_PICTURE.get(one)} and said in _NAMED_AS_THEY_ARE:
            return said
    if said.startswith(_OFFICE) and _ZIP in seen:
        return said
    if said in _OLD_OFFICE and _OLE in seen:
        return said
    if said in _PLAIN and not seen_as_file(seen) and _is_text(head):
        return said
    return next((one for one in seen if one in _NAMED_AS_THEY_ARE), UNKNOWN_TYPE)


def seen_as_file(seen: Collection[str]) -> bool:
    """Say whether the bytes are those of a known file, and not of a text."""
    return any(one in _NAMED_AS_THEY_ARE or one in {_ZIP, _OLE} for one in seen)


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        # The head may end within a letter.
        return error.start >= len(head) - 3 and bool(head)
    return True


def clean_filename(name: str | None) -> str | None:
    """
    Return a file's name such that it can do no harm anywhere; None when nothing is left.

    No folders, no control letters, none that turn the direction of writing (a
    name that ends in ``gpj.exe`` backwards), no names that Windows keeps for
    its devices, and at most 120 letters with the ending kept.
    """
    last = _SEPARATORS.split(unicodedata.normalize("NFC", name or ""))[-1]
    letters = (_letter(one) for one in last)
    clean = _AWKWARD.sub("_", "".join(letters))
    clean = " ".join(clean.split()).strip(". ")
    if not clean.strip(_JOINERS):
        return None
    if _RESERVED.fullmatch(clean):
        clean = f"_{clean}"
    if len(clean) > MAX_NAME:
        stem, dot, ending = clean.rpartition(".")
        kept = f"{dot}{ending}" if dot and len(ending) <= MAX_NAME // 8 else ""
        clean = (stem if kept else clean)[: MAX_NAME - len(kept)].rstrip(". ") + kept
    return clean


def _letter(one: str) -> str:
    category = unicodedata.category(one)
    if category in {"Cc", "Zl", "Zp"}:
        return " "
    return "" if category in {"Cf", "Cs", "Co", "Cn"} and one not in _JOINERS else one
