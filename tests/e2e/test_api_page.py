"""The examples of docs/api.md do what the page says, one after another."""

import re
import sys
from pathlib import Path

from tests.e2e.lines import SandboxLine
from tests.e2e.system import System
from tests.servers import MysqlServer, PrivateRedis, Process

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
_EXAMPLE = re.compile(r"^```(sh|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_WITHIN = 60


async def test_the_examples_work_as_they_stand(
    mariadb: MysqlServer, redis_server: PrivateRedis, tmp_path: Path
) -> None:
    redis_server.flushall()
    async with System(SandboxLine, mariadb, redis_server, tmp_path) as system:
        script = Process(
            "bash",
            "-euxo",
            "pipefail",
            "-c",
            _script(system.url),
            env=system.process_env,
            cwd=tmp_path,
            log=tmp_path / "logs" / "examples.log",
        )
        async with script.start():
            code = await script.wait(within=_WITHIN)

        assert code == 0, script.output()
        assert "The customer's insurance is asked." in script.output()
        # Twice with one key, and a file.
        assert system.count("messages", "direction = 'out'") == 2


def _script(url: str) -> str:
    """Return the page's examples as one script, for the khalifa at *url*."""
    page = PAGE.read_text(encoding="utf-8")
    page = page.replace("http://127.0.0.1:8000", url)
    page = page.replace(".venv/bin/khalifa", str(Path(sys.executable).with_name("khalifa")))
    return "\n".join(
        f"{sys.executable} <<'END'\n{example}END" if language == "python" else example
        for language, example in _EXAMPLE.findall(page)
    )
