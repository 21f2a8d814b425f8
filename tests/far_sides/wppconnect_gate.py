"""The statusConnection middleware: who is asked for, and what is answered before the route runs."""

import re
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from aiohttp import web

from tests.far_sides.wppconnect_http import Call, Handler, Target
from tests.far_sides.wppconnect_library import Library
from tests.far_sides.wppconnect_messages import JsonObject
from tests.far_sides.wppconnect_scenarios import ConnectionDroppedError, HtmlAnsweredError
from tests.far_sides.wppconnect_world import Directory

_LONGEST_NUMBER: Final = 14
_DISCONNECTED: Final[JsonObject] = {
    "response": None,
    "status": "Disconnected",
    "message": "A sessão do WhatsApp não está ativa.",
}


def connected(handler: Handler, library: Library, directory: Directory) -> Handler:
    """
    Put statusConnection before a handler.

    A number that is not on WhatsApp is answered 400 at once and the handler runs all the
    same, its answer lost: https://github.com/wppconnect-team/wppconnect-server/issues/2510
    """

    async def check(call: Call) -> web.StreamResponse:
        if call.client is None or not call.client.page_alive:
            return call.answer(_DISCONNECTED, HTTPStatus.NOT_FOUND)
        await call.client.account.page_answers.wait()
        try:
            contacts = _contacts_of(call.body)
        except TypeError:
            return call.answer(_DISCONNECTED, HTTPStatus.NOT_FOUND)
        refusal = _resolve(call, contacts, directory)
        if refusal is None:
            return await handler(call)
        library.run_beside(_unheard(handler, call))
        return refusal

    return check


def contact_to_array(
    number: object,
    *,
    is_group: bool = False,
    is_newsletter: bool = False,
    is_lid: bool = False,
) -> list[str]:
    r"""
    Return wids the way contactToArray does. Raises TypeError where `.split` would not exist.

    All behind @ is cut, only `[^\w ]` is removed (spaces stay), and whatever is longer than
    14 characters becomes a LID.
    """
    if isinstance(number, str):
        numbers: list[object] = list(re.split(r"\s*[,;]\s*", number))
    elif isinstance(number, list):
        numbers = number
    else:
        raise TypeError("number.split is not a function")
    wids = (_wid(part, is_group, is_newsletter, is_lid) for part in numbers)
    return [wid for wid in wids if wid]


def _wid(part: object, is_group: bool, is_newsletter: bool, is_lid: bool) -> str:
    if not isinstance(part, str):
        raise TypeError("contact.split is not a function")
    user = part.split("@")[0]
    if not (is_group or is_newsletter):
        user = re.sub(r"[^\w ]", "", user, flags=re.ASCII)
    if not user:
        return ""
    if is_group:
        return f"{user}@g.us"
    if is_newsletter:
        return f"{user}@newsletter"
    return f"{user}@lid" if is_lid or len(user) > _LONGEST_NUMBER else f"{user}@c.us"


def _contacts_of(body: JsonObject) -> list[str]:
    return contact_to_array(
        body.get("phone") or [],
        is_group=bool(body.get("isGroup")),
        is_newsletter=bool(body.get("isNewsletter")),
        is_lid=bool(body.get("isLid")),
    )


def _resolve(call: Call, contacts: list[str], directory: Directory) -> web.Response | None:
    unchecked = bool(call.body.get("isGroup") or call.body.get("isNewsletter"))
    refusal: web.Response | None = None
    for contact in contacts:
        if unchecked:
            call.targets.append(Target(contact, contact))
        elif contact in directory.absent:
            call.targets.append(Target(contact, contact))
            refusal = refusal or _unknown_number(call, contact)
        else:
            call.targets.append(Target(contact, directory.migrated.get(contact, contact)))
    return refusal


def _unknown_number(call: Call, contact: str) -> web.Response:
    number = contact.partition("@")[0]
    refusal: JsonObject = {
        "response": None,
        "status": "Connected",
        "message": f"O número {number} não existe.",
    }
    return call.answer(refusal, HTTPStatus.BAD_REQUEST)


async def _unheard(handler: Handler, call: Call) -> None:
    with suppress(ConnectionDroppedError, HtmlAnsweredError):
        await handler(call)
