"""What doctor says of the journal: how much waits to be filed, since when, and what to do."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from khalifa.container import build_container
from khalifa.domain.contacts import ProviderName
from khalifa.entrypoints.cli.diagnosis import Examination, Finding, Verdict
from khalifa.entrypoints.cli.reading import ReadEnvironment
from khalifa.infrastructure.journal import SqliteJournal
from khalifa.settings import Settings


async def journal_finding(folder: Path) -> Finding:
    settings = Settings(
        whatsapp_driver="sandbox",
        database_url="memory:",
        redis_url="memory:",
        data_dir=folder,
        internal_url="http://127.0.0.1:1",
    )
    # All else is away, as far as this look goes.
    wrong = dict.fromkeys(("DATABASE_URL", "REDIS_URL", "WHATSAPP_DRIVER"), "not set")
    look = Examination(
        container=build_container(settings),
        settings=settings,
        env=ReadEnvironment({}),
        wrong=wrong,
        folder=None,
    )
    [found] = [one async for one in look.findings() if one.subject == "Journal"]
    return found


async def test_bodies_that_wait_are_counted_with_the_age_of_the_oldest(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    ages = {"just now": timedelta(seconds=1), "long ago": timedelta(hours=2)}

    said = {"nothing": await journal_finding(tmp_path)}
    journal = SqliteJournal(tmp_path / "journal")
    for name, age in ages.items():
        await journal.append(ProviderName("sandbox"), b"{}", received_at=now - age)
        said[name] = await journal_finding(tmp_path)
    await journal.close()

    assert said["nothing"].verdict is Verdict.GOOD
    assert "nothing waits" in said["nothing"].says
    assert said["just now"].verdict is Verdict.GOOD
    assert said["just now"].says.startswith("1 bodies wait to be filed, since ")
    assert said["long ago"].verdict is Verdict.DOUBTFUL
    assert f"2 bodies wait to be filed, since {now - ages['long ago']:%Y-%m-%d %H:%M}" in (
        said["long ago"].says
    )
    assert "khalifa worker" in (said["long ago"].advice or "")
