"""`khalifa provider plan|switch|rollback`: another provider on a quiet evening, and back."""

import asyncio
import json
import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.progress import Progress, TextColumn
from rich.table import Table
from rich.text import Text

from khalifa.application.plan_switch import SwitchPlan
from khalifa.application.resolve_numbers import Asked
from khalifa.container import Container
from khalifa.domain.contacts import ProviderName
from khalifa.entrypoints.cli import resolving
from khalifa.entrypoints.cli.embedded import environment_for
from khalifa.entrypoints.cli.env_file import require_writable, set_variable
from khalifa.entrypoints.cli.opening import opened
from khalifa.entrypoints.cli.options import Data, flag
from khalifa.entrypoints.cli.output import CommandFailed, Exit, answers, asides, note
from khalifa.entrypoints.cli.switch_findings import Finding, Light, findings
from khalifa.settings import Settings

DRIVER = "WHATSAPP_DRIVER"

To = Annotated[str, Parameter(name="--to", help="wppconnect, cloud_api or sandbox.")]
Yes = Annotated[bool, flag("Do not ask.", name="--yes")]
KeepEnv = Annotated[
    bool, flag(f"Leave .env as it is: {DRIVER} is set elsewhere.", name="--keep-env")
]


def _settings(data: Data) -> Settings:
    env, _ = environment_for(data)
    return Settings.from_env(env)


async def plan(
    *,
    to: To,
    resolve: Annotated[
        bool, flag("First ask the old provider for numbers that are missing.", name="--resolve")
    ] = False,
    as_json: Annotated[bool, flag("Print JSON, for a program.", name="--json")] = False,
    data: Data = None,
) -> int:
    """
    Say what a switch would mean, on the real data. Changes nothing; fails when it is red.

    With --resolve numbers are learnt that the old provider alone knows. It can
    be stopped and given again: nobody is asked about twice.
    """
    settings = _settings(data)
    async with opened(settings) as container:
        asked = await resolving.resolve(container, ProviderName(to)) if resolve else None
        found = await _plan(container, ProviderName(to))
        told = _findings(container, settings, found)
    if as_json:
        answers().print_json(json.dumps(_as_json(found, told, asked), default=str))
    else:
        _print(found, told)
    return Exit.FAILED if _is_red(told) else Exit.FINE


async def switch(
    *,
    to: To,
    yes: Yes = False,
    force: Annotated[bool, flag("Switch though the plan is red.", name="--force")] = False,
    no_backup: Annotated[bool, flag("Make no backup: there is one of today.")] = False,
    no_trial: Annotated[bool, flag("Do not restore the backup on trial.")] = False,
    backup_dir: Annotated[
        Path | None, Parameter(help="Where the backup goes: the data folder's `backups`.")
    ] = None,
    keep_env: KeepEnv = False,
    data: Data = None,
) -> None:
    """Plan again, ask, back up, and let replies go by another provider from then on."""
    settings = _settings(data)
    env_file = _env_file()
    edits_env = not keep_env and data is None and _comes_from_file(env_file)
    if edits_env:
        require_writable(env_file)
    async with opened(settings) as container:
        planned = await _plan(container, ProviderName(to))
        told = _findings(container, settings, planned, backup_dir)
        _print(planned, told)
        if planned.active == planned.target:
            raise CommandFailed(f"Replies go by {to} already.")
        if _is_red(told) and not force:
            raise CommandFailed("The plan is red. Mend what it says, or say --force.")
        ask(f"Let replies go by {to} from now on?", yes=yes)
        if no_backup:
            note("No backup was made.")
        else:
            await _back_up(container, settings, backup_dir, trial=not no_trial)
        before = await _counts(container)
        await container.switch_provider()(
            planned.target,
            expected=planned.active,
            source="khalifa provider switch",
            by=container.operator(),
        )
        answers().print(f"[green]Replies go by {to} from now on[/], within two seconds everywhere.")
        _follow(env_file, to, edits=edits_env)
        _print_counts(planned, before, await _counts(container))
    note("To go back: khalifa provider rollback")


async def rollback(*, yes: Yes = False, keep_env: KeepEnv = False, data: Data = None) -> None:
    """Go back to the provider before the last switch. What came and went since stays."""
    settings = _settings(data)
    env_file = _env_file()
    edits_env = not keep_env and data is None and _comes_from_file(env_file)
    if edits_env:
        require_writable(env_file)
    async with opened(settings) as container:
        active = await container.active_provider()()
        ask(f"Replies go by {active}. Go back to the provider before it?", yes=yes)
        made = await container.switch_provider().back(expected=active, by=container.operator())
        answers().print(f"[green]Replies go by {made.provider} again[/], as before the switch.")
        _follow(env_file, made.provider, edits=edits_env)


