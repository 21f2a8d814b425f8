"""What every pace promises: how often leave is given, to whom, and how long others must wait."""

import asyncio
from itertools import count

import pytest

from khalifa.application.ports.pace import Pace, Wanted
from khalifa.domain.pace import Borrowed, Cap, Limit, Steady

_names = count(1)

# So long that no time passes in a test; the shared ones are timed by a real clock.
MINUTE = 60.0
# So much may have passed.
LATE = 2.0


def asking(*limits: Limit, name: str | None = None) -> Wanted:
    return Wanted(name or f"message-{next(_names)}", limits)


def key() -> str:
    return f"limit-{next(_names)}"


async def take(pace: Pace, *limits: Limit) -> float:
    [wait] = await pace.take([asking(*limits)])
    return wait


def about(seconds: float) -> object:
    """Return what equals *seconds* less the little that has passed since."""
    return pytest.approx(seconds - LATE / 2, abs=LATE / 2 + 0.01)


class PaceContract:
    """Wants a fixture ``pace``, with nothing taken yet."""

    async def test_a_steady_limit_gives_its_burst_then_one_at_a_time(self, pace: Pace) -> None:
        limit = Steady(key(), MINUTE, 3)

        waits = [await take(pace, limit) for _ in range(5)]

        assert waits == [0.0, 0.0, 0.0, about(MINUTE), about(MINUTE)]

    async def test_who_waits_behind_another_waits_longer(self, pace: Pace) -> None:
        limit = Steady(key(), MINUTE)

        waits = await pace.take([asking(limit) for _ in range(4)])

        assert waits == [0.0, about(MINUTE), about(2 * MINUTE), about(3 * MINUTE)]
        # They only waited: nothing was taken for them.
        assert await take(pace, limit) == about(MINUTE)

    async def test_nobody_waits_for_a_limit_that_is_not_theirs(self, pace: Pace) -> None:
        shared, busy, free = Steady(key(), MINUTE, 2), Steady(key(), 9 * MINUTE), Steady(key(), 1)
        assert await take(pace, busy) == 0.0

        waits = await pace.take([asking(shared, busy), asking(shared, free)])

        assert waits == [about(9 * MINUTE), 0.0]

    async def test_all_limits_give_or_none(self, pace: Pace) -> None:
        one, other = Steady(key(), MINUTE, 2), Steady(key(), MINUTE)
        assert await take(pace, other) == 0.0

        assert await take(pace, one, other) == about(MINUTE)

        assert [state.left for state in await pace.look([one, other])] == [2, 0]

    async def test_the_same_name_is_given_leave_once(self, pace: Pace) -> None:
        limit = Steady(key(), MINUTE, 2)

        again = [await pace.take([asking(limit, name="message-x")]) for _ in range(3)]

        assert again == [[0.0]] * 3
        assert [state.left for state in await pace.look([limit])] == [1]

    async def test_what_is_borrowed_is_paid_back_before_there_is_more(self, pace: Pace) -> None:
        limit = Borrowed(key(), MINUTE, 3, 30.0)

        waits = [await take(pace, limit) for _ in range(4)]

        assert waits == [0.0, 0.0, 0.0, about(3 * MINUTE)]

    async def test_nothing_is_borrowed_once_the_burst_is_over(self, pace: Pace) -> None:
        limit = Borrowed(key(), MINUTE, 45, 0.0)

        assert await take(pace, limit) == 0.0
        assert await take(pace, limit) == about(MINUTE)

    async def test_a_cap_gives_no_more_than_it_says_in_its_time(self, pace: Pace) -> None:
        cap = Cap(key(), 2, MINUTE)

        assert [await take(pace, cap) for _ in range(3)] == [0.0, 0.0, about(MINUTE)]

    async def test_a_cap_of_none_gives_nothing(self, pace: Pace) -> None:
        assert await take(pace, Cap(key(), 0, MINUTE)) == about(MINUTE)

    async def test_a_cap_that_was_lowered_counts_what_was_taken_before(self, pace: Pace) -> None:
        name = key()
        for _ in range(3):
            await take(pace, Cap(name, 5, MINUTE))

        assert await take(pace, Cap(name, 2, MINUTE)) == about(MINUTE)
        assert await take(pace, Cap(name, 4, MINUTE)) == 0.0

    async def test_what_is_left_can_be_seen_and_is_not_taken_by_looking(self, pace: Pace) -> None:
        steady = Steady(key(), MINUTE, 4)
        borrowed, cap = Borrowed(key(), MINUTE, 3, 30.0), Cap(key(), 2, MINUTE)
        fresh = await pace.look([steady, borrowed, cap])
        await take(pace, steady, borrowed, cap)
        await take(pace, steady, borrowed, cap)

        seen = [await pace.look([steady, borrowed, cap]) for _ in range(2)][-1]

        assert [state.left for state in fresh] == [4, 3, 2]
        assert [state.left for state in seen] == [2, 1, 0]
        assert [state.free_in for state in seen] == [0.0, 0.0, about(MINUTE)]

    async def test_a_slow_down_pauses_and_then_doubles_the_time_between(self, pace: Pace) -> None:
        limit = Steady(key(), MINUTE)

        await pace.slow_down(limit, pause=0.0)

        assert await take(pace, limit) == 0.0
        assert await take(pace, limit) == pytest.approx(2 * MINUTE, rel=0.1)
        await pace.slow_down(limit, pause=10 * MINUTE)
        assert await take(pace, limit) == about(10 * MINUTE)

    async def test_slow_downs_add_up_to_a_bound(self, pace: Pace) -> None:
        limit = Steady(key(), MINUTE)
        for _ in range(20):
            await pace.slow_down(limit, pause=0.0)

        assert await take(pace, limit) == 0.0
        assert await take(pace, limit) == pytest.approx(32 * MINUTE, rel=0.1)

    async def test_side_by_side_no_more_is_given_than_there_is(self, pace: Pace) -> None:
        limit = Steady(key(), MINUTE, 10)

        rounds = await asyncio.gather(
            *(pace.take([asking(limit) for _ in range(4)]) for _ in range(8))
        )

        assert sum(wait == 0.0 for waits in rounds for wait in waits) == 10

    async def test_nothing_asked_is_nothing_answered(self, pace: Pace) -> None:
        assert await pace.take([]) == []
        assert await pace.look([]) == []
        assert await take(pace) == 0.0
