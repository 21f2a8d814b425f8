"""Settings: the environment and `.env`, read once at the edge into a frozen object."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

import phonenumbers
from dotenv import dotenv_values

from khalifa.domain.errors import SettingError

DEFAULT_PORT = 8000
MAX_PORT = 65535
DEFAULT_JOURNAL_MAX_MB = 4096
MAX_JOURNAL_MAX_MB = 1024 * 1024
DEFAULT_KEEP_BODIES_DAYS = 30
DEFAULT_KEEP_LOGS_DAYS = 14
MAX_KEEP_DAYS = 3650
DEFAULT_LOOKUPS_PER_MINUTE = 60
MAX_LOOKUPS_PER_MINUTE = 6000
MIN_METRICS_TOKEN = 16
DEFAULT_ALERT_FROM = "khalifa@localhost"
LOG_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    What a process was told.

    ``env`` is the whole environment: each provider reads its own settings
    from it. ``internal_url`` is where our own server answers to our other
    processes; ``public_url``, if given, where people's browsers find it. Without
    ``metrics_token`` nobody is shown any metrics. ``keep_media`` and
    ``keep_messages``: for ever when None.
    """

    whatsapp_driver: str
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    data_dir: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    public_url: str | None = None
    internal_url: str
    phone_region: str = "EG"
    journal_max_bytes: int = DEFAULT_JOURNAL_MAX_MB * 2**20
    keep_bodies: timedelta = timedelta(days=DEFAULT_KEEP_BODIES_DAYS)
    keep_logs: timedelta = timedelta(days=DEFAULT_KEEP_LOGS_DAYS)
    keep_media: timedelta | None = None
    keep_messages: timedelta | None = None
    template_price: Decimal | None = None
    lookups_per_minute: int = DEFAULT_LOOKUPS_PER_MINUTE
    metrics_token: str | None = field(repr=False, default=None)
    worker_metrics_port: int | None = None
    alert_webhook_url: str | None = field(repr=False, default=None)
    alert_smtp_url: str | None = field(repr=False, default=None)
    alert_emails: tuple[str, ...] = ()
    alert_from: str = DEFAULT_ALERT_FROM
    log_level: str = "info"
    log_format: Literal["json", "console"] = "json"
    env: Mapping[str, str] = field(repr=False, default_factory=dict)

    @property
    def storage(self) -> str:
        """Return which kind of database adapters are meant: ``sql`` or ``memory``."""
        return "memory" if self.database_url.startswith("memory:") else "sql"

    @property
    def transport(self) -> str:
        """Return which kind of queue and stream adapters are meant: ``redis`` or ``memory``."""
        return "memory" if self.redis_url.startswith("memory:") else "redis"

    @property
    def journal_dir(self) -> Path:
        return self.data_dir / "journal"

    @property
    def media_dir(self) -> Path:
        """Return the folder of customers' files, which every machine must see."""
        given = self.env.get("KHALIFA_MEDIA_DIR")
        return Path(given).expanduser().absolute() if given else self.data_dir / "media"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """
        Read the settings of a server or a worker.

        Raises:
            SettingError: one is missing or wrong; it is named.
        """
        port = _number(env, "KHALIFA_PORT", default=DEFAULT_PORT, most=MAX_PORT)
        log_format = _one_of(env, "KHALIFA_LOG_FORMAT", ("json", "console"))
        return cls(
            whatsapp_driver=_required(
                env,
                "WHATSAPP_DRIVER",
                "It says which provider carries messages: wppconnect, cloud_api or sandbox.",
            ),
            database_url=_database_url(env),
            redis_url=_url(
                env,
                "REDIS_URL",
                ("redis", "rediss", "unix"),
                "For example redis://127.0.0.1:6379/0.",
            ),
            data_dir=Path(env.get("KHALIFA_DATA_DIR") or "data").expanduser().absolute(),
            host=env.get("KHALIFA_HOST") or "127.0.0.1",
            port=port,
            public_url=(env.get("KHALIFA_PUBLIC_URL") or "").rstrip("/") or None,
            internal_url=(env.get("KHALIFA_INTERNAL_URL") or f"http://127.0.0.1:{port}").rstrip(
                "/"
            ),
            phone_region=_region(env),
            journal_max_bytes=2**20
            * _number(
                env,
                "KHALIFA_JOURNAL_MAX_MB",
                default=DEFAULT_JOURNAL_MAX_MB,
                most=MAX_JOURNAL_MAX_MB,
            ),
            keep_bodies=_days(env, "KHALIFA_KEEP_BODIES_DAYS", default=DEFAULT_KEEP_BODIES_DAYS),
            keep_logs=_days(env, "KHALIFA_KEEP_LOGS_DAYS", default=DEFAULT_KEEP_LOGS_DAYS),
            keep_media=_days_or_ever(env, "KHALIFA_KEEP_MEDIA_DAYS"),
            keep_messages=_days_or_ever(env, "KHALIFA_KEEP_MESSAGES_DAYS"),
            template_price=_price(env, "KHALIFA_TEMPLATE_PRICE"),
            lookups_per_minute=_number(
                env,
                "KHALIFA_LOOKUPS_PER_MINUTE",
                default=DEFAULT_LOOKUPS_PER_MINUTE,
                most=MAX_LOOKUPS_PER_MINUTE,
            ),
            metrics_token=_metrics_token(env),
            worker_metrics_port=_worker_metrics_port(env),
            alert_webhook_url=_optional_url(env, "KHALIFA_ALERT_WEBHOOK_URL", ("https", "http")),
            alert_smtp_url=_optional_url(env, "KHALIFA_ALERT_SMTP_URL", ("smtp", "smtps")),
            alert_emails=_alert_emails(env),
            alert_from=env.get("KHALIFA_ALERT_FROM", "").strip() or DEFAULT_ALERT_FROM,
            log_level=_one_of(env, "KHALIFA_LOG_LEVEL", LOG_LEVELS, default="info"),
            log_format="console" if log_format == "console" else "json",
            env=dict(env),
        )


