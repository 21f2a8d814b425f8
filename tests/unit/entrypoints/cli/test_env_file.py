"""One variable of `.env` is changed, and nothing else."""

import stat
from pathlib import Path

import pytest

from khalifa.entrypoints.cli.env_file import require_writable, set_variable
from khalifa.entrypoints.cli.output import CommandFailed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("WHATSAPP_DRIVER=a\n", "WHATSAPP_DRIVER=b\n"),
        (
            "# one\nA=1\nWHATSAPP_DRIVER=a\n\nB='x # y'\n",
            "# one\nA=1\nWHATSAPP_DRIVER=b\n\nB='x # y'\n",
        ),
        ("export WHATSAPP_DRIVER = 'a' # why\r\nA=1\r\n", "export WHATSAPP_DRIVER =b\r\nA=1\r\n"),
        ("#WHATSAPP_DRIVER=a\nA=1", "#WHATSAPP_DRIVER=a\nA=1\nWHATSAPP_DRIVER=b\n"),
        ("WHATSAPP_DRIVER=a\nWHATSAPP_DRIVER=c", "WHATSAPP_DRIVER=a\nWHATSAPP_DRIVER=b"),
        ("", "WHATSAPP_DRIVER=b\n"),
        ("اسم=قيمة\n", "اسم=قيمة\nWHATSAPP_DRIVER=b\n"),
    ],
)
def test_only_the_last_assignment_changes(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / ".env"
    path.write_bytes(before.encode())
    path.chmod(0o640)

    kept = set_variable(path, "WHATSAPP_DRIVER", "b")

    assert path.read_bytes().decode() == after
    assert kept.read_bytes().decode() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert {one.name for one in tmp_path.iterdir()} == {".env", kept.name}


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="--keep-env"):
        require_writable(tmp_path / ".env")
