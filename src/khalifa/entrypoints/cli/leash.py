"""
A leash: children end when whoever started them has ended, however that ended.

The one who starts them holds the only writing end of a pipe; each child holds the reading end,
and sees it close. This module imports next to nothing: run as a script, it keeps a program that
knows nothing of leashes on one.
"""

import faulthandler
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

# In seconds: from asking a process to end until making it.
PATIENCE = 8

_PR_SET_PDEATHSIG = 1


class Leash:
    """The starter's end. ``fd`` is what children must inherit."""

    def __init__(self) -> None:
        self.fd, self._held = os.pipe()

    def close(self) -> None:
        os.close(self.fd)
        os.close(self._held)


def wear(fd: int | None) -> None:
    """End this process in good order when the leash at *fd* is let go; without one, do nothing."""
    if fd is not None:
        os.set_inheritable(fd, False)
        _when_let_go(fd, _end_this_process)


def run(fd: int, command: Sequence[str]) -> int:
    """Keep *command* on the leash at *fd*; return how it ended, as a shell would say it."""
    program = subprocess.Popen(  # noqa: S603 - the command is the caller's
        command,
        close_fds=False,
        # No thread has been started yet.
        preexec_fn=_dying_with_parent(),  # noqa: PLW1509
    )
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: program.terminate())
    _when_let_go(fd, lambda: _end(program))
    code = program.wait()
    return code if code >= 0 else 128 - code


def _when_let_go(fd: int, act: Callable[[], None]) -> None:
    def watch() -> None:
        os.read(fd, 1)
        act()

    threading.Thread(target=watch, name="leash", daemon=True).start()


def _end_this_process() -> None:
    # By a thread that needs no Python, should Python itself be stuck.
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    os.kill(os.getpid(), signal.SIGTERM)


def _end(program: "subprocess.Popen[bytes]") -> None:
    program.terminate()
    try:
        program.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        program.kill()


def _dying_with_parent() -> Callable[[], None] | None:
    """Return what makes a child ask the kernel to be killed when this process dies; Linux only."""
    if sys.platform != "linux":
        return None
    import ctypes  # noqa: PLC0415 - the processes that only `wear` do without

    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        # https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return ask


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1]), sys.argv[2:]))
