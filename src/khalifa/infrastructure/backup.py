"""
Backups: database, files and settings in a folder of their own, and the way back.

A backup holds ``database.db`` or ``database.sql.gz``, ``media/``, ``settings.env``, and
``SHA256SUMS`` over all of them, which `sha256sum -c` reads, too. Journals are in none: put back,
they would give numbers out again that the ledger holds.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from khalifa.infrastructure.database.dump import (
    MYSQL,
    SQLITE,
    dump,
    file_of,
    load,
    require_target,
    size_of,
)
from khalifa.infrastructure.database.mysql_programs import BackupFailed, pass_on

SUMS, SETTINGS, MEDIA = "SHA256SUMS", "settings.env", "media"
_PREFIX = "khalifa-"
_SUM = re.compile(r"([0-9a-f]{64})  (.+)")
# Is told how many bytes are done, and about how many there are.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """``sha256`` is that of ``SHA256SUMS``, and with it of everything."""

    path: Path
    files: int
    size: int
    sha256: str


@dataclass(slots=True)
class _Bar:
    progress: Progress
    total: int
    done: int = 0

    def moved(self, size: int) -> None:
        self.done += size
        self.progress(min(self.done, self.total), self.total)


def back_up(
    url: str,
    folder: Path,
    *,
    name: str,
    media: Path | None = None,
    settings: Mapping[str, str] | None = None,
    trial: bool = True,
    progress: Progress = lambda _done, _total: None,
) -> Backup:
    """
    Make a backup called *name* in *folder*, of the database at *url*, *media* and *settings*.

    Reads one moment of the database and holds nobody up; files come after it,
    so that each it speaks of is there. With *trial* the database is restored
    once and counted. A file that the backup before has is linked, not copied.
    From synchronous code; blocks for as long as it takes.

    Raises:
        BackupFailed: it could not be made, has not room, or does not restore.
    """
    target, draft = folder / f"{_PREFIX}{name}", folder / f".{_PREFIX}{name}.partial"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        before = _newest(folder)
        bar = _Bar(progress, _require_room(url, media, folder, before))
        draft.mkdir(mode=0o700)
        database = dump(url, draft, trial=trial, moved=bar.moved)
        sums = {database.name: _digest(database)}
        if settings is not None:
            _write_settings(draft / SETTINGS, settings)
            sums[SETTINGS] = _digest(draft / SETTINGS)
        if media is not None:
            sums |= _copy_media(media, draft / MEDIA, before, bar)
        lines = "".join(f"{sha256}  {file}\n" for file, sha256 in sums.items())
        (draft / SUMS).write_text(lines)
        size = sum((draft / file).stat().st_size for file in sums)
        draft.replace(target)
    except OSError as error:
        raise BackupFailed(f"The backup cannot be written: {error.strerror}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Backup(path=target, files=len(sums), size=size, sha256=_digest(target / SUMS))


def remove_old(folder: Path, *, keep: int) -> list[Path]:
    """Remove all backups in *folder* but the newest *keep*; return which."""
    old = _backups(folder)[:-keep]
    for path in old:
        shutil.rmtree(path)
    return old


def settings_in(backup: Path) -> dict[str, str]:
    """Return the settings that a backup holds, none where it holds none."""
    kept = dotenv_values(backup / SETTINGS, interpolate=False, encoding="utf-8")
    return {name: value for name, value in kept.items() if value is not None}


def restore(
    backup: Path,
    url: str,
    *,
    media: Path | None,
    overwrite: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> int:
    """
    Put a backup back, into the database at *url* and the folder *media*; return how many files.

    Every checksum is verified before anything is touched. With *overwrite*
    what is there is replaced; files that the backup does not name are removed.

    Raises:
        BackupFailed: the backup is not whole or of another kind, or its target
            is not empty. Nothing was changed then, unless the text says so.
    """
    sums = _read_sums(backup)
    if file_of(url) not in sums:
        kinds = {SQLITE: "a SQLite file", MYSQL: "a MariaDB or MySQL"}
        made_of = next((kinds[one] for one in kinds if one in sums), "no database")
        raise BackupFailed(f"This is a backup of {made_of}; the one at DATABASE_URL is another.")
    files = [file for file in sums if file.startswith(f"{MEDIA}/")]
    sizes = {file: (backup / file).stat().st_size for file in sums if (backup / file).exists()}
    # All are read to be verified, and those that are put back once more.
    again = [file_of(url), *(files if media is not None else ())]
    bar = _Bar(progress, sum(sizes.values()) + sum(sizes.get(file, 0) for file in again))
    for file, sha256 in sums.items():
        if file not in sizes or _digest(backup / file) != sha256:
            raise BackupFailed(f"The backup is not whole: {file} is missing or was changed.")
        bar.moved(sizes[file])
    require_target(url, overwrite=overwrite)
    if media is not None and files and any(_files(media)) and not overwrite:
        raise BackupFailed(f"There are files in {media} already. --overwrite replaces them.")
    load(url, backup / file_of(url), moved=bar.moved)
    try:
        if media is not None and files:
            shutil.rmtree(media, ignore_errors=True)
            for file in files:
                _put(backup / file, media / file.removeprefix(f"{MEDIA}/"))
                bar.moved(sizes[file])
    except OSError as error:
        raise BackupFailed(
            f"The database is restored, its files are not: {error.strerror}. "
            "Give the command again, with --overwrite."
        ) from error
    return len(files)


def _require_room(url: str, media: Path | None, folder: Path, before: Path | None) -> int:
    """Return about how many bytes a backup will move."""
    size = size_of(url) or 0
    for file in _files(media) if media else ():
        if before is None or not (before / MEDIA / file.relative_to(file.parents[1])).exists():
            size += file.stat().st_size
    free = shutil.disk_usage(folder).free
    if size > free:
        raise BackupFailed(
            f"A backup takes up to {size // 2**20:,} MB, and {folder} has {free // 2**20:,} MB "
            "free. Make room, or name another folder."
        )
    return size


def _backups(folder: Path) -> list[Path]:
    """Return the whole backups in *folder*, by name: the newest is the last."""
    return sorted(path.parent for path in folder.glob(f"{_PREFIX}*/{SUMS}"))


def _newest(folder: Path) -> Path | None:
    return next(iter(reversed(_backups(folder))), None)


def _files(media: Path) -> Iterator[Path]:
    """Yield the whole files of a media folder: what is being written has no file's name yet."""
    return (path for path in sorted(media.glob("*/*")) if path.is_file() and path.name[:1] != ".")


