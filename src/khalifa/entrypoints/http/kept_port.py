"""
The port that outlives the process: systemd keeps it open while the server is restarted.

Whoever comes meanwhile waits in the port's queue, and is answered by the next process. Only where
the unit says ``FileDescriptorStoreMax=``; elsewhere nothing of this does anything.
https://systemd.io/FILE_DESCRIPTOR_STORE/
"""

import os
import socket as sockets
from collections.abc import Mapping

_FIRST = 3


def name_of(host: str, port: int) -> str:
    """Return by what name the port is kept; systemd takes no colon in one."""
    return f"{host.replace(':', '.')}-{port}"


def take_back(env: Mapping[str, str], name: str) -> sockets.socket | None:
    """
    Return the port that was kept by *name*; whatever else was kept is let go.

    systemd lets go a moment later: a port that is had at another address
    until then is free when the unit is started again.
    """
    found = None
    if env.get("LISTEN_PID") != str(os.getpid()):
        return found
    for number, kept in enumerate(env.get("LISTEN_FDNAMES", "").split(":"), _FIRST):
        if kept == name and found is None:
            os.set_inheritable(number, False)
            found = sockets.socket(fileno=number)
        else:
            os.close(number)
            _tell(env, f"FDSTOREREMOVE=1\nFDNAME={kept}")
    return found


def keep(env: Mapping[str, str], name: str, listening: sockets.socket) -> None:
    """Have *listening* kept by *name*, until the unit is stopped for good."""
    # Unasked systemd drops what seems to be hung up, as a port does on which nobody listens yet.
    _tell(env, f"FDSTORE=1\nFDNAME={name}\nFDPOLL=0", listening.fileno())


def _tell(env: Mapping[str, str], message: str, *files: int) -> None:
    address = env.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM) as manager:
        manager.connect(address)
        sockets.send_fds(manager, [message.encode()], files)
