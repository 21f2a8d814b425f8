"""The intake ledger: what became of each body."""

from collections.abc import Collection, Sequence

from sqlalchemy import and_, or_, select

from khalifa.application.ports.journal import BodyKey
from khalifa.application.ports.ledger import IntakeLedger, LedgerEntry, Outcome
from khalifa.infrastructure.database.mapping import Values
from khalifa.infrastructure.database.session import Session, chunks
from khalifa.infrastructure.database.tables import intake_bodies, intake_items, intake_ledger


class SqlIntakeLedger(IntakeLedger):
    def __init__(self, session: Session) -> None:
        self._session = session

    async def filed(self, keys: Collection[BodyKey]) -> set[BodyKey]:
        found: set[BodyKey] = set()
        for chunk in chunks(sorted(set(keys))):
            numbers: dict[str, list[int]] = {}
            for key in chunk:
                numbers.setdefault(key.journal, []).append(key.number)
            conditions = [
                and_(intake_ledger.c.journal == journal, intake_ledger.c.number.in_(these))
                for journal, these in numbers.items()
            ]
            query = select(intake_ledger.c.journal, intake_ledger.c.number).where(or_(*conditions))
            found |= {BodyKey(row.journal, row.number) for row in await self._session.rows(query)}
        return found

    async def add(self, entries: Sequence[LedgerEntry]) -> None:
        ordered = sorted(entries, key=lambda entry: entry.key)
        await self._session.insert_all(intake_ledger, [_entry_row(entry) for entry in ordered])
        await self._session.insert_all(
            intake_items, [row for entry in ordered for row in _item_rows(entry)]
        )
        await self._session.insert_all(intake_bodies, [_body_row(entry) for entry in ordered])


def _key(entry: LedgerEntry) -> Values:
    return {"journal": entry.key.journal, "number": entry.key.number}


def _entry_row(entry: LedgerEntry) -> Values:
    return {
        **_key(entry),
        "provider": entry.provider,
        "received_at": entry.received_at,
        "found": entry.found,
        **{outcome.value: entry.count(outcome) for outcome in Outcome},
    }


def _item_rows(entry: LedgerEntry) -> list[Values]:
    return [
        {
            **_key(entry),
            "position": item.position,
            "outcome": item.outcome.value,
            "reason": item.reason,
            "whatsapp_message_id": item.whatsapp_message_id,
        }
        for item in entry.items
    ]


def _body_row(entry: LedgerEntry) -> Values:
    return {**_key(entry), "received_at": entry.received_at, "body": entry.body}