async def _plan(container: Container, to: ProviderName) -> SwitchPlan:
    columns = (TextColumn("Looking at customers: {task.completed:,}"),)
    with Progress(*columns, console=asides(), transient=True) as progress:
        task = progress.add_task("", total=None)
        return await container.plan_switch()(
            to, progress=lambda seen: progress.update(task, completed=seen)
        )


def _findings(
    container: Container, settings: Settings, plan: SwitchPlan, folder: Path | None = None
) -> list[Finding]:
    return findings(
        plan, size=container.database_size(), folder=folder or settings.data_dir / "backups"
    )


def _is_red(told: list[Finding]) -> bool:
    return any(finding.light is Light.RED for finding in told)


def _as_json(plan: SwitchPlan, told: list[Finding], asked: Asked | None) -> dict[str, object]:
    lights = [finding._asdict() | {"light": finding.light.name.lower()} for finding in told]
    resolved = asdict(asked) if asked else None
    return asdict(plan) | {"cost": plan.cost, "resolved": resolved, "findings": lights}


def _print(plan: SwitchPlan, told: list[Finding]) -> None:
    screen = answers()
    screen.print(f"[bold]From {plan.active} to {plan.target}[/]")
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    for what, count in (
        ("Customers", plan.customers),
        (f"  reachable by {plan.target}", plan.reachable),
        ("Active conversations", plan.active_tickets),
        (f"  reachable by {plan.target}", plan.active_reachable),
        ("Replies waiting", plan.waiting.total()),
        *((f"  would go by {name}", count) for name, count in plan.waiting.most_common()),
    ):
        table.add_row(what, f"{count:,}")
    screen.print(table)
    for finding in told:
        line = Text("● ", style=finding.light).append(finding.says, style="default")
        screen.print(line, soft_wrap=True)
        if finding.advice:
            screen.print(Text(f"  {finding.advice}", style="dim"), soft_wrap=True)


async def _counts(container: Container) -> dict[ProviderName, int]:
    """Return how many messages each provider has carried, the configured ones with none, too."""
    none = dict.fromkeys(container.configured_providers().names, 0)
    return {**none, **await container.provider_traffic().carried()}


def _print_counts(
    plan: SwitchPlan, before: dict[ProviderName, int], after: dict[ProviderName, int]
) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("", "before", "after"):
        table.add_column(heading, justify="right" if heading else "left")
    table.add_row("Replies go by", plan.active, plan.target)
    for what, count in (
        ("Customers", plan.customers),
        ("Active conversations", plan.active_tickets),
    ):
        # A switch touches none of them.
        table.add_row(what, f"{count:,}", f"{count:,}")
    for name, count in before.items():
        table.add_row(f"Messages carried by {name}", f"{count:,}", f"{after.get(name, 0):,}")
    answers().print(table)


async def _back_up(
    container: Container, settings: Settings, folder: Path | None, *, trial: bool
) -> None:
    note(f"Backing up{' and restoring it on trial' if trial else ''}; khalifa goes on meanwhile.")
    made = await asyncio.to_thread(
        container.backups().back_up,
        settings.database_url,
        folder or settings.data_dir / "backups",
        name=f"{datetime.now(UTC):%Y%m%dT%H%M%S}",
        trial=trial,
    )
    answers().print(f"Backup: {made.path} ({made.size:,} bytes, sha256 {made.sha256[:16]}…)")
    note(f"Files are untouched by a switch, and not in it. Back: khalifa restore {made.path}")


def _follow(env_file: Path, to: str, *, edits: bool) -> None:
    if edits:
        kept = set_variable(env_file, DRIVER, to)
        note(f"{DRIVER}={to} is in .env now; the file as it was: {kept.name}")
    else:
        note(f"Write {DRIVER}={to} where it is set. Until then the switch counts, not that.")


def _env_file() -> Path:
    return Path(".env").absolute()


def _comes_from_file(env_file: Path) -> bool:
    """Say whether the variable is the file's: one of the environment wins over it."""
    return DRIVER not in os.environ and env_file.exists()


def ask(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandFailed(f"{question} Nobody is there to ask: say --yes.")
    asides().print(f"{question} [bold]\\[y/N][/] ", end="")
    if sys.stdin.readline().strip().lower() not in {"y", "yes", "نعم"}:
        raise CommandFailed("Nothing was changed.")
