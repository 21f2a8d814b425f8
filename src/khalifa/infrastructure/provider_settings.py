"""Reading a provider's settings from the environment, with words for whoever must mend them."""

import math
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from khalifa.domain.errors import SettingError

# No space and no control character has a place in a token, an id or an address;
# one that crept in by copying would otherwise break the request's own header.
_UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f]")


class MissingSetting(SettingError):
    """A provider lacks a setting; the text names the variable and where to find its value."""

    def __init__(self, name: str, hint: str) -> None:
        super().__init__(f"{name} is not set. {hint}")
        self.name = name


class InvalidSetting(SettingError):
    """A provider's setting cannot be used; the text names the variable, never its value."""

    def __init__(self, name: str, hint: str) -> None:
        super().__init__(f"{name} cannot be used. {hint}")
        self.name = name


def required(env: Mapping[str, str], name: str, hint: str) -> str:
    """
    Return the setting *name* without the spaces around it; *hint* says where its value is found.

    Raises:
        MissingSetting: it is absent or blank.
        InvalidSetting: there is a space or a control character within it.
    """
    value = env.get(name, "").strip()
    if not value:
        raise MissingSetting(name, hint)
    if _UNPRINTABLE.search(value):
        reason = f"There is a space or a line break within it. {hint}"
        raise InvalidSetting(name, reason)
    return value


def optional(env: Mapping[str, str], name: str, default: str, hint: str) -> str:
    """
    Return the setting *name*, or *default* when it is absent or blank.

    Raises:
        InvalidSetting: there is a space or a control character within it.
    """
    return required(env, name, hint) if env.get(name, "").strip() else default


def matching(name: str, value: str, pattern: re.Pattern[str], hint: str) -> str:
    """Return *value* if *pattern* matches the whole of it, else raise `InvalidSetting`."""
    if not pattern.fullmatch(value):
        raise InvalidSetting(name, hint)
    return value


def number(
    env: Mapping[str, str], name: str, *, default: float, least: float, most: float, hint: str
) -> float:
    """
    Return the setting *name*, a number from *least* to *most*, or *default* when it is absent.

    Raises:
        InvalidSetting: it is no such number.
    """
    text = env.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise InvalidSetting(name, f"Write a number from {least:g} to {most:g}. {hint}")
    return value


def web_address(name: str, value: str, hint: str) -> str:
    """
    Return *value*, an ``http`` or ``https`` address, without the slashes at its end.

    Raises:
        InvalidSetting: it is no such address, or has a query, a fragment or a password in it.
    """
    try:
        parts = urlsplit(value)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise InvalidSetting(name, hint) from None
    extras = parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme not in {"http", "https"} or not usable or extras:
        raise InvalidSetting(name, hint)
    return value.rstrip("/")
