"""`khalifa provider pair`: what stands on the screen is what is true now."""

from datetime import timedelta

import pytest

from khalifa.application.ports.messaging import ConnectionStatus, QrCode
from khalifa.application.ports.pairing_codes import PairingCode
from khalifa.entrypoints.cli import provider as command
from khalifa.infrastructure.memory.messaging import MemoryProvider
from tests.builders import NOW
from tests.unit.application.world import WIRE, World

Step = tuple[ConnectionStatus, QrCode | None]

SCANNING = ConnectionStatus(connected=False, state="qr", detail="Scan the QR code.")
TYPING = ConnectionStatus(connected=False, state="code", detail="Type the code.")
CLOSED = ConnectionStatus(connected=False, state="closed", detail="Nobody scanned it in time.")
PAIRED = ConnectionStatus(connected=True, state="connected", phone="201000000000")
ONE, TWO = QrCode("2@one", NOW), QrCode("2@two", NOW)


async def pair(patch: pytest.MonkeyPatch, *steps: Step) -> list[str]:
    """Let the provider go through *steps*, one at each look; return what was put on the screen."""
    provider = MemoryProvider()
    screen: list[str] = []
    coming = list(steps)

    async def step(_: float = 0) -> None:
        if coming:
            provider.connection.current, provider.pairing.code = coming.pop(0)

    patch.setattr("asyncio.sleep", step)
    patch.setattr(command, "note", screen.append)
    patch.setattr(command, "_show", lambda code: screen.append(f"[{code}]"))
    await step()
    assert provider.port.pairing
    await command._pair(provider.port, provider.port.pairing)
    return screen


async def test_each_code_is_drawn_once_as_it_rotates(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = await pair(
        monkeypatch, (SCANNING, ONE), (SCANNING, ONE), (SCANNING, TWO), (PAIRED, None)
    )

    assert screen == ["[2@one]", "[2@two]", "Paired: +201000000000."]


async def test_why_there_is_no_code_any_more_is_told_until_there_is_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = await pair(
        monkeypatch,
        (SCANNING, ONE),
        (CLOSED, None),
        (CLOSED, None),
        (SCANNING, TWO),
        (PAIRED, None),
    )

    assert screen == [
        "[2@one]",
        "Nobody scanned it in time.",
        "[2@two]",
        "Paired: +201000000000.",
    ]


async def test_a_number_that_is_paired_needs_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await pair(monkeypatch, (PAIRED, None)) == ["Nothing to scan: +201000000000 is paired."]


async def test_a_code_to_type_is_shown_as_it_changes_and_given_up_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    provider, codes = world.wire, world.container.pairing_codes()
    provider.connection.current = TYPING
    coming = iter(("ABCD-1234", "ABCD-1234", "EFGH-5678", None, ""))

    async def step(_: float = 0) -> None:
        code = next(coming)
        provider.pairing.waits_for_code = bool(code)
        if code:
            await codes.show(WIRE, PairingCode(code, world.clock.now() + timedelta(minutes=1)))
        if code == "":
            provider.connection.current = PAIRED

    monkeypatch.setattr("asyncio.sleep", step)
    await command._pair_by_code(provider.port, world.container.pair_by_code(), "01012345678")

    said = capsys.readouterr()
    assert (said.out.count("ABCD-1234"), said.out.count("EFGH-5678")) == (1, 1)
    assert "A code for +201012345678" in said.err
    assert "Type the code." in said.err
    assert said.err.strip().endswith("Paired: +201000000000.")
    assert await codes.wanted(WIRE) is None
