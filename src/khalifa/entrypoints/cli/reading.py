"""Which settings are read, from where they come, and what of them may be shown."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar, overload
from urllib.parse import urlsplit

from khalifa.domain.errors import SettingError
from khalifa.settings import Settings

T = TypeVar("T")

_SECRET_ENDS = ("_TOKEN", "_SECRET", "_PASSWORD", "_KEY")
# Whoever knows where it leads may post there.
_SECRET_ADDRESSES = {"KHALIFA_ALERT_WEBHOOK_URL"}
# What a wrong setting is taken for while the others are looked at.
_INSTEAD = {
    "WHATSAPP_DRIVER": "sandbox",
    "DATABASE_URL": "sqlite://",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
}


class ReadEnvironment(dict[str, str]):
    """An environment that notes which settings are asked for, whether they are there or not."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.asked: dict[str, None] = {}

    @overload
    def get(self, name: str, default: None = None, /) -> str | None: ...
    @overload
    def get(self, name: str, default: str, /) -> str: ...
    @overload
    def get(self, name: str, default: T, /) -> str | T: ...
    def get(self, name: str, default: object = None, /) -> object:
        self.asked[name] = None
        return super().get(name, default)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingShown:
    """A setting as `khalifa doctor` shows it. ``value``: None when it is not set."""

    name: str
    value: str | None
    source: str


def read_all(env: ReadEnvironment) -> tuple[Settings, dict[str, str]]:
    """Return the settings with something usable for each wrong one, and what is wrong by name."""
    wrong: dict[str, str] = {}
    while True:
        stand_in = {name: _INSTEAD.get(name, "") for name in wrong}
        attempt = ReadEnvironment({**env, **stand_in})
        try:
            settings = Settings.from_env(attempt)
        except SettingError as error:
            name = str(error).partition(" ")[0]
            if name in wrong:
                raise
            wrong[name] = str(error)
        else:
            env.asked |= attempt.asked
            return replace(settings, env=env), wrong


def shown(name: str, value: str) -> str:
    """Return what may be shown of a setting: no secret, and of an address no password."""
    if name in _SECRET_ADDRESSES or name.endswith(_SECRET_ENDS):
        return "set"
    if name.endswith("_URL"):
        return _address(value)
    return value if name == "WHATSAPP_DRIVER" or name.startswith("KHALIFA_") else "set"


def _address(value: str) -> str:
    if "://" not in value:
        return "set"
    try:
        parts = urlsplit(value)
        host = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    except ValueError:
        return "set"
    # A password with a slash in it would otherwise be taken for the path.
    return "set" if "@" in parts.path else f"{parts.scheme}://{host}{parts.path}"
