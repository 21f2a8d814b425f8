"""Settings of the Cloud API provider."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from khalifa.domain.contacts import ProviderName
from khalifa.infrastructure.provider_downloads import Hosts
from khalifa.infrastructure.provider_settings import matching, optional, required, web_address
from khalifa.infrastructure.provider_settings import number as number_setting

NAME = ProviderName("cloud_api")

DEFAULT_BASE_URL = "https://graph.facebook.com"
# The newest version that others run in production. An expired one is no error
# at Meta's: the oldest living version answers instead, unannounced.
# https://developers.facebook.com/docs/graph-api/guides/versioning
DEFAULT_VERSION = "v25.0"

# https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
DEFAULT_PER_SECOND = 80.0
DEFAULT_PER_RECIPIENT = 6.0

# Meta's own. https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
DEFAULT_MEDIA_HOSTS = "lookaside.fbsbx.com"

META = Hosts(frozenset({DEFAULT_MEDIA_HOSTS}))

_PHONE_NUMBER_ID = re.compile(r"[0-9]{1,32}")
_VERSION = re.compile(r"v[0-9]{1,3}\.[0-9]{1,2}")

_WHERE = {
    "CLOUD_API_PHONE_NUMBER_ID": (
        "It is the id Meta gave your number, digits only and not the number itself: "
        "developers.facebook.com, your app, WhatsApp, API Setup, “Phone number ID”."
    ),
    "CLOUD_API_ACCESS_TOKEN": (
        "Make one for a system user with the permissions whatsapp_business_messaging and "
        "whatsapp_business_management: business.facebook.com, Settings, Users, System users."
    ),
    "CLOUD_API_APP_SECRET": (
        "Webhooks are known to be Meta's by it: developers.facebook.com, your app, "
        "App settings, Basic, “App secret”."
    ),
    "CLOUD_API_WEBHOOK_VERIFY_TOKEN": (
        "Make up a long random word, and write the same one into developers.facebook.com, "
        "your app, WhatsApp, Configuration, Webhook, “Verify token”."
    ),
    "CLOUD_API_BUSINESS_ACCOUNT_ID": (
        "It is the id of the WhatsApp Business account, digits only: developers.facebook.com, "
        "your app, WhatsApp, API Setup. It may be left out."
    ),
    "CLOUD_API_MESSAGES_PER_SECOND": (
        "It is the number's throughput at Meta's: 80, or 20 for one that the Business app uses too."
    ),
    "CLOUD_API_SECONDS_PER_RECIPIENT": "Meta bears one message in 6 seconds to one customer.",
    "CLOUD_API_MEDIA_HOSTS": (
        "Files are fetched, with your token, from these hosts only. Write names with commas "
        f"between, or leave it out: {DEFAULT_MEDIA_HOSTS}."
    ),
    "CLOUD_API_VERSION": f"Write it as {DEFAULT_VERSION}, or leave it out.",
    "CLOUD_API_BASE_URL": f"Write it as {DEFAULT_BASE_URL}, or leave it out.",
}


def _required(env: Mapping[str, str], name: str) -> str:
    return required(env, name, _WHERE[name])


def _optional(env: Mapping[str, str], name: str, default: str) -> str:
    return optional(env, name, default, _WHERE[name])


def _matching(name: str, value: str, pattern: re.Pattern[str]) -> str:
    return matching(name, value, pattern, _WHERE[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudApiSettings:
    """
    What Meta must be told, and told by.

    ``business_account_id`` None: Meta is asked for it. ``seconds_per_recipient``
    0: one customer may be sent as much as all.
    """

    phone_number_id: str
    access_token: str = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)
    version: str = DEFAULT_VERSION
    base_url: str = DEFAULT_BASE_URL
    business_account_id: str | None = None
    media_hosts: Hosts = META
    messages_per_second: float = DEFAULT_PER_SECOND
    seconds_per_recipient: float = DEFAULT_PER_RECIPIENT

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """
        Read the variables that begin with ``CLOUD_API_``.

        Raises:
            MissingSetting: one is not there.
            InvalidSetting: one cannot be right.
        """
        hosts = "CLOUD_API_MEDIA_HOSTS"
        number, account, version, base_url = (
            "CLOUD_API_PHONE_NUMBER_ID",
            "CLOUD_API_BUSINESS_ACCOUNT_ID",
            "CLOUD_API_VERSION",
            "CLOUD_API_BASE_URL",
        )
        account_id = _optional(env, account, "")
        return cls(
            phone_number_id=_matching(number, _required(env, number), _PHONE_NUMBER_ID),
            access_token=_required(env, "CLOUD_API_ACCESS_TOKEN"),
            app_secret=_required(env, "CLOUD_API_APP_SECRET"),
            verify_token=_required(env, "CLOUD_API_WEBHOOK_VERIFY_TOKEN"),
            version=_matching(version, _optional(env, version, DEFAULT_VERSION), _VERSION),
            base_url=web_address(
                base_url, _optional(env, base_url, DEFAULT_BASE_URL), _WHERE[base_url]
            ),
            messages_per_second=number_setting(
                env,
                "CLOUD_API_MESSAGES_PER_SECOND",
                default=DEFAULT_PER_SECOND,
                least=1,
                most=1000,
                hint=_WHERE["CLOUD_API_MESSAGES_PER_SECOND"],
            ),
            seconds_per_recipient=number_setting(
                env,
                "CLOUD_API_SECONDS_PER_RECIPIENT",
                default=DEFAULT_PER_RECIPIENT,
                least=0,
                most=60,
                hint=_WHERE["CLOUD_API_SECONDS_PER_RECIPIENT"],
            ),
            media_hosts=Hosts.read(
                hosts, _optional(env, hosts, DEFAULT_MEDIA_HOSTS), _WHERE[hosts]
            ),
            business_account_id=(
                _matching(account, account_id, _PHONE_NUMBER_ID) if account_id else None
            ),
        )

    @property
    def node(self) -> str:
        """The address of our number at Meta's."""
        return f"{self.base_url}/{self.version}/{self.phone_number_id}"

    @property
    def authorization(self) -> dict[str, str]:
        """The header that says who calls."""
        return {"Authorization": f"Bearer {self.access_token}"}
