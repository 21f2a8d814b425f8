"""Changes of a message: the last one counts, in whatever order and however often they come."""

from datetime import timedelta
from itertools import permutations

import pytest

from khalifa.domain.changes import MessageChange, make_of
from khalifa.domain.messages import Message, MessageKind
from tests.builders import NOW_IN_SECONDS, PROVIDER, a_message, a_reply


def change(
    kind: MessageKind,
    text: str | None = None,
    *,
    after: int = 0,
    number: int = 1,
    ours: bool = False,
) -> MessageChange:
    return MessageChange(
        provider=PROVIDER,
        whatsapp_message_id=f"{kind}-{after}-{number}",
        kind=kind,
        target="x",
        identities=(),
        from_us=ours,
        text=text,
        at=NOW_IN_SECONDS + timedelta(seconds=after),
        received_at=NOW_IN_SECONDS + timedelta(seconds=after),
        number=number,
    )


HISTORY = (
    change(MessageKind.EDIT, "two boxes", after=1),
    change(MessageKind.EDIT, "three boxes", after=2),
    change(MessageKind.REACTION, "👍", after=3),
    change(MessageKind.REACTION, "❤️", after=3, number=2),
    change(MessageKind.REACTION, "🙏", after=3, ours=True),
)


def shown(message: Message) -> tuple[object, ...]:
    reactions = sorted((one.emoji, one.from_us) for one in message.reactions)
    return message.text, message.original_text, message.edited_at, reactions


@pytest.mark.parametrize("order", list(permutations(HISTORY)))
def test_any_order_comes_to_the_same(order: tuple[MessageChange, ...]) -> None:
    message = a_message(text="one box")

    for count in range(1, len(order) + 1):
        make_of(message, order[:count])

    at = NOW_IN_SECONDS + timedelta(seconds=2)
    assert shown(message) == ("three boxes", "one box", at, [("❤️", False), ("🙏", True)])


def test_the_same_again_changes_nothing() -> None:
    message = a_message(text="one box")
    assert make_of(message, HISTORY)
    version = message.version

    assert not make_of(message, HISTORY)
    assert message.version == version


def test_a_reaction_taken_back_is_gone() -> None:
    message = a_message()

    make_of(message, [HISTORY[2], change(MessageKind.REACTION, "", after=9)])

    assert [one.emoji for one in message.reactions] == [""]


def test_a_deleted_message_keeps_what_it_said() -> None:
    message = a_message(text="secret")

    assert make_of(message, [change(MessageKind.REVOKE, after=4)])

    assert (message.text, message.revoked_at) == ("secret", NOW_IN_SECONDS + timedelta(seconds=4))
    assert message.shown_kind is MessageKind.REVOKE


@pytest.mark.parametrize("kind", [MessageKind.EDIT, MessageKind.REVOKE])
def test_everybody_changes_only_what_is_their_own(kind: MessageKind) -> None:
    heard, reply = a_message(), a_reply()

    assert change(kind, "x").may_touch(heard)
    assert not change(kind, "x", ours=True).may_touch(heard)
    assert change(kind, "x", ours=True).may_touch(reply)
    assert not change(kind, "x").may_touch(reply)
    assert change(MessageKind.REACTION, "x").may_touch(reply)
