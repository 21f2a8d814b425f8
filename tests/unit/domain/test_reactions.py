"""Each side of a conversation has one emoji on a message, the newest."""

from datetime import timedelta

from khalifa.domain.reactions import Reaction
from tests.builders import NOW, a_message, a_ticket

LATER = NOW + timedelta(seconds=1)


def reaction(emoji: str, *, from_us: bool = False, late: bool = False) -> Reaction:
    return Reaction(emoji=emoji, from_us=from_us, at=LATER if late else NOW)


def test_a_sides_new_reaction_takes_the_place_of_its_last() -> None:
    message = a_message(a_ticket())

    assert message.react(reaction("👍"))
    assert message.react(reaction("❤️", late=True))

    assert [one.emoji for one in message.reactions] == ["❤️"]


def test_both_sides_have_their_own() -> None:
    message = a_message(a_ticket())

    message.react(reaction("👍"))
    message.react(reaction("🙏", from_us=True))

    assert {(one.emoji, one.from_us) for one in message.reactions} == {("👍", False), ("🙏", True)}


def test_an_older_reaction_that_arrives_late_changes_nothing() -> None:
    message = a_message(a_ticket())
    message.react(reaction("", late=True))
    version = message.version

    assert not message.react(reaction("👍"))

    assert [one.emoji for one in message.reactions] == [""]
    assert message.version == version


def test_the_same_reaction_again_is_no_change() -> None:
    message = a_message(a_ticket())
    message.react(reaction("👍"))

    assert not message.react(reaction("👍"))
