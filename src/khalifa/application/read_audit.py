"""Use case: who did what to the shop."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from khalifa.application.ports.readers import InvalidCursor
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.views import AgentNameView, Page
from khalifa.domain.audit import AuditId


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntryView:
    """``by`` is None for the operator at the machine."""

    id: int
    at: datetime
    by: AgentNameView | None
    act: str
    subject: str
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAudit:
    """List administrative acts, the newest first."""

    transact: Transact

    async def __call__(self, *, cursor: str, limit: int) -> Page[AuditEntryView]:
        """
        Raises:
            InvalidCursor: *cursor* is neither empty nor one a page gave.
        """
        before = _read(cursor)

        async def work(uow: UnitOfWork) -> Page[AuditEntryView]:
            entries = await uow.audit.page(before=before, limit=limit + 1)
            page = entries[:limit]
            doers = await uow.agents.get_many({one.by for one in page if one.by is not None})
            return Page(
                items=[
                    AuditEntryView(
                        id=one.id,
                        at=one.at,
                        by=AgentNameView(id=one.by, name=doers[one.by].name) if one.by else None,
                        act=one.act,
                        subject=one.subject,
                        details=one.details,
                    )
                    for one in page
                ],
                next_cursor=str(page[-1].id) if len(entries) > limit else None,
            )

        return await self.transact.read(work)


def _read(cursor: str) -> AuditId | None:
    if not cursor:
        return None
    # As long as an id can be; more would fit no column.
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < len(str(2**63))):
        reason = "This is not a cursor of this list."
        raise InvalidCursor(reason)
    return AuditId(int(cursor))
