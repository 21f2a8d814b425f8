"""What `khalifa doctor` looks at, and what it makes of it."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from khalifa.application.ports.journal import JournalUnavailable
from khalifa.application.ports.setup import SetupCheck
from khalifa.application.ports.unit_of_work import DatabaseUnavailable
from khalifa.container import Container
from khalifa.domain.contacts import ProviderName
from khalifa.domain.errors import SettingError
from khalifa.domain.routing import switch_at_start
from khalifa.entrypoints.cli.embedded import DataFolder
from khalifa.entrypoints.cli.provider_states import ProviderState, ask_providers, look_at_setups
from khalifa.entrypoints.cli.reading import ReadEnvironment
from khalifa.settings import Settings

LITTLE_ROOM = 500 * 1024 * 1024
# A body that has waited longer is not being filed.
FILED_WITHIN = timedelta(seconds=60)
# Workers look at the providers every few seconds.
SEEN_WITHIN = timedelta(seconds=60)


class Verdict(StrEnum):
    """``fact``: neither good nor bad."""

    GOOD = "good"
    FACT = "fact"
    DOUBTFUL = "doubtful"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``advice`` says what to do about it."""

    subject: str
    verdict: Verdict
    says: str
    advice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """
    One look at an installation.

    ``wrong`` are the settings that cannot be used, with the reason: what
    depends on them is not looked at. ``folder`` and whether its `up` runs,
    when it is an embedded one.
    """

    container: Container
    settings: Settings
    env: ReadEnvironment
    wrong: Mapping[str, str]
    folder: DataFolder | None

    async def findings(self) -> AsyncIterator[Finding]:
        for finding in self._settings():
            yield finding
        if "DATABASE_URL" not in self.wrong:
            yield await self._database()
        if "REDIS_URL" not in self.wrong:
            yield await self._redis()
        for finding in self._journal():
            yield finding
        yield self._media()
        if not {"DATABASE_URL", "REDIS_URL", "WHATSAPP_DRIVER"} & self.wrong.keys():
            async for finding in self._providers():
                yield finding
            yield await self._workers()

    @property
    def _is_asleep(self) -> bool:
        """Whether this is the folder of an `up` that does not run."""
        return self.folder is not None and self.folder.running() is None

    def _settings(self) -> Iterator[Finding]:
        for reason in self.wrong.values():
            yield Finding("Settings", Verdict.BAD, reason)
        if not self.wrong:
            yield Finding("Settings", Verdict.GOOD, "what every process needs is there")

    async def _database(self) -> Finding:
        trouble = await self.container.schema().ping(self.container.engine())
        if trouble is None:
            revision = self.container.schema().head()
            return Finding(
                "Database", Verdict.GOOD, f"answers; its schema is up to date ({revision})"
            )
        advice = "Is it running, and is DATABASE_URL right?"
        if "khalifa db upgrade" in trouble:
            advice = "Run: khalifa db upgrade"
        return Finding("Database", Verdict.BAD, trouble, advice)

    async def _redis(self) -> Finding:
        if self._is_asleep:
            return _asleep("Redis")
        try:
            await self.container.redis().ping()
        except Exception as error:  # noqa: BLE001 - whatever is wrong, it does not answer
            return Finding(
                "Redis",
                Verdict.BAD,
                f"does not answer ({type(error).__name__})",
                "Is it running, and is REDIS_URL right? Until then webhooks are taken in, "
                "and nothing is filed or sent.",
            )
        return Finding("Redis", Verdict.GOOD, "answers")

    def _journal(self) -> Iterator[Finding]:
        folder = self.settings.journal_dir
        if trouble := _unwritable(folder):
            yield Finding(
                "Journal",
                Verdict.BAD,
                f"{folder} cannot be written: {trouble}",
                "Give it to the user that khalifa runs as, or set KHALIFA_DATA_DIR. "
                "Until then every webhook is refused.",
            )
            return
        yield self._journal_depth(folder)
        free = shutil.disk_usage(_nearest(folder)).free
        if free < LITTLE_ROOM:
            yield Finding(
                "Disk",
                Verdict.DOUBTFUL,
                f"{free // 2**20} MB are free where the journal is",
                "Make room: with none, every webhook is refused.",
            )

    def _media(self) -> Finding:
        folder = self.settings.media_dir
        if trouble := _unwritable(folder):
            return Finding(
                "Files",
                Verdict.BAD,
                f"{folder} cannot be written: {trouble}",
                "Give it to the user that khalifa runs as, or set KHALIFA_MEDIA_DIR. Until then "
                "messages are shown without their files.",
            )
        return Finding("Files", Verdict.GOOD, f"{folder} can be written")

    def _journal_depth(self, folder: Path) -> Finding:
        try:
            depth = self.container.survey_journals()
        except JournalUnavailable as error:
            return Finding(
                "Journal", Verdict.BAD, str(error), "Keep the file: webhooks may be in it."
            )
        if depth.oldest is None:
            return Finding("Journal", Verdict.GOOD, f"{folder} can be written; nothing waits")
        waits = (
            f"{depth.bodies} bodies wait to be filed, since {depth.oldest:%Y-%m-%d %H:%M:%S} UTC"
        )
        if datetime.now(UTC) - depth.oldest < FILED_WITHIN:
            return Finding("Journal", Verdict.GOOD, waits)
        return Finding(
            "Journal",
            Verdict.DOUBTFUL,
            waits,
            "Is a `khalifa worker` running, and a `khalifa serve` with this KHALIFA_DATA_DIR?",
        )

    async def _providers(self) -> AsyncIterator[Finding]:
        try:
            states = await self._ask()
        except SettingError as error:
            yield Finding("Provider", Verdict.BAD, str(error))
            return
        for finding in await self._active():
            yield finding
        for state in states:
            yield self._state(state)
            for check in state.checks:
                yield self._check(state.name, check)
        for finding in await self._gaps():
            yield finding
        for name, reason in self.container.configured_providers().left_out.items():
            yield self._left_out(name, reason)
        for name in self._never_read():
            advice = "Is it spelled as in .env.example?"
            says = f"{name} is set, and nothing reads it"
            yield Finding("Settings", Verdict.DOUBTFUL, says, advice)

    async def _ask(self) -> list[ProviderState]:
        # Nobody answers a webhook of an installation that does not run.
        if self._is_asleep:
            return await ask_providers(self.container)
        return await look_at_setups(self.container)

    def _check(self, name: str, check: SetupCheck) -> Finding:
        verdict = Verdict(check.verdict.value)
        if verdict is Verdict.BAD and name != self.settings.whatsapp_driver:
            verdict = Verdict.DOUBTFUL
        return Finding(f"{name}: {check.subject}", verdict, check.says, check.advice)

    async def _gaps(self) -> list[Finding]:
        """Tell of messages whose ticks came and who are not on file."""
        before = datetime.now(UTC) - SEEN_WITHIN
        try:
            gaps = await self.container.quiet_transact()(
                lambda uow: uow.statuses.gaps(before=before)
            )
        except DatabaseUnavailable:
            return []
        return [
            Finding(
                f"{name}: gaps",
                Verdict.DOUBTFUL,
                f"tells ticks of {count} messages that khalifa knows nothing of",
                "Something else sends from this number, or messages were lost.",
            )
            for name, count in sorted(gaps.items())
        ]

    def _state(self, state: ProviderState) -> Finding:
        status = state.status
        if status.connected:
            number = f" as +{status.phone}" if status.phone else ""
            return Finding(state.name, Verdict.GOOD, f"connected{number}")
        if self._is_asleep:
            return Finding(state.name, Verdict.FACT, "not asked while khalifa is not running")
        is_needed = state.name == self.settings.whatsapp_driver
        verdict = Verdict.BAD if is_needed else Verdict.DOUBTFUL
        return Finding(state.name, verdict, f"not connected: {status.state}", status.detail)

    def _left_out(self, name: str, reason: str) -> Finding:
        if any(key.startswith(f"{name.upper()}_") for key in self.env):
            return Finding(name, Verdict.DOUBTFUL, "not configured", reason)
        return Finding(name, Verdict.FACT, "not configured")

    async def _active(self) -> list[Finding]:
        driver = self.settings.whatsapp_driver
        try:
            active = await self.container.active_provider()()
        except DatabaseUnavailable:
            return []
        if active == driver:
            return [Finding("Route", Verdict.GOOD, f"replies go by {active}")]
        if self.container.configured_providers().find(active) is None:
            return [
                Finding(
                    "Route",
                    Verdict.BAD,
                    f"replies should go by {active}, which is not configured here",
                    f"Give {active} its settings, or switch to {driver}.",
                )
            ]
        says = f"replies go by {active}; WHATSAPP_DRIVER says {driver}"
        newest = await self.container.quiet_transact().read(lambda uow: uow.switches.newest())
        if switch_at_start(newest, ProviderName(driver)) is None:
            says += ", as before the last switch: the file is stale, and does not count"
            advice = (
                f"Write {active} into WHATSAPP_DRIVER. If {driver} is meant: "
                f"khalifa provider switch --to {driver}."
            )
        else:
            advice = (
                f"Restart `khalifa serve` to switch to {driver}, "
                f"or write {active} into WHATSAPP_DRIVER."
            )
        return [Finding("Route", Verdict.DOUBTFUL, says, advice)]

    async def _workers(self) -> Finding:
        if self._is_asleep:
            return _asleep("Workers")
        seen = await self.container.status_cache().get(ProviderName(self.settings.whatsapp_driver))
        ago = None if seen is None else datetime.now(UTC) - seen[1]
        if ago is None or ago > SEEN_WITHIN:
            return Finding(
                "Workers",
                Verdict.DOUBTFUL,
                "none has looked at the provider for a while",
                "Is a `khalifa worker` running?",
            )
        seconds = max(0, round(ago.total_seconds()))
        return Finding("Workers", Verdict.GOOD, f"last seen {seconds} s ago")

    def _never_read(self) -> list[str]:
        prefixes = tuple(
            f"{name.upper()}_" for name in ("khalifa", *self.container.configured_providers().names)
        )
        return sorted(
            name for name in self.env if name.startswith(prefixes) and name not in self.env.asked
        )


def _asleep(subject: str) -> Finding:
    return Finding(subject, Verdict.DOUBTFUL, "khalifa is not running", "Start it: khalifa up")


def _nearest(folder: Path) -> Path:
    return next(part for part in (folder, *folder.parents) if part.exists())


def _unwritable(folder: Path) -> str | None:
    """Return why nothing can be written into *folder*, or be made where it is missing."""
    there = _nearest(folder)
    if not there.is_dir():
        return f"{there} is not a folder"
    return None if os.access(there, os.W_OK | os.X_OK) else f"no right to write into {there}"
