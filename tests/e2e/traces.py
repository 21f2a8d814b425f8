"""What a run leaves behind where people look, or might: logs, metrics, the queue, the events."""

from collections.abc import Iterable

import aiohttp
import redis

from khalifa.infrastructure.redis.event_stream import STREAM
from khalifa.infrastructure.redis.job_queue import BODIES
from tests.e2e.system import METRICS_TOKEN, System

# What is no secret though it stands where secrets stand: kinds and words of the protocol.
_SHORTEST = 6


async def nothing_private_is_left(system: System, private: Iterable[str]) -> None:
    """
    Look for secrets, and for *private* words, in everything the run left.

    Events carry customers' words to the agents' screens; secrets have no place there either.
    """
    secrets = {*_secrets(system), *system.tokens.values()}
    words = {*private, *secrets}
    pages = await metrics_pages(system)
    assert "khalifa_webhook_seconds_count" in pages["server"]
    assert "khalifa_filed_total" in pages["intake"]
    assert "khalifa_send_seconds_count{" in pages["delivery"]
    left = {
        "logs": _logs(system),
        **{f"metrics of {name}": page for name, page in pages.items()},
        "queue": _queue(system),
    }
    found = {place: _found(words, text) for place, text in left.items()}
    found["events"] = _found(secrets, _events(system))
    # Said in so many words: what is asserted in a helper, pytest does not take apart.
    assert not any(found.values()), found


async def metrics_pages(system: System) -> dict[str, str]:
    """Return what each process shows to Prometheus."""
    port = int(system.env["KHALIFA_WORKER_METRICS_PORT"])
    ports = {"server": system.port, "intake": port, "delivery": port + 1}
    pages: dict[str, str] = {}
    bearer = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    async with aiohttp.ClientSession() as http:
        for name, at in ports.items():
            url = f"http://127.0.0.1:{at}/metrics"
            async with http.get(url) as answer:
                assert (answer.status, "khalifa" in await answer.text()) == (401, False)
            async with http.get(url, headers=bearer) as answer:
                assert answer.status == 200
                pages[name] = await answer.text()
    return pages


def _secrets(system: System) -> Iterable[str]:
    names = ("SECRET", "TOKEN", "PASSWORD")
    return {value for name, value in system.env.items() if any(word in name for word in names)}


def _logs(system: System) -> str:
    logs = "\n".join(
        file.read_text()
        for file in sorted((system.folder / "logs").glob("*.log"))
        if "far-side" not in file.name
    )
    assert "job done" in logs
    return logs


def _queue(system: System) -> str:
    """Return all that RQ keeps, of jobs and of workers. Bodies stand in a list of their own."""
    with redis.Redis.from_url(system.redis.url) as client:
        keys = sorted(key for key in client.keys("*") if key.startswith(b"rq:"))
        assert keys
        assert BODIES.encode() not in keys
        return repr([(key, _value(client, key)) for key in keys])


def _value(client: redis.Redis, key: bytes) -> object:
    match client.type(key):
        case b"hash":
            return client.hgetall(key)
        case b"list":
            return client.lrange(key, 0, -1)
        case b"set":
            return client.smembers(key)
        case b"zset":
            return client.zrange(key, 0, -1)
        case _:
            return client.get(key)


def _events(system: System) -> str:
    with redis.Redis.from_url(system.redis.url) as client:
        entries = client.xrange(STREAM)
    assert entries
    return repr(entries)


def _found(words: Iterable[str], text: str) -> set[str]:
    return {word[:40] for word in words if len(word) >= _SHORTEST and word in text}
