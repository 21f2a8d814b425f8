"""The intake ledger's balance: whether every webhook is accounted for."""

import datetime as dt
from typing import Annotated, Self

from litestar import get
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from khalifa.application.audit_ledger import Audit, AuditLedger
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.journal import JournalUnavailable
from khalifa.domain.errors import NotAllowed
from khalifa.entrypoints.http.guards import admins_only
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.responses import SIGNED_IN, refusals

MOST_HOURS = 720


class LedgerBalance(Struct, frozen=True, kw_only=True):
    """Found is what was stored, known already, ignored and rejected together; or it is named."""

    since: dt.datetime
    checked_at: dt.datetime
    balanced: bool
    found: Annotated[int, Meta(description="In all bodies filed since then.", examples=[8412])]
    stored: Annotated[int, Meta(examples=[8120])]
    duplicate: Annotated[int, Meta(description="Known already.", examples=[260])]
    ignored: Annotated[int, Meta(description="Nothing to be shown.", examples=[31])]
    rejected: Annotated[int, Meta(description="That could not be read.", examples=[1])]
    waiting: Annotated[int, Meta(description="Bodies that are not filed yet.", examples=[0])]
    differences: Annotated[
        list[str], Meta(description="Each a sentence; none when it is balanced.")
    ]

    @classmethod
    def of(cls, audit: Audit, *, since: dt.datetime, checked_at: dt.datetime) -> Self:
        accounts = audit.accounts
        return cls(
            since=since,
            checked_at=checked_at,
            balanced=audit.is_good,
            found=sum(one.found for one in accounts),
            stored=sum(one.stored for one in accounts),
            duplicate=sum(one.duplicate for one in accounts),
            ignored=sum(one.ignored for one in accounts),
            rejected=sum(one.rejected for one in accounts),
            waiting=sum(one.waiting for one in audit.journals),
            differences=audit.differences,
        )


@get(
    "/api/ledger",
    guards=[admins_only],
    tags=["Provider"],
    summary="Audit the intake ledger",
    description="For administrators. Compares the journals of this machine, the ledger and its "
    "seals, and changes nothing: what `khalifa ledger audit` does.",
    responses=refusals(*SIGNED_IN, NotAllowed, JournalUnavailable, checked=True),
)
async def ledger(
    audit_ledger: Injected[AuditLedger],
    clock: Injected[Clock],
    hours: Annotated[
        int, QueryParameter(ge=1, le=MOST_HOURS, description="So far back, in hours.")
    ] = 24,
) -> LedgerBalance:
    now = clock.now()
    since = now - dt.timedelta(hours=hours)
    return LedgerBalance.of(await audit_ledger(since=since), since=since, checked_at=now)


HANDLERS = (ledger,)
