"""What commands do with the container: open it for a moment, or make sure that it can be opened."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from khalifa.application.ports.unit_of_work import DatabaseUnavailable
from khalifa.container import Container, build_container
from khalifa.entrypoints.cli.output import CommandFailed
from khalifa.entrypoints.start import set_start_aside
from khalifa.settings import Settings


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Container]:
    """Yield a container for one short command, which logs errors alone; then close it."""
    container = build_container(settings)
    container.configure_logging(level="error", log_format="console")
    set_start_aside()
    async with container.cleanup():
        yield container


async def require_complete(settings: Settings) -> None:
    """
    Make sure that a process told *settings* can do its work.

    A database that is away is no obstacle: webhooks are taken in without it.

    Raises:
        SettingError: a provider lacks a setting, or cannot use it.
        CommandFailed: the database has no schema, or an older one.
    """
    container = build_container(settings)
    async with container.cleanup():
        container.configured_providers()
        if settings.storage == "memory":
            return
        schema = container.schema()
        with suppress(DatabaseUnavailable):
            revision = schema.current(settings.database_url)
            if revision is None or revision < schema.head():
                state = "has no schema yet" if revision is None else "is of an older khalifa"
                raise CommandFailed(f"The database {state}. Run: khalifa db upgrade")
