"""Free TCP ports for the servers and processes of a test."""

import random
import socket

# Below Linux's range for outgoing connections (32768 and up): while a server
# is killed and started again, no client's own end can sit down on its port.
_FIRST, _LAST = 20000, 32000
_BLOCK = 100

# Each process has blocks of its own: the first port of one is held for as long as it lives.
_held: list[socket.socket] = []
_left: list[int] = []


def free_port() -> int:
    """
    Find a port of the loopback address on which nothing listens.

    No port is given twice, nor to two processes that ask at the same time, so
    two servers may take theirs first and start later.
    """
    return free_ports(1)


def free_ports(count: int) -> int:
    """Find *count* such ports in a row; return the first."""
    while True:
        if len(_left) < count:
            _left[:] = _block()
        ports = _left[:count]
        del _left[:count]
        if all(_is_free(port) for port in ports):
            return ports[0]


def _block() -> list[int]:
    firsts = range(_FIRST, _LAST, _BLOCK)
    for first in random.sample(firsts, len(firsts)):
        guard = socket.socket()
        try:
            guard.bind(("127.0.0.1", first))
        except OSError:
            guard.close()
        else:
            _held.append(guard)
            return list(range(first + 1, first + _BLOCK))
    raise OSError(f"no free ports from {_FIRST} to {_LAST}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
