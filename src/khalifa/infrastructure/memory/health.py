"""Health as a test says it is."""

from khalifa.application.ports.readers import Health


class MemoryHealth(Health):
    """Answers with ``dependencies``: each name, and what is wrong with it or None."""

    def __init__(self) -> None:
        self.dependencies: dict[str, str | None] = {"database": None, "redis": None}

    async def check(self) -> dict[str, str | None]:
        return dict(self.dependencies)
