"""What `khalifa up` says when everything runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from khalifa.entrypoints.cli.embedded import DataFolder
from khalifa.entrypoints.cli.output import answers
from khalifa.entrypoints.cli.welcome import welcome

URL = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def _wide_window(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COLUMNS", "200")
    answers.cache_clear()
    yield
    answers.cache_clear()


def _said(
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    *,
    provider: str = "sandbox",
    on_every_address: bool = False,
    is_first_start: bool = False,
) -> str:
    welcome(
        DataFolder(folder),
        url=URL,
        on_every_address=on_every_address,
        provider=provider,
        is_first_start=is_first_start,
    )
    return capsys.readouterr().out


def test_the_password_is_shown_at_the_first_start(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "admin-password").write_text("abcd-efgh\n")
    said = _said(capsys, tmp_path, is_first_start=True)
    assert "abcd-efgh" in said
    assert f"{URL}/" in said
    assert f"{URL}/sandbox" in said


def test_later_it_is_only_said_where_the_password_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "admin-password").write_text("abcd-efgh\n")
    said = _said(capsys, tmp_path)
    assert "abcd-efgh" not in said
    assert "admin-password" in said


def test_a_password_that_was_changed_is_not_spoken_of(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert "admin-password" not in _said(capsys, tmp_path)


def test_without_the_sandbox_no_phone_is_offered(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    said = _said(capsys, tmp_path, provider="cloud_api")
    assert "/sandbox" not in said
    assert "cloud_api" in said
