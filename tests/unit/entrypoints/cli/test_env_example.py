"""`.env.example` explains every setting that the code reads, and no other."""

import ast
import re
from pathlib import Path

_ROOT = Path(__file__).parents[4]
_SOURCE = _ROOT / "src" / "khalifa"
_EXAMPLE = _ROOT / ".env.example"


def _setting() -> re.Pattern[str]:
    """Settings begin with our own name or a provider's: a new provider is held to this too."""
    providers = (_SOURCE / "infrastructure" / "messaging").glob("*/__init__.py")
    owners = "|".join(["KHALIFA", *(path.parent.name.upper() for path in providers)])
    return re.compile(rf"WHATSAPP_DRIVER|DATABASE_URL|REDIS_URL|(?:{owners})_[A-Z0-9_]*[A-Z0-9]")


def settings_read_by_the_code() -> set[str]:
    setting = _setting()
    return {
        node.value
        for path in _SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and setting.fullmatch(node.value)
    }


def _explained() -> list[str]:
    return re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", _EXAMPLE.read_text(), flags=re.MULTILINE)


def test_every_setting_the_code_reads_is_in_env_example() -> None:
    assert settings_read_by_the_code() - set(_explained()) == set()


def test_env_example_names_nothing_that_nobody_reads() -> None:
    assert set(_explained()) - settings_read_by_the_code() == set()


def test_env_example_names_each_setting_once() -> None:
    assert len(_explained()) == len(set(_explained()))


def test_env_example_as_it_is_sets_no_secret() -> None:
    active = re.findall(r"^([A-Z][A-Z0-9_]+)=(.*)$", _EXAMPLE.read_text(), flags=re.MULTILINE)
    assert active == [("WHATSAPP_DRIVER", "sandbox")]


def test_the_operators_page_explains_every_setting_too() -> None:
    page = (_ROOT / "docs" / "operating.md").read_text()
    assert {name for name in settings_read_by_the_code() if f"`{name}`" not in page} == set()
