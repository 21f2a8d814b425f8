"""Two-step sign-in: a code beside the password, each accepted once, guessing it hopeless."""

import asyncio
from datetime import timedelta

import pyotp
import pytest
from dependency_injector import providers

from khalifa.application.sign_in import SignInRefused, WrongPassword
from khalifa.domain.agents import Agent, AgentId, Role
from khalifa.domain.audit import Act
from khalifa.domain.errors import NotAllowed, NotFound
from khalifa.domain.sessions import LOCK, LOCK_AFTER, SignInLocked
from khalifa.domain.two_step import (
    RECOVERY_CODES,
    CodeRefused,
    CodeWanted,
    TwoStepOff,
    TwoStepOn,
    WrongCode,
)
from tests.unit.application.world import World

PASSWORD = "correct horse battery"
HERE = "10.0.0.1"
STEP = timedelta(seconds=30)


class Sara:
    """An agent with an app on the telephone."""

    def __init__(self, world: World, agent: Agent) -> None:
        self.world, self.agent = world, agent
        self.secret = ""
        self.recovery_codes: list[str] = []
        self.manage = world.container.manage_two_step()

    @property
    def code(self) -> str:
        """What the app shows now."""
        return pyotp.TOTP(self.secret).at(self.world.clock.now())

    @property
    def wrong(self) -> str:
        return f"{(int(self.code) + 1) % 1_000_000:06}"

    async def begins(self) -> None:
        self.secret = (await self.manage.begin(self.agent, PASSWORD, address=HERE)).secret

    async def switches_on(self) -> None:
        await self.begins()
        self.recovery_codes = await self.manage.switch_on(self.agent, self.code)
        self.world.clock.advance(STEP)

    async def signs_in(
        self, code: str | None = None, *, password: str = PASSWORD, address: str = HERE
    ) -> str:
        _, token = await self.world.container.sign_in()(
            "Sara", password, code=code, address=address
        )
        return token


@pytest.fixture
async def sara(world: World) -> Sara:
    async def wait(_: float) -> None:
        """Nobody really waits."""

    world.container.check_password.add_kwargs(wait=providers.Object(wait))
    view = await world.container.add_agent()(name="Sara", password=PASSWORD)
    [agent] = [one for one in world.store.tables.agents.values() if one.id == view.id]
    return Sara(world, agent)


def acts_of(world: World) -> list[tuple[Act, AgentId | None, str]]:
    return [(one.act, one.by, one.subject) for one in world.store.tables.audit][1:]


async def test_a_code_is_asked_for_from_the_first_right_one_on(world: World, sara: Sara) -> None:
    await sara.begins()
    await sara.signs_in()
    with pytest.raises(WrongCode):
        await sara.manage.switch_on(sara.agent, sara.wrong)
    await sara.signs_in()

    recovery_codes = await sara.manage.switch_on(sara.agent, sara.code)
    world.clock.advance(STEP)

    assert len(set(recovery_codes)) == RECOVERY_CODES
    with pytest.raises(CodeWanted):
        await sara.signs_in()
    assert await sara.signs_in(sara.code)
    assert acts_of(world) == [(Act.TWO_STEP_ON, sara.agent.id, f"agent {sara.agent.id}")]
    kept = repr(world.store.tables.audit) + repr(world.store.tables.recovery_codes)
    assert sara.secret not in kept
    assert not any(one in kept or one.replace("-", "") in kept for one in recovery_codes)


async def test_to_begin_asks_for_the_password(sara: Sara) -> None:
    with pytest.raises(WrongPassword):
        await sara.manage.begin(sara.agent, "not mine", address=HERE)


async def test_who_begins_anew_tells_another_app(world: World, sara: Sara) -> None:
    await sara.begins()
    before = sara.code
    await sara.begins()
    with pytest.raises(WrongCode):
        await sara.manage.switch_on(sara.agent, before)
    await sara.switches_on()

    with pytest.raises(TwoStepOn):
        await sara.begins()
    with pytest.raises(TwoStepOn):
        await sara.manage.switch_on(sara.agent, sara.code)


async def test_nothing_that_was_not_begun_is_switched_on_or_off(sara: Sara) -> None:
    with pytest.raises(TwoStepOff):
        await sara.manage.switch_on(sara.agent, "000000")
    with pytest.raises(TwoStepOff):
        await sara.manage.switch_off(sara.agent, PASSWORD, "000000", address=HERE)


async def test_a_wrong_password_is_told_nothing_of_the_second_step(sara: Sara) -> None:
    await sara.switches_on()

    for code in (None, "", sara.code, sara.wrong):
        with pytest.raises(SignInRefused):
            await sara.signs_in(code, password="wrong", address=f"10.1.1.{code}")
    # What was tried with a wrong password was not even looked at.
    assert await sara.signs_in(sara.code)


async def test_no_code_is_accepted_twice(world: World, sara: Sara) -> None:
    await sara.begins()
    first = sara.code
    await sara.manage.switch_on(sara.agent, first)
    with pytest.raises(CodeRefused):
        await sara.signs_in(first)
    world.clock.advance(STEP)
    code = sara.code

    outcomes = await asyncio.gather(
        *(sara.signs_in(code) for _ in range(4)), return_exceptions=True
    )

    assert sum(isinstance(one, str) for one in outcomes) == 1
    assert sum(isinstance(one, CodeRefused) for one in outcomes) == 3
    with pytest.raises(CodeRefused):
        await sara.signs_in(code)


