"""A bare Debian 12 in a folder: its own systemd, its own network, nothing of khalifa's in it."""

import asyncio
import contextlib
import ctypes
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.servers import Process, eventually

ROOT = Path(__file__).parents[2]
# Packages that were fetched once; they may be thrown away.
KEPT = ROOT / "build" / "bare-debian"

_BOOT = Path(__file__).with_name("boot_debian.sh")
_NAMESPACES = ("mnt", "pid", "uts", "ipc", "net", "cgroup")
# What Debian's installer puts on a server beside the smallest Debian there is.
_INSTALLED = "systemd-sysv,dbus,ca-certificates"
_CERTIFICATES = Path("etc/ssl/certs/ca-certificates.crt")
# How this machine reaches its packages is how the other one does.
_PACKAGES_ENV = re.compile(
    r"(?:https?|no|all)_proxy|PIP_(?:INDEX_URL|CERT|DEFAULT_TIMEOUT)", re.IGNORECASE
)
_CLONE_NEWNET = 0x40000000


def why_not_here() -> str | None:
    """Say what is missing on this machine to have another one in a folder; None if nothing is."""
    if os.geteuid():
        return "only root makes namespaces with a system of its own"
    for program in ("debootstrap", "unshare", "nsenter"):
        if not shutil.which(program):
            return f"{program} is not installed"
    apart = ["unshare", "--mount", "--pid", "--net", "--cgroup", "--fork", "true"]
    if subprocess.run(apart, capture_output=True, check=False).returncode:
        return "the kernel gives no namespaces here"
    if _cgroups() is None:
        return "no cgroup2 is mounted here"
    return None


class BareDebian:
    """
    A Debian 12 as its installer leaves it, booted in namespaces of its own.

    Its network is its own, and empty: what its units start is reached by
    nothing but `opens` and what `run` runs. Only packages come from outside.
    """

    def __init__(self, root: Path, log: Path) -> None:
        self.root = root
        self._log = log
        self._machine: Process | None = None
        self._pid = 0
        self._cgroup: Path | None = None
        self._within = ThreadPoolExecutor(1)

    def make(self) -> None:
        """Lay the system down, from what was kept of the last time, or with debootstrap."""
        kept = KEPT / "base.tar.gz"
        self.root.mkdir(parents=True)
        if not kept.exists():
            _debootstrap(self.root, kept)
        subprocess.check_call(["tar", "-C", self.root, "-xf", kept])
        for file in _apt_configuration():
            target = self.root / file.relative_to("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
        # A proxy may sign with a certificate of its own, which this machine trusts.
        for file in (_CERTIFICATES, Path("etc/resolv.conf")):
            (self.root / file).unlink(missing_ok=True)
            shutil.copy(Path("/") / file, self.root / file)
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost bare\n::1 localhost\n")

    async def boot(self) -> None:
        """Turn it on, and wait until its units are up."""
        cgroups = _cgroups()
        assert cgroups is not None
        self._cgroup = cgroups / f"khalifa-{os.getpid()}-{id(self):x}"
        self._cgroup.mkdir()
        kept = KEPT / "deb"
        kept.mkdir(parents=True, exist_ok=True)
        shared = f"{kept}:var/cache/apt/archives"
        machine = Process(_BOOT, self.root, self._cgroup, shared, log=self._log)
        self._machine = machine.start()
        self._pid = await eventually(self._init, within=20, what="systemd started")
        self._within = ThreadPoolExecutor(1, initializer=_enter_network, initargs=(self._pid,))

        async def is_up() -> bool:
            # It may not listen yet.
            state = await asyncio.to_thread(self._call, ["systemctl", "is-system-running"])
            return state.stdout.strip() in {"running", "degraded"}

        await eventually(is_up, within=120, what="the machine booted")

    def pull_the_plug(self) -> None:
        """Kill all that runs in it at once, systemd first, as when the power fails."""
        if self._machine is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, 9)
            self._machine.stop()
            self._within.shutdown()
            self._machine = None
        if self._cgroup is not None:
            _remove_cgroup(self._cgroup)
            self._cgroup = None

    def run(self, commands: str, *, folder: str = "/root", packages: bool = False) -> str:
        """
        Type *commands* at its root's prompt; return what they print.

        With *packages*, by this machine's network, which has them.

        Raises:
            AssertionError: One of them failed. Says what was printed.
        """
        script = f"cd {folder}\n{commands}"
        done = self._call(["bash", "-euo", "pipefail", "-c", script], packages=packages)
        assert done.returncode == 0, f"{commands}\n---\n{done.stdout[-4000:]}"
        return done.stdout

    def opens(self, address: tuple[Any, ...]) -> socket.socket:
        """Make a socket in its network: a `socket_factory` for aiohttp."""
        family, kind, proto = address[:3]
        return self._within.submit(socket.socket, family, kind, proto).result()

    def _call(
        self, command: Sequence[str], *, packages: bool = False
    ) -> subprocess.CompletedProcess[str]:
        into = [name for name in _NAMESPACES if not (packages and name == "net")]
        enter = [f"--{'mount' if name == 'mnt' else name}" for name in into]
        env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        env |= {"HOME": "/root", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        if packages:
            env |= _of_packages(os.environ)
        return subprocess.run(
            ["nsenter", "--target", str(self._pid), *enter, "--", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=env,
            text=True,
            errors="replace",
            check=False,
        )

    def _init(self) -> int | None:
        assert self._machine is not None
        if not self._machine.is_running:
            raise self._machine.failure("ended before systemd was there")
        pid = self._machine.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for child in map(int, children):
            if Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                return child
        return None

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.make)
        await self.boot()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.pull_the_plug()
        shutil.rmtree(self.root)


def _debootstrap(root: Path, kept: Path) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    base = root.with_name("base")
    command = ["debootstrap", "--variant=minbase", f"--include={_INSTALLED}", "bookworm", str(base)]
    with (KEPT / "debootstrap.log").open("w") as log:
        subprocess.check_call(command, stdout=log, stderr=log)
    half = kept.with_suffix(".half")
    subprocess.check_call(["tar", "-C", base, "--gzip", "-cf", half, "."])
    half.rename(kept)
    shutil.rmtree(base)


def _apt_configuration() -> list[Path]:
    """Return the files that say where this machine has Debian's own packages from."""
    apt = Path("/etc/apt")
    lists = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("debian*.sources"))]
    # Not those of a container's image, which keep no package.
    more = [one for one in sorted((apt / "apt.conf.d").glob("9*")) if "docker" not in one.name]
    return [file for file in [*lists, *more] if file.is_file()]


def _of_packages(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if _PACKAGES_ENV.fullmatch(name)}


def _cgroups() -> Path | None:
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, where, kind = line.split()[:3]
        if kind == "cgroup2":
            return Path(where)
    return None


def _remove_cgroup(cgroup: Path) -> None:
    """Remove what a machine has left; what it ran may take a moment to be gone."""
    for folder in [*sorted(cgroup.rglob("*/"), reverse=True), cgroup]:
        with contextlib.suppress(OSError):
            folder.rmdir()


def _enter_network(pid: int) -> None:
    """Move the calling thread, and it alone, into the network of the process *pid*."""
    with Path(f"/proc/{pid}/ns/net").open() as network:
        if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
