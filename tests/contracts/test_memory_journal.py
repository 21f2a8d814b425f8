"""The journal in memory keeps a journal's promises, but for outliving its process."""

import pytest

from khalifa.application.ports.journal import Journal, JournalUnavailable
from khalifa.infrastructure.memory.journal import MemoryJournal
from tests.builders import NOW, PROVIDER
from tests.contracts.journal import JournalContract


class TestMemoryJournal(JournalContract):
    @pytest.fixture
    def journal(self) -> Journal:
        return MemoryJournal()


async def test_a_body_refused_while_away_leaves_no_gap() -> None:
    journal = MemoryJournal()
    await journal.append(PROVIDER, b"1", received_at=NOW)

    journal.away = True
    with pytest.raises(JournalUnavailable):
        await journal.append(PROVIDER, b"2", received_at=NOW)
    journal.away = False

    assert (await journal.append(PROVIDER, b"3", received_at=NOW)).key.number == 2
