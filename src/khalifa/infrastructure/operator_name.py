"""Who sits at this machine."""

import getpass
import platform

MOST = 100


def operator_name() -> str | None:
    """Return the user of this process and the machine, ``mona@till-2``; None when nobody says."""
    try:
        return f"{getpass.getuser()}@{platform.node()}"[:MOST]
    except (KeyError, OSError):
        return None