def _copy_media(media: Path, target: Path, before: Path | None, bar: _Bar) -> dict[str, str]:
    known = _read_sums(before) if before else {}
    sums: dict[str, str] = {}
    for file in _files(media):
        name = f"{MEDIA}/{file.parent.name}/{file.name}"
        copy = target / file.parent.name / file.name
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            if before is not None and name in known:
                # A file of this name never changes.
                os.link(before / name, copy)
                sums[name] = known[name]
                continue
        except OSError:
            # A disk without links gets a copy.
            pass
        try:
            size = _put(file, copy)
        except FileNotFoundError:
            # It was deleted while we looked.
            continue
        bar.moved(size)
        sums[name] = _digest(copy)
    return sums


def _put(source: Path, target: Path) -> int:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with source.open("rb") as coming, target.open("wb") as going:
        pass_on(coming, going, lambda _: None)
        return going.tell()


def _read_sums(backup: Path) -> dict[str, str]:
    path = backup / SUMS
    if not path.is_file():
        raise BackupFailed(f"{backup} is no backup: there is no {SUMS} in it.")
    found: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        match = _SUM.fullmatch(line)
        # It may come from anywhere: nothing is read or written outside of it.
        if match is None or match[2].startswith("/") or ".." in match[2].split("/"):
            raise BackupFailed(f"{path} cannot be read.")
        found[match[2]] = match[1]
    return found


def _write_settings(path: Path, settings: Mapping[str, str]) -> None:
    path.touch(mode=0o600)
    lines = (f"{name}={_quoted(value)}\n" for name, value in sorted(settings.items()))
    path.write_text("".join(lines), encoding="utf-8")


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
