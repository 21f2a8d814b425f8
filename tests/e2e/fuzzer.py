"""Schemathesis against a khalifa that runs: as whom, for how long, and what it found."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from khalifa.domain.agents import Role
from tests.e2e.system import System
from tests.servers import Process

PASSWORD = "correct horse battery"
SESSIONS = 20
_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]


@dataclass(frozen=True)
class Found:
    """What a run found; ``report`` is all it said of it."""

    operations: int
    cases: int
    failures: int
    report: str

    def __str__(self) -> str:
        return f"{self.operations} operations, {self.cases} cases, {self.failures} failures"


@dataclass(frozen=True)
class Fuzzer:
    """
    Runs Schemathesis over the API's whole document, as one after another.

    ``known`` goes into the environment of the hooks; the rest is in schemathesis.toml.
    """

    url: str
    logs: Path
    seed: int
    known: Mapping[str, str]

    async def run(self, name: str, *arguments: str, seconds: float) -> Found:
        """
        Ask as who is in ``known``, for so many *seconds*; return what was found.

        Raises:
            ProcessFailed: It found nothing out at all.
        """
        report = self.logs / f"{name}.json"
        process = Process(
            "schemathesis",
            f"--config-file={_HERE / 'schemathesis.toml'}",
            "run",
            f"{self.url}/docs/openapi.json",
            "--no-color",
            f"--seed={self.seed}",
            f"--report-json-path={report}",
            *arguments,
            env={**self.known, "PYTHONPATH": str(_ROOT)},
            cwd=self.logs,
            log=self.logs / f"{name}.log",
        )
        async with process.start():
            await process.wait(within=seconds)
        if not report.exists():
            raise process.failure("wrote no report")
        return _found(json.loads(report.read_text()), process.output())


def _found(said: dict[str, dict[str, int]], report: str) -> Found:
    return Found(
        operations=said["operations"]["tested"],
        cases=said["test_cases"]["generated"],
        failures=said["test_cases"]["unique_failures"] + said["operations"]["errored"],
        report=report,
    )


async def somebody(system: System, role: Role) -> dict[str, str]:
    """
    Add somebody who asks as *role*, online; return what the hooks must know of them.

    They have sessions to end besides the one that they ask by, and a
    colleague to whom may happen what would keep them from asking on.
    """
    name = f"who fuzzes as {role}"
    container = system.container
    try:
        colleague = await container.add_agent()(name=f"colleague of {name}")
        me = await container.add_agent()(name=name, role=role, password=PASSWORD)
        tokens = [await container.issue_token()(name) for _ in range(SESSIONS)]
    finally:
        await container.cleanup().aclose()
    system.tokens[name] = tokens[0]
    await system.ask("POST", "/api/agents/me/presence", {"presence": "online"}, by=name)
    sessions = await system.ask("GET", "/api/me/sessions", by=name)
    current = {one["current"]: one["id"] for one in sessions["items"]}[True]
    others = [one["id"] for one in sessions["items"] if not one["current"]]
    return {
        "FUZZER_TOKEN": tokens[0],
        "FUZZER_NAME": name,
        "FUZZER_PASSWORD": PASSWORD,
        "FUZZER_ID": str(me.id),
        "FUZZER_SESSION": current,
        "FUZZER_SESSIONS": " ".join(others),
        "FUZZER_COLLEAGUE": str(colleague.id),
    }
