"""Folded texts: written behind the filing, each message once."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, func, insert, select, update

from khalifa.application.ports.search import SearchTexts
from khalifa.domain.folding import folded
from khalifa.domain.messages import Message
from khalifa.infrastructure.database.session import Session, Values, chunks
from khalifa.infrastructure.database.tables import message_texts, messages, search_progress

# How far the mark may lag behind before it is moved: so many rows each look passes over.
FAR = 2000
_MARK = 1


class SqlSearchTexts(SearchTexts):
    """
    All messages up to a mark are folded; above it, those that have a row.

    Messages are given their ids before they are committed, so that one may
    become visible after a later one: the mark stays below whatever may yet come.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    async def fold_new(self, limit: int, *, settled: datetime) -> int:
        mark = await self._locked_mark()
        new = (
            select(messages.c.id)
            .outerjoin(message_texts, message_texts.c.message_id == messages.c.id)
            .where(messages.c.id > mark, message_texts.c.message_id.is_(None))
            .order_by(messages.c.id)
            .limit(limit)
        )
        ids = [row.id for row in await self._session.rows(new)]
        if not ids:
            return 0
        # Read again with a lock: whoever edits or erases one meanwhile finds it folded.
        texts = (
            select(messages.c.id, messages.c.text, messages.c.revoked_at)
            .where(messages.c.id.in_(ids))
            .order_by(messages.c.id)
            .with_for_update(read=True)
        )
        rows = await self._session.rows(texts)
        # Also what says nothing: else it would be looked at for ever.
        await self._session.insert_all(
            message_texts, [_row(row.id, row.text, row.revoked_at) for row in rows]
        )
        if ids[-1] - mark > FAR:
            # Of a full batch the rest is not folded yet.
            below = [ids[-1]] if len(ids) == limit else []
            await self._move_mark(mark, settled, *below)
        return len(ids)

    async def _locked_mark(self) -> int:
        mark = select(search_progress.c.folded_until).where(search_progress.c.id == _MARK)
        for row in await self._session.rows(mark.with_for_update()):
            return int(row.folded_until)
        await self._session.run(insert(search_progress).values(id=_MARK, folded_until=0))
        return 0

    async def _move_mark(self, mark: int, settled: datetime, *below: int) -> None:
        newest_at = select(func.max(messages.c.stored_at)).where(messages.c.stored_at < settled)
        newest = select(func.max(messages.c.id).label("id")).where(
            messages.c.stored_at == newest_at.scalar_subquery()
        )
        for row in await self._session.rows(newest):
            moved = min(row.id or mark, *below) if below else row.id or mark
            if moved > mark:
                await self._session.run(update(search_progress).values(folded_until=moved))

    async def fold_again(self, messages_: Collection[Message]) -> None:
        rows = [_row(message.id, message.text, message.revoked_at) for message in messages_]
        ids = sorted(message.id for message in messages_)
        for chunk in chunks(ids):
            # Whoever folds one of them just now has done so after this.
            lock = select(messages.c.id).where(messages.c.id.in_(chunk)).order_by(messages.c.id)
            await self._session.rows(lock.with_for_update())
        empty = {row["message_id"] for row in rows if not row["folded"]}
        for chunk in chunks(sorted(empty)):
            await self._write("", message_texts.c.message_id.in_(chunk))
        for row in rows:
            if row["message_id"] not in empty:
                await self._write(row["folded"], message_texts.c.message_id == row["message_id"])

    async def _write(self, folded_text: str, which: ColumnElement[bool]) -> None:
        await self._session.run(update(message_texts).where(which).values(folded=folded_text))


def _row(message_id: int, text: str | None, revoked_at: datetime | None) -> Values:
    # What was deleted is found by nobody.
    return {"message_id": message_id, "folded": folded(text) if text and not revoked_at else ""}
