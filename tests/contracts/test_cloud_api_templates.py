"""The Cloud API's templates, against a Graph API that misbehaves on request."""

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from khalifa.application.ports.messaging import ChannelStopped, ProviderUnreachable, RateLimited
from khalifa.domain.filled_template import HeaderType
from khalifa.domain.messages import Ignored
from khalifa.domain.templates import ButtonKind, Template, TemplateButton, TemplateHeader
from khalifa.infrastructure.messaging.cloud_api import template_list
from khalifa.infrastructure.messaging.cloud_api.settings import CloudApiSettings
from khalifa.infrastructure.messaging.cloud_api.template_list import CloudApiTemplates
from khalifa.infrastructure.messaging.cloud_api.webhook import CloudApiWebhook
from khalifa.infrastructure.provider_http import open_http
from khalifa.infrastructure.provider_settings import InvalidSetting
from tests.contracts.test_cloud_api_driver import env_of
from tests.far_sides.cloud_api import CloudApiFarSide
from tests.far_sides.cloud_api_bodies import SHOP
from tests.far_sides.cloud_api_scenarios import Endpoint, Scenario
from tests.far_sides.cloud_api_templates import template


@pytest.fixture
async def far() -> AsyncIterator[CloudApiFarSide]:
    async with CloudApiFarSide() as far:
        yield far


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_http() as http:
        yield http


def catalog(far: CloudApiFarSide, http: aiohttp.ClientSession, **more: str) -> CloudApiTemplates:
    return CloudApiTemplates(CloudApiSettings.from_env({**env_of(far.base_url), **more}), http)


async def test_approved_templates_are_read_with_all_they_leave_open(
    far: CloudApiFarSide, http: aiohttp.ClientSession
) -> None:
    hello, photo, ready = await catalog(far, http).list_templates()

    assert (hello.name, hello.named, hello.places) == ("hello", True, ("name",))
    assert photo.header == TemplateHeader(type=HeaderType.IMAGE)
    assert ready == Template(
        name="order_ready",
        language="ar",
        category="UTILITY",
        header=TemplateHeader(type=HeaderType.TEXT, text="طلب {{1}}"),
        text="أهلاً {{1}}، طلبك {{2}} جاهز.",
        buttons=(
            TemplateButton(kind=ButtonKind.QUICK_REPLY, title="شكراً"),
            TemplateButton(kind=ButtonKind.URL, title="تتبع", url="https://shop.example/{{1}}"),
        ),
    )


async def test_every_page_is_read(
    far: CloudApiFarSide, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_list, "PAGE", 2)
    far.world.templates = [template(f"t{n}", "ar", body="نص") for n in range(5)]

    found = await catalog(far, http).list_templates()

    assert [one.name for one in found] == [f"t{n}" for n in range(5)]


async def test_the_account_is_asked_for_once_and_not_at_all_where_it_is_set(
    far: CloudApiFarSide, http: aiohttp.ClientSession
) -> None:
    asking = catalog(far, http)
    told = catalog(far, http, CLOUD_API_BUSINESS_ACCOUNT_ID=SHOP.waba_id)

    for one in (asking, asking, told):
        await one.list_templates()

    paths = [seen.path.rsplit("/", 1)[1] for seen in far.requests]
    assert paths == [SHOP.phone_number_id, *["message_templates"] * 3]


async def test_an_account_that_is_none_is_refused_at_the_start(
    far: CloudApiFarSide, http: aiohttp.ClientSession
) -> None:
    with pytest.raises(InvalidSetting, match="CLOUD_API_BUSINESS_ACCOUNT_ID"):
        catalog(far, http, CLOUD_API_BUSINESS_ACCOUNT_ID="shop")


async def test_a_number_that_does_not_name_its_account_needs_the_setting(
    far: CloudApiFarSide, http: aiohttp.ClientSession
) -> None:
    far.change_number(health_status={"entities": []})

    with pytest.raises(ChannelStopped, match="CLOUD_API_BUSINESS_ACCOUNT_ID"):
        await catalog(far, http).list_templates()


async def test_metas_refusals_are_told_apart(
    far: CloudApiFarSide, http: aiohttp.ClientSession
) -> None:
    told = catalog(far, http, CLOUD_API_BUSINESS_ACCOUNT_ID=SHOP.waba_id)
    far.arrange(Scenario.THROTTLED, times=1, endpoint=Endpoint.TEMPLATES)
    with pytest.raises(RateLimited):
        await told.list_templates()
    far.arrange(Scenario.TOKEN_EXPIRED, times=1, endpoint=Endpoint.TEMPLATES)
    with pytest.raises(ChannelStopped):
        await told.list_templates()
    for nonsense in (Scenario.HTML_502, Scenario.GARBAGE, Scenario.EMPTY_OBJECT):
        far.arrange(nonsense, times=1, endpoint=Endpoint.TEMPLATES)
        with pytest.raises(ProviderUnreachable):
            await told.list_templates()


async def test_a_template_of_a_strange_shape_is_passed_over_and_no_error(
    far: CloudApiFarSide, http: aiohttp.ClientSession
) -> None:
    odd = template("odd", "ar", body="نص", header={"type": "HEADER", "format": "HOLOGRAM"})
    parts = odd["components"]
    assert isinstance(parts, list)
    parts += [None, {"type": "CAROUSEL"}, {"type": "BUTTONS"}]
    far.world.templates = [{"status": "APPROVED"}, {"status": "APPROVED", "name": "x"}, odd]

    [found] = await catalog(far, http).list_templates()

    assert (found.name, found.header, found.text) == ("odd", None, "نص")


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("message_template_status_update", True),
        ("template_category_update", True),
        ("flows", False),
    ],
)
def test_a_webhook_that_speaks_of_templates_says_that_they_changed(
    field: str, changed: bool
) -> None:
    webhook = CloudApiWebhook(CloudApiSettings.from_env(env_of("http://127.0.0.1:9")))
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"id": SHOP.waba_id, "changes": [{"field": field, "value": {"event": "X"}}]}],
    }

    [read] = webhook.parse(json.dumps(body).encode())

    assert isinstance(read, Ignored)
    assert (read.reason, read.templates_changed) == (f"field {field}", changed)
