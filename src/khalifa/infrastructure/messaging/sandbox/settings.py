"""Settings of the sandbox, and how it signs."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Self
from urllib.parse import urlsplit

from khalifa.domain.contacts import ProviderName
from khalifa.domain.errors import SettingError
from khalifa.infrastructure.provider_settings import MissingSetting, number, required

NAME = ProviderName("sandbox")
SIGNATURE: Final = "x-sandbox-signature"

_CHOICE = "WHATSAPP_DRIVER"
_SECRET = "SANDBOX_SECRET"  # noqa: S105 - a variable's name
_WHERE = "Make up a long random word: the sandbox signs its webhook calls with it."
_WINDOW = "SANDBOX_WINDOW_HOURS"
_MAX_HOURS = 168.0
_HOURS = "Hours after a customer's message during which anything may be sent; 0 for always."
# What every process of one installation is told alike, and nobody else.
_SHARED = ("DATABASE_URL", "REDIS_URL")


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """
    By what our own webhook knows the sandbox.

    ``window``: to train with the window the Cloud API has; None without one.
    """

    secret: str = field(repr=False)
    window: timedelta | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """
        Read ``SANDBOX_SECRET``, or make one of the passwords all our processes share.

        Raises:
            SettingError: WHATSAPP_DRIVER does not say sandbox.
            MissingSetting: there is neither a secret nor a password to make one of.
            InvalidSetting: there is a space or a control character within the secret.
        """
        chosen = env.get(_CHOICE, "").strip()
        if not chosen:
            hint = f"The sandbox takes part only where it says {NAME}."
            raise MissingSetting(_CHOICE, hint)
        if chosen != NAME:
            reason = f"{_CHOICE} says {chosen}. The sandbox takes part only where it says {NAME}."
            raise SettingError(reason)
        if env.get(_SECRET, "").strip() or not _has_password(env):
            return cls(secret=required(env, _SECRET, _WHERE), window=_window(env))
        shared = "\0".join(env.get(name, "").strip() for name in _SHARED)
        secret = hmac.digest(shared.encode(), NAME.encode(), "sha256").hex()
        return cls(secret=secret, window=_window(env))

    def signature(self, body: bytes) -> str:
        """Return what the header `SIGNATURE` says with *body*."""
        return f"sha256={hmac.digest(self.secret.encode(), body, 'sha256').hex()}"


def _window(env: Mapping[str, str]) -> timedelta | None:
    hours = number(env, _WINDOW, default=0, least=0, most=_MAX_HOURS, hint=_HOURS)
    return timedelta(hours=hours) if hours else None


def _has_password(env: Mapping[str, str]) -> bool:
    try:
        return any(urlsplit(env.get(name, "").strip()).password for name in _SHARED)
    except ValueError:
        return False
