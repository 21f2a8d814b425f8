"""The server's port is handed to systemd and taken back, as systemd's own protocol has it."""

import os
import socket as sockets
import subprocess
import sys
from pathlib import Path

from khalifa.entrypoints.http import kept_port
from khalifa.entrypoints.http.server import open_port

NEXT_PROCESS = """
import os
from khalifa.entrypoints.http import kept_port
listening = kept_port.take_back(os.environ, "127.0.0.1-8000")
print(listening and listening.getsockname()[1])
"""


def test_the_port_is_handed_over_by_its_name(tmp_path: Path) -> None:
    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        with open_port("127.0.0.1", 0) as listening:
            env = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
            kept_port.keep(env, kept_port.name_of("::1", 8000), listening)
            message, files, _, _ = sockets.recv_fds(systemd, 1024, 2)
            with sockets.socket(fileno=files[0]) as kept:
                assert kept.getsockname() == listening.getsockname()
    assert message == b"FDSTORE=1\nFDNAME=..1-8000\nFDPOLL=0"


def test_the_next_process_takes_back_its_port_and_lets_go_of_another(tmp_path: Path) -> None:
    with (
        sockets.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM) as systemd,
        open_port("127.0.0.1", 0) as other,
        open_port("127.0.0.1", 0) as ours,
    ):
        systemd.bind(str(tmp_path / "notify"))
        script = f"exec 3<&{other.fileno()} 4<&{ours.fileno()}; LISTEN_PID=$$ exec "
        script += f'{sys.executable} -c "$NEXT_PROCESS"'
        env = {
            "LISTEN_FDNAMES": "0.0.0.0-9000:127.0.0.1-8000",
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "NEXT_PROCESS": NEXT_PROCESS,
        }
        files = (other.fileno(), ours.fileno())
        said = subprocess.check_output(["bash", "-c", script], env=env, pass_fds=files, text=True)

        assert int(said) == ours.getsockname()[1]
        assert systemd.recv(1024) == b"FDSTOREREMOVE=1\nFDNAME=0.0.0.0-9000"


def test_without_systemd_nothing_is_kept() -> None:
    with open_port("127.0.0.1", 0) as listening:
        kept_port.keep({}, "127.0.0.1-8000", listening)
    assert kept_port.take_back({}, "127.0.0.1-8000") is None
    of_another = {"LISTEN_PID": str(os.getpid() + 1), "LISTEN_FDNAMES": "127.0.0.1-8000"}
    assert kept_port.take_back(of_another, "127.0.0.1-8000") is None
