"""WPPConnect's session: started, paired, watched and mended, whatever happens to it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from khalifa.application.ports.messaging import ConnectionStatus, Provider
from khalifa.domain.contacts import PhoneNumber
from khalifa.domain.messages import Ignored
from khalifa.infrastructure import provider_http
from khalifa.infrastructure.messaging import wppconnect
from khalifa.infrastructure.messaging.wppconnect.client import WppconnectClient
from khalifa.infrastructure.messaging.wppconnect.connection import (
    ASK_AGAIN_AFTER,
    PROVEN_FOR,
    QR_EXPIRES_AFTER,
    QR_ROTATES_AFTER,
    STUCK_AFTER,
    WppconnectConnection,
    WppconnectPairing,
)
from khalifa.infrastructure.messaging.wppconnect.keeper import (
    AWAY,
    HINTED,
    WAITING,
    WATCHING,
    WppconnectKeeper,
)
from khalifa.infrastructure.messaging.wppconnect.memory import PairingMemory, WebhookMemory
from khalifa.infrastructure.messaging.wppconnect.session import FRESH_FOR, RecentLook, Session
from khalifa.infrastructure.messaging.wppconnect.settings import WppconnectSettings
from khalifa.infrastructure.messaging.wppconnect.webhook import WppconnectWebhook
from khalifa.infrastructure.provider_http import Timeouts, open_http
from tests.contracts.message_driver import until
from tests.far_sides.wppconnect import WppconnectFarSide
from tests.far_sides.wppconnect_http import Call
from tests.far_sides.wppconnect_messages import SHOP
from tests.far_sides.wppconnect_reads import Reads

SESSION = "shop1"
PHONE = PhoneNumber(SHOP.partition("@")[0])
KEY = "the-secret-key"
PASSWORD = "the-webhook-password"


@dataclass
class Process:
    """One process of khalifa's with its own keeper, and a clock to be moved by hand."""

    far: WppconnectFarSide
    http: aiohttp.ClientSession
    folder: Path
    now: float = 1000.0
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.env = {
            "WPPCONNECT_URL": self.far.base_url,
            "WPPCONNECT_SESSION": SESSION,
            "WPPCONNECT_SECRET_KEY": KEY,
            "WPPCONNECT_WEBHOOK_URL": "http://127.0.0.1:9",
            "WPPCONNECT_WEBHOOK_SECRET": PASSWORD,
            "KHALIFA_DATA_DIR": str(self.folder),
        } | self.env
        settings = WppconnectSettings.from_env(self.env)
        self.session = Session(WppconnectClient(settings, self.http), settings)
        look = RecentLook(self.session, clock=self.clock)
        self.connection = WppconnectConnection(
            self.session, look, PairingMemory(settings), clock=self.clock
        )
        self.pairing = WppconnectPairing(self.session, look, clock=self.clock)
        self.keeper = WppconnectKeeper(self.session, WebhookMemory(settings), clock=self.clock)

    def clock(self) -> float:
        return self.now

    @property
    def provider(self) -> Provider:
        return wppconnect.build(self.env, self.http)

    async def keep(self, after: float = WAITING, *, code_for: PhoneNumber | None = None) -> None:
        self.now += after
        await self.keeper.keep(code_for=code_for)

    async def state(self) -> str:
        return (await self.looked()).state

    async def looked(self) -> ConnectionStatus:
        self.now += FRESH_FOR
        return await self.connection.status()

    async def come_up(self) -> None:
        """Have the session started, and see it connected."""
        await self.keep()
        await self.connected()
        await self.keep()

    async def connected(self) -> None:
        await until(lambda: self.far.sessions.connected(SESSION) is not None)

    async def says(self, status: str) -> None:
        await until(lambda: self.far.sessions.clients[SESSION].status == status)

    def asked(self, route: str) -> int:
        return sum(request.path.endswith(f"/{route}") for request in self.far.requests)

    @property
    def webhook(self) -> object:
        return self.far.sessions.clients[SESSION].config.get("webhook")