async def test_a_clock_that_is_off_by_one_step_does_no_harm(world: World, sara: Sara) -> None:
    await sara.switches_on()
    world.clock.advance(10 * STEP)
    code = sara.code
    world.clock.advance(STEP)
    assert await sara.signs_in(code)
    world.clock.advance(STEP)
    code = sara.code
    world.clock.advance(2 * STEP)
    with pytest.raises(CodeRefused):
        await sara.signs_in(code)


async def test_a_code_may_be_typed_in_any_digits(sara: Sara) -> None:
    await sara.switches_on()
    arabic = sara.code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))

    assert await sara.signs_in(f" {arabic[:3]} {arabic[3:]}")


async def test_a_recovery_code_signs_in_once(sara: Sara) -> None:
    await sara.switches_on()
    one, another = sara.recovery_codes[:2]

    assert await sara.signs_in(one)
    with pytest.raises(CodeRefused):
        await sara.signs_in(one)
    assert await sara.signs_in(another.upper().replace("-", " "))

    view = await sara.manage.read(sara.agent.id)
    assert (view.is_on, view.recovery_codes_left) == (True, RECOVERY_CODES - 2)


async def test_wrong_codes_lock_the_address_as_wrong_passwords_do(sara: Sara) -> None:
    await sara.switches_on()

    with pytest.raises(CodeWanted):
        await sara.signs_in()
    for _ in range(LOCK_AFTER - 1):
        with pytest.raises(CodeRefused):
            await sara.signs_in(sara.wrong)
    with pytest.raises(SignInLocked):
        await sara.signs_in(sara.code)


async def test_codes_cannot_be_guessed_from_many_addresses(world: World, sara: Sara) -> None:
    await sara.switches_on()

    async def guess(number: int) -> None:
        await sara.signs_in(sara.wrong, address=f"10.0.1.{number}")

    outcomes = await asyncio.gather(*map(guess, range(20)), return_exceptions=True)

    assert sum(isinstance(one, CodeRefused) for one in outcomes) == LOCK_AFTER
    assert sum(isinstance(one, SignInLocked) for one in outcomes) == 20 - LOCK_AFTER
    with pytest.raises(SignInLocked) as locked:
        await sara.signs_in(sara.code, address="10.9.9.9")
    assert locked.value.retry_after == LOCK.total_seconds()
    world.clock.advance(LOCK)
    assert await sara.signs_in(sara.code, address="10.9.9.9")


async def test_a_right_code_forgives_the_wrong_ones_before_it(world: World, sara: Sara) -> None:
    await sara.switches_on()

    for _ in range(3):
        for _ in range(LOCK_AFTER - 1):
            with pytest.raises(CodeRefused):
                await sara.signs_in(sara.wrong)
        assert await sara.signs_in(sara.code)
        world.clock.advance(STEP)


async def test_switching_off_asks_for_all_that_signing_in_asks_for(
    world: World, sara: Sara
) -> None:
    await sara.switches_on()

    for password, code, error in (
        ("wrong", sara.code, WrongPassword),
        (PASSWORD, "", WrongCode),
        (PASSWORD, sara.wrong, WrongCode),
    ):
        with pytest.raises(error):
            await sara.manage.switch_off(sara.agent, password, code, address=HERE)
    await sara.manage.switch_off(sara.agent, PASSWORD, sara.code, address=HERE)

    assert await sara.signs_in()
    assert await sara.signs_in("whatever")
    assert [act for act, _, _ in acts_of(world)] == [Act.TWO_STEP_ON, Act.TWO_STEP_OFF]
    await sara.switches_on()


async def test_an_administrator_switches_it_off_for_who_lost_the_telephone(
    world: World, sara: Sara
) -> None:
    boss = await world.agent("Boss", role=Role.ADMIN)
    reset = world.container.reset_two_step()
    with pytest.raises(TwoStepOff):
        await reset(sara.agent.id, by=boss)
    await sara.begins()
    with pytest.raises(TwoStepOff):
        await reset(sara.agent.id, by=boss)
    await sara.switches_on()
    token = await sara.signs_in(sara.code)

    await reset(sara.agent.id, by=boss)

    assert await world.container.who_is()(token) is None
    assert await sara.signs_in()
    assert acts_of(world)[-1] == (Act.TWO_STEP_OFF, boss.id, f"agent {sara.agent.id}")


async def test_nobody_switches_ones_own_off_without_a_code(world: World, sara: Sara) -> None:
    await sara.switches_on()

    with pytest.raises(NotAllowed):
        await world.container.reset_two_step()(sara.agent.id, by=sara.agent)
    with pytest.raises(NotFound):
        await world.container.reset_two_step()("nobody")
    with pytest.raises(CodeWanted):
        await sara.signs_in()


async def test_another_password_leaves_the_second_step_as_it_is(world: World, sara: Sara) -> None:
    await sara.switches_on()

    await world.container.reset_password()("Sara", "another battery")

    with pytest.raises(CodeWanted):
        await sara.signs_in(password="another battery")
    assert await sara.signs_in(sara.code, password="another battery")


async def test_the_team_shows_who_has_it_on(world: World, sara: Sara) -> None:
    async def on() -> list[bool]:
        return [one.two_step for one in await world.container.list_agents().team()]

    await sara.begins()
    assert await on() == [False]
    await sara.switches_on()
    assert await on() == [True]
