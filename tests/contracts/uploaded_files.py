"""What is promised of providers' ids of our files, and what when nobody can say."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from khalifa.application.ports.uploaded_files import UploadedFiles
from tests.builders import OTHER_PROVIDER, PROVIDER
from tests.contracts.message_driver import until

LONG = timedelta(days=29)

GoAway = Callable[[], Awaitable[None]]


class UploadedFilesContract:
    """Wants ``files``: nothing known; and ``go_away``, which makes it unreachable."""

    async def test_an_id_is_known_for_its_own_file_and_provider(self, files: UploadedFiles) -> None:
        await files.remember(PROVIDER, "a", "1", kept_for=LONG)
        await files.remember(PROVIDER, "a", "2", kept_for=LONG)

        assert await files.find(PROVIDER, "a") == "2"
        assert await files.find(PROVIDER, "A") is None
        assert await files.find(OTHER_PROVIDER, "a") is None

    async def test_an_id_that_was_refused_is_forgotten(self, files: UploadedFiles) -> None:
        await files.remember(PROVIDER, "a", "1", kept_for=LONG)
        await files.remember(PROVIDER, "b", "2", kept_for=LONG)

        await files.forget(PROVIDER, "a")

        assert await files.find(PROVIDER, "a") is None
        assert await files.find(PROVIDER, "b") == "2"

    async def test_no_id_outlives_what_the_provider_keeps(self, files: UploadedFiles) -> None:
        await files.remember(PROVIDER, "a", "1", kept_for=timedelta(milliseconds=200))
        assert await files.find(PROVIDER, "a") == "1"

        async def is_over() -> bool:
            return await files.find(PROVIDER, "a") is None

        await until(is_over)

    async def test_when_it_is_away_nothing_is_known_and_nothing_fails(
        self, files: UploadedFiles, go_away: GoAway
    ) -> None:
        await files.remember(PROVIDER, "a", "1", kept_for=LONG)
        await go_away()

        await files.remember(PROVIDER, "b", "2", kept_for=LONG)
        await files.forget(PROVIDER, "a")

        assert await files.find(PROVIDER, "a") is None
