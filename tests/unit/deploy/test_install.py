"""What installs khalifa is in step with it: commands, settings, ports, paths, rights."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from khalifa.entrypoints.cli.main import app
from khalifa.settings import DEFAULT_PORT
from tests.http.who_may import MAY
from tests.unit.entrypoints.cli.test_env_example import settings_read_by_the_code

ROOT = Path(__file__).parents[3]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*"))
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
CONTAINERFILE = (ROOT / "Containerfile").read_text()
CADDYFILE = (ROOT / "deploy" / "caddy" / "Caddyfile").read_text()
PROMETHEUS = (ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text()
INSTALL = (ROOT / "docs" / "install.md").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
EACH: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: one for name, one in EACH.items() if one["image"] == "khalifa"}
# Of others: uvicorn's, and what compose.yaml and the proxy make of `.env`.
FOREIGN = {"FORWARDED_ALLOW_IPS", "DOMAIN", "DB_PASSWORD", "REDIS_PASSWORD", "SERVER"}


def words_of(command: list[str]) -> list[str]:
    """Return the words of a command up to its first option or argument."""
    words: list[str] = []
    for word in command:
        if not re.fullmatch(r"[a-z]+", word):
            break
        words.append(word)
    return words


def is_known(command: list[str]) -> bool:
    """Say whether the command line knows *command*, by its own reading of it."""
    try:
        app.parse_args(command, exit_on_error=False, print_error=False)
    except Exception:  # noqa: BLE001 - whatever is wrong with it
        return False
    return True


def test_the_reading_of_commands_can_fail() -> None:
    assert is_known(["worker", "intake"])
    assert not is_known(["worker", "sideways"])
    assert not is_known(["fly"])
    assert not is_known(["backup", "--loud"])


@pytest.mark.parametrize("name", OURS)
def test_a_container_is_given_a_command_that_there_is(name: str) -> None:
    assert is_known(OURS[name]["command"])


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_is_given_a_command_that_there_is(unit: Path) -> None:
    [line] = re.findall(
        r"^ExecStart=/opt/khalifa/bin/khalifa (.+)$", unit.read_text(), re.MULTILINE
    )
    kinds = ["intake", "delivery"] if "%i" in line else [""]
    for kind in kinds:
        assert is_known(shlex.split(line.replace("%i", kind)))


def test_the_target_wants_units_that_there_are() -> None:
    text = (ROOT / "deploy" / "systemd" / "khalifa.target").read_text()
    [wanted] = re.findall(r"^Wants=(.+)$", text, re.MULTILINE)
    names = {re.sub(r"@\w+", "@", name) for name in wanted.split()}

    assert names == {"khalifa-server.service", "khalifa-worker@.service"}
    assert names <= {unit.name for unit in UNITS}
    timers = {unit.stem for unit in UNITS if unit.suffix == ".timer"}
    assert timers == {unit.stem for unit in SERVICES if "Type=oneshot" in unit.read_text()}


def test_every_setting_that_is_given_is_read() -> None:
    read = settings_read_by_the_code() | FOREIGN
    texts = [CONTAINERFILE, INSTALL, *(unit.read_text() for unit in UNITS)]
    given = {name for one in OURS.values() for name in one["environment"]}
    for text in texts:
        given |= set(re.findall(r"\b((?:KHALIFA|WPPCONNECT|CLOUD_API)_[A-Z_]+[A-Z])\b", text))

    assert given - read == set()
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text()))
    assert asked - read == set()


def test_only_the_proxy_has_ports_of_the_machine() -> None:
    assert [name for name, one in EACH.items() if "ports" in one] == ["proxy"]
    # Whoever reaches these needs no password, or only one.
    for name in ("wppconnect", "db", "redis"):
        assert "front" not in EACH[name]["networks"], name
    assert COMPOSE["networks"]["back"]["internal"] is True
    for name in ("db", "redis"):
        assert EACH[name]["networks"] == ["back"]
    assert EACH["wppconnect"]["profiles"] == ["wppconnect"]
    assert "back" not in EACH["wppconnect"]["networks"]


@pytest.mark.parametrize("name", EACH)
def test_a_container_has_limits_and_is_looked_after(name: str) -> None:
    one = EACH[name]

    assert {"mem_limit", "cpus", "pids_limit", "restart"} <= set(one)
    # What it says does not fill the disk.
    assert {"max-size", "max-file"} <= set(one["logging"]["options"])
    assert "no-new-privileges:true" in one["security_opt"]
    if name != "schema":
        assert one["healthcheck"]["test"]
    # The proxy's own image is made for root, whose one right is its two ports.
    if name == "proxy":
        assert one["cap_drop"] == ["ALL"]
        assert one["cap_add"] == ["NET_BIND_SERVICE"]
    else:
        assert one["cap_drop"] == ["ALL"]
        assert "cap_add" not in one
        # WPPConnect's image is made for root.
        assert name == "wppconnect" or one["user"] not in {"0", "root"}
    assert not one.keys() & {"privileged", "network_mode", "pid", "ipc", "devices"}
    # WPPConnect's browser writes where it likes.
    assert one.get("read_only", False) is (name != "wppconnect")
    for volume in one.get("volumes", []):
        source = volume.split(":")[0]
        is_there = (
            (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
        )
        assert is_there, volume
    for needed, how in one.get("depends_on", {}).items():
        assert "healthcheck" in EACH[needed] or how["condition"] != "service_healthy"


@pytest.mark.parametrize("name", OURS)
def test_khalifas_own_containers_may_nothing(name: str) -> None:
    one = OURS[name]

    assert one["user"] == re.findall(r"^USER (\d+)$", CONTAINERFILE, re.MULTILINE)[-1] != "0"


def test_the_image_is_built_once_and_never_fetched() -> None:
    # Two builds at once of one image fail on a machine that has none yet.
    assert [name for name, one in OURS.items() if "build" in one] == ["schema"]
    assert {one["pull_policy"] for one in OURS.values()} == {"never"}
    for name in OURS.keys() - {"schema"}:
        assert OURS[name]["depends_on"]["schema"] == {"condition": "service_completed_successfully"}


def test_the_ports_and_paths_that_are_asked_are_khalifas() -> None:
    port = str(DEFAULT_PORT)
    looks = " ".join(map(str, EACH["server"]["healthcheck"]["test"]))
    [path] = re.findall(rf"http://127\.0\.0\.1:{port}(/[\w/]+)", looks)

    assert f"GET {path}" in MAY
    assert re.findall(r"^EXPOSE (\d+)$", CONTAINERFILE, re.MULTILINE) == [port]
    assert f"server:{port}" in CADDYFILE
    assert "GET /metrics" in MAY
    assert "path /metrics" in CADDYFILE
    first = int(OURS["intake"]["environment"]["KHALIFA_WORKER_METRICS_PORT"])
    for number, name in enumerate(("intake", "delivery")):
        assert f"{first + number})" in str(OURS[name]["healthcheck"]["test"])
        # Prometheus is another container: it must reach them.
        assert "KHALIFA_HOST" not in OURS[name]["environment"]
        assert f"{name}:{first + number}" in PROMETHEUS
    assert OURS["server"]["environment"]["KHALIFA_INTERNAL_URL"].endswith(f"server:{port}")


def test_what_the_image_is_made_of_is_there_and_built_apart() -> None:
    stages = re.findall(r"^FROM (\S+)(?: AS (\w+))?$", CONTAINERFILE, re.MULTILINE)
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINERFILE, re.MULTILINE)
    ignored = (ROOT / ".dockerignore").read_text().splitlines()

    assert [name for _, name in stages] == ["build", ""]
    for source in " ".join(copied).split():
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignored, source
    folders = re.findall(r"--owner=khalifa ([/\w ]+)", CONTAINERFILE)[0].split()
    mounted = {v.split(":")[1] for one in OURS.values() for v in one.get("volumes", [])}
    # A volume takes over who owns the image's folder; else nobody could write into it.
    assert mounted == set(folders)


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_is_shut_in(unit: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd here")
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert rated.returncode == 0, rated.stdout[-300:]
    lines = unit.read_text().splitlines()
    assert {"User=khalifa", "EnvironmentFile=/etc/khalifa/khalifa.env"} <= set(lines)


def test_roots_own_command_runs_as_the_units_do() -> None:
    words = shlex.split((ROOT / "deploy" / "khalifa").read_text(), comments=True)
    given = {word.removeprefix("--property=") for word in words if word.startswith("--property=")}

    assert given
    for unit in SERVICES:
        assert given <= set(unit.read_text().splitlines()), unit.name
        assert f"ExecStart={words[words.index('$@') - 1]} " in unit.read_text()


def test_the_page_gives_commands_and_files_that_there_are() -> None:
    code = "\n".join(re.findall(r"^```\n(.*?)^```", INSTALL, re.DOTALL | re.MULTILINE))
    code += "\n".join(re.findall(r"`([^`\n]+)`", INSTALL))
    lines = re.findall(r"(?:^|[ /])(?:khalifa|as_khalifa) ([a-z][^\n|`>;]*)", code, re.MULTILINE)
    commands = [shlex.split(line.split("  #")[0]) for line in lines]
    commands = [one for one in commands if words_of(one) and not one[0].startswith("khalifa")]

    assert len(commands) > 10
    for command in commands:
        named = command[: len(words_of(command))] or command
        assert named[0] in {name for name in app if not name.startswith("-")}, command
    for unit in set(re.findall(r"khalifa[\w-]*(?:@\w+)?\.(?:service|timer|target)", INSTALL)):
        assert (ROOT / "deploy" / "systemd" / re.sub(r"@\w+", "@", unit)).exists(), unit
    for path in re.findall(r"deploy/[\w/.]+\w", INSTALL):
        assert (ROOT / path).exists(), path
