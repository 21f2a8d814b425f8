"""Passwords can be checked and not read."""

import asyncio
from statistics import median
from time import perf_counter

import pytest

from khalifa.application.ports.passwords import PasswordHasher
from khalifa.infrastructure.passwords import Argon2PasswordHasher

PASSWORD = "كلمة سر طويلة 🔑"


@pytest.fixture
def hasher() -> PasswordHasher:
    """The algorithm as it runs, at the lowest cost it takes."""
    return Argon2PasswordHasher(time_cost=1, memory_cost=8)


async def test_a_password_is_known_by_its_hash_and_no_other_is(hasher: PasswordHasher) -> None:
    hashed = await hasher.hash(PASSWORD)

    assert await hasher.verify(PASSWORD, hashed)
    assert not await hasher.verify(PASSWORD + " ", hashed)
    assert not await hasher.verify("", hashed)


async def test_a_hash_is_salted_and_holds_nothing_of_its_password(hasher: PasswordHasher) -> None:
    one, another = await hasher.hash("password-1"), await hasher.hash("password-1")

    assert one != another
    assert "password-1" not in one
    assert len(one) <= 255


async def test_no_password_is_that_of_somebody_without_a_hash(hasher: PasswordHasher) -> None:
    assert not await hasher.verify("", None)
    assert not await hasher.verify(PASSWORD, None)


@pytest.mark.parametrize(
    "damaged",
    ["", "x", "$argon2id$", "$2b$12$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=8,t=1,p=1$a$b"],
)
async def test_a_hash_that_cannot_be_read_is_nobodys(hasher: PasswordHasher, damaged: str) -> None:
    assert not await hasher.verify(PASSWORD, damaged)


async def test_a_password_that_is_no_unicode_is_wrong_and_no_error(hasher: PasswordHasher) -> None:
    assert not await hasher.verify("\ud83d", await hasher.hash(PASSWORD))
    assert not await hasher.verify("\ud83d", None)


async def test_a_hash_made_at_another_cost_is_still_verified(hasher: PasswordHasher) -> None:
    dearer = Argon2PasswordHasher(time_cost=2, memory_cost=16)

    assert await hasher.verify(PASSWORD, await dearer.hash(PASSWORD))


async def test_a_name_without_a_hash_takes_as_long_as_one_with() -> None:
    hasher = Argon2PasswordHasher()
    known = await hasher.hash(PASSWORD)
    seconds: dict[str | None, list[float]] = {known: [], None: []}

    # In turns, so that whatever else the machine does slows both.
    for _ in range(9):
        for password_hash, spent in seconds.items():
            begun = perf_counter()
            assert not await hasher.verify("wrong", password_hash)
            spent.append(perf_counter() - begun)

    with_hash, without = median(seconds[known]), median(seconds[None])
    assert 0.5 < without / with_hash < 2.0


async def test_hashing_does_not_hold_up_the_event_loop() -> None:
    hasher = Argon2PasswordHasher(time_cost=8)
    hashing = asyncio.create_task(hasher.hash(PASSWORD))
    turns = 0

    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1

    assert turns > 10
