"""Looking at a provider's set-up: each fault is found, with what to do, and no secret is told."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from khalifa.application.ports.messaging import ChannelStopped, Provider
from khalifa.application.ports.setup import SetupCheck, Verdict
from khalifa.infrastructure.memory.uploaded_files import MemoryUploadedFiles
from khalifa.infrastructure.messaging import cloud_api, wppconnect
from khalifa.infrastructure.messaging.wppconnect.setup import calls_itself, exposure
from khalifa.infrastructure.provider_http import open_http
from tests.contracts.message_driver import until
from tests.far_sides.cloud_api import CloudApiFarSide
from tests.far_sides.cloud_api_errors import ErrorCode
from tests.far_sides.cloud_api_scenarios import Endpoint, Scenario
from tests.far_sides.wppconnect import WppconnectFarSide

VERIFY_TOKEN = "the-verify-token"
KEY, PASSWORD, SESSION = "the-secret-key", "the-webhook-password", "shop1"


class OurServer:
    """Our webhooks, as far as a stranger sees them."""

    def __init__(self) -> None:
        self.verify_token = VERIFY_TOKEN
        app = web.Application()
        app.router.add_get("/api/webhook/cloud_api", self._challenge)
        app.router.add_post("/api/webhook/wppconnect", self._knock)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    async def _challenge(self, request: web.Request) -> web.Response:
        if request.query["hub.verify_token"] != self.verify_token:
            return web.Response(status=403)
        return web.Response(text=request.query["hub.challenge"])

    async def _knock(self, request: web.Request) -> web.Response:
        return web.Response(status=200 if request.headers.get("Authorization") else 401)


@pytest.fixture
async def ours() -> AsyncIterator[OurServer]:
    ours = OurServer()
    async with ours.server:
        yield ours


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_http() as session:
        yield session


async def checked(provider: Provider) -> dict[str, SetupCheck]:
    """Return what was found of the set-up, by subject; the last of one subject."""
    assert provider.setup
    with capture_logs() as logged:
        checks = await provider.setup.checks()
    told = f"{checks}{logged}"
    for secret in ("EAAG-far-side-token", "far-side-app-secret", VERIFY_TOKEN, KEY, PASSWORD):
        assert secret not in told
    assert all(check.advice for check in checks if check.verdict is Verdict.BAD)
    return {check.subject: check for check in checks}


def faults(found: dict[str, SetupCheck]) -> set[str]:
    return {subject for subject, check in found.items() if check.verdict is not Verdict.GOOD}


class TestCloudApiSetup:
    @pytest.fixture
    async def far(self, ours: OurServer) -> AsyncIterator[CloudApiFarSide]:
        async with CloudApiFarSide() as far:
            far.adjust(webhook_url=ours.url)
            yield far

    @pytest.fixture
    def provider(self, far: CloudApiFarSide, http: aiohttp.ClientSession) -> Provider:
        return self._provider(far, http)

    def _provider(self, far: CloudApiFarSide, http: aiohttp.ClientSession, **more: str) -> Provider:
        env = {
            "CLOUD_API_BASE_URL": far.base_url,
            "CLOUD_API_PHONE_NUMBER_ID": far.settings.line.phone_number_id,
            "CLOUD_API_ACCESS_TOKEN": far.settings.access_token,
            "CLOUD_API_APP_SECRET": far.settings.app_secret,
            "CLOUD_API_WEBHOOK_VERIFY_TOKEN": VERIFY_TOKEN,
        }
        return cloud_api.build(env | more, http, MemoryUploadedFiles())

    async def test_a_whole_set_up_has_no_fault(self, provider: Provider) -> None:
        found = await checked(provider)

        assert faults(found) == set()
        assert set(found) == {
            "token",
            "permissions",
            "number",
            "quality",
            "webhook",
            "app secret",
            "webhook fields",
            "subscription",
        }

    async def test_an_app_that_is_not_subscribed_is_found_and_subscribed(
        self, far: CloudApiFarSide, provider: Provider
    ) -> None:
        far.adjust(subscribed=False)
        found = await checked(provider)
        assert faults(found) == {"subscription"}
        assert "khalifa provider subscribe" in str(found["subscription"].advice)

        assert provider.subscription
        await provider.subscription.subscribe()
        await provider.subscription.subscribe()

        assert far.settings.subscribed
        assert faults(await checked(provider)) == set()

    async def test_another_app_that_is_subscribed_is_not_ours(
        self, far: CloudApiFarSide, provider: Provider
    ) -> None:
        far.adjust(subscribed_app_id="999")

        assert faults(await checked(provider)) == {"subscription"}

    @pytest.mark.parametrize(
        ("settings", "fault", "verdict"),
        [
            ({"token_is_valid": False}, "token", Verdict.BAD),
            ({"token_expires_at": timedelta(days=3)}, "token", Verdict.BAD),
            ({"token_expires_at": timedelta(days=50)}, "token", Verdict.DOUBTFUL),
            ({"token_scopes": ["whatsapp_business_messaging"]}, "permissions", Verdict.BAD),
            ({"webhook_url": None}, "webhook", Verdict.BAD),
            ({"webhook_url": "http://127.0.0.1:9/hooks/other"}, "webhook", Verdict.BAD),
            ({"webhook_url": "http://127.0.0.1:9"}, "webhook", Verdict.BAD),
            ({"webhook_fields": []}, "webhook fields", Verdict.BAD),
            ({"app_secret": "another"}, "app secret", Verdict.BAD),
        ],
    )
    async def test_each_fault_is_found(
        self,
        far: CloudApiFarSide,
        provider: Provider,
        settings: dict[str, object],
        fault: str,
        verdict: Verdict,
    ) -> None:
        for name, value in settings.items():
            ends = isinstance(value, timedelta) and datetime.now(UTC) + value
            far.adjust(**{name: int(ends.timestamp()) if ends else value})

        found = await checked(provider)

        assert fault in faults(found)
        assert found[fault].verdict is verdict

    @pytest.mark.parametrize(
        ("number", "subject", "verdict"),
        [
            ({"status": "DISCONNECTED"}, "number", Verdict.BAD),
            ({"health_status": {"can_send_message": "BLOCKED"}}, "number", Verdict.BAD),
            ({"health_status": {"can_send_message": "LIMITED"}}, "number", Verdict.DOUBTFUL),
            ({"quality_rating": "RED"}, "quality", Verdict.BAD),
            ({"quality_rating": "YELLOW"}, "quality", Verdict.DOUBTFUL),
            ({"account_mode": "SANDBOX"}, "number", Verdict.DOUBTFUL),
            ({"is_on_biz_app": True}, "number", Verdict.DOUBTFUL),
            ({"name_status": "DECLINED"}, "display name", Verdict.DOUBTFUL),
        ],
    )
    async def test_a_number_that_is_not_well_is_told(
        self,
        far: CloudApiFarSide,
        provider: Provider,
        number: dict[str, object],
        subject: str,
        verdict: Verdict,
    ) -> None:
        far.change_number(**number)

        assert (await checked(provider))[subject].verdict is verdict

    async def test_a_webhook_with_another_verify_token_is_found(
        self, ours: OurServer, provider: Provider
    ) -> None:
        ours.verify_token = "another"

        found = await checked(provider)

        assert faults(found) == {"webhook"}
        assert "CLOUD_API_WEBHOOK_VERIFY_TOKEN" in str(found["webhook"].advice)

    async def test_a_wrong_token_is_told_as_that_and_nothing_else_is_asked(
        self, far: CloudApiFarSide, http: aiohttp.ClientSession
    ) -> None:
        provider = self._provider(far, http, CLOUD_API_ACCESS_TOKEN="wrong")

        found = await checked(provider)

        assert set(found) == {"token"}
        assert found["token"].verdict is Verdict.BAD

    async def test_an_account_that_the_token_may_not_touch_is_told(
        self, far: CloudApiFarSide, http: aiohttp.ClientSession
    ) -> None:
        provider = self._provider(far, http, CLOUD_API_BUSINESS_ACCOUNT_ID="42")

        assert faults(await checked(provider)) == {"subscription"}

    async def test_a_refused_subscription_says_why(
        self, far: CloudApiFarSide, provider: Provider
    ) -> None:
        far.arrange(Scenario.REFUSED, endpoint=Endpoint.SUBSCRIBED_APPS, code=ErrorCode.TOKEN)
        assert provider.subscription

        with pytest.raises(ChannelStopped):
            await provider.subscription.subscribe()

    async def test_a_meta_that_is_away_is_a_finding(
        self, far: CloudApiFarSide, provider: Provider
    ) -> None:
        await far.go_down()

        assert (await checked(provider))["token"].verdict is Verdict.BAD


class TestWppconnectSetup:
    @pytest.fixture
    async def far(self) -> AsyncIterator[WppconnectFarSide]:
        async with WppconnectFarSide(secret_key=KEY) as far:
            far.sessions.open(SESSION, {})
            await until(lambda: far.sessions.connected(SESSION) is not None)
            yield far

    @pytest.fixture
    def env(self, far: WppconnectFarSide, ours: OurServer, tmp_path: object) -> dict[str, str]:
        return {
            "WPPCONNECT_URL": far.base_url,
            "WPPCONNECT_SESSION": SESSION,
            "WPPCONNECT_SECRET_KEY": KEY,
            "WPPCONNECT_WEBHOOK_URL": ours.url,
            "WPPCONNECT_WEBHOOK_SECRET": PASSWORD,
            "KHALIFA_DATA_DIR": str(tmp_path),
        }

    async def test_a_whole_set_up_has_no_fault(
        self, env: dict[str, str], http: aiohttp.ClientSession
    ) -> None:
        found = await checked(wppconnect.build(env, http))

        assert faults(found) == set()
        assert set(found) == {"server", "secret", "version", "webhook", "session"}

    @pytest.mark.parametrize(
        ("change", "fault", "words"),
        [
            ({"WPPCONNECT_URL": "http://127.0.0.1:9"}, "server", "docs/providers/wppconnect.md"),
            ({"WPPCONNECT_SECRET_KEY": "wrong"}, "secret", "SECRET_KEY"),
            ({"WPPCONNECT_WEBHOOK_URL": "http://127.0.0.1:9"}, "webhook", "khalifa serve"),
            ({"WPPCONNECT_SESSION": "never"}, "session", "being started"),
        ],
    )
    async def test_each_fault_is_found(
        self,
        env: dict[str, str],
        http: aiohttp.ClientSession,
        change: dict[str, str],
        fault: str,
        words: str,
    ) -> None:
        found = await checked(wppconnect.build(env | change, http))

        assert fault in faults(found)
        assert words in str(found[fault].advice)

    async def test_something_else_at_its_address_is_told(
        self, env: dict[str, str], ours: OurServer, http: aiohttp.ClientSession
    ) -> None:
        found = await checked(wppconnect.build(env | {"WPPCONNECT_URL": ours.url}, http))

        assert "not WPPConnect Server" in found["server"].says

    @pytest.mark.parametrize(
        ("url", "webhook_url", "is_lost"),
        [
            ("http://wppconnect:21465", "http://localhost:8000", True),
            ("http://10.0.0.2:21465", "http://127.0.0.1:8000", True),
            ("http://127.0.0.1:21465", "http://127.0.0.1:8000", False),
            ("http://wppconnect:21465", "http://khalifa:8000", False),
        ],
    )
    def test_a_webhook_on_the_loopback_of_another_machine_is_told(
        self, url: str, webhook_url: str, is_lost: bool
    ) -> None:
        assert calls_itself(url, webhook_url) is is_lost

    @pytest.mark.parametrize(
        ("url", "is_public"),
        [
            ("http://8.8.8.8:21465", True),
            ("http://10.1.2.3:21465", False),
            ("http://wppconnect:21465", False),
        ],
    )
    def test_a_public_address_is_warned_of(self, url: str, is_public: bool) -> None:
        assert bool(exposure(url)) is is_public

    async def test_a_number_that_is_not_paired_is_told_how_to(
        self, env: dict[str, str], far: WppconnectFarSide, http: aiohttp.ClientSession
    ) -> None:
        far.set_mode("new", "needs_qr")
        far.sessions.open("new", {})
        await until(lambda: far.sessions.clients["new"].status == "QRCODE")

        found = await checked(wppconnect.build(env | {"WPPCONNECT_SESSION": "new"}, http))

        assert faults(found) == {"session"}
        assert "khalifa provider pair" in str(found["session"].advice)

    async def test_a_version_nobody_tried_is_doubtful(
        self,
        env: dict[str, str],
        http: aiohttp.ClientSession,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("tests.far_sides.wppconnect_sessions.VERSION", "3.0.0")

        found = await checked(wppconnect.build(env, http))

        assert faults(found) == {"version"}
        assert found["version"].verdict is Verdict.DOUBTFUL

    async def test_the_key_it_ships_with_is_told(
        self, env: dict[str, str], far: WppconnectFarSide, http: aiohttp.ClientSession
    ) -> None:
        far.tokens.secret_key = "THISISMYSECURETOKEN"
        change = {"WPPCONNECT_SECRET_KEY": "THISISMYSECURETOKEN"}

        found = await checked(wppconnect.build(env | change, http))

        assert found["secret"].verdict is Verdict.BAD
