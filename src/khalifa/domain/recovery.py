"""What a provider said while nobody listened: until when nothing is missing any more."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from khalifa.domain.contacts import ProviderName

# Providers' clocks and ours differ, and a message may be a while on its way.
OVERLAP = timedelta(minutes=2)
# What was missed for longer than this is history, and no longer anybody's work.
LOOK_BACK = timedelta(days=7)


@dataclass(kw_only=True, eq=False, slots=True)
class Recovery:
    """
    How far a provider's chats are known to be on file.

    Whatever was said before ``covered_until`` is. It moves with a clean pass
    only: every chat was read, and nothing was found that was not on file.
    ``found`` counts what the last passes that found anything have found,
    ``found_at`` is when. ``complete`` says whether the last pass was clean.
    """

    provider: ProviderName
    covered_until: datetime
    checked_at: datetime | None = None
    complete: bool = False
    found: int = 0
    found_at: datetime | None = None

    def since(self, now: datetime) -> datetime:
        """Return the time from which on the chats must be read again."""
        return max(self.covered_until - OVERLAP, now - LOOK_BACK)

    def passed(self, *, begun_at: datetime, ended_at: datetime, found: int, whole: bool) -> None:
        """Take note of one pass through the chats; *whole* when every one could be read."""
        if found:
            # Passes in a row that find something are one recovery.
            self.found = found if self.complete or self.found_at is None else self.found + found
            self.found_at = ended_at
        self.complete = whole and not found
        if self.complete:
            self.covered_until = max(self.covered_until, begun_at)
        self.checked_at = ended_at
