"""What is done to the system, each at a random moment. All of it ends: nothing stays broken."""

import asyncio
import random
import resource
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field

from tests.crash.far_sides import FAR_SIDES
from tests.crash.process import CLOCK
from tests.crash.system import CrashSystem
from tests.e2e.lines import FarSideLine
from tests.servers import PrivateServer, Process

_SERVERS = {"redis": "redis", "database": "mysql"}
# Seconds of load before and after an outage.
_CALM = 5.0


@dataclass(slots=True)
class Harms:
    """
    Does harm until told to stop, *every* so many seconds or so, and mends all of it.

    ``weights`` says how often each kind comes; ``longest`` is how long, in
    seconds, something may be stopped or away. ``back_at``: when an outage was
    over, in seconds since 1970.
    """

    system: CrashSystem
    random: random.Random
    every: float
    longest: float
    weights: Mapping[str, int]
    done: Counter[str] = field(default_factory=Counter)
    back_at: float = 0.0
    _busy: set[object] = field(default_factory=set)

    async def run(self, seconds: float) -> None:
        """Harm for so many seconds; return once everything is up again."""
        loop = asyncio.get_running_loop()
        over = loop.time() + seconds
        under_way: set[asyncio.Task[None]] = set()
        while loop.time() < over:
            await asyncio.sleep(self.every * self.random.uniform(0.3, 1.7))
            [kind] = self.random.choices(list(self.weights), list(self.weights.values()))
            task = asyncio.create_task(self._do(kind))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)
        await self._line.act("clear_arrangements")

    async def outage(self, which: Collection[str], seconds: float) -> None:
        """Take servers away under load for so many seconds, all together."""
        servers = [getattr(self.system, _SERVERS[name]) for name in which]
        await asyncio.sleep(_CALM)
        for server in servers:
            await asyncio.to_thread(server.kill)
        await asyncio.sleep(seconds)
        for name, server in zip(which, servers, strict=True):
            await asyncio.to_thread(server.restart)
            self.done[f"outage of {name}"] += 1
        self.back_at = time.time()
        await asyncio.sleep(_CALM)

    @property
    def _line(self) -> FarSideLine:
        assert isinstance(self.system.line, FarSideLine)
        return self.system.line

    async def _do(self, kind: str) -> None:
        harm: Callable[[], Awaitable[bool]] = getattr(self, f"_{kind}")
        if await harm():
            self.done[kind] += 1

    def _pause(self) -> float:
        return self.random.uniform(0, self.longest)

    async def _apart(self, victim: object, harm: Callable[[], Awaitable[None]]) -> bool:
        """Do one harm at a time to *victim*; say whether it was done."""
        if victim in self._busy:
            return False
        self._busy.add(victim)
        try:
            await harm()
        finally:
            self._busy.discard(victim)
        return True

    async def _kill(self, process: Process, *, clock: int = 0) -> bool:
        async def kill() -> None:
            await asyncio.to_thread(process.kill)
            await asyncio.sleep(self._pause() / 4)
            process.start(env={CLOCK: str(clock)} if clock else None)

        return await self._apart(process, kill)

    async def _kill_server(self) -> bool:
        return await self._kill(self.random.choice(self.system.servers))

    async def _kill_intake(self) -> bool:
        return await self._kill(self.random.choice(self.system.intake))

    async def _kill_delivery(self) -> bool:
        return await self._kill(self.random.choice(self.system.deliverers))

    async def _wrong_clock(self) -> bool:
        """One of the processes comes back on a machine that is up to a minute and a half off."""
        return await self._kill(
            self.random.choice(self.system.processes),
            clock=self.random.choice((-1, 1)) * self.random.randint(20, 90),
        )

    async def _stop(self) -> bool:
        """Something stands still in the middle of whatever it does, and then goes on."""
        process = self.random.choice(self.system.processes)

        async def stop() -> None:
            process.signal(signal.SIGSTOP)
            await asyncio.sleep(self._pause())
            process.signal(signal.SIGCONT)

        return await self._apart(process, stop)

    async def _away(self, server: PrivateServer) -> bool:
        async def away() -> None:
            await asyncio.to_thread(server.kill)
            await asyncio.sleep(self._pause() / 2)
            await asyncio.to_thread(server.restart)

        return await self._apart(server, away)

    async def _kill_redis(self) -> bool:
        return await self._away(self.system.redis)

    async def _kill_database(self) -> bool:
        return await self._away(self.system.mysql)

    async def _wipe_redis(self) -> bool:
        async def wipe() -> None:
            await asyncio.to_thread(self.system.redis.flushall)

        return await self._apart(self.system.redis, wipe)

    async def _cut_redis(self) -> bool:
        return bool(self.system.redis_road.cut())

    async def _cut_database(self) -> bool:
        return bool(self.system.mysql_road.cut())

    async def _full_disk(self) -> bool:
        """A server may write no file any longer than it is now: so a full disk looks to it."""
        server = self.random.choice(self.system.servers)

        async def fill() -> None:
            _limit_files(server.pid, 4096)
            await asyncio.sleep(self._pause())
            if server.is_running:
                _limit_files(server.pid, resource.RLIM_INFINITY)
            else:
                # It was just starting, and does not without room for its journal.
                server.start()

        return await self._apart(server, fill)

    async def _far_side(self) -> bool:
        async def arrange() -> None:
            await self._line.act(
                "arrange",
                scenario=self.random.choice(FAR_SIDES[self._line.driver].scenarios),
                times=self.random.randint(1, 4),
                seconds=self.random.uniform(0.5, 3),
            )

        return await self._apart(self._line, arrange)

    async def _far_side_dies(self) -> bool:
        """Calls break off, later ones find nobody, until it is back."""

        async def die() -> None:
            await self._line.act("restart", down_seconds=self._pause() / 4)

        return await self._apart(self._line, die)

    async def _let_go(self) -> bool:
        """What hangs at the far side is answered now, late."""

        async def release() -> None:
            await self._line.act("release")

        return await self._apart(self._line, release)


EVERYTHING: Mapping[str, int] = {
    "kill_server": 6,
    "kill_intake": 6,
    "kill_delivery": 6,
    "kill_redis": 3,
    "kill_database": 2,
    "wipe_redis": 2,
    "cut_redis": 4,
    "cut_database": 4,
    "stop": 4,
    "full_disk": 3,
    "wrong_clock": 2,
    "far_side": 10,
    "far_side_dies": 2,
    "let_go": 3,
}


def _limit_files(pid: int, size: int) -> None:
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
