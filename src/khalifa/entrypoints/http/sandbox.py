"""The sandbox: a page on which customers' phones are played. Only where a provider has some."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from ipaddress import ip_address
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import Body, FromPath
from litestar.response import Stream
from litestar.types import Guard
from msgspec import Meta, Struct
from msgspec.structs import asdict

from khalifa.application.ports.messaging import Providers
from khalifa.application.ports.played_phones import PlayedFile, PlayedPhones
from khalifa.application.sign_in import WhoIs
from khalifa.domain.contacts import PhoneNumber
from khalifa.domain.drafts import FILE_KINDS
from khalifa.domain.errors import NotFound
from khalifa.domain.media import MB, SHOWN_INLINE, UNKNOWN_TYPE, base_type
from khalifa.domain.messages import MessageKind, require_text
from khalifa.entrypoints.http import pages
from khalifa.entrypoints.http.file_answer import HARMLESS, disposition
from khalifa.entrypoints.http.guards import (
    SAFE_METHODS,
    Connection,
    Site,
    require_own_origin,
    signed_in,
)
from khalifa.entrypoints.http.injection import Injected, expose
from khalifa.entrypoints.http.multipart_file import MultipartFile
from khalifa.entrypoints.http.schemas import shown

MAX_NAME = 100
# What the sandbox holds of a file, and the form around it.
MAX_FORM = 17 * MB

# A proxy says that somebody is behind it: then the caller's address is not the person's.
_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


# Not among the API's schemas: this is the page's own, and no part of the API.
class Phone(Struct, frozen=True, kw_only=True):
    phone: str
    name: str | None
    used_at: datetime


class Scenario(Struct, frozen=True, kw_only=True):
    refuse_next: bool
    no_answer: bool
    late_receipts: bool


class ScenarioChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    refuse_next: bool | None = None
    no_answer: bool | None = None
    late_receipts: bool | None = None


class PhoneList(Struct, frozen=True, kw_only=True):
    items: list[Phone]
    scenario: Scenario


class ShownMessage(Struct, frozen=True, kw_only=True):
    id: str
    from_us: bool
    text: str
    at: datetime
    status: str | None
    kind: MessageKind
    content: dict[str, Any] | None
    reply_to: str | None
    reactions: list[str]


class Screen(Struct, frozen=True, kw_only=True):
    phone: str
    items: list[ShownMessage]
    typing: bool


class Written(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
    text: str = ""
    kind: Literal["text", "location", "contacts", "reaction", "edit", "revoke"] = "text"
    content: dict[str, Any] | None = None
    reply_to: str | None = None

    def __repr__(self) -> str:
        return "Written()"


def sandbox_routes(
    providers: Callable[[], Providers], who_is: Callable[[], WhoIs], site: Site, *, region: str
) -> Router:
    """
    Return the page and its routes.

    They are there only while some configured provider plays phones, and open
    to whoever sits at this machine; anybody else signs in first. *region* is
    that of numbers without a country code.
    """
    phones = Router(
        path="/api/sandbox",
        route_handlers=[
            list_phones,
            read_phone,
            write_on_phone,
            attach_on_phone,
            read_file,
            play,
        ],
        guards=[open_at_this_machine(who_is, site)],
        include_in_schema=False,
    )
    return Router(
        path="/",
        route_handlers=[page, phones],
        guards=[only_where_phones_are_played(providers)],
        dependencies={
            "played_phones": expose(lambda: played_phones(providers())),
            "phone_number": Provide(_number_reader(region), sync_to_thread=False),
        },
    )


def played_phones(providers: Providers) -> PlayedPhones:
    """Return the phones that can be played here, or raise `NotFound`."""
    for name in providers.names:
        phones = providers.get(name).phones
        if phones is not None:
            return phones
    raise NotFound("No phones are played here: WHATSAPP_DRIVER is not sandbox.")


def only_where_phones_are_played(providers: Callable[[], Providers]) -> Guard:
    async def guard(_: Connection, __: BaseRouteHandler) -> None:
        played_phones(providers())

    return guard


def open_at_this_machine(who_is: Callable[[], WhoIs], site: Site) -> Guard:
    """Return a guard that asks nobody at this machine to sign in, and everybody else."""
    sign_in = signed_in(who_is, site)

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        if not is_at_this_machine(connection):
            answer = sign_in(connection, handler)
            if answer is not None:
                await answer
        elif connection.scope.get("method") not in SAFE_METHODS:
            # No sign-in keeps another site's page out here.
            require_own_origin(connection.headers, site, or_none=True)

    return guard


def is_at_this_machine(connection: Connection) -> bool:
    """
    Say whether whoever asks sits here, with nothing between.

    The name asked for must be this machine's, too: any site may let its own
    name point here, and have its visitors' browsers ask.
    """
    client, headers = connection.client, connection.headers
    if client is None or any(name in headers for name in _PROXY_HEADERS):
        return False
    return _is_loopback(client.host) and _is_loopback(_host_name(headers.get("host", "")))


def _host_name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _number_reader(region: str) -> Callable[[str], PhoneNumber]:
    def read(phone: FromPath[str]) -> PhoneNumber:
        return PhoneNumber.parse(phone, region=region)

    return read


@get("/sandbox", include_in_schema=False, sync_to_thread=False)
def page(request: pages.PageRequest) -> Response[bytes]:
    return pages.page(request, "sandbox.html")


@get("/phones")
async def list_phones(played_phones: Injected[PlayedPhones]) -> PhoneList:
    customers = await played_phones.customers()
    return PhoneList(
        items=[shown(Phone, customer) for customer in customers],
        scenario=shown(Scenario, await played_phones.failures()),
    )


@get("/phones/{phone:str}/messages")
async def read_phone(
    played_phones: Injected[PlayedPhones], phone_number: Injected[PhoneNumber]
) -> Screen:
    """Look at a phone: our messages on it are read by that."""
    digits = phone_number.digits
    items = [shown(ShownMessage, message) for message in await played_phones.messages(digits)]
    return Screen(phone=digits, items=items, typing=await played_phones.is_typing(digits))


@post("/phones/{phone:str}/messages", status_code=HTTPStatus.NO_CONTENT)
async def write_on_phone(
    data: Annotated[Written, Body()],
    played_phones: Injected[PlayedPhones],
    phone_number: Injected[PhoneNumber],
) -> None:
    must_say = data.kind in {MessageKind.TEXT, MessageKind.EDIT}
    await played_phones.write(
        phone_number.digits,
        data.name.strip(),
        require_text(data.text) if must_say else "",
        kind=MessageKind(data.kind),
        content=data.content,
        reply_to=data.reply_to,
    )


@post(
    "/phones/{phone:str}/files",
    status_code=HTTPStatus.NO_CONTENT,
    request_max_body_size=MAX_FORM,
)
async def attach_on_phone(
    request: Request[object, object, State],
    played_phones: Injected[PlayedPhones],
    phone_number: Injected[PhoneNumber],
) -> None:
    """Send a file from a phone: a form with ``name``, ``text``, ``kind``, and last ``file``."""
    form = MultipartFile(request.headers.get("content-type", ""), request.stream())
    await form.begin()
    said, fields = form.file, form.file.fields
    mime_type = base_type(said.mime_type) or UNKNOWN_TYPE
    kind = fields.get("kind") or mime_type.partition("/")[0]
    await played_phones.send_file(
        phone_number.digits,
        fields.get("name", "")[:MAX_NAME] or phone_number.digits,
        PlayedFile(
            id="",
            kind=MessageKind(kind) if kind in FILE_KINDS else MessageKind.DOCUMENT,
            mime_type=mime_type,
            filename=said.filename,
        ),
        form.chunks(),
        text=fields.get("text", ""),
    )


@get("/files/{file_id:str}")
async def read_file(file_id: FromPath[str], played_phones: Injected[PlayedPhones]) -> Stream:
    """Open a file that is on a phone, as harmless as any."""
    file = await played_phones.find_file(file_id)
    if file is None:
        raise NotFound("There is no such file.")
    named = disposition(file.filename or file.kind, inline=file.mime_type in SHOWN_INLINE)
    shown_as = file.mime_type if file.mime_type in SHOWN_INLINE else UNKNOWN_TYPE
    headers = {**HARMLESS, "Content-Disposition": named, "Content-Length": str(file.size)}
    return Stream(played_phones.open_file(file_id), media_type=shown_as, headers=headers)


@post("/scenario", status_code=HTTPStatus.OK)
async def play(
    data: Annotated[ScenarioChange, Body()], played_phones: Injected[PlayedPhones]
) -> Scenario:
    changes = {name: value for name, value in asdict(data).items() if value is not None}
    failures = replace(await played_phones.failures(), **changes)
    await played_phones.play(failures)
    return shown(Scenario, failures)
