"""`khalifa ledger`: whether every webhook is accounted for; what became of one; filing it again."""

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

from cyclopts import Parameter
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from khalifa.application.audit_ledger import Audit, JournalFinding
from khalifa.application.ports.journal import BodyKey
from khalifa.application.ports.ledger import LedgerEntry, Outcome
from khalifa.domain.errors import SettingError
from khalifa.entrypoints.cli.embedded import environment_for
from khalifa.entrypoints.cli.opening import opened
from khalifa.entrypoints.cli.options import Data, command, flag
from khalifa.entrypoints.cli.output import Exit, answers, asides, complain, note
from khalifa.settings import Settings

_AGO = re.compile(r"(\d{1,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_ID = re.compile(r"(\w{1,100}):(\d{1,18})", re.ASCII)

_WHAT_AN_AUDIT_IS = (
    "Each number that a journal of this machine gave out is filed or still waits; what was found "
    "in each body is stored, known already, ignored or rejected; and no entry that was sealed has "
    "changed. An audit changes nothing, and may run while khalifa does. With several machines, "
    "run it on each: how far a journal went is known only where it is."
)

app = command("ledger", "Whether every webhook that was taken in is accounted for.")

Since = Annotated[
    str | None,
    Parameter(help="Only from then on: 2026-11-24, 2026-11-24T18:00 (UTC), or 30m, 6h, 7d ago."),
]
BodyId = Annotated[str, Parameter(help="JOURNAL:NUMBER, as the log and `ledger rejected` name it.")]


def _settings(data: Data) -> Settings:
    env, _ = environment_for(data)
    # To look into the ledger, no provider is needed.
    env["WHATSAPP_DRIVER"] = env.get("WHATSAPP_DRIVER", "").strip() or "sandbox"
    return Settings.from_env(env)


@app.command(help_epilogue=_WHAT_AN_AUDIT_IS)
async def audit(
    *,
    since: Since = None,
    as_json: Annotated[bool, flag("Print JSON, for a program.", name="--json")] = False,
    data: Data = None,
) -> int:
    """Compare every journal with the ledger. Fails when a webhook is not accounted for."""
    async with opened(_settings(data)) as container:
        found = await container.audit_ledger()(since=_moment(since))
    if as_json:
        answers().print_json(json.dumps(asdict(found), default=str))
    else:
        _print(found)
    return Exit.FINE if found.is_good else Exit.FAILED


@app.command
async def show(
    body: BodyId,
    /,
    *,
    raw: Annotated[bool, flag("Print the body as it is kept, alone.")] = False,
    data: Data = None,
) -> None:
    """Show what became of one webhook, and its body. It may hold what a customer wrote."""
    async with opened(_settings(data)) as container:
        account = await container.read_account()(_key(body))
    kept = account.entry.body.decode(errors="replace")
    screen = answers()
    if raw:
        screen.print(kept, markup=False, soft_wrap=True)
        return
    _print_entry(account.entry)
    came = ", ".join(str(message) for message in account.messages)
    screen.print(f"Messages: {came or 'none'}")
    screen.print(kept or "The body is not kept any more.", markup=False, soft_wrap=True)


@app.command
async def rejected(*, since: Since = None, data: Data = None) -> None:
    """List the webhooks in which something could not be taken, with the reason."""
    shown = 0
    async with opened(_settings(data)) as container:
        pages = container.replay_bodies().pages(rejected_only=True, since=_moment(since))
        async for keys in pages:
            for entry in await container.ledger_reader().entries(keys):
                _print_entry(entry)
                shown += 1
    if not shown:
        note("Nothing was rejected.")


@app.command(help_epilogue="What is stored stays as it is. A replay of everything changes nothing.")
async def replay(
    body: Annotated[BodyId | None, Parameter(help="JOURNAL:NUMBER; or one of the options.")] = None,
    /,
    *,
    rejected: Annotated[bool, flag("Every body in which something was rejected.")] = False,
    everything: Annotated[bool, flag("Every body that is kept.", name="--all")] = False,
    since: Since = None,
    data: Data = None,
) -> None:
    """File webhooks once more, as they are kept: what could not be taken may be taken now."""
    if [body is not None, rejected, everything].count(True) != 1:
        raise SettingError("Say which: JOURNAL:NUMBER, --rejected or --all.")
    bodies = stored = 0
    async with opened(_settings(data)) as container:
        replay_bodies = container.replay_bodies()
        if body is not None:
            done = await replay_bodies([_key(body)])
            bodies, stored = done.bodies, done.stored
        else:
            with _progress() as progress:
                task = progress.add_task("Filing again", total=None)
                async for keys in replay_bodies.pages(rejected_only=rejected, since=_moment(since)):
                    done = await replay_bodies(keys)
                    bodies, stored = bodies + done.bodies, stored + done.stored
                    progress.update(task, completed=bodies)
    note(f"Filed again: {bodies:,} bodies. New in the database: {stored:,}.")


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=asides(),
        transient=True,
    )


def _key(body: str) -> BodyKey:
    found = _ID.fullmatch(body)
    if found is None:
        raise SettingError(f"{body} is no JOURNAL:NUMBER. `khalifa ledger rejected` shows some.")
    return BodyKey(found[1], int(found[2]))


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    if ago := _AGO.fullmatch(text):
        return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise SettingError(
            f"--since {text} is no time. Write 2026-11-24, 2026-11-24T18:00, or 30m, 6h, 7d."
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _print(audit: Audit) -> None:
    screen = answers()
    screen.print(_journals(audit.journals))
    totals = {
        word: sum(getattr(account, word) for account in audit.accounts)
        for word in ("bodies", "found", *(outcome.value for outcome in Outcome))
    }
    screen.print(
        "{bodies:,} bodies filed. Found in them {found:,} = {stored:,} stored + {duplicate:,} "
        "known already + {ignored:,} ignored + {rejected:,} rejected".format(**totals)
    )
    if audit.seal is not None:
        screen.print(
            f"{audit.seals:,} seals, the last of {audit.seal.until:%Y-%m-%d %H:%M} UTC: "
            f"{audit.seal.digest}"
        )
    for difference in audit.differences:
        complain(difference)
    if audit.is_good:
        screen.print("[green]Every webhook is accounted for.[/]")


def _journals(findings: list[JournalFinding]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("journal")
    for heading in ("given", "filed", "waiting", "missing"):
        table.add_column(heading, justify="right")
    for finding in findings:
        table.add_row(
            finding.journal,
            "elsewhere" if finding.last is None else f"{finding.last:,}",
            f"{finding.filed:,}",
            f"{finding.waiting:,}",
            Text(f"{finding.missing:,}", style="bold red" if finding.missing else ""),
        )
    return table


def _print_entry(entry: LedgerEntry) -> None:
    screen = answers()
    counts = ", ".join(f"{entry.count(outcome)} {outcome.value}" for outcome in Outcome)
    screen.print(
        f"[bold]{entry.key.journal}:{entry.key.number}[/] {entry.provider} "
        f"{entry.received_at:%Y-%m-%d %H:%M:%S} UTC: {entry.found} found, {counts}",
        soft_wrap=True,
    )
    for item in entry.items:
        screen.print(
            f"  {item.position + 1}. {item.outcome}: {item.reason}", markup=False, soft_wrap=True
        )
