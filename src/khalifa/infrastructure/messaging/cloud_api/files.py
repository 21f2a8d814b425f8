"""
Files of the Cloud API: fetched by id, uploaded once and sent by id.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import quote

import aiohttp

from khalifa.application.ports.media import FileGone, MediaSource, NotFetchedYet, StoredFile
from khalifa.application.ports.messaging import (
    DeliveryError,
    FileNotTaken,
    MessageRejected,
    OutcomeUnknown,
    ProviderUnreachable,
)
from khalifa.application.ports.uploaded_files import UploadedFiles
from khalifa.domain.media import KB, MB, FileRule, FileRules, MediaFile, base_type, too_large
from khalifa.domain.messages import MessageKind
from khalifa.domain.words import Words
from khalifa.infrastructure.messaging.cloud_api.errors import INVALID_PARAMETER, code_of, refusal
from khalifa.infrastructure.messaging.cloud_api.settings import NAME, CloudApiSettings
from khalifa.infrastructure.provider_downloads import LinkExpired, download
from khalifa.infrastructure.provider_http import Answer, Body, Timeouts, request_json

_OFFICE = "application/vnd.openxmlformats-officedocument"
_ENDINGS = {
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "video/3gpp": "3gp",
    "video/mp4": "mp4",
    "text/plain": "txt",
    "application/pdf": "pdf",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    f"{_OFFICE}.wordprocessingml.document": "docx",
    f"{_OFFICE}.spreadsheetml.sheet": "xlsx",
    f"{_OFFICE}.presentationml.presentation": "pptx",
}
_AUDIO = frozenset(one for one in _ENDINGS if one.startswith("audio/"))
_DOCUMENTS = frozenset(one for one in _ENDINGS if one.startswith(("text/", "application/")))

FILE_RULES: FileRules = {
    MessageKind.IMAGE: FileRule(most=5 * MB, types=frozenset({"image/jpeg", "image/png"})),
    MessageKind.VIDEO: FileRule(most=16 * MB, types=frozenset({"video/mp4", "video/3gpp"})),
    MessageKind.AUDIO: FileRule(most=16 * MB, types=_AUDIO),
    MessageKind.VOICE: FileRule(most=16 * MB, types=frozenset({"audio/ogg"})),
    MessageKind.DOCUMENT: FileRule(most=100 * MB, types=_DOCUMENTS),
    MessageKind.STICKER: FileRule(
        most=500 * KB, most_still=100 * KB, types=frozenset({"image/webp"})
    ),
}

# Meta keeps an upload for 30 days.
KEPT_FOR = timedelta(days=29)
# Seconds: for the upload itself, and for how long one attempt to send waits for it.
UPLOADING = Timeouts(connect=5, answer=300)
PATIENCE = 12.0

_GONE = Words(
    "WhatsApp does not have this file any more. Ask the customer to send it again.",
    "لم يعد هذا الملف موجودًا لدى واتساب. اطلب من العميل إرساله مرة أخرى.",
)
_NOT_NOW = Words("WhatsApp does not give the file now.", "لا يتيح واتساب الملف الآن.")
_UPLOADING = Words("The file is still being uploaded to WhatsApp.", "لا يزال رفع الملف جاريًا.")
_NO_UPLOAD = Words("The file could not be uploaded to WhatsApp.", "تعذّر رفع الملف إلى واتساب.")


class CloudApiFiles(MediaSource):
    """
    Fetches what customers sent.

    The address in a webhook, or given for an id, lives five minutes and wants
    our token, so that only Meta's hosts are asked.
    """

    def __init__(self, settings: CloudApiSettings, http: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._http = http

    @asynccontextmanager
    async def open(self, file: MediaFile) -> AsyncIterator[AsyncIterator[bytes]]:
        if file.url and file.attempts <= 1 and self._settings.media_hosts.allow(file.url):
            try:
                async with self._download(file.url) as chunks:
                    yield chunks
                    return
            except LinkExpired:
                pass
        url = await self._ask(file)
        try:
            async with self._download(url) as chunks:
                yield chunks
        except LinkExpired:
            # Expired already, or lost on the way: the next attempt asks anew.
            failure = NotFetchedYet(_NOT_NOW)
        else:
            return
        raise failure

    @asynccontextmanager
    async def _download(self, url: str) -> AsyncIterator[AsyncIterator[bytes]]:
        headers = self._settings.authorization
        async with download(url, hosts=self._settings.media_hosts, headers=headers) as chunks:
            yield chunks

    async def _ask(self, file: MediaFile) -> str:
        """Return a new address of the file; notes what Meta says of it."""
        if not file.id_ext:
            raise FileGone(_GONE)
        settings = self._settings
        try:
            answer = await request_json(
                self._http,
                "GET",
                f"{settings.base_url}/{settings.version}/{quote(file.id_ext, safe='')}"
                f"?phone_number_id={settings.phone_number_id}",
                operation="Asking for a file",
                headers=settings.authorization,
            )
        except DeliveryError as error:
            failure = NotFetchedYet(error.words)
        else:
            return _address(answer, file)
        raise failure


def _address(answer: Answer, file: MediaFile) -> str:
    match answer.body:
        case {"url": str(url), **body} if answer.status == HTTPStatus.OK:
            file.declared_sha256 = file.declared_sha256 or _text(body.get("sha256"))
            file.declared_type = file.declared_type or _text(body.get("mime_type"))
            size = str(body.get("file_size") or "")
            if size.isascii() and size.isdigit() and int(size) > file.at_most:
                raise FileGone(too_large(file.kind, most=file.at_most, given=int(size)).words)
            return url
        case {"error": dict(error)} if code_of(error) == INVALID_PARAMETER:
            raise FileGone(_GONE)
    if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        raise FileGone(_GONE)
    raise NotFetchedYet(_NOT_NOW)


def _text(value: object) -> str | None:
    return value[:255] if isinstance(value, str) and value else None


class Uploads:
    """
    Uploads each file once, whoever sends it and how often, until Meta forgets it.

    A long upload goes on while its message waits for the next attempt: nothing
    is sent by it, so that it may be given up or repeated without any harm.
    """

    def __init__(
        self,
        settings: CloudApiSettings,
        http: aiohttp.ClientSession,
        known: UploadedFiles,
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._settings = settings
        self._http = http
        self._known = known
        self._patience = patience
        self._running: dict[str, asyncio.Task[str]] = {}

    @asynccontextmanager
    async def lent(self, file: StoredFile, mime_type: str) -> AsyncIterator[str]:
        """Give the id of *file* at Meta, to send one message with; raises `NotSent`."""
        # An id is good for the number it was uploaded for.
        key = f"{self._settings.phone_number_id}:{file.sha256}:{mime_type}"
        file_id = await self._known.find(NAME, key) or await self._uploaded(file, mime_type, key)
        try:
            yield file_id
        except (MessageRejected, FileNotTaken):
            # It may be the id that Meta does not take any more: next time it is uploaded anew.
            await self._known.forget(NAME, key)
            raise

    async def _uploaded(self, file: StoredFile, mime_type: str, key: str) -> str:
        task = self._running.get(key)
        if task is None:
            task = asyncio.create_task(self._upload_once(file, mime_type, key))
            self._running[key] = task
            task.add_done_callback(lambda done: self._finish(key, done))
        await asyncio.wait({task}, timeout=self._patience)
        if not task.done():
            raise ProviderUnreachable(_UPLOADING)
        return task.result()

    def _finish(self, key: str, task: asyncio.Task[str]) -> None:
        self._running.pop(key, None)
        # Looked at here, too, for whoever waited for it may have gone.
        if not task.cancelled():
            task.exception()

    async def _upload_once(self, file: StoredFile, mime_type: str, key: str) -> str:
        file_id = await self._upload(file, mime_type)
        await self._known.remember(NAME, key, file_id, kept_for=KEPT_FOR)
        return file_id

    async def _upload(self, file: StoredFile, mime_type: str) -> str:
        try:
            answer = await request_json(
                self._http,
                "POST",
                f"{self._settings.node}/media",
                operation="Uploading a file",
                headers=self._settings.authorization,
                body=_form(file, mime_type),
                timeouts=UPLOADING,
            )
        except OutcomeUnknown:
            failure: DeliveryError = ProviderUnreachable(_NO_UPLOAD)
        else:
            match answer.body:
                case {"id": str(id_ext)} if answer.status == HTTPStatus.OK and id_ext:
                    return id_ext
            failure = _upload_failure(answer)
        raise failure


def _upload_failure(answer: Answer) -> DeliveryError:
    match answer.body:
        case {"error": error} if reason := refusal(error, status=answer.status):
            return reason
    return ProviderUnreachable(_NO_UPLOAD)


def _form(file: StoredFile, mime_type: str) -> Body:
    """
    Return the upload as a form, read as it is sent.

    Meta goes by the type and the ending that stand here; plain ``audio/ogg``
    it does not take: it must hear that it is Opus.
    """
    boundary = secrets.token_hex(16)
    base = base_type(mime_type)
    named = f"{base}; codecs=opus" if base == "audio/ogg" else base
    fields = {"messaging_product": "whatsapp", "type": named}
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ) + (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; '
        f'filename="file.{_ENDINGS.get(base, "bin")}"\r\nContent-Type: {named}\r\n\r\n'
    )
    tail = f"\r\n--{boundary}--\r\n"

    async def chunks() -> AsyncIterator[bytes]:
        yield head.encode()
        async with file.open() as content:
            async for chunk in content:
                yield chunk
        yield tail.encode()

    return Body(
        content_type=f"multipart/form-data; boundary={boundary}",
        size=len(head) + file.size + len(tail),
        chunks=chunks,
    )
