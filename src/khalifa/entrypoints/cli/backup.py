"""`khalifa backup` and `khalifa restore`: everything in a folder of its own, and back again."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from khalifa.container import Container, build_container
from khalifa.entrypoints.cli.embedded import DataFolder, environment_for
from khalifa.entrypoints.cli.options import Data, command, flag
from khalifa.entrypoints.cli.output import CommandFailed, answers, asides, note
from khalifa.entrypoints.cli.switching import Yes, ask
from khalifa.settings import Settings, environment

# Neither a provider nor Redis is asked for anything.
_UNUSED = {"WHATSAPP_DRIVER": "sandbox", "REDIS_URL": "redis://127.0.0.1:6379/0"}
_OURS = ("WHATSAPP_DRIVER", "DATABASE_URL", "REDIS_URL")

app = command(
    "backup",
    more="Runs beside servers and workers, and holds nobody up. Back again: khalifa restore.",
)
restore_app = command(
    "restore", more="Stop every khalifa serve and khalifa worker (or khalifa up) first."
)


@app.default
def backup(
    folder: Annotated[
        Path | None, Parameter(help="Where backups are kept: the data folder's `backups`.")
    ] = None,
    /,
    *,
    no_media: Annotated[bool, flag("Leave customers' and agents' files out.")] = False,
    no_trial: Annotated[bool, flag("Do not restore the database on trial.")] = False,
    keep: Annotated[
        int | None, Parameter(help="Remove all but so many, once there is a new one.")
    ] = None,
    data: Data = None,
) -> None:
    """Back up database, files and settings, with a checksum of each."""
    if keep is not None and keep < 1:
        raise CommandFailed("--keep is a number from 1 on.")
    given = environment()
    env, _ = environment_for(data)
    settings = _settings(env)
    container = build_container(settings)
    target = (folder or settings.data_dir / "backups").expanduser().absolute()
    with _bar("Backing up") as progress:
        made = container.backups().back_up(
            settings.database_url,
            target,
            name=f"{datetime.now(UTC):%Y%m%dT%H%M%S}",
            media=None if no_media else settings.media_dir,
            settings=_ours(given, container),
            trial=not no_trial,
            progress=progress,
        )
    answers().print(str(made.path), soft_wrap=True)
    note(f"{made.files:,} files, {made.size:,} bytes; sha256 of SHA256SUMS: {made.sha256}")
    for path in container.backups().remove_old(target, keep=keep) if keep else ():
        note(f"Removed: {path.name}")


@restore_app.default
def restore(
    backup_folder: Annotated[
        Path, Parameter(name="BACKUP", help="The folder that `khalifa backup` made.")
    ],
    /,
    *,
    overwrite: Annotated[bool, flag("Replace what is there.")] = False,
    yes: Yes = False,
    data: Data = None,
) -> None:
    """Put a backup back: verify it, then database, files, and settings where there are none."""
    source = backup_folder.expanduser().absolute()
    env, data_folder = _target(source, data)
    settings = _settings(env)
    container = build_container(settings)
    backups = container.backups()
    if overwrite:
        ask(f"Replace what is in the database and in {settings.media_dir}?", yes=yes)
    with (
        data_folder.claimed() if data_folder else nullcontext(),
        _bar("Verifying, restoring") as progress,
    ):
        files = backups.restore(
            source,
            settings.database_url,
            media=settings.media_dir,
            overwrite=overwrite,
            progress=progress,
        )
    answers().print(f"[green]Restored[/], with {files:,} files.")
    schema = container.schema()
    revision = schema.current(settings.database_url)
    if revision is None or revision < schema.head():
        note("It is of an older khalifa. Run: khalifa db upgrade")
    note("What came after the backup is lost; `khalifa ledger audit` names it.")
    note("Customers who were erased since must be erased again.")


def _settings(env: Mapping[str, str]) -> Settings:
    return Settings.from_env(_UNUSED | {name: told for name, told in env.items() if told.strip()})


def _ours(env: Mapping[str, str], container: Container) -> dict[str, str]:
    """Return of *env* what khalifa and its providers read."""
    owners = "|".join(["KHALIFA", *(name.upper() for name in container.messaging.kwargs)])
    ours = re.compile(rf"({'|'.join(_OURS)}|({owners})_[A-Z0-9_]+)")
    return {name: value for name, value in env.items() if ours.fullmatch(name)}


def _target(source: Path, data: Path | None) -> tuple[dict[str, str], DataFolder | None]:
    """
    Return the settings of whom is restored, and the data folder if that is an embedded one.

    Where nothing says where the database is, the backup's own settings do, and
    become this folder's `.env`.
    """
    env = environment()
    env_file = Path(".env")
    if data is None and not env.get("DATABASE_URL", "").strip():
        kept = build_container(_settings(env | {"DATABASE_URL": "sqlite://"})).backups()
        told = kept.settings_in(source)
        if told.get("DATABASE_URL") and not env_file.exists():
            env_file.touch(mode=0o600)
            env_file.write_bytes((source / kept.SETTINGS).read_bytes())
            note(f"The backup's settings are in {env_file.absolute()} now.")
            return told | env, None
    if data is None and env.get("DATABASE_URL", "").strip():
        return env, None
    folder = DataFolder.meant(data, env)
    folder.make()
    return env | folder.environment(), folder


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn(what), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=asides(), transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
