"""Looks at the database during the run, past khalifa, for what may not be even for a moment."""

import asyncio
import time
from collections.abc import Mapping

import pymysql

from tests.crash.system import CrashSystem

EVERY = 0.25
# Of the time it takes to look, at least so much is left to others after it.
_REST = 3
# The provider's own words, in the order in which they may come.
_RANK: Mapping[str, int] = {"sent": 1, "failed": 2, "delivered": 3, "read": 4}


class Watch:
    """Counts looks, and keeps what was seen wrong at any of them."""

    def __init__(self, system: CrashSystem) -> None:
        self.looks = 0
        self.faults: list[str] = []
        self._system = system
        self._furthest: dict[int, str] = {}

    async def run(self) -> None:
        took = 0.0
        while True:
            await asyncio.sleep(max(EVERY, _REST * took))
            began = time.monotonic()
            try:
                await asyncio.to_thread(self._look)
            except pymysql.err.Error:
                # The database is away: that is what this is about.
                continue
            took = time.monotonic() - began
            self.looks += 1

    def _look(self) -> None:
        for customer, tickets in self._system.run(
            "SELECT customer_id, COUNT(*) FROM tickets WHERE status <> 'closed'"
            " GROUP BY customer_id HAVING COUNT(*) > 1"
        ):
            self._see(f"customer {customer} has {tickets} tickets that are not closed")
        for row in self._system.run(
            "SELECT id, status FROM messages WHERE direction = 'out'"
            " AND status IN ('sent', 'failed', 'delivered', 'read')"
        ):
            message, status = int(str(row[0])), str(row[1])
            before = self._furthest.get(message)
            if before is not None and _RANK[status] < _RANK[before]:
                self._see(f"message {message} went back from {before} to {status}")
            self._furthest[message] = status
        gone = set(self._furthest) - self._known()
        for message in gone:
            self._see(f"message {message} is not there any more")
            del self._furthest[message]

    def _known(self) -> set[int]:
        return {
            int(str(row[0]))
            for row in self._system.run("SELECT id FROM messages WHERE direction = 'out'")
        }

    def _see(self, fault: str) -> None:
        if fault not in self.faults:
            self.faults.append(fault)
