"""The promises of reactions, edits and deletions on file."""

from dataclasses import replace
from datetime import timedelta

import pytest

from khalifa.application.ports.unit_of_work import BadData, ConcurrentChange, Transact, UnitOfWork
from khalifa.domain.changes import MessageChange
from khalifa.domain.messages import MessageId, MessageKind
from tests.builders import NOW, OTHER_PROVIDER, PROVIDER, a_change, a_message
from tests.contracts.repositories.stored import stored_message, stored_ticket


async def _stored(transact: Transact, *changes: MessageChange) -> None:
    await transact(lambda uow: uow.changes.add(changes))


async def _waiting(transact: Transact, change: MessageChange) -> list[MessageChange]:
    ids = {(change.provider, change.target)}
    return await transact(lambda uow: uow.changes.waiting_for(ids, ()))


class MessageChangesContract:
    @pytest.mark.parametrize("text", [None, "", "👩‍👩‍👧", "خ" * 65_536])
    async def test_a_change_comes_back_whole(self, transact: Transact, text: str | None) -> None:
        change = a_change(kind=MessageKind.EDIT, text=text, target_key="3EB0")
        await _stored(transact, change, a_change())

        [found] = await _waiting(transact, change)

        assert found.id > 0
        assert replace(found, id=0) == change

    async def test_a_change_is_stored_once(self, transact: Transact) -> None:
        change = a_change()
        await _stored(transact, change)
        other = replace(change, provider=OTHER_PROVIDER)
        capital = replace(change, whatsapp_message_id=change.whatsapp_message_id.upper())
        await _stored(transact, other, capital)

        async def again(uow: UnitOfWork) -> bool:
            try:
                await uow.changes.add([change])
                await uow.flush()
            except ConcurrentChange:
                return True
            return False

        assert await transact(again)

    async def test_only_known_ones_are_known(self, transact: Transact) -> None:
        change = a_change()
        await _stored(transact, change)
        own = (change.provider, change.whatsapp_message_id)
        asked = {own, (OTHER_PROVIDER, own[1]), (PROVIDER, own[1].lower())}

        assert await transact(lambda uow: uow.changes.known(asked)) == {own}

    async def test_what_waits_is_found_by_id_or_key(self, transact: Transact) -> None:
        by_id, by_key, applied = a_change(), a_change(target_key="3EB0AA"), a_change()
        applied = replace(applied, target=by_id.target, message_id=MessageId(5))
        await _stored(transact, by_id, by_key, applied)

        async def work(uow: UnitOfWork) -> list[list[str]]:
            ids = {(by_id.provider, by_id.target)}
            found = [
                await uow.changes.waiting_for(ids, {"3EB0AA"}),
                await uow.changes.waiting_for(ids, ()),
                await uow.changes.waiting_for((), {"3EB0AA", "3eb0aa"}),
                await uow.changes.waiting_for({(OTHER_PROVIDER, by_id.target)}, {"none"}),
                await uow.changes.waiting_for((), ()),
            ]
            return [sorted(one.whatsapp_message_id for one in some) for some in found]

        first, second = by_id.whatsapp_message_id, by_key.whatsapp_message_id
        assert await transact(work) == [sorted([first, second]), [first], [second], [], []]

    async def test_whoever_asks_for_messages_hears_that_a_change_waits_for_one(
        self, transact: Transact
    ) -> None:
        by_id, by_key, applied = a_change(), a_change(target_key="3EB0AB"), a_change()
        await _stored(transact, by_id, by_key, replace(applied, message_id=MessageId(5)))

        async def work(uow: UnitOfWork) -> list[bool]:
            asked = [
                ({(PROVIDER, by_id.target), (PROVIDER, "other")}, ()),
                ((), {"3EB0AB"}),
                ({(PROVIDER, applied.target), (OTHER_PROVIDER, by_id.target)}, {"3eb0ab"}),
            ]
            return [(await uow.messages.known(ids, keys)).awaited for ids, keys in asked]

        assert await transact(work) == [True, True, False]

    async def test_what_was_found_waits_no_more_until_it_must_again(
        self, transact: Transact
    ) -> None:
        change, message_id = a_change(), MessageId(77)
        await _stored(transact, change)
        [waiting] = await _waiting(transact, change)

        await transact(lambda uow: uow.changes.found([replace(waiting, message_id=message_id)]))
        assert await _waiting(transact, change) == []
        [found] = await transact(lambda uow: uow.changes.of_messages([message_id]))
        assert replace(found, id=0, message_id=None) == change

        await transact(lambda uow: uow.changes.wait_again([message_id]))
        assert await _waiting(transact, change) == [waiting]

    async def test_only_what_waits_for_a_message_on_file_is_matchable(
        self, transact: Transact
    ) -> None:
        message = a_message(await stored_ticket(transact), message_key="3EB0BB")
        await stored_message(transact, message)
        by_id, by_key = a_change(target=message.whatsapp_message_id), a_change(target_key="3EB0BB")
        done = a_change(target=message.whatsapp_message_id, message_id=message.id)
        await _stored(transact, by_id, a_change(), by_key, done)

        found = await transact(lambda uow: uow.changes.matchable(10))
        some = await transact(lambda uow: uow.changes.matchable(1))

        assert {one.whatsapp_message_id for one in found} == {
            by_id.whatsapp_message_id,
            by_key.whatsapp_message_id,
        }
        assert len(some) == 1

    async def test_removed_ones_are_gone(self, transact: Transact) -> None:
        change = a_change()
        await _stored(transact, change)

        await transact(lambda uow: uow.changes.remove([]))  # nothing is asked for, nothing happens
        waiting = await _waiting(transact, change)
        await transact(lambda uow: uow.changes.remove(waiting))

        assert await _waiting(transact, change) == []

    async def test_only_what_waited_too_long_is_forgotten(self, transact: Transact) -> None:
        old = NOW - timedelta(days=9)
        waiting, young = a_change(received_at=old), a_change()
        applied = a_change(received_at=old, message_id=MessageId(5))
        await _stored(transact, waiting, young, applied)

        assert await transact(lambda uow: uow.changes.forget_waiting(before=NOW)) == 1
        assert await _waiting(transact, waiting) == []
        assert len(await _waiting(transact, young)) == 1
        assert len(await transact(lambda uow: uow.changes.of_messages([MessageId(5)]))) == 1

    async def test_an_id_too_long_for_its_column_is_bad_data(self, transact: Transact) -> None:
        too_long = "x" * 513
        for change in (
            replace(a_change(), whatsapp_message_id=too_long),
            a_change(target=too_long),
            a_change(target_key=too_long),
        ):
            with pytest.raises(BadData):
                await _stored(transact, change)
