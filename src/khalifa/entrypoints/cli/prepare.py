"""What `khalifa up` needs once before its processes start: the schema, and somebody to sign in."""

import json
import secrets

from khalifa.container import Container
from khalifa.domain.agents import Role
from khalifa.entrypoints.cli.embedded import DataFolder
from khalifa.entrypoints.cli.leash import wear
from khalifa.entrypoints.cli.opening import opened
from khalifa.entrypoints.cli.options import LeashFd
from khalifa.entrypoints.cli.welcome import ADMIN
from khalifa.settings import Settings, environment

# Nothing that is easily taken for something else.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


async def prepare(*, leash: LeashFd = None) -> None:
    """Bring the schema up, build the providers, make the first administrator; answer in JSON."""
    wear(leash)
    settings = Settings.from_env(environment())
    async with opened(settings) as container:
        container.schema().upgrade(settings.database_url)
        # One that lacks a setting is told of here, before anything runs.
        container.configured_providers()
        is_first_start = await _make_administrator(container, DataFolder(settings.data_dir))
    print(json.dumps({"is_first_start": is_first_start}))  # noqa: T201 - to whoever called


async def _make_administrator(container: Container, folder: DataFolder) -> bool:
    """Make one unless there is somebody already; say whether."""
    if await container.list_agents()():
        return False
    # Written first: whoever was killed in between finds it again.
    password = folder.secret(folder.admin_password, _new_password)
    await container.add_agent()(name=ADMIN, role=Role.ADMIN, password=password)
    return True


def _new_password() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
