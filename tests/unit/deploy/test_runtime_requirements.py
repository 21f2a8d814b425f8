"""A server installs by hash all that khalifa stands on, and nothing it is worked on with."""

import re
import runpy
import tomllib
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[3]
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

runtime: Callable[[str], str] = runpy.run_path(str(ROOT / "scripts" / "runtime_requirements.py"))[
    "runtime"
]

SMALL = """\
alone==1 \\
    --hash=sha256:aa
    # via khalifa (pyproject.toml:dev)
deep==2 ; sys_platform == 'win32' \\
    --hash=sha256:bb
    # via
    #   alone
    #   shallow
linter==3 \\
    --hash=sha256:cc
    # via alone
shallow==4 \\
    --hash=sha256:dd \\
    --hash=sha256:ee
    # via
    #   khalifa (pyproject.toml)
    #   khalifa (pyproject.toml:dev)
"""


def names(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9][a-z0-9.-]*)==", lock, re.MULTILINE))


def test_what_only_the_developers_want_is_left_out() -> None:
    kept = runtime(SMALL)

    assert names(kept) == {"deep", "shallow"}
    assert kept in SMALL.replace(SMALL[SMALL.index("linter") : SMALL.index("shallow==4")], "")


def test_of_the_lock_all_that_the_package_names_is_kept_with_its_digests() -> None:
    kept = runtime(LOCK)
    wanted = {re.split(r"[\[<>=;]", one)[0].lower() for one in PROJECT["project"]["dependencies"]}
    tools = {re.split(r"[<>=;]", one)[0] for one in PROJECT["dependency-groups"]["dev"]}

    assert wanted <= names(kept)
    # PyYAML comes with Litestar, too.
    assert names(kept) & tools == {"pyyaml"}
    assert kept.count("--hash=sha256:") > len(names(kept))
