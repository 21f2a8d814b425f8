"""The governor: how fast a number may be used, from what it is and what befell it."""

from datetime import UTC, datetime, timedelta

import pytest

from khalifa.domain.contacts import ProviderName
from khalifa.domain.customers import CustomerId
from khalifa.domain.pace import (
    Borrowed,
    Cap,
    Channel,
    Governor,
    PacePolicy,
    RecipientPace,
    Steady,
    WarningSign,
)

NAME = ProviderName("phone")
MONA = CustomerId(7)
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
WEEK = PacePolicy(apart=(1.0, 3.0), first_contacts=16, warm_up=7 * DAY, warnings=3)


def channel(*, paired: timedelta | None = 30 * DAY, phone: str | None = "2010") -> Channel:
    at = None if paired is None else NOW - paired
    return Channel(provider=NAME, phone=phone, paired_at=at)


def governor(policy: PacePolicy = WEEK) -> Governor:
    return Governor(NAME, policy)


def test_a_provider_without_a_policy_has_no_limits() -> None:
    free = governor(PacePolicy())

    assert free.limits(MONA, channel(), NOW) == ()
    assert free.first_contacts(channel(), NOW) is None
    assert free.warm_up_day(channel(), NOW) is None
    assert free.few_warnings() is None


def test_a_number_has_its_throughput_and_each_person_their_own() -> None:
    policy = PacePolicy(per_second=80, recipient=RecipientPace(interval=6.0, burst=45, within=6.0))

    assert governor(policy).limits(MONA, channel(), NOW) == (
        Steady("phone:number", 1 / 80, 80),
        Borrowed("phone:to:7", 6.0, 45, 6.0),
    )


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 1.0), (0.5, 2.0), (1.0, 3.0)])
def test_messages_are_seconds_apart_never_the_same(chance: float, seconds: float) -> None:
    [apart] = governor().limits(MONA, channel(), NOW, chance=chance)

    assert apart == Steady("phone:apart", seconds)


@pytest.mark.parametrize(
    ("age", "day", "contacts"),
    [
        (timedelta(), 1, 2),
        (DAY - HOUR, 1, 2),
        (DAY, 2, 4),
        (6 * DAY, 7, 14),
        (7 * DAY, None, 16),
        (None, 1, 2),
    ],
)
def test_a_new_session_warms_up_day_by_day(
    age: timedelta | None, day: int | None, contacts: int
) -> None:
    session = channel(paired=age)

    assert governor().warm_up_day(session, NOW) == day
    assert governor().first_contacts(session, NOW) == Cap("phone:first_contacts", contacts, 3600.0)


def test_a_new_session_is_slower_too() -> None:
    [first] = governor().limits(MONA, channel(paired=timedelta()), NOW, chance=0.0)
    [last] = governor().limits(MONA, channel(paired=6 * DAY), NOW, chance=0.0)

    assert isinstance(first, Steady)
    assert isinstance(last, Steady)
    assert first.interval == pytest.approx(1.875)
    assert last.interval == pytest.approx(1.125)


def test_even_on_the_first_day_one_person_may_be_written_to_unless_none_ever_may() -> None:
    new = channel(paired=timedelta())
    few, none = PacePolicy(first_contacts=1, warm_up=7 * DAY), PacePolicy(first_contacts=0)

    assert governor(few).first_contacts(new, NOW) == Cap("phone:first_contacts", 1, 3600.0)
    assert governor(none).first_contacts(new, NOW) == Cap("phone:first_contacts", 0, 3600.0)


def test_a_session_begins_when_it_is_first_connected_and_goes_on_through_restarts() -> None:
    new = channel(paired=None, phone=None)

    assert new.pair(None, NOW)
    assert not new.pair(None, NOW + HOUR)
    assert new.pair("2010", NOW + HOUR)
    assert not new.pair("2010", NOW + 2 * HOUR)

    assert (new.phone, new.paired_at) == ("2010", NOW)


def test_another_number_or_a_new_pairing_begins_anew_without_the_old_hold() -> None:
    old = channel()
    old.hold(NOW + HOUR, WarningSign.REFUSED)

    assert old.pair("2011", NOW)
    assert (old.phone, old.paired_at, old.held_until) == ("2011", NOW, None)

    old.hold(NOW + HOUR, WarningSign.REFUSED)
    assert old.unpair()
    assert not old.unpair()
    assert old.is_held(NOW)
    assert old.pair("2011", NOW + DAY)
    assert (old.paired_at, old.is_held(NOW + DAY)) == (NOW + DAY, False)


def test_a_warning_sign_holds_the_channel_for_a_while_and_says_why() -> None:
    number = channel()

    governor().heed(WarningSign.UNLINKED, number, NOW)

    assert number.is_held(NOW + timedelta(minutes=29))
    assert not number.is_held(NOW + timedelta(minutes=30))
    words = number.hold_words(NOW)
    assert words is not None
    assert "unlinked" in words.english
    assert words.arabic
    assert number.hold_words(NOW + HOUR) is None


def test_a_shorter_hold_does_not_end_a_longer_one() -> None:
    number = channel()
    number.hold(NOW + HOUR, WarningSign.UNLINKED)

    number.hold(NOW + HOUR / 2, WarningSign.REFUSED)

    assert (number.held_until, number.held_because) == (NOW + HOUR, WarningSign.UNLINKED)
    assert number.release()
    assert not number.release()
    assert not number.is_held(NOW)


@pytest.mark.parametrize("sign", list(WarningSign))
def test_only_grave_signs_hold_at_once(sign: WarningSign) -> None:
    assert governor().holds_at_once(sign) is (sign is WarningSign.UNLINKED)
    assert governor().few_warnings() == Cap("phone:warnings", 2, 3600.0)