@pytest.fixture
async def far() -> AsyncIterator[WppconnectFarSide]:
    async with WppconnectFarSide(secret_key=KEY) as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_http() as session:
        yield session


@pytest.fixture
def process(far: WppconnectFarSide, http: aiohttp.ClientSession, tmp_path: Path) -> Process:
    return Process(far, http, tmp_path)


# Bringing it up


async def test_a_closed_session_is_started_with_our_webhook(process: Process) -> None:
    await process.keep()
    await process.connected()

    assert process.webhook == (
        f"http://khalifa:{PASSWORD}@127.0.0.1:9/api/webhook/wppconnect?session={SESSION}"
    )


async def test_a_healthy_session_is_looked_at_twice_a_minute_and_left_alone(
    process: Process,
) -> None:
    await process.come_up()
    looks = process.asked("status-session")

    for _ in range(60):
        await process.keep(after=1.0)

    assert process.asked("status-session") == looks + 60 / WATCHING
    assert process.asked("start-session") == 1
    assert process.asked("close-session") == 0


async def test_called_many_times_at_once_it_looks_once(process: Process) -> None:
    await asyncio.gather(*(process.keeper.keep() for _ in range(10)))

    assert process.asked("status-session") == 1
    assert process.asked("start-session") == 1


async def test_an_unpaired_phone_gets_a_qr_code_and_another_one_when_nobody_scanned(
    process: Process,
) -> None:
    process.far.set_mode(SESSION, "needs_qr")
    await process.keep()
    await process.says("QRCODE")
    first = await process.pairing.qr_code()
    await process.keep()
    process.far.autoclose(SESSION)
    await process.says("CLOSED")

    await process.keep()
    await process.says("QRCODE")
    process.now += FRESH_FOR

    second = await process.pairing.qr_code()
    assert first
    assert second
    assert first.text != second.text


async def test_a_phone_is_paired_by_a_code_that_is_typed_on_it(process: Process) -> None:
    process.far.set_mode(SESSION, "needs_qr")
    await process.keep(code_for=PHONE)
    await process.says("PHONECODE")

    assert await process.state() == "code"
    assert await process.pairing.takes_code()
    assert await process.pairing.qr_code() is None
    assert process.far.sessions.clients[SESSION].config["phone"] == PHONE.digits
    process.far.scan(SESSION)
    await process.connected()
    assert await process.state() == "connected"
    assert not await process.pairing.takes_code()
    for _ in range(3):
        await process.keep(code_for=PHONE)
    assert process.asked("start-session") == 1


async def test_a_code_takes_the_qr_codes_place_once_that_has_closed_and_gives_it_back(
    process: Process,
) -> None:
    process.far.set_mode(SESSION, "needs_qr")
    await process.keep()
    await process.says("QRCODE")

    await process.keep(code_for=PHONE)
    await process.keep(code_for=PHONE)
    assert process.asked("close-session") == 0
    assert not await process.pairing.takes_code()
    process.far.autoclose(SESSION)
    await process.says("CLOSED")
    await process.keep(code_for=PHONE)
    await process.says("PHONECODE")
    assert await process.state() == "code"

    process.far.autoclose(SESSION)
    await process.says("CLOSED")
    assert "in time" in str((await process.looked()).detail)
    await process.keep()
    await process.says("QRCODE")
    assert await process.state() == "qr"


async def test_a_code_nobody_typed_is_followed_by_another(process: Process) -> None:
    process.far.set_mode(SESSION, "needs_qr")
    await process.keep(code_for=PHONE)
    await process.says("PHONECODE")
    process.far.autoclose(SESSION)
    await process.says("CLOSED")

    await process.keep(code_for=PHONE)

    await process.says("PHONECODE")


async def test_a_page_that_waits_for_the_same_code_for_ever_is_restarted(
    process: Process,
) -> None:
    process.far.set_mode(SESSION, "needs_qr")
    await process.keep(code_for=PHONE)
    await process.says("PHONECODE")
    await process.keep(code_for=PHONE)

    await process.keep(after=STUCK_AFTER, code_for=PHONE)

    assert process.asked("close-session") == 1
    await process.says("PHONECODE")


