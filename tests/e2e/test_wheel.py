"""The wheel alone, installed by pipx, gives a working `khalifa up`, with the desk in it."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import aiohttp
import pytest

from tests.servers import Process, free_port

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wheel")


@pytest.fixture(scope="module")
def wheel(folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.check_call([*pip, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT)])
    [made] = folder.glob("khalifa-*.whl")
    return made


@pytest.fixture(scope="module")
def khalifa(folder: Path, wheel: Path) -> Path:
    """The command that pipx gives whoever has the wheel; what it stands on comes from the index."""
    tools = folder / "tools"
    subprocess.check_call([sys.executable, "-m", "venv", str(tools)])
    subprocess.check_call([tools / "bin" / "pip", "install", "--quiet", "pipx"])
    env = {
        **os.environ,
        "PIPX_HOME": str(folder / "pipx"),
        "PIPX_BIN_DIR": str(folder / "bin"),
        "PIPX_MAN_DIR": str(folder / "man"),
        "PIPX_DEFAULT_PYTHON": sys.executable,
    }
    subprocess.check_call([tools / "bin" / "pipx", "install", "--quiet", str(wheel)], env=env)
    command = folder / "bin" / "khalifa"
    # In an environment of its own: nothing of this checkout is on its path.
    assert command.resolve().is_relative_to(folder / "pipx")
    return command


def test_the_wheel_holds_the_desk_and_nothing_private(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert "khalifa/entrypoints/http/static/desk/desk.html" in names
    assert "khalifa/infrastructure/redis/pace.lua" in names
    assert [name for name in names if "migrations/versions/0001" in name]
    assert not [name for name in names if not name.startswith(("khalifa/", "khalifa-"))]


async def test_up_runs_from_the_wheel_and_shows_the_desk(khalifa: Path, tmp_path: Path) -> None:
    port = free_port()
    command = ("up", "--data", "house", "--port", str(port))
    up = Process(khalifa, *command, env={"COLUMNS": "200"}, cwd=tmp_path, log=tmp_path / "up.log")
    site = f"http://127.0.0.1:{port}"
    async with up, aiohttp.ClientSession() as http:
        await up.wait_for_line("khalifa is running", within=120)
        async with http.get(f"{site}/health/ready") as ready:
            assert ready.status == 200
        async with http.get(f"{site}/") as page:
            assert page.status == 200
            scripts = re.findall(r'src="(/assets/[^"]+\.js)"', await page.text())
        assert scripts
        for script in scripts:
            async with http.get(site + script) as code:
                assert code.status == 200, script
        assert await up.terminate(within=20) == 0
