"""What a system holds at this moment, process by process and server by server."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import redis

from benchmarks.memory import resident
from khalifa.infrastructure.redis.event_stream import KEPT, STREAM
from tests.e2e.system import System
from tests.servers import MysqlServer, PrivateRedis, Process
from tests.soak.trends import Limit

_MB = 2**20
# A connection that is just being replaced, a file that is just being read: no growth.
_MEMORY, _FEW, _JOURNAL = Limit(10, 4), Limit(5, 4), Limit(10, 8)
# Of three processes each keeps up to ten, and opens the last of them when much comes at once.
_POOLS = Limit(5, 8)
# The newest events are kept for screens that come back, up to a number that takes a while to reach.
_EVENTS = Limit(10, KEPT)


class Reading(NamedTuple):
    """One figure, what it is counted in, and how much it may grow."""

    name: str
    unit: str
    value: float
    limit: Limit


@dataclass(frozen=True, slots=True)
class Gauges:
    """Reads from outside: of the kernel, the servers and the disk, never of khalifa."""

    system: System
    mysql: MysqlServer
    redis: PrivateRedis

    def read(self) -> list[Reading]:
        return [*self._processes(), *self._servers(), self._journal()]

    def _processes(self) -> Iterator[Reading]:
        for name, process in processes_of(self.system).items():
            home = Path(f"/proc/{process.pid}")
            yield Reading(f"{name}: memory", "MB", resident(process.pid), _MEMORY)
            yield Reading(f"{name}: open files", "", _entries(home / "fd"), _FEW)
            yield Reading(f"{name}: threads", "", _entries(home / "task"), _FEW)

    def _servers(self) -> Iterator[Reading]:
        [row] = self.mysql.execute("SHOW STATUS LIKE 'Threads_connected'")
        yield Reading("MariaDB: connections", "", float(str(row[1])), _POOLS)
        with redis.Redis.from_url(self.redis.url) as client:
            clients, memory = client.info("clients"), client.info("memory")
            # All of the stream is measured, not a sample: that is estimated by megabytes too much.
            events, room = client.xlen(STREAM), client.memory_usage(STREAM, samples=0) or 0
        yield Reading("Redis: clients", "", clients["connected_clients"], _FEW)
        yield Reading("Redis: events kept", "", events, _EVENTS)
        beside = (memory["used_memory"] - room) / _MB
        yield Reading("Redis: memory beside them", "MB", beside, _MEMORY)
        for table in ("events", "message_deliveries"):
            yield Reading(f"MariaDB: rows of {table}", "", self.system.count(table), Limit(10, 500))

    def _journal(self) -> Reading:
        files = (self.system.folder / "data" / "journal").rglob("*")
        size = sum(file.stat().st_size for file in files if file.is_file())
        return Reading("journal", "MB", size / _MB, _JOURNAL)


def processes_of(system: System) -> Mapping[str, Process]:
    return {"server": system.server, "intake": system.intake[0], "delivery": system.delivery}


def _entries(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir())
