"""`khalifa provider plan --resolve`: the numbers that the old provider knows, asked for now."""

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from khalifa.application.ports.messaging import DeliveryError
from khalifa.application.resolve_numbers import Asked
from khalifa.container import Container
from khalifa.domain.contacts import ProviderName
from khalifa.entrypoints.cli.output import CommandFailed, asides, note

_COLUMNS = (
    TextColumn("Asking {task.fields[whom]} for numbers: {task.completed:,} of {task.total:,}"),
    BarColumn(),
    TextColumn("{task.fields[found]:,} found"),
    TimeRemainingColumn(),
)


async def resolve(container: Container, to: ProviderName) -> Asked:
    """Ask, and show how far it is; raises `CommandFailed` when the provider does not answer."""
    whom = await container.active_provider()()
    with Progress(*_COLUMNS, console=asides(), transient=True) as bar:
        task = bar.add_task("", whom=whom, found=0, total=0)

        def show(so_far: Asked) -> None:
            total = so_far.asked + so_far.left
            bar.update(task, completed=so_far.asked, total=total, found=so_far.found)

        try:
            done = await container.resolve_numbers()(to, progress=show)
        except DeliveryError as error:
            raise CommandFailed(
                f"{whom} does not answer: {error} Give the command again to go on from here."
            ) from error
    note(f"Customers that {whom} was asked about: {done.asked:,}; numbers found: {done.found:,}.")
    return done
