"""What every answer has in common, and the small routes: provider, health, errors, headers."""

import re
from collections.abc import Iterator, MutableMapping
from datetime import datetime, timedelta

import pytest
import structlog

from khalifa.application.ports.messaging import ConnectionStatus, QrCode
from khalifa.domain.agents import Role
from khalifa.domain.contacts import ProviderName
from khalifa.infrastructure.memory.health import MemoryHealth
from khalifa.infrastructure.memory.messaging import MemoryProvider
from tests.builders import NOW
from tests.http.desk import Desk

PNG = b"\x89PNG\r\n\x1a\n"


async def test_the_status_is_open_and_comes_from_what_was_last_seen(desk: Desk) -> None:
    unknown = await desk.caller().get("/api/whatsapp/status")
    await desk.container.refresh_provider_status()()
    known = await desk.caller().get("/api/whatsapp/status")

    assert unknown.json() == {
        "provider": "memory",
        "connected": False,
        "phone": None,
        "state": "unknown",
        "needs_person": False,
    }
    assert known.json() == {
        "provider": "memory",
        "connected": True,
        "phone": "201000000000",
        "state": "connected",
        "needs_person": False,
    }


async def test_an_administrator_reads_what_is_wrong_with_the_provider(desk: Desk) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    desk.provider.connection.current = ConnectionStatus(
        connected=False,
        state="qr",
        detail="Scan the code.",
        detail_ar="امسح الرمز.",
        needs_person=True,
        last_proven_at=NOW,
    )
    await desk.container.refresh_provider_status()()

    (shown,) = (await admin.get("/api/provider")).json()["items"]

    assert (shown["active"], shown["state"], shown["detail"]) == (True, "qr", "Scan the code.")
    assert {"pairing", "reactions", "templates", "typing"} <= set(shown["capabilities"])
    assert (shown["detail_ar"], shown["needs_person"]) == ("امسح الرمز.", True)
    assert datetime.fromisoformat(shown["last_proven_at"]) == NOW


async def test_the_qr_code_is_a_picture_while_there_is_one(desk: Desk) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)

    nothing = await admin.get("/api/provider/qr")
    desk.provider.pairing.code = QrCode("2@abc", NOW)
    code = await admin.get("/api/provider/qr")
    text = await admin.get("/api/provider/qr.json")
    desk.provider.port = MemoryProvider(ProviderName("memory"), abilities=False).port
    desk.container.configured_providers.reset()
    desk.container.read_qr_code.reset()
    never = await admin.get("/api/provider/qr")

    assert nothing.status_code == 404
    # It is connected: whoever looks at the code hears that it was scanned.
    assert nothing.json()["detail"] == "The phone saw it. The number is paired."
    assert nothing.json()["detail_ar"] == "رآه الهاتف. الرقم مربوط."
    assert (code.headers["content-type"], code.content[:8]) == ("image/png", PNG)
    assert (code.headers["cache-control"], code.headers["expires"][-3:]) == ("no-store", "GMT")
    assert text.headers["cache-control"] == "no-store"
    assert text.json()["text"] == "2@abc"
    assert datetime.fromisoformat(text.json()["expires_at"]) == NOW
    assert (never.status_code, never.json()["type"]) == (501, "/docs/errors#not-pairable")


async def test_readiness_names_what_is_missing(desk: Desk) -> None:
    health = desk.container.health()
    assert isinstance(health, MemoryHealth)

    well = await desk.caller().get("/health/ready")
    health.dependencies["redis"] = "Connection refused"
    ill = await desk.caller().get("/health/ready")

    assert (well.status_code, well.json()["status"]) == (200, "ok")
    assert (ill.status_code, ill.json()["status"]) == (503, "unavailable")
    assert ill.json()["dependencies"] == {"database": "ok", "redis": "Connection refused"}
    assert (await desk.caller().get("/health/live")).json() == {"status": "ok"}


