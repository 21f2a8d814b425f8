"""Reactions: the emoji each side of a conversation has on a message."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """
    One side's emoji. A conversation has two sides, and each has one reaction on a message.

    An empty emoji is a reaction taken back. It is kept, so that an older one
    that arrives late does not come back.
    """

    emoji: str
    from_us: bool
    at: datetime


def replaced(reactions: tuple[Reaction, ...], new: Reaction) -> tuple[Reaction, ...]:
    """Return *reactions* with *new* in place of that side's, unless that is a newer one."""
    before = next((one for one in reactions if one.from_us is new.from_us), None)
    if before is not None and (before.at > new.at or before == new):
        return reactions
    others = tuple(one for one in reactions if one is not before)
    return (*others, new)