def test_the_code_is_read_from_the_webhook_and_nothing_that_is_none(process: Process) -> None:
    webhook = process.provider.webhook
    body = '{"event":"phoneCode","phoneCode":%s,"phone":"201000000001"}'
    read = {
        given: next(iter(webhook.parse((body % given).encode())))
        for given in ('"ABCD-1234"', '"ABCD1234"', '"<b>"', "12", "null")
    }

    codes = {given: one.pairing_code for given, one in read.items() if isinstance(one, Ignored)}
    assert codes == {
        '"ABCD-1234"': "ABCD-1234",
        '"ABCD1234"': "ABCD1234",
        '"<b>"': None,
        "12": None,
        "null": None,
    }
    assert "ABCD" not in repr(list(read.values()))


async def test_a_session_that_closes_again_and_again_is_started_ever_more_rarely(
    process: Process,
) -> None:
    process.far.set_mode(SESSION, "stuck")
    for _ in range(60):
        await process.keep(after=5.0)
        process.far.sessions.clients[SESSION].status = "CLOSED"

    assert 8 <= process.asked("start-session") <= 10


# Mending it


async def test_a_session_whose_page_died_is_restarted_at_the_second_look(
    process: Process,
) -> None:
    await process.come_up()
    process.far.kill_browser(SESSION)

    await process.keep(after=WATCHING)
    assert process.asked("close-session") == 0
    await process.keep()

    await process.connected()
    assert process.asked("close-session") == 1
    assert await process.state() == "connected"


async def test_a_webhook_that_says_its_page_died_has_it_looked_at_at_once(
    process: Process,
) -> None:
    await process.come_up()
    settings = WppconnectSettings.from_env(process.env)
    webhook = WppconnectWebhook(settings, on_session=process.keeper.look_soon)
    process.far.kill_browser(SESSION)

    await process.keep(after=HINTED)
    assert process.asked("close-session") == 0
    webhook.parse(b'{"event":"status-find","session":"shop1","status":"browserClose"}')
    await process.keep(after=HINTED)
    await process.keep()

    await process.connected()
    assert process.asked("close-session") == 1


async def test_a_page_that_is_back_at_the_second_look_is_left_alone(process: Process) -> None:
    await process.come_up()
    client = process.far.sessions.clients[SESSION]
    client.page_alive = False
    await process.keep(after=WATCHING)
    client.page_alive = True

    for _ in range(5):
        await process.keep()

    assert process.asked("close-session") == 0


async def test_a_session_that_never_comes_up_is_restarted_after_three_minutes(
    process: Process,
) -> None:
    process.far.set_mode(SESSION, "stuck")
    await process.keep()
    await process.keep()
    process.far.set_mode(SESSION, "paired")

    await process.keep(after=STUCK_AFTER - 1)
    assert process.asked("close-session") == 0
    await process.keep()

    await process.connected()
    assert process.asked("close-session") == 1


async def test_a_session_unlinked_on_the_phone_shows_a_qr_code_again(process: Process) -> None:
    await process.come_up()
    assert await process.state() == "connected"
    process.far.unlink(SESSION)

    await process.keep(after=WATCHING)
    await process.says("QRCODE")

    assert await process.state() == "unlinked"
    assert await process.pairing.qr_code()
    again = Process(process.far, process.http, process.folder)
    assert await again.state() == "unlinked"


async def test_a_server_that_was_away_is_found_again(process: Process) -> None:
    await process.come_up()
    await process.far.go_down()
    with capture_logs() as logged:
        await process.keep(after=WATCHING)
        await process.keep(after=AWAY)
    await process.far.come_up()
    await process.connected()

    await process.keep(after=AWAY)

    assert [line["log_level"] for line in logged].count("warning") == 3
    assert sum(line["event"] == "whatsapp session out of sight" for line in logged) == 1
    assert await process.state() == "connected"
    assert process.asked("start-session") == 1


