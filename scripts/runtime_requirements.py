"""
Print what of requirements.lock the package itself stands on, with every digest.

The lock also has what khalifa is worked on with. It says beside each entry which others want it:
whatever nothing but the group `dev` wants is left out.
"""

import re
import sys
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"
# As uv names our own dependencies, which are of no group.
OURS = "khalifa (pyproject.toml)"


def runtime(lock: str) -> str:
    """Return the lines of *lock* that are needed where khalifa only runs."""
    entries = re.split(r"^(?=\S)", lock, flags=re.MULTILINE)[1:]
    wanted = {OURS}
    while found := {_name(one) for one in entries if _wanted_by(one) & wanted} - wanted:
        wanted |= found
    return "".join(one for one in entries if _name(one) in wanted)


def _name(entry: str) -> str:
    return entry.partition("==")[0]


def _wanted_by(entry: str) -> set[str]:
    # "# via one", or "# via" and one in each line below.
    return set(re.findall(r"^ +#(?: via)? +(\S.*)$", entry, re.MULTILINE)) - {"via"}


if __name__ == "__main__":
    sys.stdout.write(runtime(LOCK.read_text()))
