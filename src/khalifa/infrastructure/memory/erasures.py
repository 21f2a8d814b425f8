"""All that is on file of one customer, in dictionaries."""

from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import replace

from khalifa.application.ports.erasures import Erasures
from khalifa.application.ports.journal import BodyKey
from khalifa.domain.contacts import Identity
from khalifa.domain.customers import CustomerId
from khalifa.domain.erasure import tombstone_of
from khalifa.domain.media import MediaId
from khalifa.domain.messages import Message, MessageId
from khalifa.infrastructure.memory.store import Tables


class MemoryErasures(Erasures):
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def family(self, customer_id: CustomerId) -> list[CustomerId]:
        family = [customer_id]
        for member in family:
            family += [c.id for c in self._tables.customers.values() if c.merged_into == member]
        return family

    async def said(
        self, customers: Collection[CustomerId], *, after: MessageId, limit: int
    ) -> list[Message]:
        ids = sorted(
            message.id
            for message in self._tables.messages.values()
            if message.customer_id in customers and message.id > after
        )
        return [copy(self._tables.messages[id_]) for id_ in ids[:limit]]

    async def next_stored(self, *, after: MessageId, limit: int) -> list[Message]:
        ids = sorted(id_ for id_ in self._tables.messages if id_ > after)
        return [copy(self._tables.messages[id_]) for id_ in ids[:limit]]

    async def forgotten_up_to(self, kind: str) -> MessageId:
        return self._tables.retention_marks.get(kind, MessageId(0))

    async def note_forgotten(self, kind: str, up_to: MessageId) -> None:
        before = await self.forgotten_up_to(kind)
        self._tables.retention_marks[kind] = max(before, up_to)

    async def files_of(self, messages: Collection[MessageId]) -> list[MediaId]:
        return [id_ for id_, row in self._tables.media.items() if row.file.message_id in messages]

    async def forget_files(self, files: Collection[MediaId]) -> None:
        for media_id in files:
            self._tables.media.pop(media_id, None)

    async def forget_traces(self, messages: Sequence[Message]) -> int:
        keys = {BodyKey(m.journal, m.number) for m in messages if m.journal is not None}
        ids = {(m.provider, m.whatsapp_message_id) for m in messages if m.whatsapp_message_id}
        of, targets = {message.id for message in messages}, {id_ext for _, id_ext in ids}
        for name, change in [*self._tables.changes.items()]:
            if change.message_id is None and change.target in targets:
                del self._tables.changes[name]
            elif change.message_id in of and change.target:
                tombstone = tombstone_of(change.provider, change.whatsapp_message_id)
                del self._tables.changes[name]
                self._tables.changes[change.provider, tombstone] = replace(
                    change,
                    whatsapp_message_id=tombstone,
                    target="",
                    target_key=None,
                    identities=(),
                    text=None,
                )
        self._tables.statuses = [
            row
            for row in self._tables.statuses
            if (row.status.provider, row.status.whatsapp_message_id) not in ids
        ]
        for key, entry in [*self._tables.ledger.items()]:
            if any(item.whatsapp_message_id in targets for item in entry.items):
                items = tuple(
                    replace(item, whatsapp_message_id=None)
                    if item.whatsapp_message_id in targets
                    else item
                    for item in entry.items
                )
                self._tables.ledger[key] = replace(entry, items=items)
        return self._forget(keys)

    def _forget(self, keys: Collection[BodyKey]) -> int:
        kept = [key for key in keys if key in self._tables.ledger and self._tables.ledger[key].body]
        for key in kept:
            self._tables.ledger[key] = replace(self._tables.ledger[key], body=b"")
        return len(kept)

    async def forget_bodies(
        self, names: Collection[str], *, after: BodyKey | None, limit: int
    ) -> tuple[int, BodyKey | None]:
        kept = sorted(key for key, entry in self._tables.ledger.items() if entry.body)
        page = [key for key in kept if after is None or key > after][:limit] if names else []
        found = [
            key
            for key in page
            if any(name.encode() in self._tables.ledger[key].body for name in names)
        ]
        return self._forget(found), page[-1] if page else None

    async def forget_people(
        self, customers: Collection[CustomerId], identities: Collection[Identity]
    ) -> None:
        tables, theirs = self._tables, set(identities)
        tables.identities = {i: c for i, c in tables.identities.items() if c not in customers}
        for customer_id in customers:
            nobody = copy(tables.customers[customer_id])
            nobody.identities, nobody.former = [], {}
            tables.customers[customer_id] = nobody
        tables.lookups = {i: due for i, due in tables.lookups.items() if i not in theirs}
        tables.changes = {
            name: change
            for name, change in tables.changes.items()
            if change.message_id is not None or not theirs & set(change.identities)
        }
        for merge in [*tables.merges.values()]:
            if {merge.kept_id, merge.absorbed_id} & set(customers):
                del tables.merges[merge.id]
                tables.merged_messages.pop(merge.id, None)
        of_them = {one.id for one in tables.tickets.values() if one.customer_id in customers}
        tables.notes = {id_: n for id_, n in tables.notes.items() if n.ticket_id not in of_them}
        tables.ticket_events = [
            replace(line, reason=None) if line.ticket_id in of_them else line
            for line in tables.ticket_events
        ]
        for ticket_id in of_them:
            ticket = copy(tables.tickets[ticket_id])
            ticket.id_ext, ticket.last_message, ticket.close_reason = "", None, None
            ticket.tags = ()
            ticket.version += 1
            tables.tickets[ticket_id] = ticket

    async def left(self, customers: Collection[CustomerId]) -> int:
        tables = self._tables
        said = [one for one in tables.messages.values() if one.customer_id in customers]
        of_them = {one.id for one in tables.tickets.values() if one.customer_id in customers}
        tells = [
            message
            for message in said
            if any(
                value is not None
                for value in (
                    message.text,
                    message.original_text,
                    message.media,
                    message.content,
                    message.whatsapp_message_id,
                    message.id_ext,
                )
            )
        ]
        return (
            len(tells)
            + len(await self.files_of({message.id for message in said}))
            + sum(owner in customers for owner in tables.identities.values())
            + sum(note.ticket_id in of_them for note in tables.notes.values())
        )
