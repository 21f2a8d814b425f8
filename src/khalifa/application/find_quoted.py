"""Which messages those quote that are just being stored, inside a transaction."""

from collections.abc import Sequence

from khalifa.application.ports.unit_of_work import UnitOfWork
from khalifa.domain.messages import IncomingMessage, Message


async def find_quoted(
    uow: UnitOfWork, new: Sequence[Message], readings: Sequence[IncomingMessage]
) -> None:
    """Find the stored messages that *new* ones quote; *readings* are what these were read from."""
    ids = {(r.provider, r.reply_to) for r in readings if r.reply_to}
    if not ids:
        return
    by_id = await uow.messages.by_whatsapp_ids(ids)
    keys = {r.reply_to_key for r in readings if r.reply_to_key}
    by_key = await uow.messages.by_keys(keys) if keys else {}
    for message, reading in zip(new, readings, strict=True):
        quoted = by_id.get((reading.provider, reading.reply_to or "")) or by_key.get(
            reading.reply_to_key or ""
        )
        if quoted is not None and quoted.customer_id == message.customer_id:
            message.reply_to_id = quoted.id


async def quote_each_other(uow: UnitOfWork, new: Sequence[Message]) -> None:
    """Let messages that came together quote each other, now that each has an id."""
    ids = {(m.customer_id, m.provider, m.whatsapp_message_id): m.id for m in new}
    quoting: list[Message] = []
    for message in new:
        if message.reply_to is None or message.reply_to_id is not None:
            continue
        quoted = ids.get((message.customer_id, message.provider, message.reply_to))
        if quoted is not None:
            message.reply_to_id = quoted
            quoting.append(message)
    if quoting:
        await uow.messages.save(quoting)
