"""A hundred agents at their desks while customers write: from POST to their screens."""

from benchmarks.load import Load
from benchmarks.memory import resident
from benchmarks.notes import percentile
from benchmarks.report import Figure
from benchmarks.screens import Screens, screens_of
from benchmarks.systems import System
from benchmarks.traffic import requests_of

ROUNDS = 3
AGENTS = 100
RATE = 50
SECONDS = 20
_NAME = f"{AGENTS} agents, {RATE} messages/s"


async def run(rounds: int = ROUNDS) -> list[Figure]:
    """Post at a fixed rate, a message is late from when it was due; then look at the server."""
    async with System(agents=AGENTS) as system:
        await system.fill()
        async with screens_of(system) as screens:
            delays = [await _delays(system, screens) for _ in range(rounds)]
            memory = resident(system.server.pid)
    return [
        Figure.of_rounds(
            f"POST to the agent's frame, {_NAME}, p99",
            [1000 * percentile(round_, 99) for round_ in delays],
            bar=300,
            at_least=False,
            unit="ms",
            beside={"p50 ms": 1000 * percentile([one for some in delays for one in some], 50)},
        ),
        Figure(
            name=f"memory of the server, {_NAME}",
            value=memory,
            bar=400,
            at_least=False,
            unit="MB",
        ),
    ]


async def _delays(system: System, screens: Screens) -> list[float]:
    screens.clear()
    calls = system.traffic.take(RATE * SECONDS)
    async with Load(system.port) as load:
        moments = await load.at(RATE, requests_of(calls))
    due = {call.wamid: moment for call, moment in zip(calls, moments, strict=True)}
    delays: dict[str, float] = {}
    for at, frame in await screens.all_shown(len(calls)):
        wamid = frame.entity.whatsapp_message_id if frame.entity else None
        if wamid in due:
            # The first time it is seen.
            delays.setdefault(wamid, at - due[wamid])
    if missing := due.keys() - delays.keys():
        raise LookupError(f"{len(missing)} messages came to no screen")
    return list(delays.values())
