"""Meta's media: kept 30 days by id, downloaded by a URL that lives minutes."""

import base64
import hashlib
import time
from dataclasses import dataclass, field

from tests.far_sides.cloud_api_bodies import JsonObject, MediaFile
from tests.far_sides.cloud_api_errors import invalid
from tests.far_sides.cloud_api_ids import new_node_id

DOWNLOAD_PATH = "/whatsapp_business/attachments/"

_MB = 1024 * 1024
_LIMITS = {"audio": 16 * _MB, "video": 16 * _MB, "image": 5 * _MB, "document": 100 * _MB}
_STICKER_LIMIT = 500 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument"
ALLOWED_TYPES = {
    "audio/aac": "audio",
    "audio/amr": "audio",
    "audio/mp4": "audio",
    "audio/mpeg": "audio",
    "audio/ogg": "audio",
    "video/3gpp": "video",
    "video/mp4": "video",
    "image/jpeg": "image",
    "image/png": "image",
    "image/webp": "sticker",
    "text/plain": "document",
    "application/pdf": "document",
    "application/msword": "document",
    "application/vnd.ms-excel": "document",
    "application/vnd.ms-powerpoint": "document",
    f"{_OFFICE}.wordprocessingml.document": "document",
    f"{_OFFICE}.spreadsheetml.sheet": "document",
    f"{_OFFICE}.presentationml.presentation": "document",
}
"""https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMedia:
    id: str
    data: bytes
    mime_type: str
    filename: str | None = None

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.data).digest()

    def as_sent(self, url: str) -> MediaFile:
        """Return how a webhook describes the file."""
        return MediaFile(
            id=self.id,
            mime_type=self.mime_type,
            sha256=base64.b64encode(self.digest).decode(),
            url=url,
            filename=self.filename,
        )

    def node(self, url: str) -> JsonObject:
        return {
            "messaging_product": "whatsapp",
            "url": url,
            "mime_type": self.mime_type,
            "sha256": self.digest.hex(),
            "file_size": len(self.data),
            "id": self.id,
        }


@dataclass(slots=True, eq=False)
class MediaStore:
    _stored: dict[str, StoredMedia] = field(default_factory=dict)
    _links: dict[str, tuple[str, float]] = field(default_factory=dict)

    def add(self, data: bytes, mime_type: str, filename: str | None = None) -> StoredMedia:
        media = StoredMedia(id=new_node_id(), data=data, mime_type=mime_type, filename=filename)
        self._stored[media.id] = media
        return media

    def find(self, media_id: str) -> StoredMedia | None:
        return self._stored.get(media_id)

    def remove(self, media_id: str) -> None:
        del self._stored[media_id]

    def new_link(self, media: StoredMedia, base_url: str, seconds: float) -> str:
        """Return a download URL that works for so long."""
        expires = time.time() + seconds
        ticket = new_node_id()
        self._links[ticket] = (media.id, expires)
        return f"{base_url}{DOWNLOAD_PATH}?mid={media.id}&ext={int(expires)}&hash={ticket}"

    def behind(self, media_id: str, ticket: str) -> StoredMedia | None:
        """Return what a link leads to; None when it is wrong, too old, or the media is gone."""
        linked, expires = self._links.get(ticket, ("", 0.0))
        if linked != media_id or expires < time.time():
            return None
        return self.find(media_id)


def check_upload(mime_type: str, size: int) -> None:
    """
    Refuse what Meta does not take, by the type of the file's own part.

    Raises:
        GraphError: the type is not supported, or the file too big for its type.
    """
    kind = ALLOWED_TYPES.get(mime_type.partition(";")[0].strip())
    if kind is None:
        allowed = ", ".join(ALLOWED_TYPES)
        reason = (
            f"Param file must be a file with one of the following types: {allowed}. "
            f"Received file of type '{mime_type}'."
        )
        raise invalid(reason)
    if size > _LIMITS.get(kind, _STICKER_LIMIT):
        raise invalid("Param file is too large")
