"""What is done to a message after it was said: a reaction, an edit, its deletion."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from khalifa.domain.contacts import Identity, ProviderName
from khalifa.domain.messages import Direction, Message, MessageId, MessageKind
from khalifa.domain.reactions import Reaction

CHANGES = frozenset({MessageKind.REACTION, MessageKind.EDIT, MessageKind.REVOKE})


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageChange:
    """
    One side's act on a message that it names by the provider's id, ``target``, and by key.

    ``text`` is the emoji of a reaction, empty when it was taken back, or what
    an edit made of the text. ``at`` has whole seconds, as WhatsApp counts; ties
    are told apart as those of messages are. ``message_id`` is our message, once
    it is known; ``id`` is the change's own, once it is on file.
    """

    id: int = 0
    provider: ProviderName
    whatsapp_message_id: str
    kind: MessageKind
    target: str
    target_key: str | None = None
    identities: tuple[Identity, ...]
    from_us: bool
    text: str | None = None
    at: datetime
    received_at: datetime
    number: int = 0
    position: int = 0
    message_id: MessageId | None = None

    @property
    def done_at(self) -> tuple[datetime, datetime, int, int, str]:
        return self.at, self.received_at, self.number, self.position, self.whatsapp_message_id

    def may_touch(self, message: Message) -> bool:
        """Say whether this side may do that to *message*: everybody edits only their own."""
        is_ours = message.direction is Direction.OUT
        return self.kind is MessageKind.REACTION or is_ours is self.from_us


def make_of(message: Message, changes: Iterable[MessageChange]) -> bool:
    """
    Make *message* what all the *changes* it ever had say, in whatever order they came.

    Of each kind and side the last counts. Return whether anything is new.
    """
    last: dict[tuple[MessageKind, bool], MessageChange] = {}
    for change in sorted(changes, key=lambda change: change.done_at):
        last[change.kind, change.from_us] = change
    done = [_done(message, change) for change in last.values()]
    return any(done)


def _done(message: Message, change: MessageChange) -> bool:
    match change.kind:
        case MessageKind.REACTION:
            emoji = change.text or ""
            return message.react(Reaction(emoji=emoji, from_us=change.from_us, at=change.at))
        case MessageKind.EDIT:
            return message.edit(change.text or "", at=change.at)
        case _:
            return message.revoke(at=change.at)
