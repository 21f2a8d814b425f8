"""`khalifa db`: the schema of the database."""

from typing import Annotated

from cyclopts import Parameter

from khalifa.container import Container, build_container
from khalifa.domain.errors import SettingError
from khalifa.entrypoints.cli.embedded import environment_for
from khalifa.entrypoints.cli.options import Data, command, flag
from khalifa.entrypoints.cli.output import answers, note
from khalifa.settings import Settings

app = command("db", "The schema of the database: bring it up or down, or ask where it is.")

# Only the database is needed for its schema; these stand in for what is not set.
_UNUSED = {"WHATSAPP_DRIVER": "sandbox", "REDIS_URL": "redis://127.0.0.1:6379/0"}


def _open(data: Data) -> tuple[Container, str]:
    env, _ = environment_for(data)
    told = {name: value for name, value in env.items() if value.strip()}
    settings = Settings.from_env(_UNUSED | told)
    return build_container(settings), settings.database_url


@app.command
def upgrade(*, data: Data = None) -> None:
    """Bring the schema up to what this khalifa needs. Safe to repeat."""
    container, url = _open(data)
    schema = container.schema()
    before = schema.current(url)
    schema.upgrade(url)
    if before == schema.head():
        note(f"The schema is up to date: {before}.")
    else:
        note(f"The schema went from {before or 'nothing'} to {schema.head()}.")


@app.command
def downgrade(
    revision: Annotated[str, Parameter(help="The revision to go down to; `base` is nothing.")],
    /,
    *,
    yes: Annotated[bool, flag("Yes, what is lost may be lost.")] = False,
    data: Data = None,
) -> None:
    """Take the schema down to an older revision. What later ones held is lost."""
    if not yes:
        raise SettingError(
            "Going down loses what later revisions hold. Make a backup, then add --yes."
        )
    container, url = _open(data)
    container.schema().downgrade(url, revision)
    note(f"The schema is at {container.schema().current(url) or 'nothing'} now.")


@app.command
def current(*, data: Data = None) -> None:
    """Print the schema's revision, and whether this khalifa needs another."""
    container, url = _open(data)
    schema = container.schema()
    revision = schema.current(url)
    answers().print(revision or "none")
    if revision != schema.head():
        note(f"This khalifa needs {schema.head()}. Run: khalifa db upgrade")