async def test_a_wrong_secret_is_no_crash_and_asks_rarely(process: Process) -> None:
    process.far.tokens.secret_key = "another"

    for _ in range(30):
        await process.keep(after=1.0)

    assert process.asked("generate-token") == 30 / AWAY
    assert await process.state() == "unauthorized"


async def test_a_keeper_that_was_interrupted_goes_on(process: Process) -> None:
    await process.far.go_down()
    keeping = asyncio.create_task(process.keeper.keep())
    await asyncio.sleep(0)
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    await process.far.come_up()

    await process.keep(after=AWAY)

    await process.connected()


# Whose webhook it calls


async def test_restarting_khalifa_leaves_a_healthy_session_alone(process: Process) -> None:
    await process.come_up()

    for _ in range(3):
        again = Process(process.far, process.http, process.folder)
        await again.keep()
        await again.keep()

    assert process.asked("close-session") == 0
    assert process.asked("start-session") == 1


async def test_restarting_wppconnect_leaves_its_session_to_itself(process: Process) -> None:
    await process.come_up()
    webhook = process.webhook

    await process.far.restart()
    await process.connected()
    await process.keep(after=WATCHING)

    assert process.webhook == webhook
    assert process.asked("start-session") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"WPPCONNECT_WEBHOOK_SECRET": "another-password"},
        {"WPPCONNECT_WEBHOOK_URL": "http://127.0.0.1:10"},
    ],
)
async def test_a_changed_webhook_is_given_to_the_session_once(
    process: Process, change: dict[str, str]
) -> None:
    await process.come_up()
    changed = Process(process.far, process.http, process.folder, env=change)

    await changed.keep()
    await changed.connected()
    for _ in range(5):
        await changed.keep()

    assert changed.webhook == WppconnectSettings.from_env(changed.env).webhook
    assert process.asked("close-session") == 1


async def test_two_processes_with_different_webhooks_do_not_fight(process: Process) -> None:
    await process.come_up()
    other = Process(
        process.far, process.http, process.folder, env={"WPPCONNECT_WEBHOOK_SECRET": "another"}
    )

    for _ in range(10):
        for one in (other, process):
            await one.keep(after=WATCHING)
            await one.connected()

    assert process.asked("close-session") == 1


async def test_a_session_somebody_else_started_is_taken_over(process: Process) -> None:
    process.far.sessions.open(SESSION, {"webhook": "http://127.0.0.1:9/somebody"})
    await process.connected()

    await process.keep()
    await process.connected()
    await process.keep()

    assert str(process.webhook).startswith("http://khalifa:")
    assert process.asked("close-session") == 1


async def test_a_qr_code_somebody_may_be_scanning_is_not_taken_away(process: Process) -> None:
    process.far.set_mode(SESSION, "needs_qr")
    process.far.sessions.open(SESSION, {"webhook": "http://127.0.0.1:9/somebody"})
    await process.says("QRCODE")

    for _ in range(5):
        await process.keep()

    assert process.asked("close-session") == 0


async def test_processes_that_find_it_dead_together_restart_it_once(process: Process) -> None:
    await process.come_up()
    both = [process, Process(process.far, process.http, process.folder)]
    await both[1].keep()
    process.far.kill_browser(SESSION)

    await asyncio.gather(*(one.keep(after=WATCHING) for one in both))
    await asyncio.gather(*(one.keep() for one in both))

    await process.connected()
    assert process.asked("close-session") == 1


async def test_where_nothing_can_be_remembered_a_healthy_session_is_left_alone(
    process: Process, tmp_path: Path
) -> None:
    await process.come_up()
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    homeless = Process(process.far, process.http, in_the_way)

    await homeless.keep()

    assert process.asked("close-session") == 0


