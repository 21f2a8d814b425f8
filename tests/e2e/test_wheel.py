"""The wheel alone gives a working `khalifa up`, with the desk in it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import aiohttp
import pytest

from tests.servers import Process, free_port

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with khalifa as its wheel has it; what it stands on is this environment's."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.check_call([*pip, "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT)])
    [wheel] = folder.glob("khalifa-*.whl")
    subprocess.check_call(
        [*pip, "install", "--no-deps", "--target", str(folder / "site"), str(wheel)]
    )
    return folder


def test_the_wheel_holds_the_desk_and_nothing_private(installed: Path) -> None:
    [wheel] = installed.glob("khalifa-*.whl")
    names = zipfile.ZipFile(wheel).namelist()

    assert "khalifa/entrypoints/http/static/desk/desk.html" in names
    assert "khalifa/infrastructure/redis/pace.lua" in names
    assert [name for name in names if "migrations/versions/0001" in name]
    assert not [name for name in names if not name.startswith(("khalifa/", "khalifa-"))]


async def test_up_runs_from_the_wheel_and_shows_the_desk(installed: Path, tmp_path: Path) -> None:
    port = free_port()
    env = {**os.environ, "PYTHONPATH": str(installed / "site"), "COLUMNS": "200"}
    where = [sys.executable, "-c", "import khalifa; print(khalifa.__file__)"]
    said = subprocess.check_output(where, env=env, cwd=tmp_path, text=True)  # noqa: ASYNC221
    assert said.startswith(str(installed))

    command = ("-m", "khalifa.entrypoints.cli", "up", "--data", "house", "--port", str(port))
    up = Process(sys.executable, *command, env=env, cwd=tmp_path, log=tmp_path / "up.log")
    async with up, aiohttp.ClientSession() as http:
        await up.wait_for_line("khalifa is running", within=120)
        async with http.get(f"http://127.0.0.1:{port}/") as page:
            assert page.status == 200
            text = await page.text()
        assert "/assets/" in text
        async with http.get(f"http://127.0.0.1:{port}/health/ready") as ready:
            assert ready.status == 200
        assert await up.terminate(within=20) == 0
