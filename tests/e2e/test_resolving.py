"""Before a switch, WPPConnect is asked for the numbers of those it knows by their LID alone."""

import json
import sqlite3
from contextlib import closing

from sqlalchemy.engine import make_url

from tests.e2e.lines import CloudApiLine, WppconnectLine
from tests.e2e.shell import Shell
from tests.servers import eventually

PLAN = ("provider", "plan", "--to", "cloud_api")
# As seeded: of every twenty customers the last has nothing but a LID.
LIDS = [f"{100_000_000_000_000 + n}" for n in (19, 39, 59)]


async def test_numbers_are_asked_for_once_also_when_it_was_stopped(ready: Shell) -> None:
    async with (
        WppconnectLine("http://127.0.0.1:1", ready.folder) as old,
        CloudApiLine("http://127.0.0.1:1", ready.folder) as new,
    ):
        ready.env |= {**old.env, **new.env, "WHATSAPP_DRIVER": "wppconnect"}
        for n, lid in enumerate(LIDS[:2]):
            await old.act("knows_lid", phone=f"20111111111{n}", lid=lid)
        await told(ready, "dev", "seed", "--customers", "60", "--agents", "1")
        await told(ready, "provider", "pair")

        ready.env |= {"KHALIFA_LOOKUPS_PER_MINUTE": "1"}
        async with ready.process(*PLAN, "--resolve") as slow:
            await asked(old, times=1)
            await eventually(lambda: known(ready) == 58, within=10, what="the number kept")
            slow.kill()
        ready.env |= {"KHALIFA_LOOKUPS_PER_MINUTE": "6000"}
        # No server runs here: its webhook is red.
        shown = [await told(ready, *PLAN, "--resolve", "--json", code=1) for _ in range(2)]
        first, plan = (json.loads(one[one.index("{") :]) for one in shown)

        assert first["resolved"] == {"asked": 2, "found": 1, "left": 0}
        assert plan["resolved"] == {"asked": 0, "found": 0, "left": 0}
        assert (plan["customers"], plan["reachable"], plan["known_otherwise"]) == (60, 59, 1)
        assert await asked(old, times=3) == LIDS


async def told(shell: Shell, *command: str, code: int = 0) -> str:
    async with shell.process(*command) as process:
        assert await process.wait(within=60) == code, process.output()
        return process.output()


async def asked(line: WppconnectLine, *, times: int) -> list[str]:
    """Return which LIDs the far side was asked about, once they are so many."""

    async def seen() -> list[str]:
        paths = [str(one["path"]) for one in await line.read("requests")]
        lids = [path.rpartition("/")[2].partition("@")[0] for path in paths if "/pn-lid/" in path]
        return lids if len(lids) >= times else []

    return await eventually(seen, within=30, what=f"asked {times} times")


def known(shell: Shell) -> int:
    """Return how many customers have a number."""
    address = make_url(shell.env["DATABASE_URL"]).database
    with closing(sqlite3.connect(str(address))) as database:
        [count] = database.execute("SELECT COUNT(phone) FROM customers").fetchone()
    return int(count)
