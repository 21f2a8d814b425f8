"""Files of messages: opened, and uploaded to be sent."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, TypeAlias

from litestar import Response, get, post, route
from litestar.enums import HttpMethod
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    OpenAPIFormat,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
)
from litestar.params import PathParameter
from litestar.types import ASGIApp

from khalifa.application.ports.media import StoreUnavailable
from khalifa.application.read_media import ReadMedia
from khalifa.application.upload_media import UploadMedia
from khalifa.domain.agents import Agent
from khalifa.domain.drafts import FILE_KINDS
from khalifa.domain.errors import (
    FileTooLarge,
    FileTypeRefused,
    InvalidContent,
    NoRoute,
    NotAllowed,
    NotFound,
)
from khalifa.domain.media import MB, MediaId
from khalifa.domain.messages import MessageKind
from khalifa.domain.tickets import TicketId
from khalifa.domain.words import Words
from khalifa.entrypoints.http import schemas
from khalifa.entrypoints.http.file_answer import HARMLESS, FileAnswer
from khalifa.entrypoints.http.guards import SignedInRequest
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.multipart_file import MultipartFile
from khalifa.entrypoints.http.refused_requests import NoSuchPart
from khalifa.entrypoints.http.reply_route import ForTicket
from khalifa.entrypoints.http.responses import SIGNED_IN, SIGNED_IN_TO_CHANGE, refusals

TAGS = ["Media"]
# The largest file any provider takes, and the form around it.
MAX_UPLOAD = 101 * MB
# A file is answered as what it was sent as.
ANY_TYPE = "*/*"

_NO_KIND = Words("`kind` is one of: {kinds}.", "النوع أحد: {kinds}.")

MediaName: TypeAlias = Annotated[
    str, PathParameter(max_length=64, description="The `id` of a message's `media`.")
]


@dataclass
class UploadOperation(Operation):
    """Says what the form has: it is read by hand, as it comes."""

    def __post_init__(self) -> None:
        fields = {
            "file": Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY),
            "kind": Schema(type=OpenAPIType.STRING, enum=sorted(FILE_KINDS)),
        }
        form = Schema(type=OpenAPIType.OBJECT, properties={**fields}, required=["file"])
        content = {"multipart/form-data": OpenAPIMediaType(schema=form)}
        self.request_body = RequestBody(content=content, required=True)


@post(
    "/api/media",
    status_code=HTTPStatus.CREATED,
    tags=TAGS,
    summary="Upload a file to send",
    description="A form (`multipart/form-data`) with the file in `file`, and in `kind`, which may "
    "be left out, what it is to be sent as. A recording with the kind `voice` is made a voice "
    "note. With `ticket` it is held against what the provider takes that would carry a reply on "
    "it, else the active one; and again when it is sent. What is not sent within a day is "
    "forgotten.",
    responses=refusals(
        *SIGNED_IN_TO_CHANGE,
        StoreUnavailable,
        FileTooLarge,
        FileTypeRefused,
        InvalidContent,
        NotAllowed,
        NotFound,
        NoRoute,
        checked=True,
    ),
    operation_class=UploadOperation,
    request_max_body_size=MAX_UPLOAD,
)
async def upload(
    request: SignedInRequest,
    me: Injected[Agent],
    upload_media: Injected[UploadMedia],
    ticket: ForTicket = None,
) -> schemas.UploadedMedia:
    form = MultipartFile(request.headers.get("content-type", ""), request.stream())
    await form.begin()
    file = await upload_media(
        me,
        form.chunks(),
        kind=lambda: _kind(form.file.kind),
        filename=form.file.filename,
        mime_type=form.file.mime_type,
        ticket_id=TicketId(ticket) if ticket is not None else None,
    )
    return schemas.UploadedMedia(
        id=file.id,
        kind=file.kind,
        mime_type=file.mime_type or "",
        filename=file.filename,
        size=file.size or 0,
    )


def _kind(given: str | None) -> MessageKind | None:
    if given is None:
        return None
    if given not in FILE_KINDS:
        raise InvalidContent(_NO_KIND.filled(kinds=", ".join(sorted(FILE_KINDS))))
    return MessageKind(given)


@get(
    "/api/media/{media_id:str}",
    tags=TAGS,
    summary="Open a file",
    description="For whoever may see its ticket. Takes `Range`, `If-Range` and `If-None-Match`.",
    responses={
        **refusals(*SIGNED_IN, NotAllowed, NotFound, NoSuchPart, StoreUnavailable, checked=True),
        HTTPStatus.OK: ResponseSpec(
            data_container=bytes, description="The file.", media_type=ANY_TYPE
        ),
        HTTPStatus.PARTIAL_CONTENT: ResponseSpec(
            data_container=bytes, description="The part that `Range` names.", media_type=ANY_TYPE
        ),
        HTTPStatus.NOT_MODIFIED: ResponseSpec(
            data_container=None, description="The file that `If-None-Match` names."
        ),
    },
)
async def read(
    media_id: MediaName, me: Injected[Agent], read_media: Injected[ReadMedia]
) -> ASGIApp:
    found = await read_media(me, MediaId(media_id))
    return FileAnswer(found, found.file.filename, found.file.kind)


# Not `head`, which must know beforehand that nothing is returned.
@route("/api/media/{media_id:str}", http_method=HttpMethod.HEAD, include_in_schema=False)
async def read_head(
    media_id: MediaName, me: Injected[Agent], read_media: Injected[ReadMedia]
) -> ASGIApp:
    """Say what `read` would, without the file."""
    found = await read_media(me, MediaId(media_id))
    return FileAnswer(found, found.file.filename, found.file.kind)


@get(
    "/api/media/{media_id:str}/thumbnail",
    tags=TAGS,
    summary="See a small picture of an image",
    description="At most 320 dots wide and high, upright, in WebP.",
    responses={
        **refusals(*SIGNED_IN, NotAllowed, NotFound, StoreUnavailable, checked=True),
        HTTPStatus.OK: ResponseSpec(
            data_container=bytes, description="The picture.", media_type="image/webp"
        ),
    },
)
async def thumbnail(
    media_id: MediaName, me: Injected[Agent], read_media: Injected[ReadMedia]
) -> Response[bytes]:
    picture = await read_media.thumbnail(me, MediaId(media_id))
    headers = {**HARMLESS, "Cache-Control": "private, max-age=86400"}
    return Response(picture, media_type="image/webp", headers=headers)


HANDLERS = (upload, read, read_head, thumbnail)