async def test_where_nothing_can_be_remembered_sessions_are_started_all_the_same(
    far: WppconnectFarSide, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    homeless = Process(far, http, in_the_way)

    await homeless.come_up()

    assert await homeless.state() == "connected"


async def test_what_is_remembered_tells_no_secret(process: Process) -> None:
    with capture_logs() as logged:
        await process.come_up()

    remembered = "".join(file.read_text() for file in process.folder.rglob("*") if file.is_file())
    assert remembered
    assert not [one for one in (PASSWORD, KEY) if one in remembered + str(logged)]


# What it says of itself


async def test_each_state_is_told_with_what_to_do(process: Process) -> None:
    far, told = process.far, {}

    async def tell() -> None:
        process.now += FRESH_FOR
        status = await process.connection.status()
        assert (status.detail is None) is (status.detail_ar is None) is status.connected
        assert (status.phone is not None) is status.connected
        told[status.state] = status.connected

    await tell()
    far.set_mode(SESSION, "stuck")
    await process.session.start()
    await tell()
    far.set_mode(SESSION, "needs_qr")
    await process.session.restart()
    await process.says("QRCODE")
    await tell()
    far.scan(SESSION)
    await process.connected()
    await tell()
    far.kill_browser(SESSION)
    await tell()
    far.tokens.secret_key = "another"
    await tell()
    await far.go_down()
    await tell()

    assert told == {
        "closed": False,
        "starting": False,
        "qr": False,
        "connected": True,
        "disconnected": False,
        "unauthorized": False,
        "unreachable": False,
    }


async def test_a_connected_session_tells_its_number(process: Process) -> None:
    await process.come_up()

    status = await process.connection.status()

    assert (status.connected, status.phone) == (True, SHOP.partition("@")[0])


async def test_an_account_that_names_itself_by_its_lid_is_connected_with_its_number(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lid(_: Reads, call: Call) -> web.StreamResponse:
        return call.answer({"status": "success", "response": "14443111111111@lid"})

    # Routes are bound when a far side is made.
    monkeypatch.setattr(Reads, "phone_number", lid)
    async with WppconnectFarSide(secret_key=KEY) as other:
        other.sessions.open(SESSION, {})
        await until(lambda: other.sessions.connected(SESSION) is not None)
        status = await Process(other, process.http, process.folder).connection.status()

    assert (status.connected, status.phone) == (True, SHOP.partition("@")[0])


async def test_the_number_is_asked_for_once(process: Process) -> None:
    await process.come_up()

    for _ in range(5):
        await process.state()

    assert process.asked("get-phone-number") == 1


async def test_many_who_want_to_know_ask_once(process: Process) -> None:
    await process.come_up()
    looks = process.asked("status-session")

    await asyncio.gather(*(process.connection.status() for _ in range(10)))
    await asyncio.gather(*(process.pairing.qr_code() for _ in range(10)))

    assert process.asked("status-session") == looks + 1


async def test_a_qr_code_is_gone_once_it_was_scanned(process: Process) -> None:
    process.far.set_mode(SESSION, "needs_qr")
    await process.keep()
    await process.says("QRCODE")
    assert await process.pairing.qr_code()

    process.far.scan(SESSION)
    await process.connected()
    process.now += FRESH_FOR

    assert process.far.sessions.clients[SESSION].urlcode
    assert await process.pairing.qr_code() is None


async def test_a_rotated_qr_code_is_replaced_and_each_says_how_long_it_lasts(
    process: Process,
) -> None:
    process.far.set_mode(SESSION, "needs_qr")
    await process.keep()
    await process.says("QRCODE")
    first = await process.pairing.qr_code()
    process.far.next_qr(SESSION)
    await until(lambda: process.far.sessions.clients[SESSION].urlcode != (first and first.text))
    process.now += FRESH_FOR

    second = await process.pairing.qr_code()

    assert first
    assert second
    assert first.text != second.text
    for code in (first, second):
        left = (code.expires_at - datetime.now(UTC)).total_seconds()
        assert 0 < left <= QR_ROTATES_AFTER


async def test_a_qr_code_that_nobody_renews_is_never_shown_as_live(process: Process) -> None:
    process.far.set_mode(SESSION, "needs_qr")
    await process.keep()
    await process.says("QRCODE")
    assert await process.pairing.qr_code()
    assert await process.state() == "qr"

    process.now += QR_EXPIRES_AFTER

    assert await process.pairing.qr_code() is None
    assert await process.state() == "stuck"
    assert process.asked("close-session") == 0


async def test_a_session_that_shows_the_same_qr_code_for_ever_is_restarted(
    process: Process,
) -> None:
    process.far.set_mode(SESSION, "needs_qr")
    await process.keep()
    await process.says("QRCODE")
    await process.keep()

    await process.keep(after=STUCK_AFTER)

    assert process.asked("close-session") == 1
    await process.says("QRCODE")


async def test_a_qr_code_nobody_scanned_is_told_as_that(process: Process) -> None:
    process.far.set_mode(SESSION, "needs_qr")
    await process.keep()
    await process.says("QRCODE")
    assert await process.state() == "qr"
    process.far.autoclose(SESSION)
    await process.says("CLOSED")
    process.now += FRESH_FOR

    status = await process.connection.status()

    assert status.state == "closed"
    assert "Nobody scanned or typed" in str(status.detail)
    assert not status.needs_person


# Connected means that something went to WhatsApp and came back


async def test_connected_is_proven_once_a_minute(process: Process) -> None:
    await process.come_up()
    first = await process.connection.status()
    assert first.connected
    assert first.last_proven_at

    for _ in range(120):
        process.now += 1.0
        await process.connection.status()

    assert process.asked(f"check-number-status/{first.phone}") == 1 + 120 / PROVEN_FOR
    again = await process.connection.status()
    assert again.last_proven_at
    assert again.last_proven_at > first.last_proven_at
    assert again == first


async def test_a_page_without_whatsapp_behind_it_is_not_connected(process: Process) -> None:
    await process.come_up()
    assert await process.state() == "connected"
    process.far.lose_whatsapp(SESSION)

    process.now += PROVEN_FOR
    assert await process.state() == "connected"
    process.now += ASK_AGAIN_AFTER
    status = await process.connection.status()

    assert (status.connected, status.state, status.needs_person) == (False, "offline", True)
    assert status.last_proven_at
    assert process.asked("close-session") == 0
    process.far.regain_whatsapp(SESSION)
    process.now += ASK_AGAIN_AFTER
    assert await process.state() == "connected"


async def test_a_session_that_has_proven_nothing_yet_is_not_connected(process: Process) -> None:
    process.far.lose_whatsapp(SESSION)
    await process.come_up()

    assert await process.state() == "offline"


async def test_a_session_that_does_not_come_up_is_told_to_a_person_after_three_minutes(
    process: Process,
) -> None:
    process.far.set_mode(SESSION, "stuck")
    await process.keep()
    assert await process.state() == "starting"

    process.now += STUCK_AFTER
    status = await process.connection.status()

    assert (status.state, status.needs_person) == ("stuck", True)


async def test_a_page_that_hangs_is_restarted_like_a_dead_one(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_http, "Timeouts", partial(Timeouts, answer=0.2))
    await process.come_up()
    process.far.freeze_page(SESSION)

    await process.keep(after=WATCHING)
    assert await process.state() == "disconnected"
    await process.keep()

    await process.connected()
    assert process.asked("close-session") == 1
    assert await process.state() == "connected"


async def test_without_a_server_there_is_no_qr_code(process: Process) -> None:
    await process.far.go_down()

    assert await process.pairing.qr_code() is None


async def test_the_provider_that_is_built_pairs_keeps_and_tells(process: Process) -> None:
    provider = process.provider
    assert provider.session
    assert provider.pairing
    process.far.set_mode(SESSION, "needs_qr")

    await provider.session.keep()
    await process.says("QRCODE")

    assert await provider.pairing.qr_code()
    assert (await provider.connection.status()).state == "qr"
    assert provider.max_body == 32 * 1024 * 1024


async def test_unpairing_makes_the_phone_forget_us_and_again_is_harmless(process: Process) -> None:
    await process.come_up()

    await process.pairing.unpair()
    await process.pairing.unpair()

    assert await process.state() != "connected"
    assert process.asked("logout-session") == 2