async def test_readiness_shows_how_much_waits_to_be_filed_and_for_how_long(desk: Desk) -> None:
    now = desk.container.clock().now()
    nothing = await desk.caller().get("/health/ready")
    for age in (90, 5):
        await desk.container.journal().append(
            ProviderName("wire"), b"12345", received_at=now - timedelta(seconds=age)
        )
    some = await desk.caller().get("/health/ready")

    assert nothing.json()["journal"] == {"bodies": 0, "bytes": 0, "oldest_seconds": None}
    journal = some.json()["journal"]
    assert (journal["bodies"], journal["bytes"]) == (2, 10)
    assert journal["oldest_seconds"] == pytest.approx(90, abs=5)


PATHS = ("/api/me", "/nowhere", "/", "/docs", "/health/live", "/api/webhook/x", "/api/tickets/x")


async def test_every_answer_carries_the_security_headers(desk: Desk) -> None:
    for path in PATHS:
        headers = (await desk.caller().get(path)).headers

        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] in {"no-store", "no-cache"}
        assert "access-control-allow-origin" not in headers
        assert re.fullmatch("[0-9a-f]{16}", headers["x-request-id"])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("DELETE", "/api/tickets", 405), ("GET", "/api/me", 401)],
)
async def test_every_refusal_is_problem_details(
    desk: Desk, method: str, path: str, status: int
) -> None:
    answer = await desk.caller().request(method, path)

    problem = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert {"type", "title", "detail"} <= set(problem)


async def test_what_nobody_foresaw_is_told_to_the_log_and_not_to_the_caller(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")

    with structlog.testing.capture_logs() as lines:
        # Settings have no `tickets`, and hold what must not be told.
        desk.container.read_inbox.override(desk.container.settings)
        answer = await sara.get("/api/tickets")

    assert answer.status_code == 500
    assert "Settings" not in answer.text
    (failed,) = [line for line in lines if line["event"] == "request failed"]
    assert failed["error"] == "AttributeError"
    assert "tickets.py" in str(failed["trace"])
    assert "127.0.0.1" not in str(failed)


async def test_a_caller_who_hangs_up_in_the_middle_of_a_body_is_no_fault_of_ours(
    desk: Desk,
) -> None:
    _, _, token = await desk.agent("Sara")
    came: Iterator[dict[str, object]] = iter(
        [
            {"type": "http.request", "body": b'{"te', "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    answered: list[MutableMapping[str, object]] = []

    async def receive() -> dict[str, object]:
        return next(came)

    async def send(message: MutableMapping[str, object]) -> None:
        answered.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/tickets/1/messages",
        "raw_path": b"/api/tickets/1/messages",
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"host", b"desk.example"),
            (b"content-type", b"application/json"),
            (b"content-length", b"20"),
            (b"authorization", f"Bearer {token}".encode()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
        "state": {},
        "extensions": {},
    }
    with structlog.testing.capture_logs() as lines:
        await desk.app(scope, receive, send)  # type: ignore[arg-type]

    assert [m["status"] for m in answered if m["type"] == "http.response.start"] == [400]
    assert [line for line in lines if line["event"] == "request failed"] == []


async def test_while_the_database_is_away_callers_are_asked_to_come_back(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    desk.container.who_is.reset()
    desk.container.memory_store().away = True

    answer = await sara.get("/api/tickets")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_a_request_is_one_line_in_the_log_with_nothing_private(desk: Desk) -> None:
    sara, agent_id, token = await desk.agent("Sara")
    ticket = await desk.customer_writes("hello")

    with structlog.testing.capture_logs() as lines:
        await sara.post(f"/api/tickets/{ticket}/messages?note=private", json={"text": "private"})

    (line,) = [line for line in lines if line["event"] == "request"]
    assert line["route"] == "/api/tickets/{ticket_id}/messages"
    assert (line["method"], line["status"], line["agent"]) == ("POST", 202, agent_id)
    assert line["duration_ms"] >= 0
    assert "private" not in str(lines)
    assert token not in str(lines)
