"""The files of messages, fetched by one worker at a time."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, and_, delete, or_, select, update

from khalifa.application.ports.media import MediaFiles
from khalifa.domain.media import MediaFile, MediaId, MediaStatus
from khalifa.domain.messages import MessageId, MessageKind
from khalifa.infrastructure.database.session import Session, Values, chunks
from khalifa.infrastructure.database.tables import media
from khalifa.infrastructure.database.types import DatabaseTime

_NOW = DatabaseTime()
_ENUMS = {"kind": MessageKind, "status": MediaStatus}
_FIELDS = tuple(MediaFile.__dataclass_fields__)
_OUTCOME = ("mime_type", "size", "sha256", "waveform", "status", "error", "error_ar")
_CLAIMABLE: tuple[ColumnElement[bool], ...] = (
    media.c.status == MediaStatus.WAITING.value,
    or_(media.c.next_attempt_at.is_(None), media.c.next_attempt_at <= _NOW),
    or_(media.c.expires_at.is_(None), media.c.expires_at <= _NOW),
)


class SqlMediaFiles(MediaFiles):
    """A claim is a token with an end, by the database's clock; every end of one names its token."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, files: Sequence[MediaFile], *, lease: timedelta) -> None:
        for chunk in chunks(files):
            await self._session.insert_all(media, [_row(file) for file in chunk])
        # By the database's clock, which no row of values can hold.
        for tokens in chunks(sorted({file.token for file in files if file.token})):
            await self._session.run(
                update(media)
                .where(media.c.token.in_(tokens))
                .values(expires_at=DatabaseTime(lease))
            )

    async def get_many(self, ids: Collection[MediaId]) -> dict[MediaId, MediaFile]:
        found: dict[MediaId, MediaFile] = {}
        for chunk in chunks(sorted(set(ids))):
            rows = await self._session.rows(select(media).where(media.c.id.in_(chunk)))
            found.update({MediaId(row.id): _file(row) for row in rows})
        return found

    async def claim(self, limit: int, *, lease: timedelta) -> list[MediaFile]:
        query = (
            select(media.c.id)
            .where(*_CLAIMABLE)
            .order_by(media.c.next_attempt_at, media.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        free = [row.id for row in await self._session.rows(query)]
        if not free:
            return []
        await self._session.run(
            update(media)
            .where(media.c.id.in_(free))
            .values(
                token=uuid4().hex, attempts=media.c.attempts + 1, expires_at=DatabaseTime(lease)
            )
        )
        return list((await self.get_many(free)).values())

    async def extend(self, files: Collection[MediaFile], *, lease: timedelta) -> None:
        for chunk in chunks(files):
            held = or_(*(_is_held(file) for file in chunk))
            await self._session.run(
                update(media).where(held).values(expires_at=DatabaseTime(lease))
            )

    async def settle(self, file: MediaFile) -> bool:
        row = _row(file)
        outcome = {name: row[name] for name in _OUTCOME}
        settled = await self._session.run(
            update(media).where(_is_held(file)).values(**outcome, token=None, expires_at=None)
        )
        return settled > 0

    async def put_back(self, file: MediaFile, *, pause: timedelta) -> None:
        await self._session.run(
            update(media)
            .where(_is_held(file))
            .values(token=None, expires_at=None, next_attempt_at=DatabaseTime(pause))
        )

    async def attach(self, media_id: MediaId, message_id: MessageId) -> None:
        await self._session.run(
            update(media).where(media.c.id == media_id).values(message_id=message_id)
        )

    async def detach(self, message_ids: Collection[MessageId]) -> None:
        for chunk in chunks(sorted(set(message_ids))):
            await self._session.run(
                update(media).where(media.c.message_id.in_(chunk)).values(message_id=None)
            )

    async def due(self) -> bool:
        return bool(await self._session.rows(select(media.c.id).where(*_CLAIMABLE).limit(1)))

    async def forget_unsent(self, *, before: datetime, limit: int) -> list[MediaId]:
        query = (
            select(media.c.id)
            .where(media.c.message_id.is_(None), media.c.created_at < before)
            .order_by(media.c.created_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        ids = [MediaId(row.id) for row in await self._session.rows(query)]
        for chunk in chunks(ids):
            await self._session.run(delete(media).where(media.c.id.in_(chunk)))
        return ids


def _is_held(file: MediaFile) -> ColumnElement[bool]:
    return and_(media.c.id == file.id, media.c.token == file.token)


def _row(file: MediaFile) -> Values:
    values = {name: getattr(file, name) for name in _FIELDS}
    values |= {name: values[name].value for name in _ENUMS}
    if file.waveform is not None:
        values["waveform"] = json.dumps(file.waveform, separators=(",", ":"))
    # Without a time to wait for it is due at once, whatever our own clock says.
    return {**values, "next_attempt_at": None}


def _file(row: Row[Any]) -> MediaFile:
    values = {name: getattr(row, name) for name in _FIELDS}
    values |= {name: enum(values[name]) for name, enum in _ENUMS.items()}
    if row.waveform is not None:
        values["waveform"] = tuple(json.loads(row.waveform))
    return MediaFile(**values)
