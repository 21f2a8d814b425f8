"""Free TCP ports for the servers and processes of a test."""

import random
import socket

# Below Linux's range for outgoing connections (32768 and up): while a server
# is killed and started again, no client's own end can sit down on its port.
_FIRST, _LAST = 20000, 32000

_handed_out: set[int] = set()


def free_port() -> int:
    """
    Find a port of the loopback address on which nothing listens.

    No port is given twice by one process, so two servers may take theirs
    first and start later.
    """
    while True:
        port = random.randint(_FIRST, _LAST)
        if port in _handed_out:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _handed_out.add(port)
        return port
