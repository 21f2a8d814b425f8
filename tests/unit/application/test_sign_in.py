"""Guessing passwords: locked where it comes from, slow everywhere else, hopeless side by side."""

import asyncio
from datetime import timedelta

import pytest
from dependency_injector import providers

from khalifa.application.manage_agents import AgentEdit
from khalifa.application.sign_in import SignInRefused
from khalifa.domain.sessions import LOCK, LOCK_AFTER, Attempts, SignInLocked, delay_of
from khalifa.infrastructure.passwords import Argon2PasswordHasher
from tests.unit.application.world import NOW, World

PASSWORD = "correct horse battery"
SECOND = timedelta(seconds=1)


class Counting(Argon2PasswordHasher):
    """Counts the passwords that were worked on; each takes as long, with a hash or without."""

    worked_on = 0

    async def verify(self, password: str, password_hash: str | None) -> bool:
        self.worked_on += 1
        return await super().verify(password, password_hash)


@pytest.fixture
async def waits(world: World) -> list[float]:
    """How long each answer was held back; nobody really waits."""
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    world.container.check_password.add_kwargs(wait=providers.Object(wait))
    await world.container.add_agent()(name="Sara", password=PASSWORD)
    return waited


async def guess(world: World, address: str, password: str = "wrong") -> None:
    await world.container.sign_in()("SARA", password, address=address)


async def guess_wrong(world: World, address: str, times: int = LOCK_AFTER) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            await guess(world, address)


async def test_a_lock_is_for_one_address_and_ends_after_a_quarter_of_an_hour(
    world: World, waits: list[float]
) -> None:
    await guess_wrong(world, "10.0.0.1")

    with pytest.raises(SignInLocked) as locked:
        await guess(world, "10.0.0.1", PASSWORD)
    assert locked.value.retry_after == LOCK.total_seconds()
    await guess(world, "10.0.0.2", PASSWORD)
    world.clock.advance(LOCK - SECOND)
    with pytest.raises(SignInLocked, match="1 minutes"):
        await guess(world, "10.0.0.1", PASSWORD)
    world.clock.advance(SECOND)
    await guess(world, "10.0.0.1", PASSWORD)


async def test_a_right_password_forgives_the_wrong_ones_before_it(
    world: World, waits: list[float]
) -> None:
    for _ in range(3):
        await guess_wrong(world, "10.0.0.1", LOCK_AFTER - 1)
        await guess(world, "10.0.0.1", PASSWORD)

    assert waits == []


async def test_from_many_addresses_the_answers_come_later_and_later_but_come(
    world: World, waits: list[float]
) -> None:
    for number in range(4):
        await guess_wrong(world, f"10.0.0.{number}")
    await guess(world, "10.9.9.9", PASSWORD)

    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (0.25, 8.0)


async def test_many_guesses_at_once_are_no_way_around_the_lock(
    world: World, waits: list[float]
) -> None:
    outcomes = await asyncio.gather(
        *(guess(world, "10.0.0.1") for _ in range(20)), return_exceptions=True
    )

    assert sum(isinstance(one, SignInRefused) for one in outcomes) == LOCK_AFTER
    assert sum(isinstance(one, SignInLocked) for one in outcomes) == 20 - LOCK_AFTER


async def test_names_nobody_has_are_locked_like_any_other(world: World, waits: list[float]) -> None:
    for _ in range(LOCK_AFTER):
        with pytest.raises(SignInRefused):
            await world.container.sign_in()("nobody", PASSWORD, address="10.0.0.1")
    with pytest.raises(SignInLocked):
        await world.container.sign_in()("Nobody", PASSWORD, address="10.0.0.1")


@pytest.mark.parametrize("name", ["Sara", "nobody", "Gone", "Programs"])
async def test_a_name_that_nobody_has_is_worked_on_like_any_other(
    world: World, waits: list[float], name: str
) -> None:
    hasher = Counting(time_cost=1, memory_cost=8)
    world.container.check_password.add_kwargs(passwords=providers.Object(hasher))
    await world.container.add_agent()(name="Gone", password=PASSWORD)
    await world.container.change_agent()("Gone", AgentEdit(disabled=True))
    await world.container.add_agent()(name="Programs")

    with pytest.raises(SignInRefused):
        await world.container.sign_in()(name, "wrong", address="10.0.0.1")

    assert hasher.worked_on == 1


async def test_what_was_tried_is_forgotten_after_a_day(world: World, waits: list[float]) -> None:
    await guess_wrong(world, "10.0.0.1", 1)
    assert "sara" not in repr(list(world.store.tables.attempts)).lower()

    world.clock.advance(timedelta(days=1))
    assert await world.sweep("attempts") == 0
    world.clock.advance(SECOND)
    assert await world.sweep("attempts") == 1


def test_old_attempts_delay_nobody() -> None:
    tried = [Attempts(account="a", address=str(n), tried=5, last_at=NOW) for n in range(1000)]

    assert delay_of(tried[:1], NOW) == timedelta()
    assert delay_of(tried[:2], NOW) == timedelta(seconds=4)
    assert delay_of(tried, NOW) == timedelta(seconds=8)
    assert delay_of(tried, NOW + LOCK) == timedelta()
