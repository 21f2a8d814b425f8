"""All that is on file of one customer, wherever it lies."""

import json
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import ColumnElement, and_, delete, false, func, literal, or_, select, update
from sqlalchemy.types import LargeBinary

from khalifa.application.ports.erasures import Erasures
from khalifa.application.ports.journal import BodyKey
from khalifa.domain.contacts import Identity, ProviderName
from khalifa.domain.customers import CustomerId
from khalifa.domain.erasure import tombstone_of
from khalifa.domain.media import MediaId
from khalifa.domain.messages import Message, MessageId
from khalifa.infrastructure.database import tables as t
from khalifa.infrastructure.database.ledger import among
from khalifa.infrastructure.database.mapping import message_of
from khalifa.infrastructure.database.session import Session, chunks, one_of

_STATUS_ID = (t.unmatched_statuses.c.provider, t.unmatched_statuses.c.whatsapp_message_id)
_WAITS = t.message_changes.c.message_id.is_(None)
_TELLS = or_(
    *(
        t.messages.c[name].is_not(None)
        for name in ("text", "original_text", "media", "content", "whatsapp_message_id", "id_ext")
    )
)
_KEY = (t.intake_bodies.c.journal, t.intake_bodies.c.number)


class SqlErasures(Erasures):
    def __init__(self, session: Session) -> None:
        self._session = session

    async def family(self, customer_id: CustomerId) -> list[CustomerId]:
        family, newest = [customer_id], [customer_id]
        while newest:
            query = select(t.customers.c.id).where(t.customers.c.merged_into.in_(newest))
            newest = [CustomerId(row.id) for row in await self._session.rows(query)]
            family += newest
        return family

    async def said(
        self, customers: Collection[CustomerId], *, after: MessageId, limit: int
    ) -> list[Message]:
        query = (
            select(t.messages)
            .where(t.messages.c.customer_id.in_(customers), t.messages.c.id > after)
            .order_by(t.messages.c.id)
            .limit(limit)
        )
        return [message_of(row) for row in await self._session.rows(query)]

    async def next_stored(self, *, after: MessageId, limit: int) -> list[Message]:
        query = select(t.messages).where(t.messages.c.id > after).order_by(t.messages.c.id)
        return [message_of(row) for row in await self._session.rows(query.limit(limit))]

    async def forgotten_up_to(self, kind: str) -> MessageId:
        marks = t.retention_marks.c
        query = select(marks.message_id).where(marks.kind == kind)
        return MessageId(next((row.message_id for row in await self._session.rows(query)), 0))

    async def note_forgotten(self, kind: str, up_to: MessageId) -> None:
        marks = t.retention_marks
        if not await self.forgotten_up_to(kind):
            await self._session.insert(marks, {"kind": kind, "message_id": up_to})
            return
        await self._session.run(
            update(marks)
            .where(marks.c.kind == kind, marks.c.message_id < up_to)
            .values(message_id=up_to)
        )

    async def files_of(self, messages: Collection[MessageId]) -> list[MediaId]:
        query = select(t.media.c.id).where(t.media.c.message_id.in_(messages))
        return [MediaId(row.id) for row in await self._session.rows(query)]

    async def forget_files(self, files: Collection[MediaId]) -> None:
        for chunk in chunks(sorted(files)):
            await self._session.run(delete(t.media).where(t.media.c.id.in_(chunk)))

    async def forget_traces(self, messages: Sequence[Message]) -> int:
        keys = {BodyKey(m.journal, m.number) for m in messages if m.journal is not None}
        ids = {(m.provider, m.whatsapp_message_id) for m in messages if m.whatsapp_message_id}
        named = sorted(id_ext for _, id_ext in ids if id_ext)
        await self._forget_changes({message.id for message in messages}, named)
        for chunk in chunks(named):
            await self._session.run(
                update(t.intake_items)
                .where(t.intake_items.c.whatsapp_message_id.in_(chunk))
                .values(whatsapp_message_id=None)
            )
        for some in chunks((str(provider), str(id_ext)) for provider, id_ext in ids):
            await self._session.run(delete(t.unmatched_statuses).where(one_of(_STATUS_ID, some)))
        return await self._forget(sorted(keys))

    async def _forget(self, keys: Sequence[BodyKey]) -> int:
        return sum(
            [
                await self._session.run(delete(t.intake_bodies).where(among(t.intake_bodies, some)))
                for some in chunks(keys)
            ]
        )

    async def _forget_changes(self, messages: Collection[MessageId], ids: Sequence[str]) -> None:
        changes = t.message_changes
        query = select(changes.c.id, changes.c.provider, changes.c.whatsapp_message_id).where(
            changes.c.message_id.in_(messages), changes.c.target != ""
        )
        erased = [
            {
                "id": row.id,
                "whatsapp_message_id": tombstone_of(
                    ProviderName(row.provider), row.whatsapp_message_id
                ),
                "target": "",
                "target_key": None,
                "identities": "[]",
                "text": None,
            }
            for row in await self._session.rows(query)
        ]
        await self._session.update_all(changes, erased)
        for chunk in chunks(ids):
            await self._session.run(delete(changes).where(_WAITS, changes.c.target.in_(chunk)))

    async def forget_bodies(
        self, names: Collection[str], *, after: BodyKey | None, limit: int
    ) -> tuple[int, BodyKey | None]:
        body = t.intake_bodies.c.body
        named = or_(false(), *(func.instr(body, _bytes(name)) > 0 for name in sorted(names)))
        query = select(*_KEY, named.label("named")).order_by(*_KEY).limit(limit)
        if after is not None:
            journal, number = _KEY
            further = and_(journal == after.journal, number > after.number)
            query = query.where(or_(journal > after.journal, further))
        rows = await self._session.rows(query) if names else []
        found = [BodyKey(row.journal, row.number) for row in rows if row.named]
        last = BodyKey(rows[-1].journal, rows[-1].number) if rows else None
        return await self._forget(found), last

    async def forget_people(
        self, customers: Collection[CustomerId], identities: Collection[Identity]
    ) -> None:
        lookups, merges, changes = t.identity_lookups.c, t.customer_merges.c, t.message_changes
        names = [(one.provider, one.kind.value, one.id_ext) for one in sorted(identities)]
        waiting = await self._session.rows(select(changes.c.id, changes.c.identities).where(_WAITS))
        theirs = [row.id for row in waiting if _names(row.identities) & set(names)]
        merged = select(merges.id).where(
            or_(merges.kept_id.in_(customers), merges.absorbed_id.in_(customers))
        )
        merge_ids = [row.id for row in await self._session.rows(merged)]
        tickets = await self._tickets_of(customers)
        for statement in (
            delete(changes).where(changes.c.id.in_(theirs)),
            delete(t.customer_identities).where(t.customer_identities.c.customer_id.in_(customers)),
            delete(t.identity_lookups).where(
                one_of((lookups.provider, lookups.kind, lookups.id_ext), names)
            ),
            delete(t.customer_merge_messages).where(
                t.customer_merge_messages.c.merge_id.in_(merge_ids)
            ),
            delete(t.customer_merges).where(merges.id.in_(merge_ids)),
            delete(t.ticket_notes).where(t.ticket_notes.c.ticket_id.in_(tickets)),
            update(t.ticket_events)
            .where(t.ticket_events.c.ticket_id.in_(tickets))
            .values(reason=None),
            update(t.tickets)
            .where(t.tickets.c.id.in_(tickets))
            .values(
                id_ext="",
                last_message=None,
                close_reason=None,
                tags=None,
                version=t.tickets.c.version + 1,
            ),
        ):
            await self._session.run(statement)

    async def left(self, customers: Collection[CustomerId]) -> int:
        of_them = t.messages.c.customer_id.in_(customers)
        tickets = await self._tickets_of(customers)
        counts = (
            select(func.count()).select_from(t.messages).where(of_them, _TELLS),
            select(func.count())
            .select_from(
                t.message_texts.join(t.messages, t.messages.c.id == t.message_texts.c.message_id)
            )
            .where(of_them, t.message_texts.c.folded != ""),
            select(func.count())
            .select_from(t.media.join(t.messages, t.messages.c.id == t.media.c.message_id))
            .where(of_them),
            select(func.count())
            .select_from(t.customer_identities)
            .where(t.customer_identities.c.customer_id.in_(customers)),
            select(func.count())
            .select_from(t.ticket_notes)
            .where(t.ticket_notes.c.ticket_id.in_(tickets)),
        )
        return sum([int((await self._session.rows(count))[0][0]) for count in counts])

    async def _tickets_of(self, customers: Collection[CustomerId]) -> list[int]:
        query = select(t.tickets.c.id).where(t.tickets.c.customer_id.in_(customers))
        return [row.id for row in await self._session.rows(query)]


def _bytes(name: str) -> ColumnElement[bytes]:
    return literal(name.encode(), LargeBinary())


def _names(text: str) -> set[tuple[str, str, str]]:
    named: Iterable[Sequence[str]] = json.loads(text)
    return {(provider, kind, id_ext) for provider, kind, id_ext in named}
