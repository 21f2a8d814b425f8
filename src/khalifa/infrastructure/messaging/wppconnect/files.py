"""Files of WPPConnect: fetched from the phone's chats, sent as data URIs; all base64 in JSON."""

import asyncio
import binascii
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp

from khalifa.application.ports.media import FileGone, MediaSource, NotFetchedYet, StoredFile
from khalifa.application.ports.messaging import DeliveryError
from khalifa.domain.media import MB, FileRule, FileRules, MediaFile
from khalifa.domain.messages import JsonObject, MessageKind
from khalifa.domain.words import Words
from khalifa.infrastructure.messaging.wppconnect.client import WppconnectClient
from khalifa.infrastructure.provider_http import Body

# The server takes 50 MB of JSON, base64 makes four bytes of three, and the rest is words.
# https://github.com/wppconnect-team/wppconnect-server/blob/main/src/index.ts
_MOST = 36 * MB
_PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})
FILE_RULES: FileRules = {
    MessageKind.IMAGE: FileRule(most=16 * MB, types=_PICTURES),
    MessageKind.VIDEO: FileRule(most=_MOST, types=frozenset({"video/mp4", "video/3gpp"})),
    MessageKind.AUDIO: FileRule(
        most=16 * MB,
        types=frozenset({"audio/aac", "audio/amr", "audio/mp4", "audio/mpeg", "audio/ogg"}),
    ),
    MessageKind.VOICE: FileRule(most=16 * MB, types=frozenset({"audio/ogg"})),
    MessageKind.DOCUMENT: FileRule(most=_MOST),
    MessageKind.STICKER: FileRule(most=1 * MB, types=frozenset({"image/webp"})),
}

# A multiple of three, so that each piece's base64 ends where the next begins.
_PIECE = 192 * 1024
_MOST_WORDS = 64 * 1024
# What is lost to WhatsApp stays lost; what was not yet loaded into the phone's browser comes.
_TRIES_WHEN_LOST = 5
_BEGINS = re.compile(rb'"base64"\s*:\s*"(?:data:[^",]{0,200},)?')
# Enough to see where the file begins: the answer has it first.
_LOOK = 1024

_LOST = Words(
    "The phone does not have this file any more. Ask the customer to send it again.",
    "لم يعد هذا الملف موجودًا على الهاتف. اطلب من العميل إرساله مرة أخرى.",
)
_NOT_NOW = Words("WPPConnect does not give the file now.", "لا يتيح WPPConnect الملف الآن.")
_BROKEN_OFF = Words("WPPConnect broke off the file.", "انقطع تنزيل الملف من WPPConnect.")


class WppconnectFiles(MediaSource):
    """Has the phone decrypt a message's file again, and reads the answer as it comes."""

    def __init__(self, client: WppconnectClient) -> None:
        self._client = client

    @asynccontextmanager
    async def open(self, file: MediaFile) -> AsyncIterator[AsyncIterator[bytes]]:
        if not file.id_ext:
            raise FileGone(_LOST)
        failure: NotFetchedYet | FileGone
        try:
            asked: JsonObject = {"messageId": file.id_ext}
            async with self._client.open_answer("download-media", asked) as answer:
                if answer.status != HTTPStatus.OK:
                    raise await _refusal(answer, file)
                yield _decoded(answer.content)
                return
        except (aiohttp.ClientError, TimeoutError, OSError):
            failure = NotFetchedYet(_BROKEN_OFF)
        except DeliveryError as error:
            failure = NotFetchedYet(error.words)
        raise failure


async def _refusal(answer: aiohttp.ClientResponse, file: MediaFile) -> NotFetchedYet | FileGone:
    words = await answer.content.read(_MOST_WORDS)
    if answer.status == HTTPStatus.BAD_REQUEST:
        if b"does not contain media" in words:
            return FileGone(_LOST)
        if file.attempts >= _TRIES_WHEN_LOST:
            return FileGone(_LOST)
    return NotFetchedYet(_NOT_NOW)


async def _decoded(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Yield the file that is in ``{"base64": "…"}``, without ever holding it."""
    begun, ended, held = False, False, b""
    async for chunk in content.iter_any():
        held += chunk
        if not begun:
            found = _BEGINS.search(held)
            if found is None:
                if len(held) > _LOOK:
                    break
                continue
            begun, held = True, held[found.end() :]
        end = held.find(b'"')
        ended = end >= 0
        text = held[:end] if ended else held
        whole = len(text) if ended else len(text) - len(text) % 4
        if whole:
            yield await _bytes_of(text[:whole])
        held = text[whole:]
        if ended:
            break
    if not ended:
        raise NotFetchedYet(_BROKEN_OFF)


async def _bytes_of(text: bytes) -> bytes:
    try:
        return await asyncio.to_thread(binascii.a2b_base64, text)
    except (binascii.Error, ValueError):
        failure = NotFetchedYet(_BROKEN_OFF)
    raise failure


def as_json(fields: JsonObject, key: str, file: StoredFile, mime_type: str) -> Body:
    """
    Return a JSON object of *fields*, and the file as a data URI under *key*.

    It is read and encoded as it is sent: the server wants all of it in one
    text, but nobody here has to hold that.
    """
    opening = json.dumps(dict(fields), ensure_ascii=False).encode()[:-1]
    opening += f', "{key}": "data:{mime_type};base64,'.encode()
    closing = b'"}'

    async def chunks() -> AsyncIterator[bytes]:
        yield opening
        held = b""
        async with file.open() as content:
            async for chunk in content:
                held += chunk
                whole = len(held) - len(held) % _PIECE
                if whole:
                    yield binascii.b2a_base64(held[:whole], newline=False)
                    held = held[whole:]
        yield binascii.b2a_base64(held, newline=False)
        yield closing

    size = len(opening) + -(-file.size // 3) * 4 + len(closing)
    return Body(content_type="application/json", size=size, chunks=chunks)
