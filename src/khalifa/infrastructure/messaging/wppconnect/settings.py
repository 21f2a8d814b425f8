"""Settings of the WPPConnect provider."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from khalifa.domain.contacts import ProviderName
from khalifa.infrastructure.provider_settings import matching, optional, required, web_address

NAME = ProviderName("wppconnect")

WEBHOOK_USER = "khalifa"
WEBHOOK_PATH = f"/api/webhook/{NAME}"

DEFAULT_SESSION = "khalifa_pharmacy"

# bcrypt reads 72 bytes of session name and secret together: behind a name of
# 72 characters any secret would do.
_SESSION = re.compile(r"[a-z0-9_-]{1,32}")
# WPPConnect passes the password on as it stands in the URL, decoded or not,
# depending on its version: only what needs no encoding arrives the same.
# https://github.com/axios/axios/pull/10825
_WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9._~-]+")

_WHERE_URL = "It is the address of your WPPConnect Server, for example http://127.0.0.1:21465."
_WHICH_SESSION = (
    "It is the name of the session at WPPConnect: up to 32 small letters, digits, - and _."
)
_WHERE_KEY = "It is the SECRET_KEY your WPPConnect Server was started with."
_WHERE_WEBHOOK_URL = (
    "It is this server's own address as WPPConnect sees it, without user and password, "
    f"for example http://server:8000 (or with {WEBHOOK_PATH} behind it)."
)
_WHICH_WORD = (
    "Webhooks are known to be WPPConnect's by it. Make up a long random word of letters, digits "
    "and . _ ~ - only: python -c 'import secrets; print(secrets.token_hex(24))'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WppconnectSettings:
    """
    Where WPPConnect Server is, and where it finds us.

    ``webhook_url`` is the whole address of our webhook, without the password.
    ``memory`` is the folder for what must outlive this process.
    """

    url: str
    session: str
    secret_key: str = field(repr=False)
    webhook_url: str
    webhook_secret: str = field(repr=False)
    memory: Path

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """
        Read the variables that begin with ``WPPCONNECT_``, and ``KHALIFA_DATA_DIR``.

        Raises:
            MissingSetting: one is not there.
            InvalidSetting: one cannot be right.
        """
        return cls(
            url=web_address(
                "WPPCONNECT_URL", required(env, "WPPCONNECT_URL", _WHERE_URL), _WHERE_URL
            ),
            session=matching(
                "WPPCONNECT_SESSION",
                optional(env, "WPPCONNECT_SESSION", DEFAULT_SESSION, _WHICH_SESSION),
                _SESSION,
                _WHICH_SESSION,
            ),
            secret_key=required(env, "WPPCONNECT_SECRET_KEY", _WHERE_KEY),
            webhook_url=_with_path(
                web_address(
                    "WPPCONNECT_WEBHOOK_URL",
                    required(env, "WPPCONNECT_WEBHOOK_URL", _WHERE_WEBHOOK_URL),
                    _WHERE_WEBHOOK_URL,
                )
            ),
            webhook_secret=matching(
                "WPPCONNECT_WEBHOOK_SECRET",
                required(env, "WPPCONNECT_WEBHOOK_SECRET", _WHICH_WORD),
                _WEBHOOK_SECRET,
                _WHICH_WORD,
            ),
            memory=Path(env.get("KHALIFA_DATA_DIR") or "data").expanduser().absolute() / NAME,
        )

    @property
    def webhook(self) -> str:
        """The webhook as WPPConnect must call it: a secret, for the password is in it."""
        parts = urlsplit(self.webhook_url)
        return urlunsplit(
            parts._replace(
                netloc=f"{WEBHOOK_USER}:{self.webhook_secret}@{parts.netloc}",
                query=f"session={self.session}",
            )
        )


def _with_path(address: str) -> str:
    return address if address.endswith(WEBHOOK_PATH) else address + WEBHOOK_PATH
