"""`khalifa agents`: who answers customers."""

import sys
from getpass import getpass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from khalifa.application.manage_agents import AgentEdit
from khalifa.application.views import TeamMemberView
from khalifa.domain.agents import DEFAULT_CAPACITY, Role, require_password
from khalifa.domain.errors import SettingError
from khalifa.entrypoints.cli.embedded import DataFolder, environment_for
from khalifa.entrypoints.cli.opening import opened
from khalifa.entrypoints.cli.options import Data, command, flag
from khalifa.entrypoints.cli.output import CommandFailed, answers, note
from khalifa.entrypoints.cli.welcome import ADMIN
from khalifa.settings import Settings

app = command("agents", "Who answers customers: add, list, disable, enable; signing in.")

Name = Annotated[str, Parameter(help="The name the agent signs in with.")]
PasswordStdin = Annotated[bool, flag("Read the password from standard input, and do not ask.")]


def settings_for(data: Path | None) -> tuple[Settings, DataFolder | None]:
    """Return the settings of a command that no provider is needed for, and the data folder."""
    env, folder = environment_for(data)
    # No provider is asked for anything.
    env["WHATSAPP_DRIVER"] = env.get("WHATSAPP_DRIVER", "").strip() or "sandbox"
    return Settings.from_env(env), folder


@app.command
async def add(
    name: Name,
    /,
    *,
    admin: Annotated[bool, flag("An administrator, who sees every conversation.")] = False,
    capacity: Annotated[
        int, Parameter(help="How many open conversations the agent is given at most.")
    ] = DEFAULT_CAPACITY,
    password_stdin: PasswordStdin = False,
    no_password: Annotated[bool, flag("No password: only API tokens sign in.")] = False,
    data: Data = None,
) -> None:
    """Add an agent. The password is asked for."""
    settings, _ = settings_for(data)
    chosen = _password(from_stdin=password_stdin) if not no_password else None
    async with opened(settings) as container:
        agent = await container.add_agent()(
            name=name,
            role=Role.ADMIN if admin else Role.AGENT,
            capacity=capacity,
            password=chosen,
        )
    note(f"Added {agent.name}: {agent.role}, at most {agent.capacity} conversations at once.")


@app.command(name="list")
async def list_(*, data: Data = None) -> None:
    """Show every agent."""
    settings, _ = settings_for(data)
    async with opened(settings) as container:
        agents = await container.list_agents().team()
    if not agents:
        note("There is nobody yet. `khalifa agents add NAME` adds somebody.")
        return
    answers().print(_table(agents))


@app.command
async def token(name: Name, /, *, data: Data = None) -> None:
    """Print a new API token for a program that acts as this agent. It is shown only once."""
    settings, _ = settings_for(data)
    async with opened(settings) as container:
        print(await container.issue_token()(name))  # noqa: T201 - the answer, alone


@app.command
async def disable(name: Name, /, *, data: Data = None) -> None:
    """Keep an agent out from now on. Conversations and history stay."""
    settings, _ = settings_for(data)
    async with opened(settings) as container:
        await container.change_agent()(name, AgentEdit(disabled=True))
    note(f"{name} cannot sign in any more, and gets no new conversations.")


@app.command
async def enable(name: Name, /, *, data: Data = None) -> None:
    """Let a disabled agent in again."""
    settings, _ = settings_for(data)
    async with opened(settings) as container:
        await container.change_agent()(name, AgentEdit(disabled=False))
    note(f"{name} can sign in again.")


@app.command
async def password(
    name: Name, /, *, password_stdin: PasswordStdin = False, data: Data = None
) -> None:
    """Give an agent another password; who is signed in as the agent is signed out."""
    settings, folder = settings_for(data)
    chosen = _password(from_stdin=password_stdin)
    async with opened(settings) as container:
        await container.reset_password()(name, chosen)
    if name == ADMIN and folder is not None:
        folder.admin_password.unlink(missing_ok=True)
    note(f"{name} has another password.")


@app.command(name="two-step-off")
async def two_step_off(name: Name, /, *, data: Data = None) -> None:
    """Switch an agent's two-step sign-in off: the telephone is lost. It signs the agent out."""
    settings, _ = settings_for(data)
    async with opened(settings) as container:
        await container.reset_two_step()(name)
    note(f"{name} signs in with the password alone.")


def _password(*, from_stdin: bool) -> str:
    """
    Raises:
        SettingError: there is nobody to ask.
        InvalidAgent: the password cannot be used.
        CommandFailed: it was not typed the same twice.
    """
    if from_stdin:
        chosen = sys.stdin.readline().rstrip("\r\n")
    elif not sys.stdin.isatty():
        raise SettingError("There is nobody to ask for a password. Use --password-stdin.")
    else:
        chosen = getpass("Password: ")
    require_password(chosen)
    if not from_stdin and getpass("Once more: ") != chosen:
        raise CommandFailed("These were two different passwords. Nothing has changed.")
    return chosen


def _table(agents: list[TeamMemberView]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("name", "role", "presence"):
        table.add_column(heading)
    table.add_column("capacity", justify="right")
    table.add_column("two-step")
    for one in agents:
        agent = one.agent
        presence = "disabled" if agent.disabled else agent.presence
        two_step = "on" if one.two_step else "off"
        table.add_row(agent.name, agent.role, presence, str(agent.capacity), two_step)
    return table
