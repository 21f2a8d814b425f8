"""Settings that are wrong are refused by name, and secrets are not repeated."""

import pytest

from khalifa.domain.errors import SettingError
from khalifa.settings import Settings

ENV = {"WHATSAPP_DRIVER": "sandbox", "DATABASE_URL": "sqlite:///x.db", "REDIS_URL": "redis://r"}
TOKEN = "0123456789abcdef"


def test_metrics_are_off_until_there_is_a_token() -> None:
    settings = Settings.from_env(ENV)

    assert (settings.metrics_token, settings.worker_metrics_port) == (None, None)


def test_a_token_opens_the_server_and_a_port_the_workers() -> None:
    given = {"KHALIFA_METRICS_TOKEN": TOKEN, "KHALIFA_WORKER_METRICS_PORT": "9464"}

    settings = Settings.from_env({**ENV, **given})

    assert (settings.metrics_token, settings.worker_metrics_port) == (TOKEN, 9464)
    assert TOKEN not in repr(settings)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"KHALIFA_METRICS_TOKEN": "short"}, "KHALIFA_METRICS_TOKEN"),
        ({"KHALIFA_METRICS_TOKEN": "كلمة سر طويلة بما يكفي"}, "KHALIFA_METRICS_TOKEN"),
        ({"KHALIFA_WORKER_METRICS_PORT": "9464"}, "KHALIFA_METRICS_TOKEN"),
        ({"KHALIFA_ALERT_WEBHOOK_URL": "chat.example.com"}, "KHALIFA_ALERT_WEBHOOK_URL"),
        ({"KHALIFA_ALERT_SMTP_URL": "https://u:p@m"}, "KHALIFA_ALERT_SMTP_URL"),
        ({"KHALIFA_ALERT_EMAILS": "mona@x"}, "KHALIFA_ALERT_SMTP_URL"),
        ({"KHALIFA_ALERT_EMAILS": "mona"}, "KHALIFA_ALERT_EMAILS must be"),
        ({"KHALIFA_KEEP_MEDIA_DAYS": "0"}, "KHALIFA_KEEP_MEDIA_DAYS must be a number from 1"),
        ({"KHALIFA_KEEP_MESSAGES_DAYS": "ten"}, "KHALIFA_KEEP_MESSAGES_DAYS"),
        (
            {"KHALIFA_WORKER_METRICS_PORT": "65535", "KHALIFA_METRICS_TOKEN": TOKEN},
            "KHALIFA_WORKER_METRICS_PORT",
        ),
    ],
)
def test_what_is_wrong_is_named_and_not_repeated(given: dict[str, str], named: str) -> None:
    with pytest.raises(SettingError) as refused:
        Settings.from_env({**ENV, **given})

    assert named in str(refused.value)
    assert given.get("KHALIFA_METRICS_TOKEN", "nothing") not in str(refused.value)
