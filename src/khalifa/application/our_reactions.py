"""Showing our reactions on the messages they are for, once a provider has taken them."""

from collections.abc import Mapping

from khalifa.application.ports.unit_of_work import UnitOfWork
from khalifa.domain.drafts import emoji_in
from khalifa.domain.messages import DeliveryStatus, Direction, Message, MessageId, MessageKind
from khalifa.domain.reactions import Reaction

_TAKEN = {DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.READ}


async def reacted_to(uow: UnitOfWork, moved: Mapping[MessageId, Message]) -> list[Message]:
    """Return the messages that changed because reactions of ours among *moved* were taken."""
    taken = [
        message
        for message in moved.values()
        if message.kind is MessageKind.REACTION
        and message.direction is Direction.OUT
        and message.reply_to_id is not None
        and message.status in _TAKEN
    ]
    wanted = {message.reply_to_id for message in taken if message.reply_to_id is not None}
    found = await uow.messages.get_many(wanted - moved.keys()) if wanted else {}
    changed: dict[MessageId, Message] = {}
    for message in sorted(taken, key=lambda one: one.received_at):
        target_id = message.reply_to_id or message.id
        target = moved.get(target_id) or found.get(target_id)
        reaction = Reaction(emoji=emoji_in(message.content), from_us=True, at=message.received_at)
        if target is not None and target.react(reaction):
            changed[target.id] = target
    return list(changed.values())
