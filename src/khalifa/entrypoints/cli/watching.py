"""`khalifa provider watch|retire`: the day after a switch."""

import json
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from khalifa.application.ports.provider_traffic import Traffic
from khalifa.application.watch_providers import Watch
from khalifa.container import Container
from khalifa.domain.contacts import ProviderName
from khalifa.entrypoints.cli.embedded import environment_for
from khalifa.entrypoints.cli.opening import opened
from khalifa.entrypoints.cli.options import Data, flag
from khalifa.entrypoints.cli.output import answers, note
from khalifa.entrypoints.cli.switching import Yes, ask
from khalifa.settings import Settings


def _settings(data: Data) -> Settings:
    env, _ = environment_for(data)
    return Settings.from_env(env)


async def watch(
    *,
    as_json: Annotated[bool, flag("Print JSON, for a program.", name="--json")] = False,
    data: Data = None,
) -> None:
    """Compare the 24 hours after the last switch with those before; say if the old one may stop."""
    async with opened(_settings(data)) as container:
        seen = await container.watch_providers()()
        proven = await _last_proven(container)
    if as_json:
        shown = msgspec.to_builtins(seen) | {"may_stop": seen.may_stop, "last_proven": proven}
        answers().print_json(json.dumps(shown, default=str))
        return
    _print(seen, proven)


async def retire(
    provider: Annotated[str, Parameter(help="Which one: wppconnect or cloud_api.")],
    /,
    *,
    undo: Annotated[bool, flag("Take it back: its webhooks are taken in again.")] = False,
    force: Annotated[bool, flag("Though customers can be answered through it alone.")] = False,
    yes: Yes = False,
    data: Data = None,
) -> None:
    """Stop a provider for good: its number is unpaired, its webhooks are refused from then on."""
    name = ProviderName(provider)
    async with opened(_settings(data)) as container:
        retire_provider = container.retire_provider()
        if undo:
            await retire_provider.undo(name, by=container.operator())
            note(f"{name} is taken back. Pair it anew: khalifa provider pair --provider {name}")
            return
        ask(f"Unpair {name} and refuse its webhooks from now on?", yes=yes)
        left = await retire_provider(name, by=container.operator(), force=force)
    answers().print(f"[green]{name} is retired[/]: its webhooks are refused.")
    if left is not None:
        note(f"It could not be unpaired ({left}). On the phone: WhatsApp, Linked devices.")
    note(f"To take it back: khalifa provider retire {name} --undo")


async def _last_proven(container: Container) -> dict[str, str | None]:
    """Return when something last went through each provider and came back, as workers saw it."""
    cache = container.status_cache()
    found: dict[str, str | None] = {}
    for name in container.configured_providers().names:
        seen = await cache.get(name)
        at = seen[0].last_proven_at if seen else None
        found[name] = None if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return found


def _print(seen: Watch, proven: dict[str, str | None]) -> None:
    screen = answers()
    if seen.switch is None or seen.old is None:
        screen.print("There was no switch yet. The last 24 hours:")
    else:
        screen.print(
            f"[bold]From {seen.old} to {seen.switch.provider}[/], {seen.switch.at:%Y-%m-%d %H:%M} "
            f"UTC, by {seen.switch.source}"
        )
    screen.print(_table(seen))
    for name, traffic in seen.lately.items():
        for reason, count in traffic.refusals.items():
            screen.print(Text(f"{name} refused {count}: {reason}"), soft_wrap=True)
    for provider, at in proven.items():
        screen.print(Text(f"{provider}: last proven round trip {at or 'unknown'}"))
    for name, since in seen.retired.items():
        screen.print(f"{name} is retired since {since:%Y-%m-%d %H:%M} UTC")
    if seen.old is not None and seen.old not in seen.retired:
        _print_verdict(seen)


def _table(seen: Watch) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("provider", "", "in", "out", "refused", "delay", "last delivered"):
        table.add_column(heading)
    days = {"last 24 h": seen.lately}
    if seen.old is not None:
        days = {"24 h before": seen.before, "24 h after": seen.after, **days}
    for name in sorted({name for day in days.values() for name in day}):
        for when, day in days.items():
            table.add_row(name, when, *_cells(day.get(name, Traffic())))
    return table


def _print_verdict(seen: Watch) -> None:
    """Say whether the old provider may stop, and if not, why not."""
    for reason in seen.still_needed:
        answers().print(Text("● ", style="yellow").append(str(reason), style="default"))
    if seen.may_stop:
        answers().print(
            f"[green]● {seen.old} may be stopped[/]: khalifa provider retire {seen.old}"
        )


def _cells(traffic: Traffic) -> tuple[str, ...]:
    return (
        f"{traffic.received:,}",
        f"{traffic.sent:,}",
        f"{traffic.failed:,}",
        "" if traffic.median_delay is None else f"{traffic.median_delay:.1f} s",
        "" if traffic.proven_at is None else f"{traffic.proven_at:%Y-%m-%d %H:%M}",
    )
