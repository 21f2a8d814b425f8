"""What a plan to switch comes to: green, amber and red, and what to do about each."""

import shutil
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from khalifa.application.plan_switch import NOWHERE, SwitchPlan
from khalifa.application.ports.setup import Verdict


class Light(StrEnum):
    """Green: go. Amber: know it. Red: not now. The value is the colour on a screen."""

    GREEN = "green"
    AMBER = "yellow"
    RED = "red"


class Finding(NamedTuple):
    light: Light
    says: str
    advice: str = ""


_LIGHTS = {
    Verdict.GOOD: Light.GREEN,
    Verdict.DOUBTFUL: Light.AMBER,
    Verdict.BAD: Light.RED,
}


def findings(plan: SwitchPlan, *, size: int | None, folder: Path) -> list[Finding]:
    """Return what is to be said of *plan*; a backup of *size* bytes goes to *folder*."""
    return [*_of_health(plan), *_of_customers(plan), *_of_room(size, folder)]


def _of_health(plan: SwitchPlan) -> Iterator[Finding]:
    if plan.health.connected:
        number = f" as +{plan.health.phone}" if plan.health.phone else ""
        yield Finding(Light.GREEN, f"{plan.target} is connected{number}")
    else:
        yield Finding(
            Light.RED,
            f"{plan.target} cannot send now: {plan.health.state}",
            plan.health.detail or "khalifa doctor says more.",
        )
    for check in plan.checks:
        says = f"{plan.target}, {check.subject}: {check.says}"
        yield Finding(_LIGHTS[check.verdict], says, check.advice or "")
    if plan.templates:
        yield Finding(Light.GREEN, f"{plan.templates:,} templates are approved")
    elif plan.templates == 0:
        yield Finding(
            Light.AMBER,
            "No template is approved, as far as can be seen",
            "Whoever wrote more than 24 hours ago could not be answered. Have one approved first.",
        )


def _of_customers(plan: SwitchPlan) -> Iterator[Finding]:
    if plan.unreachable:
        numbers = (
            f"`khalifa provider plan --to {plan.target} --resolve` asks it for their numbers now."
            if plan.can_ask
            else f"{plan.active} does not tell their numbers."
        )
        yield Finding(
            Light.AMBER,
            f"{plan.unreachable:,} customers cannot be reached by {plan.target}",
            f"{plan.known_otherwise:,} of them are known by an id of another provider, and are "
            f"answered by {plan.active} as long as it is configured and works. {numbers}",
        )
    if plan.windows_closed:
        cost = "" if plan.cost is None else f" One to each of them costs {plan.cost:,.2f}."
        yield Finding(
            Light.AMBER,
            f"On {plan.windows_closed:,} active conversations only a template can be sent",
            f"Until the customer writes through {plan.target}.{cost}",
        )
    if plan.waiting[NOWHERE]:
        yield Finding(
            Light.AMBER,
            f"{plan.waiting[NOWHERE]:,} waiting replies could go nowhere, and would fail",
            "Wait until they are sent, then switch.",
        )


def _of_room(size: int | None, folder: Path) -> Iterator[Finding]:
    if size is None:
        return
    free = shutil.disk_usage(next(p for p in (folder, *folder.parents) if p.exists())).free
    needs = f"The backup takes up to {max(size // 2**20, 1):,} MB"
    if size > free:
        yield Finding(
            Light.RED,
            f"{needs}, and {folder} has {free // 2**20:,} MB free",
            "Make room, or name another folder with --backup-dir.",
        )
    else:
        yield Finding(Light.GREEN, f"{needs}; {free // 2**20:,} MB are free")
