"""`khalifa provider`: whether messages can go out, and pairing a number by QR code or a code."""

import asyncio
import io
from typing import Annotated

import segno
from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from khalifa.application.pair_by_code import PairByCode
from khalifa.application.ports.messaging import Pairing, Provider
from khalifa.application.ports.pairing_codes import PairingCode
from khalifa.application.ports.setup import Verdict
from khalifa.application.provider_status import NotPairable
from khalifa.container import Container
from khalifa.domain.errors import NotFound, SettingError
from khalifa.entrypoints.cli import switching, watching
from khalifa.entrypoints.cli.embedded import environment_for
from khalifa.entrypoints.cli.opening import opened
from khalifa.entrypoints.cli.options import Data, command
from khalifa.entrypoints.cli.output import CommandFailed, Exit, answers, note
from khalifa.entrypoints.cli.provider_states import ProviderState, ask_providers
from khalifa.settings import Settings

# In seconds. WhatsApp shows another code every twenty.
LOOK_EVERY = 2.0

app = command("provider", "Whether the provider is connected; pairing and subscribing a number.")


def _settings(data: Data) -> Settings:
    env, _ = environment_for(data)
    return Settings.from_env(env)


app.command(switching.plan)
app.command(switching.switch)
app.command(switching.rollback)
app.command(watching.watch)
app.command(watching.retire)


@app.command
async def status(*, data: Data = None) -> int:
    """Ask every configured provider how it is. Fails when the active one is not connected."""
    async with opened(_settings(data)) as container:
        active = await container.active_provider()()
        states = await ask_providers(container)
        left_out = container.configured_providers().left_out
    answers().print(_table(states, active))
    for name, reason in left_out.items():
        note(f"{name} is not configured: {reason}")
    connected = {state.name for state in states if state.status.connected}
    return Exit.FINE if active in connected else Exit.FAILED


@app.command
async def pair(
    *,
    provider: Annotated[
        str | None, Parameter(help="Which one; the active one if not said.")
    ] = None,
    phone: Annotated[
        str | None,
        Parameter(help="The phone's number: show a code to type on it, in place of the QR code."),
    ] = None,
    data: Data = None,
) -> None:
    """
    Show the QR code that pairs the number, until a phone has scanned it.

    Where no camera can see it, a code of eight characters does as well. It
    comes by webhook, so `khalifa serve` and a worker must run.
    """
    async with opened(_settings(data)) as container:
        chosen = await _chosen(container, provider)
        if phone is not None:
            await _pair_by_code(chosen, container.pair_by_code(), phone)
            return
        if chosen.pairing is None:
            raise NotPairable(
                f"{chosen.name} is not paired by a QR code. "
                f"`khalifa provider status` says whether it is connected."
            )
        await _pair(chosen, chosen.pairing)


@app.command
async def subscribe(
    *,
    provider: Annotated[
        str | None, Parameter(help="Which one; the active one if not said.")
    ] = None,
    data: Data = None,
) -> int:
    """
    Tell the provider to send what comes in to this khalifa.

    Meta's WhatsApp accounts send nothing to an app that is not subscribed to
    them, whatever else is right. Doing it again does no harm.
    """
    async with opened(_settings(data)) as container:
        chosen = await _chosen(container, provider)
        if chosen.subscription is None:
            reason = f"{chosen.name} needs no subscription: it is told where we are by itself."
            raise CommandFailed(reason)
        await chosen.subscription.subscribe()
        note(f"{chosen.name} was told to send what comes in to this app.")
        checks = await chosen.setup.checks() if chosen.setup else []
    wrong = [check for check in checks if check.verdict is Verdict.BAD]
    for check in wrong:
        note(f"{check.subject}: {check.says}. {check.advice or ''}".rstrip())
    return Exit.FAILED if wrong else Exit.FINE


async def _chosen(container: Container, name: str | None) -> Provider:
    providers = container.configured_providers()
    wanted = name or await container.active_provider()()
    found = providers.find(wanted)
    if found is None:
        why = providers.left_out.get(wanted, f"There are: {', '.join(providers.names)}.")
        raise SettingError(f"The provider {wanted} is not configured. {why}")
    return found


async def _pair(provider: Provider, pairing: Pairing) -> None:
    """
    Bring the session up, show each code that comes, and return when the number is paired.

    What is shown last is what is true: a code that expired is taken off the
    screen, with the reason why there is no other yet.
    """
    shown: str | None = None
    was_drawn = False
    while not (status := await provider.connection.status()).connected:
        if provider.session is not None:
            await provider.session.keep()
        code = await pairing.qr_code()
        if code is not None and code.text != shown:
            _show(code.text)
            shown, was_drawn = code.text, True
        elif code is None and status.state != shown:
            if was_drawn:
                answers().clear()
            note(status.detail or f"There is no QR code yet: {status.state}.")
            shown, was_drawn = status.state, False
        await asyncio.sleep(LOOK_EVERY)
    number = f"+{status.phone}" if status.phone else "the number"
    note(f"Nothing to scan: {number} is paired." if shown is None else f"Paired: {number}.")


async def _pair_by_code(provider: Provider, pair_by_code: PairByCode, phone: str) -> None:
    """
    Ask for a code, show each that comes, and return when the number is paired.

    The workers keep the session. Left early, the number is paired by QR code again.
    """
    awaited = await pair_by_code.ask(phone, provider.name)
    number = f"+{awaited.phone}"
    note(f"A code for {number} is on its way. This takes up to a minute.")
    shown: PairingCode | None = None
    try:
        while not (status := await provider.connection.status()).connected:
            try:
                awaited = await pair_by_code.code(provider.name)
            except NotFound:
                # Ten minutes are over; or it was paired between two looks.
                awaited = await pair_by_code.ask(phone, provider.name)
            if awaited.code is None and shown is not None:
                answers().clear()
                note(status.detail or f"There is no code now: {status.state}.")
            elif awaited.code is not None and awaited.code != shown:
                answers().print(Text(awaited.code.text, style="bold"))
                note(
                    "On the phone: WhatsApp, Linked devices, Link a device, Link with phone number "
                    "instead. The code changes by itself."
                )
            shown = awaited.code
            await asyncio.sleep(LOOK_EVERY)
    finally:
        await pair_by_code.give_up(provider.name)
    note(f"Paired: {f'+{status.phone}' if status.phone else number}.")


def _show(code: str) -> None:
    """Draw *code* in place of the one before: light is light on every terminal."""
    drawn = io.StringIO()
    segno.make(code, micro=False).terminal(drawn, border=2, compact=True)
    picture = drawn.getvalue().rstrip("\n")
    screen = answers()
    screen.clear()
    screen.print(Text(picture, style="bright_white on black"), soft_wrap=True)
    note("On the phone: WhatsApp, Linked devices, Link a device. The code changes by itself.")
    if len(picture.partition("\n")[0]) > screen.width:
        note("This window is too narrow for the code. Make it wider, or its letters smaller.")


def _table(states: list[ProviderState], active: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("provider", "", "connected", "state", "number", ""):
        table.add_column(heading)
    for state in states:
        status = state.status
        table.add_row(
            state.name,
            "active" if state.name == active else "",
            "[green]yes[/]" if status.connected else "[red]no[/]",
            status.state,
            f"+{status.phone}" if status.phone else "",
            Text(status.detail or ""),
        )
    return table
