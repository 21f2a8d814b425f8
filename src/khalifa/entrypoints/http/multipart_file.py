"""A file that is uploaded as a form: read as it comes, handed on in chunks."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from dataclasses import field as dataclass_field

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from khalifa.domain.errors import InvalidContent
from khalifa.domain.words import Words

MOST_FIELD = 4096
_NO_FORM = Words(
    "Send the file as multipart/form-data, in a field called `file`.",
    "أرسل الملف بصيغة multipart/form-data في حقل اسمه file.",
)


@dataclass(kw_only=True)
class UploadedFile:
    """What is known of the file so far; the other fields may come after its bytes."""

    filename: str | None = None
    mime_type: str | None = None
    fields: dict[str, str] = dataclass_field(default_factory=dict)

    @property
    def kind(self) -> str | None:
        return self.fields.get("kind")


class MultipartFile:
    """
    The one file of a form, and its other fields.

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
        if part != "file":
            self.file.fields[part[:MOST_FIELD]] = field.decode("utf-8", "replace").strip()
