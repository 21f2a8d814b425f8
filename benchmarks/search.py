"""Search in a million messages: the first page, as an administrator and as an agent see it."""

import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from sqlalchemy import create_engine, update

from benchmarks.notes import percentile
from benchmarks.report import Figure
from benchmarks.systems import DATABASE
from khalifa.application.search_messages import SearchMessages
from khalifa.container import build_container
from khalifa.domain.agents import Agent, AgentId, Role
from khalifa.domain.contacts import ProviderName
from khalifa.domain.folding import folded
from khalifa.infrastructure.database.engine import with_driver
from khalifa.infrastructure.database.schema import upgrade
from khalifa.infrastructure.database.seeding import seed
from khalifa.infrastructure.database.tables import message_texts, messages
from khalifa.settings import Settings
from tests.builders import NOW
from tests.servers import PrivateMariaDB, PrivateRedis

MESSAGES = 1_000_000
CUSTOMERS = 100_000
ACTIVE = 5_000
AGENTS = 50
ROUNDS = 3
# How often each is looked for in a round.
TIMES = 5
BAR_MS = 200
# Words that few messages have, put among those that many have.
MEDICINES = ("كونكور", "اوجمنتين", "بانادول", "ليبيتور", "Glucophage", "Ventolin")
RARELY = 40
WANTED = {
    "common words": ("السعر", "متوفر", "deliver", "شكرا"),
    "two letters": ("ال", "لا", "do"),
    "phrases": ('"خلال ساعة"', '"insulin pens"', '"لا يوجد هنا"'),
    "rare words": MEDICINES,
    "beginnings": ("كونك", "Gluc"),
    "several words": ("السعر جنيها", "yes deliver"),
    "names and numbers": ("كريم فتحي", "+20 100 000 4711", "201000031337"),
    "nothing": ("zzqxv", "قثصضك"),
}


async def run(rounds: int = ROUNDS, *, how_many: int = MESSAGES) -> list[Figure]:
    """Fill a database, look for everything in turn, and begin again."""
    with (
        PrivateMariaDB(options=DATABASE) as mariadb,
        PrivateRedis() as redis,
        tempfile.TemporaryDirectory(prefix="khalifa-bench-") as folder,
    ):
        url = mariadb.create_database()
        _fill(url, how_many)
        env = {
            "WHATSAPP_DRIVER": "sandbox",
            "DATABASE_URL": url,
            "REDIS_URL": redis.url,
            "KHALIFA_DATA_DIR": str(Path(folder)),
        }
        container = build_container(Settings.from_env(env))
        async with container.cleanup():
            search = container.search_messages()
            return [
                _figure(who, [await _round(search, asker) for _ in range(rounds)])
                for who, asker in _askers().items()
            ]


def _fill(url: str, how_many: int) -> None:
    upgrade(url)
    seed(
        url,
        customers=max(1, how_many // (MESSAGES // CUSTOMERS)),
        tickets=min(ACTIVE, max(1, how_many // (MESSAGES // CUSTOMERS))),
        messages=how_many,
        agents=AGENTS,
        provider=ProviderName("sandbox"),
    )
    mark_rare(url, how_many)


def mark_rare(url: str, how_many: int) -> None:
    """Put each of `MEDICINES` into a few of so many messages."""
    chance = random.Random(4711)  # noqa: S311 - the same ones every time
    engine = create_engine(with_driver(url, asynchronous=False))
    with engine.begin() as connection:
        for medicine in MEDICINES:
            for id_ in chance.sample(range(1, how_many + 1), min(RARELY, how_many)):
                text = f"عندكم {medicine} {chance.randrange(1000)} مجم؟"
                connection.execute(update(messages).where(messages.c.id == id_).values(text=text))
                connection.execute(
                    update(message_texts)
                    .where(message_texts.c.message_id == id_)
                    .values(folded=folded(text))
                )
    engine.dispose()


def _askers() -> dict[str, Agent]:
    return {
        "an administrator": Agent(id=AgentId(1), name="Boss", role=Role.ADMIN, created_at=NOW),
        "an agent": Agent(id=AgentId(7), name="Sara", created_at=NOW),
    }


async def _round(search: SearchMessages, asker: Agent) -> dict[str, list[float]]:
    """Return how many milliseconds the first page of each kind took, each time."""
    took: dict[str, list[float]] = {kind: [] for kind in WANTED}
    for _ in range(TIMES):
        for kind, texts in WANTED.items():
            for text in texts:
                begun = time.monotonic()
                await search(asker, text, cursor="", limit=50)
                took[kind].append(1000 * (time.monotonic() - begun))
    return took


def _figure(who: str, rounds: Sequence[dict[str, list[float]]]) -> Figure:
    return Figure.of_rounds(
        f"search in {MESSAGES:,} messages, {who}, p95",
        [percentile([one for kind in took.values() for one in kind], 95) for took in rounds],
        bar=BAR_MS,
        at_least=False,
        unit="ms",
        beside={
            f"{kind}, p95 ms": percentile([one for took in rounds for one in took[kind]], 95)
            for kind in WANTED
        }
        | {"p50 ms": median([one for took in rounds for kind in took.values() for one in kind])},
    )
