"""`khalifa doctor`: what is wrong, and what to do about it."""

import json
import os
from dataclasses import asdict
from typing import Annotated

from rich.table import Table
from rich.text import Text

from khalifa.domain.errors import SettingError
from khalifa.entrypoints.cli.diagnosis import Examination, Finding, Verdict
from khalifa.entrypoints.cli.embedded import DataFolder, find_data_folder
from khalifa.entrypoints.cli.opening import opened
from khalifa.entrypoints.cli.options import Data, command, flag
from khalifa.entrypoints.cli.output import Exit, answers
from khalifa.entrypoints.cli.reading import ReadEnvironment, SettingShown, read_all, shown
from khalifa.settings import Settings, environment

_MARKS = {
    Verdict.GOOD: ("✓", "green"),
    Verdict.FACT: ("·", "dim"),
    Verdict.DOUBTFUL: ("!", "yellow"),
    Verdict.BAD: ("✗", "bold red"),
}

app = command("doctor", more="Fails when something is marked with ✗. No secret is ever shown.")


@app.default
async def doctor(
    *,
    as_json: Annotated[bool, flag("Answer in JSON.", name="--json")] = False,
    data: Data = None,
) -> int:
    """Check every setting, the database, Redis, the journal and the providers."""
    given = environment()
    folder = _folder(data, given)
    env = ReadEnvironment(given)
    if folder is not None:
        env |= folder.environment()
        env["WHATSAPP_DRIVER"] = given.get("WHATSAPP_DRIVER", "").strip() or "sandbox"
    settings, wrong = read_all(env)
    async with opened(settings) as container:
        examination = Examination(
            container=container, settings=settings, env=env, wrong=wrong, folder=folder
        )
        findings = [finding async for finding in examination.findings()]
    listed = _listed(env, given, settings)
    is_well = all(finding.verdict is not Verdict.BAD for finding in findings)
    if as_json:
        report = {"ok": is_well, "settings": listed, "findings": findings}
        print(json.dumps(report, default=asdict, ensure_ascii=False, indent=2))  # noqa: T201
    else:
        _print(listed, findings)
    return Exit.FINE if is_well else Exit.FAILED


def _folder(data: Data, env: dict[str, str]) -> DataFolder | None:
    try:
        return find_data_folder(data, env)
    except SettingError:
        if data is not None:
            raise
        # It is among the findings.
        return None


def _listed(env: ReadEnvironment, given: dict[str, str], settings: Settings) -> list[SettingShown]:
    """Return every setting that was read, and where it came from."""

    def one(name: str) -> SettingShown:
        value = env.get(name, "").strip()
        if not value:
            default = getattr(settings, name.removeprefix("KHALIFA_").lower(), None)
            return SettingShown(
                name=name, value=str(default) if default else None, source="default"
            )
        if env[name] != given.get(name):
            source = "khalifa up"
        else:
            source = "environment" if name in os.environ else ".env"
        return SettingShown(name=name, value=shown(name, value), source=source)

    return [one(name) for name in tuple(env.asked)]


def _default(settings: Settings, name: str) -> str | None:
    """Return what a setting of ours is when nobody sets it; a provider's own are not told."""
    if not name.startswith("KHALIFA_"):
        return None
    default = getattr(settings, name.removeprefix("KHALIFA_").lower(), None)
    return str(default) if default else None


def _print(settings: list[SettingShown], findings: list[Finding]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("setting", "value", "from"):
        table.add_column(heading, overflow="fold")
    for setting in settings:
        style = "" if setting.value else "dim"
        table.add_row(setting.name, Text(setting.value or "-"), setting.source, style=style)
    answers().print(table)
    answers().print()
    found = Table(box=None, show_header=False, pad_edge=False)
    for finding in findings:
        mark, style = _MARKS[finding.verdict]
        words = Text(finding.says)
        if finding.advice:
            words.append(f"\n→ {finding.advice}", style="dim" if style == "dim" else "italic")
        found.add_row(Text(mark, style), Text(finding.subject, style="bold"), words)
    answers().print(found)
