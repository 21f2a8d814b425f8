"""What `khalifa doctor` shows of settings: all that are read, all that are wrong, no secret."""

import pytest

from khalifa.entrypoints.cli.reading import ReadEnvironment, read_all, shown

GOOD = {
    "WHATSAPP_DRIVER": "sandbox",
    "DATABASE_URL": "mysql://khalifa:hush@127.0.0.1/khalifa",
    "REDIS_URL": "redis://127.0.0.1",
}


def test_everything_that_is_read_is_known_whether_set_or_not() -> None:
    env = ReadEnvironment(GOOD)

    read_all(env)

    assert set(GOOD) | {"KHALIFA_PORT", "KHALIFA_DATA_DIR", "KHALIFA_LOG_LEVEL"} <= set(env.asked)


def test_what_providers_read_later_is_known_too() -> None:
    env = ReadEnvironment(GOOD)
    settings, _ = read_all(env)

    settings.env.get("WPPCONNECT_URL", "")

    assert "WPPCONNECT_URL" in env.asked


def test_every_wrong_setting_is_found_at_once() -> None:
    env = ReadEnvironment(
        {
            "DATABASE_URL": "postgres://nobody",
            "KHALIFA_PORT": "99999",
            "KHALIFA_LOG_LEVEL": "loud",
            "KHALIFA_PHONE_REGION": "Egypt",
        }
    )

    settings, wrong = read_all(env)

    assert set(wrong) == {
        "WHATSAPP_DRIVER",
        "DATABASE_URL",
        "REDIS_URL",
        "KHALIFA_PORT",
        "KHALIFA_LOG_LEVEL",
        "KHALIFA_PHONE_REGION",
    }
    assert all(reason.startswith(name) for name, reason in wrong.items())
    assert settings.port == 8000


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("WHATSAPP_DRIVER", "cloud_api", "cloud_api"),
        ("KHALIFA_PORT", "8000", "8000"),
        ("KHALIFA_DATA_DIR", "/srv/khalifa", "/srv/khalifa"),
        ("DATABASE_URL", "mysql://khalifa:hush@db:3306/khalifa?a=hush", "mysql://db:3306/khalifa"),
        ("DATABASE_URL", "sqlite:////srv/khalifa.db", "sqlite:////srv/khalifa.db"),
        ("DATABASE_URL", "khalifa:hush@db", "set"),
        ("DATABASE_URL", "mysql://khalifa:hu[sh@db/khalifa", "set"),
        ("DATABASE_URL", "mysql://khalifa:12/hush@db/khalifa", "set"),
        ("REDIS_URL", "redis://:hush@queue:6379/0", "redis://queue:6379/0"),
        ("KHALIFA_PUBLIC_URL", "https://me:hush@desk.example.com", "https://desk.example.com"),
        ("WPPCONNECT_URL", "http://127.0.0.1:21465", "http://127.0.0.1:21465"),
        ("KHALIFA_METRICS_TOKEN", "hush", "set"),
        ("KHALIFA_ALERT_WEBHOOK_URL", "https://chat.example.com/hush", "set"),
        ("KHALIFA_ALERT_SMTP_URL", "smtps://me:hush@mail.example.com", "smtps://mail.example.com"),
        ("WPPCONNECT_SECRET_KEY", "hush", "set"),
        ("CLOUD_API_ACCESS_TOKEN", "hush", "set"),
        ("CLOUD_API_PHONE_NUMBER_ID", "106540352242922", "set"),
        ("TELEGRAM_TOKEN", "hush", "set"),
    ],
)
def test_no_secret_is_shown(name: str, value: str, expected: str) -> None:
    assert shown(name, value) == expected
