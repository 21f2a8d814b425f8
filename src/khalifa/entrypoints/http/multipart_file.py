"""A file that is uploaded as a form: read as it comes, handed on in chunks."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from khalifa.domain.errors import InvalidContent
from khalifa.domain.words import Words

MOST_FIELD = 200
_NO_FORM = Words(
    "Send the file as multipart/form-data, in a field called `file`.",
    "أرسل الملف بصيغة multipart/form-data في حقل اسمه file.",
)


@dataclass(kw_only=True)
class UploadedFile:
    """What is known of the file so far; ``kind`` may come after its bytes."""

    filename: str | None = None
    mime_type: str | None = None
    kind: str | None = None


class MultipartFile:
    """
    The one file of a form, and its field ``kind``.

    `begin` reads up to the file's first byte, `chunks` all the rest. Both
    raise `InvalidContent` for what is no such form.
    """

    def __init__(self, content_type: str, stream: AsyncIterator[bytes]) -> None:
        media_type, options = parse_options_header(content_type)
        boundary = options.get("boundary", "")
        if media_type != "multipart/form-data" or not boundary:
            raise InvalidContent(_NO_FORM)
        self._stream = stream
        self._boundary = boundary
        self.file = UploadedFile()
        self._parts = self._read()
        self._first = b""

    async def begin(self) -> None:
        async for chunk in self._parts:
            self._first = chunk
            return
        raise InvalidContent(_NO_FORM)

    async def chunks(self) -> AsyncGenerator[bytes]:
        yield self._first
        async for chunk in self._parts:
            yield chunk

    async def _read(self) -> AsyncGenerator[bytes]:
        """Yield the file's bytes, an empty one first, for it may have none."""
        seen, part, field = False, "", bytearray()
        try:
            with PushMultipartParser(self._boundary, max_segment_count=10) as parser:
                async for data in self._stream:
                    for event in parser.parse(data):
                        if isinstance(event, MultipartSegment):
                            part, field = event.name, bytearray()
                            if part == "file" and not seen:
                                seen = True
                                self.file.filename = event.filename
                                self.file.mime_type = event.content_type
                                yield b""
                            elif part == "file":
                                raise InvalidContent(_NO_FORM)
                        elif event is None:
                            self._note(part, field)
                        elif part == "file":
                            yield bytes(event)
                        else:
                            field += event[: MOST_FIELD - len(field)]
        except MultipartError:
            raise InvalidContent(_NO_FORM) from None

    def _note(self, part: str, field: bytearray) -> None:
        if part == "kind":
            self.file.kind = field.decode("utf-8", "replace").strip() or None
