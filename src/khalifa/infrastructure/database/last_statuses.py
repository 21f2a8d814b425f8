"""Where a ticket's last message stands, if it is ours: read beside the ticket, kept nowhere."""

from sqlalchemy import case, select

from khalifa.domain.messages import NOT_SAID, DeliveryStatus, Direction, SenderType
from khalifa.infrastructure.database.tables import messages, tickets

_last = messages.alias("last_message_of")

# Of the ticket in the row: the newest that somebody said, from the end of the conversation's index.
LAST_STATUS = (
    select(case((_last.c.direction == Direction.OUT.value, _last.c.status)))
    .where(
        _last.c.ticket_id == tickets.c.id,
        _last.c.sender_type != SenderType.SYSTEM.value,
        _last.c.kind.not_in([kind.value for kind in NOT_SAID]),
    )
    .order_by(
        _last.c.sent_at.desc(),
        _last.c.received_at.desc(),
        _last.c.number.desc(),
        _last.c.position.desc(),
        _last.c.id.desc(),
    )
    .limit(1)
    .correlate(tickets)
    .scalar_subquery()
    .label("last_message_status")
)


def last_status_of(value: str | None) -> DeliveryStatus | None:
    """Return what `LAST_STATUS` says."""
    return None if value is None else DeliveryStatus(value)
