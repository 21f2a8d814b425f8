"""The list of templates: asked for rarely, shown also when the provider is away."""

from datetime import timedelta

import pytest

from khalifa.application.list_templates import FRESH_FOR, fitting
from khalifa.application.ports.messaging import ProviderUnreachable
from khalifa.application.ports.templates import TemplateCatalog
from khalifa.domain.errors import CannotSend, InvalidContent
from khalifa.domain.filled_template import FilledTemplate
from khalifa.domain.messages import Ignored
from khalifa.domain.templates import Template
from tests.unit.application.world import PIGEON, WIRE, World

HELLO = Template(name="hello", language="ar", category="UTILITY", text="أهلاً {{1}}")
SECOND = timedelta(seconds=1)


class Account(TemplateCatalog):
    """Has ``templates``; counts who asks; says nothing while ``away``."""

    def __init__(self) -> None:
        self.templates = [HELLO]
        self.asked = 0
        self.away = False

    async def list_templates(self) -> list[Template]:
        self.asked += 1
        if self.away:
            raise ProviderUnreachable("away")
        return self.templates


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def world(account: Account) -> World:
    return World(template_catalog=account)


async def test_the_account_is_asked_once_however_often_the_list_is_shown(
    world: World, account: Account
) -> None:
    shown = [await world.container.list_templates().of(world.wire.port) for _ in range(3)]

    assert account.asked == 1
    assert [(one.templates, one.stale) for one in shown] == [((HELLO,), False)] * 3


async def test_the_sweep_asks_again_after_a_while(world: World, account: Account) -> None:
    await world.sweep("templates")
    await world.sweep("templates")
    world.clock.advance(FRESH_FOR)
    await world.sweep("templates")

    assert account.asked == 2


async def test_told_that_they_changed_the_sweep_asks_at_once(
    world: World, account: Account
) -> None:
    await world.sweep("templates")

    await world.receive_messages([world.body(Ignored(reason="x", templates_changed=True))])
    await world.sweep("templates")
    await world.sweep("templates")

    assert account.asked == 2


async def test_while_the_account_is_away_the_old_list_is_shown_with_its_age(
    world: World, account: Account
) -> None:
    await world.sweep("templates")
    seen_at = world.clock.now()
    account.away = True
    world.clock.advance(2 * FRESH_FOR + SECOND)
    with pytest.raises(ProviderUnreachable):
        await world.sweep("templates")

    shown = await world.container.list_templates().of(world.wire.port)

    assert (shown.templates, shown.seen_at, shown.stale) == ((HELLO,), seen_at, True)


async def test_of_an_account_that_never_answered_nothing_can_be_said(
    world: World, account: Account
) -> None:
    account.away = True

    with pytest.raises(ProviderUnreachable):
        await world.container.list_templates().of(world.wire.port)
    assert await world.container.list_templates().known_of(WIRE) == ()


async def test_a_provider_without_templates_says_so() -> None:
    world = World()
    lists = world.container.list_templates()

    with pytest.raises(CannotSend, match="no templates"):
        await lists.of(world.wire.port)
    assert await lists.known_of(PIGEON) == ()


def test_what_is_to_be_sent_is_held_against_its_definition() -> None:
    fits = FilledTemplate(name="hello", language="ar", body=("منى",))

    assert fitting(fits, [HELLO]) == HELLO
    with pytest.raises(InvalidContent, match="1 places"):
        fitting(FilledTemplate(name="hello", language="ar"), [HELLO])
    with pytest.raises(InvalidContent, match="no approved template hello in en"):
        fitting(FilledTemplate(name="hello", language="en"), [HELLO])


def test_what_cannot_be_known_now_is_left_to_the_provider() -> None:
    assert fitting(FilledTemplate(name="x", language="ar"), []) is None
