"""What must be true once all is quiet, asked from outside."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tests.crash.load import Record
from tests.crash.screen import Screen
from tests.crash.system import CrashSystem
from tests.servers import KHALIFA, ForkedProcess

# In seconds, for 99 of 100 bodies, whatever was killed.
FILED_WITHIN = 30.0
# The longest that a screen may be behind once all is quiet: after an outage it hears of
# everything that was filed since.
SHOWN_WITHIN = 60.0
SENT = frozenset({"sent", "delivered", "read"})
NOT_SURE = frozenset({"unknown"})


@dataclass(frozen=True, slots=True)
class Waits:
    """
    Seconds from the first 2xx answer to a body until it was filed, by the database's clock.

    Of those that came in an outage, from its end.
    """

    median: float
    p99: float
    longest: float


class Verdict:
    """Looks for faults; what it could count stands beside them, and what it is ``doing``."""

    def __init__(self, system: CrashSystem, record: Record) -> None:
        self.faults: list[str] = []
        self.statuses: Counter[str] = Counter()
        self.doing = "all goes on"
        self.back_at = 0.0
        self._system = system
        self._record = record

    async def quiet(self, *, within: float) -> None:
        """Wait until nothing is on its way any more, in any direction."""
        waiting = {
            "replies are still on their way": (
                "SELECT COUNT(*) FROM messages WHERE direction = 'out'"
                " AND status IN ('queued', 'sending')"
            ),
            "events are not published": "SELECT COUNT(*) FROM events",
        }
        deadline = asyncio.get_running_loop().time() + within
        while True:
            left = {what: self._number(query) for what, query in waiting.items()}
            missing = len(self._record.taken.keys() - self._stored().keys())
            left["bodies answered 2xx are not filed"] = missing
            self.doing = "; ".join(f"{n:,} {what}" for what, n in left.items() if n) or "quiet"
            if not any(left.values()):
                break
            if asyncio.get_running_loop().time() > deadline:
                self.faults += [f"{count} {what}" for what, count in left.items() if count]
                break
            await asyncio.sleep(0.2)
        await self._system.line.act("settle")  # type: ignore[attr-defined]

    async def give(self, screens: dict[str, Screen]) -> None:
        self.doing = "bodies are counted"
        self.faults += self._of_bodies()
        self.doing = "replies are counted"
        self.faults += await self._of_replies()
        self.faults += self._of_answers()
        self.doing = "screens are compared"
        self.faults += await self._of_screens(screens)
        self.doing = "the ledger is audited"
        self.faults += await self._of_the_ledger()

    def waits(self) -> Waits:
        """Return how long bodies waited, by the first message of each."""
        filed = {
            str(text): float(str(at))
            for text, at in self._system.run(
                "SELECT m.text, UNIX_TIMESTAMP(l.filed_at) FROM messages m JOIN intake_ledger l"
                " ON l.journal = m.journal AND l.number = m.number WHERE m.direction = 'in'"
            )
        }
        waits = sorted(
            max(filed[text] - max(taken, self.back_at), 0.0)
            for text, taken in self._record.taken.items()
            if text in filed
        ) or [0.0]
        return Waits(
            median=waits[len(waits) // 2], p99=waits[len(waits) * 99 // 100], longest=waits[-1]
        )

    # Bodies

    def _stored(self) -> Counter[str]:
        rows = self._system.run("SELECT text FROM messages WHERE direction = 'in'")
        return Counter(str(row[0]) for row in rows)

    def _of_bodies(self) -> Iterator[str]:
        stored = self._stored()
        if lost := self._record.taken.keys() - stored.keys():
            yield f"{len(lost)} bodies were answered 2xx and are not filed"
        if doubled := [text for text, times in stored.items() if times > 1]:
            yield f"{len(doubled)} messages are stored more than once"
        if invented := stored.keys() - self._record.written.keys():
            yield f"{len(invented)} messages are stored that nobody sent"
        p99 = self.waits().p99
        if p99 > FILED_WITHIN:
            yield f"one body in a hundred waited {p99:.0f} s or longer"

    # Replies

    async def _of_replies(self) -> list[str]:
        rows = self._system.run(
            "SELECT id, text, status, error FROM messages"
            " WHERE direction = 'out' AND sender_type = 'agent'"
        )
        stored = {
            int(str(id_)): (str(text), str(status), error) for id_, text, status, error in rows
        }
        went_out = Counter(sent.text for sent in await self._system.line.went_out())
        faults = [
            f"{what}: {text!r}"
            for text, times in went_out.items()
            if (what := "sent more than once" if times > 1 else "")
        ]
        for text, message in self._record.replies.items():
            if message not in stored:
                faults.append(f"accepted and not there: {text!r}")
        if len({text for text, _, _ in stored.values()}) < len(stored):
            faults.append("a reply asked for once is stored twice")
        for text, status, error in stored.values():
            self.statuses[status] += 1
            if status in SENT and not went_out[text]:
                faults.append(f"{status}, and never at the far side: {text!r}")
            elif status == "failed" and not error:
                faults.append(f"failed without a reason: {text!r}")
            elif status not in SENT | NOT_SURE | {"failed"}:
                faults.append(f"left {status}: {text!r}")
        return faults

    def _of_answers(self) -> Iterator[str]:
        for error, times in self._record.errors.items():
            yield f"the API answered {error} ({times} times)"
        if self._record.errors:
            for server in self._system.servers:
                logged = server.log.read_text(errors="replace").splitlines()
                yield from [line for line in logged if "request failed" in line][:3]

    # Screens

    async def _of_screens(self, screens: dict[str, Screen]) -> list[str]:
        return [
            fault
            for name, screen in screens.items()
            for fault in await self._of_screen(name, screen)
        ]

    async def _of_screen(self, name: str, screen: Screen) -> list[str]:
        """Compare what a screen shows with the API, until they agree or it is late."""
        differences: list[str] = []
        late = asyncio.get_running_loop().time() + SHOWN_WITHIN
        while True:
            _, tickets, messages = await screen.shown()
            differences = [
                f"{name}'s screen shows an old {what} {id_}"
                for what, shown, held in (
                    ("ticket", tickets, screen.tickets),
                    ("message", messages, screen.messages),
                )
                for id_, entity in shown.items()
                if held.get(id_) != entity
            ]
            if not differences or asyncio.get_running_loop().time() > late:
                return differences[:3]
            await asyncio.sleep(0.2)

    # The ledger

    async def _of_the_ledger(self) -> list[str]:
        audit = ForkedProcess(
            KHALIFA,
            "ledger",
            "audit",
            env=self._system.settings_env(),
            cwd=self._system.folder,
            log=self._system.folder / "logs" / "audit.log",
        )
        with audit:
            code = await audit.wait(within=60)
        return [] if code == 0 else [f"the audit found a difference:\n{audit.output()}"]

    def _number(self, query: str) -> int:
        return int(str(self._system.run(query)[0][0]))
