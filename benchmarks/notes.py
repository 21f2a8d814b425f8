"""What the `noting` variant noted: what was committed, and when, on the monotonic clock."""

from pathlib import Path
from typing import NamedTuple

import msgspec


class Version(NamedTuple):
    """An event as both sides know it."""

    kind: str
    id: str
    version: int


class Entity(msgspec.Struct):
    whatsapp_message_id: str | None = None


class Note(msgspec.Struct):
    at: float
    kind: str
    id: str
    version: int
    entity: Entity


_NOTE = msgspec.json.Decoder(Note)


class Notes:
    """The notes of a file so far."""

    def __init__(self, path: Path) -> None:
        self.committed: dict[Version, float] = {}
        self.message_committed: dict[str, float] = {}
        with path.open("rb") as lines:
            for line in lines:
                note = _NOTE.decode(line)
                # The first time: what is told again was committed before.
                self.committed.setdefault(Version(note.kind, note.id, note.version), note.at)
                if wamid := note.entity.whatsapp_message_id:
                    self.message_committed.setdefault(wamid, note.at)


def percentile(values: list[float], percent: int) -> float:
    """Return the smallest of *values* that so many per cent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
