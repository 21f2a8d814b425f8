"""How fast each real provider says it may be used, and by what its settings are refused."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from khalifa.domain.pace import PacePolicy, RecipientPace
from khalifa.infrastructure.memory.uploaded_files import MemoryUploadedFiles
from khalifa.infrastructure.messaging import cloud_api, wppconnect
from khalifa.infrastructure.messaging.cloud_api.errors import refusal
from khalifa.infrastructure.provider_http import open_http
from khalifa.infrastructure.provider_settings import InvalidSetting
from tests.contracts import test_cloud_api_driver, test_wppconnect_driver


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_http() as http:
        yield http


def of_cloud_api(http: aiohttp.ClientSession, **env: str) -> PacePolicy | None:
    base = test_cloud_api_driver.env_of("http://127.0.0.1:9")
    return cloud_api.build({**base, **env}, http, MemoryUploadedFiles()).pace


def of_wppconnect(http: aiohttp.ClientSession, **env: str) -> PacePolicy | None:
    base = test_wppconnect_driver.env_of("http://127.0.0.1:9", Path("nowhere"))
    return wppconnect.build({**base, **env}, http).pace


async def test_the_cloud_api_keeps_to_what_meta_documents(http: aiohttp.ClientSession) -> None:
    documented = PacePolicy(per_second=80, recipient=RecipientPace(interval=6, burst=45, within=6))
    shared = of_cloud_api(
        http, CLOUD_API_MESSAGES_PER_SECOND="20", CLOUD_API_SECONDS_PER_RECIPIENT="0"
    )

    assert of_cloud_api(http) == documented
    assert shared == PacePolicy(per_second=20)


async def test_a_paired_phone_is_used_with_care_unless_told_otherwise(
    http: aiohttp.ClientSession,
) -> None:
    careful = PacePolicy(
        apart=(1.0, 3.0),
        first_contacts=10,
        warm_up=timedelta(days=7),
        warnings=5,
        hold=timedelta(minutes=30),
    )
    bold = of_wppconnect(
        http,
        WPPCONNECT_SECONDS_APART="0.5",
        WPPCONNECT_JITTER_SECONDS="0",
        WPPCONNECT_FIRST_CONTACTS_PER_HOUR="0",
        WPPCONNECT_WARM_UP_DAYS="0",
        WPPCONNECT_HOLD_MINUTES="0",
    )

    assert of_wppconnect(http) == careful
    assert bold == PacePolicy(apart=(0.5, 0.5), first_contacts=0, hold=timedelta())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLOUD_API_MESSAGES_PER_SECOND", "0"),
        ("CLOUD_API_MESSAGES_PER_SECOND", "fast"),
        ("CLOUD_API_SECONDS_PER_RECIPIENT", "-1"),
        ("CLOUD_API_SECONDS_PER_RECIPIENT", "nan"),
        ("WPPCONNECT_SECONDS_APART", "601"),
        ("WPPCONNECT_TYPING_SECONDS", "11"),
        ("WPPCONNECT_WARM_UP_DAYS", "inf"),
    ],
)
async def test_a_pace_that_cannot_be_is_refused_at_the_start_by_name(
    http: aiohttp.ClientSession, name: str, value: str
) -> None:
    build = of_cloud_api if name.startswith("CLOUD") else of_wppconnect

    with pytest.raises(InvalidSetting, match=name) as refused:
        build(http, **{name: value})
    assert "Write a number from" in str(refused.value)


@pytest.mark.parametrize(
    ("code", "whole_channel", "pause"),
    [
        (131056, False, None),
        (130429, True, 5.0),
        (80007, True, 120.0),
        (4, True, 120.0),
    ],
)
def test_too_fast_for_one_customer_is_told_from_too_fast_for_the_number(
    code: int, whole_channel: bool, pause: float | None
) -> None:
    refused = refusal({"code": code}, status=400)

    assert refused is not None
    assert getattr(refused, "whole_channel", None) is whole_channel
    assert refused.retry_after == pause