def environment(folder: Path | None = None) -> dict[str, str]:
    """Return the environment over what `.env` in *folder* (the current one) says."""
    file = dotenv_values((folder or Path()) / ".env", encoding="utf-8")
    return {key: value for key, value in file.items() if value is not None} | dict(os.environ)


def _required(env: Mapping[str, str], name: str, hint: str) -> str:
    value = env.get(name, "").strip()
    if not value:
        reason = f"{name} is not set. {hint}"
        raise SettingError(reason)
    return value


def _url(env: Mapping[str, str], name: str, schemes: tuple[str, ...], hint: str) -> str:
    value = _required(env, name, hint)
    if urlsplit(value).scheme not in schemes:
        # The value stays out: it may hold a password.
        reason = f"{name} must begin with {' or '.join(f'{s}://' for s in schemes)}. {hint}"
        raise SettingError(reason)
    return value


def _database_url(env: Mapping[str, str]) -> str:
    value = _url(
        env,
        "DATABASE_URL",
        ("mysql", "mariadb", "mysql+aiomysql", "sqlite", "sqlite+aiosqlite"),
        "For example mysql://khalifa:PASSWORD@127.0.0.1:3306/khalifa.",
    )
    scheme, rest = value.split("://", 1)
    return f"{'sqlite+aiosqlite' if scheme.startswith('sqlite') else 'mysql+aiomysql'}://{rest}"


def _number(env: Mapping[str, str], name: str, *, default: int, most: int) -> int:
    value = env.get(name, "").strip() or str(default)
    if not value.isascii() or not value.isdigit() or not 0 < int(value) <= most:
        reason = f"{name} must be a number from 1 to {most}."
        raise SettingError(reason)
    return int(value)


def _days(env: Mapping[str, str], name: str, *, default: int) -> timedelta:
    return timedelta(days=_number(env, name, default=default, most=MAX_KEEP_DAYS))


def _days_or_ever(env: Mapping[str, str], name: str) -> timedelta | None:
    return _days(env, name, default=0) if env.get(name, "").strip() else None


def _price(env: Mapping[str, str], name: str) -> Decimal | None:
    value = env.get(name, "").strip()
    try:
        price = Decimal(value) if value else None
    except InvalidOperation:
        price = Decimal("NaN")
    if price is not None and not (price.is_finite() and price >= 0):
        reason = f"{name} must be a number such as 0.0104: what one template costs."
        raise SettingError(reason)
    return price


def _metrics_token(env: Mapping[str, str]) -> str | None:
    token = env.get("KHALIFA_METRICS_TOKEN", "").strip()
    if token and (len(token) < MIN_METRICS_TOKEN or not token.isascii() or not token.isprintable()):
        reason = (
            f"KHALIFA_METRICS_TOKEN must have at least {MIN_METRICS_TOKEN} characters, "
            "and only letters, digits and signs that a header may have."
        )
        raise SettingError(reason)
    return token or None


def _worker_metrics_port(env: Mapping[str, str]) -> int | None:
    name = "KHALIFA_WORKER_METRICS_PORT"
    if not env.get(name, "").strip():
        return None
    if _metrics_token(env) is None:
        reason = f"{name} needs KHALIFA_METRICS_TOKEN, which whoever asks there must show."
        raise SettingError(reason)
    # The delivery worker takes the next one.
    return _number(env, name, default=0, most=MAX_PORT - 1)


def _optional_url(env: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str | None:
    value = env.get(name, "").strip()
    try:
        parts = urlsplit(value)
        usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if value and not usable:
        # The value stays out: it may hold a password.
        reason = f"{name} must be an address that begins with {' or '.join(schemes)}."
        raise SettingError(reason)
    return value or None


def _alert_emails(env: Mapping[str, str]) -> tuple[str, ...]:
    name = "KHALIFA_ALERT_EMAILS"
    emails = tuple(one.strip() for one in env.get(name, "").split(",") if one.strip())
    if any(one.count("@") != 1 or not one.isprintable() or " " in one for one in emails):
        reason = f"{name} must be mail addresses with commas between."
        raise SettingError(reason)
    if emails and not env.get("KHALIFA_ALERT_SMTP_URL", "").strip():
        reason = f"{name} needs KHALIFA_ALERT_SMTP_URL, which says who sends the mail."
        raise SettingError(reason)
    return emails


def _region(env: Mapping[str, str]) -> str:
    region = (env.get("KHALIFA_PHONE_REGION") or "").strip().upper() or "EG"
    if region not in phonenumbers.SUPPORTED_REGIONS:
        reason = "KHALIFA_PHONE_REGION must be a country's two letters: EG, SA, AE …"
        raise SettingError(reason)
    return region


def _one_of(
    env: Mapping[str, str], name: str, choices: tuple[str, ...], *, default: str = ""
) -> str:
    value = env.get(name, "").strip().lower() or default or choices[0]
    if value not in choices:
        reason = f"{name} must be one of {', '.join(choices)}."
        raise SettingError(reason)
    return value
