"""The promises of the messages on file, and of statuses that wait for theirs."""

import asyncio
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest

from khalifa.application.ports.messages import KnownMessages
from khalifa.application.ports.unit_of_work import ConcurrentChange, Transact, UnitOfWork
from khalifa.domain.contacts import ProviderName
from khalifa.domain.errors import NotFound
from khalifa.domain.messages import (
    DeliveryStatus,
    JsonObject,
    Media,
    Message,
    MessageId,
    MessageKind,
)
from khalifa.domain.reactions import Reaction
from tests.builders import (
    NOW,
    OTHER_PROVIDER,
    PROVIDER,
    a_message,
    a_reply,
    a_status,
    an_id,
)
from tests.contracts.repositories.stored import (
    stored_agent,
    stored_customer,
    stored_message,
    stored_ticket,
    written,
)

NOWHERE = MessageId(987_654_321)
CONTENT: JsonObject = {
    "latitude": 30.0444196,
    "name": "صيدلية خليفة 💊",
    "nested": [{"a": None, "b": True}, [], ""],
}


async def _refused(transact: Transact, message: Message) -> bool:
    async def work(uow: UnitOfWork) -> bool:
        try:
            await uow.messages.add_new([message])
        except ConcurrentChange:
            return True
        return False

    return await transact(work)


class MessagesContract:
    async def test_a_message_comes_back_whole(self, transact: Transact) -> None:
        ticket = await stored_ticket(transact)
        message = a_message(
            ticket,
            kind=MessageKind.IMAGE,
            text="الروشتة",
            media=Media(
                id_ext="media-1",
                url="https://example.test/x",
                mime_type="image/jpeg",
                filename="صورة.jpg",
                sha256="ab" * 32,
                size=12_345_678_901,
                waveform=(0, 100, 7),
            ),
            content=CONTENT,
            message_key="3EB0",
            reply_to=an_id(),
            number=2**40,
            position=999,
        )
        message.reply_to_id, message.resend_of = MessageId(2**40), MessageId(7)
        message.reactions = (
            Reaction(emoji="👩‍👩‍👧", from_us=False, at=NOW + timedelta(microseconds=1)),
            Reaction(emoji="", from_us=True, at=NOW),
        )
        message.original_text, message.edited_at = "قبل التعديل", NOW
        message.revoked_at = NOW + timedelta(seconds=1)
        message.error, message.error_ar, message.error_code = "Not sent.", "لم تُرسل.", "131047"
        await stored_message(transact, message)

        found = await transact(lambda uow: uow.messages.get(message.id))

        assert asdict(found) == asdict(message)

    async def test_a_reply_comes_back_whole(self, transact: Transact) -> None:
        ticket, agent = await stored_ticket(transact), await stored_agent(transact)
        reply = a_reply(ticket, agent_id=agent.id, idempotency_key="key-1")
        await stored_message(transact, reply)

        found = await transact(lambda uow: uow.messages.get(reply.id))

        assert asdict(found) == asdict(reply)

    @pytest.mark.parametrize(
        "text",
        [
            None,
            "",
            "سلام عليكم\u200f 💊👩🏽‍⚕️",
            "a\x00b",
            " trailing \n",
            "\\ ' \" ; -- %s :name ?",
            "خ" * 65_536,
            "💊" * 65_536,
        ],
        ids=["none", "empty", "arabic", "nul", "spaces", "quotes", "65k arabic", "65k emoji"],
    )
    async def test_any_text_comes_back_as_it_was_written(
        self, transact: Transact, text: str | None
    ) -> None:
        message = a_message(await stored_ticket(transact), text=text)
        await stored_message(transact, message)

        assert (await transact(lambda uow: uow.messages.get(message.id))).text == text

    async def test_times_come_back_to_the_microsecond_and_in_utc(self, transact: Transact) -> None:
        moment = datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
        message = a_message(await stored_ticket(transact), received_at=moment)
        await stored_message(transact, message)

        found = await transact(lambda uow: uow.messages.get(message.id))

        assert found.received_at == moment
        assert found.stored_at == moment + timedelta(milliseconds=20)
        assert found.sent_at == moment.replace(microsecond=0)
        assert found.received_at.utcoffset() == timedelta(0)

    async def test_the_customers_newest_message_is_found_also_by_who_carried_it(
        self, transact: Transact
    ) -> None:
        ticket = await stored_ticket(transact)
        older, newest = a_message(ticket), a_message(ticket)
        older.provider, older.sent_at = OTHER_PROVIDER, newest.sent_at - timedelta(seconds=1)
        await stored_message(transact, newest)
        await stored_message(transact, older)
        await stored_message(transact, a_reply(ticket))

        async def heard(provider: ProviderName | None = None) -> MessageId | None:
            found = await transact(
                lambda uow: uow.messages.newest_heard(ticket.id, provider=provider)
            )
            return found.id if found else None

        assert await heard() == newest.id
        assert await heard(OTHER_PROVIDER) == older.id
        assert await heard(ProviderName("nobody")) is None

    async def test_a_message_nobody_has_is_not_found(self, transact: Transact) -> None:
        with pytest.raises(NotFound):
            await transact(lambda uow: uow.messages.get(NOWHERE))
        assert await transact(lambda uow: uow.messages.get_many([NOWHERE])) == {}
        assert await transact(lambda uow: uow.messages.by_whatsapp_ids([])) == {}

    async def test_a_long_list_gets_ids_that_name_the_right_messages(
        self, transact: Transact
    ) -> None:
        ticket = await stored_ticket(transact)
        messages = [a_message(ticket, text=f"رسالة {number}") for number in range(700)]
        replies = [a_reply(ticket, text=f"رد {number}") for number in range(700)]

        await transact(lambda uow: uow.messages.add_new([*messages, *replies]))

        texts = {message.id: message.text for message in [*messages, *replies]}
        found = await transact(lambda uow: uow.messages.get_many(texts))
        assert len(texts) == 1400
        assert {id_: message.text for id_, message in found.items()} == texts

    @pytest.mark.parametrize(("one", "another"), [("wamid.AbC", "wamid.aBc"), ("😀", "😁")])
    async def test_ids_that_look_alike_are_different_messages(
        self, transact: Transact, one: str, another: str
    ) -> None:
        ticket = await stored_ticket(transact)
        first = a_message(ticket, whatsapp_message_id=one, message_key=f"key {one}")
        second = a_message(ticket, whatsapp_message_id=another, message_key=f"key {another}")

        await transact(lambda uow: uow.messages.add_new([first, second]))

        by_id = await transact(
            lambda uow: uow.messages.by_whatsapp_ids([(PROVIDER, one), (PROVIDER, another)])
        )
        by_key = await transact(
            lambda uow: uow.messages.by_keys([f"key {one}", f"key {another}", "unknown"])
        )
        known = await transact(
            lambda uow: uow.messages.known(
                [(PROVIDER, one), (PROVIDER, "unknown")], [f"key {another}", "unknown"]
            )
        )
        ids = [first.id, second.id]
        assert first.id != second.id
        assert [by_id[PROVIDER, one].id, by_id[PROVIDER, another].id] == ids
        assert [by_key[f"key {one}"].id, by_key[f"key {another}"].id] == ids
        assert len(by_key) == 2
        assert known == KnownMessages(ids={(PROVIDER, one)}, keys={f"key {another}"}, awaited=False)
        nothing = await transact(lambda uow: uow.messages.known([], []))
        assert nothing == KnownMessages(ids=set(), keys=set(), awaited=False)

    async def test_the_same_id_at_another_provider_is_another_message(
        self, transact: Transact
    ) -> None:
        ticket, id_ = await stored_ticket(transact), an_id()
        here = a_message(ticket, whatsapp_message_id=id_)
        there = a_message(ticket, whatsapp_message_id=id_, provider=OTHER_PROVIDER)

        await transact(lambda uow: uow.messages.add_new([here, there]))

        found = await transact(
            lambda uow: uow.messages.by_whatsapp_ids([(OTHER_PROVIDER, id_), (PROVIDER, an_id())])
        )
        assert {key: row.id for key, row in found.items()} == {(OTHER_PROVIDER, id_): there.id}

    async def test_our_own_message_is_known_by_its_opaque_id(self, transact: Transact) -> None:
        reply = await stored_message(transact, a_reply(await stored_ticket(transact)))
        opaque_id = str(reply.opaque_id)

        found = await transact(lambda uow: uow.messages.by_opaque_ids([opaque_id, "unknown"]))

        assert {key: row.id for key, row in found.items()} == {opaque_id: reply.id}

    async def test_a_message_is_stored_once_by_id_and_once_by_key(self, transact: Transact) -> None:
        ticket = await stored_ticket(transact)
        known = await stored_message(transact, a_message(ticket, message_key="3EB0"))

        assert await _refused(
            transact, a_message(ticket, whatsapp_message_id=known.whatsapp_message_id)
        )
        assert await _refused(
            transact, a_message(ticket, message_key="3EB0", provider=OTHER_PROVIDER)
        )

    async def test_a_message_stored_at_the_same_time_by_many_is_one(
        self, transact: Transact
    ) -> None:
        ticket, id_ = await stored_ticket(transact), an_id()

        async def find_or_add(uow: UnitOfWork) -> MessageId:
            known = await uow.messages.by_whatsapp_ids([(PROVIDER, id_)])
            if known:
                return known[PROVIDER, id_].id
            message = a_message(ticket, whatsapp_message_id=id_)
            await uow.messages.add_new([message])
            return message.id

        found = await asyncio.gather(*(transact(find_or_add) for _ in range(6)))

        assert len(set(found)) == 1

    async def test_an_idempotency_key_is_its_agents_own_and_used_once(
        self, transact: Transact
    ) -> None:
        ticket = await stored_ticket(transact)
        agent, other = await stored_agent(transact), await stored_agent(transact)
        reply = a_reply(ticket, agent_id=agent.id, idempotency_key="key-1")

        assert not await _refused(transact, reply)
        assert await _refused(transact, a_reply(ticket, agent_id=agent.id, idempotency_key="key-1"))
        assert not await _refused(
            transact, a_reply(ticket, agent_id=other.id, idempotency_key="key-1")
        )
        assert not await _refused(
            transact, a_reply(ticket, agent_id=agent.id, idempotency_key="KEY-1")
        )
        found = await transact(lambda uow: uow.messages.find_by_idempotency_key(agent.id, "key-1"))
        assert found is not None
        assert found.id == reply.id
        assert (
            await transact(lambda uow: uow.messages.find_by_idempotency_key(agent.id, "key-2"))
            is None
        )

    async def test_replies_without_id_or_key_do_not_stand_in_each_others_way(
        self, transact: Transact
    ) -> None:
        ticket, agent = await stored_ticket(transact), await stored_agent(transact)

        for _ in range(3):
            assert not await _refused(transact, a_reply(ticket, agent_id=agent.id))

    async def test_replies_on_their_way_and_without_an_id_are_unconfirmed(
        self, transact: Transact
    ) -> None:
        ticket, elsewhere = await stored_ticket(transact), await stored_ticket(transact)
        unconfirmed = [
            await stored_message(transact, a_reply(ticket, status=status, provider=PROVIDER))
            for status in (DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN)
        ]
        for other in (
            a_reply(ticket, status=DeliveryStatus.QUEUED),
            a_reply(ticket, status=DeliveryStatus.SENT),
            a_reply(ticket, status=DeliveryStatus.UNKNOWN, whatsapp_message_id=an_id()),
            a_reply(elsewhere, status=DeliveryStatus.SENDING),
            a_message(ticket),
        ):
            await stored_message(transact, other)

        found = await transact(lambda uow: uow.messages.unconfirmed_of([ticket.customer_id]))

        assert sorted(row.id for row in found) == [reply.id for reply in unconfirmed]

    async def test_changed_messages_are_saved_each_as_it_is(self, transact: Transact) -> None:
        ticket = await stored_ticket(transact)
        replies = [await stored_message(transact, a_reply(ticket)) for _ in range(4)]
        for reply in replies:
            reply.start_sending(PROVIDER)
        replies[0].accept(an_id(), "3EB0")
        replies[1].fail("رقم غير موجود على واتساب")
        replies[2].lose_track()
        replies[3].put_back()

        await transact(lambda uow: uow.messages.save(replies))

        ids = [reply.id for reply in replies]
        found = await transact(lambda uow: uow.messages.get_many(ids))
        assert [asdict(found[id_]) for id_ in ids] == [asdict(reply) for reply in replies]
        assert (await transact(lambda uow: uow.messages.by_keys(["3EB0"])))["3EB0"].id == ids[0]

    async def test_a_saved_message_cannot_take_anothers_id_or_key(self, transact: Transact) -> None:
        ticket = await stored_ticket(transact)
        echo = await stored_message(transact, a_message(ticket, message_key="3EB0"))
        reply = await stored_message(transact, a_reply(ticket, provider=PROVIDER))

        async def take(uow: UnitOfWork, whatsapp_message_id: str, key: str | None) -> None:
            found = await uow.messages.get(reply.id)
            found.whatsapp_message_id, found.message_key = whatsapp_message_id, key
            with pytest.raises(ConcurrentChange):
                await written(uow, uow.messages.save([found]))

        await transact(lambda uow: take(uow, str(echo.whatsapp_message_id), None))
        await transact(lambda uow: take(uow, an_id(), "3EB0"))

    async def test_a_removed_echo_leaves_its_id_to_the_reply(self, transact: Transact) -> None:
        ticket = await stored_ticket(transact)
        echo = await stored_message(transact, a_message(ticket, message_key="3EB0"))
        reply = await stored_message(transact, a_reply(ticket, provider=PROVIDER))

        async def work(uow: UnitOfWork) -> None:
            found = await uow.messages.get(reply.id)
            found.accept(echo.whatsapp_message_id, echo.message_key)
            await uow.messages.remove([echo.id])
            await uow.messages.save([found])

        await transact(work)

        found = await transact(lambda uow: uow.messages.get_many([echo.id, reply.id]))
        assert {id_: row.message_key for id_, row in found.items()} == {reply.id: "3EB0"}

    async def test_an_id_that_a_message_gave_up_is_free(self, transact: Transact) -> None:
        ticket, id_ = await stored_ticket(transact), an_id()
        reply = await stored_message(
            transact, a_reply(ticket, provider=PROVIDER, whatsapp_message_id=id_)
        )

        reply.whatsapp_message_id = an_id()
        await transact(lambda uow: uow.messages.save([reply]))

        assert not await _refused(transact, a_message(ticket, whatsapp_message_id=id_))


class UnmatchedStatusesContract:
    async def test_a_status_waits_until_it_is_taken_and_is_taken_once(
        self, transact: Transact
    ) -> None:
        id_ = an_id()
        statuses = [
            a_status(id_, status=DeliveryStatus.SENT, opaque_id="opaque"),
            replace(
                a_status(id_, status=DeliveryStatus.FAILED, error="Refused (131026)", at=None),
                error_ar="رفض (131026)",
                error_code="131026",
            ),
        ]
        await transact(lambda uow: uow.statuses.keep(statuses, at=NOW))

        taken = await transact(lambda uow: uow.statuses.take([(PROVIDER, id_)]))
        again = await transact(lambda uow: uow.statuses.take([(PROVIDER, id_)]))

        assert taken == statuses
        assert again == []

    async def test_only_the_statuses_of_the_ids_asked_for_are_taken(
        self, transact: Transact
    ) -> None:
        wanted = a_status("wamid.AbC")
        others = [a_status("wamid.aBc"), a_status("wamid.AbC", provider=OTHER_PROVIDER)]
        await transact(lambda uow: uow.statuses.keep([wanted, *others], at=NOW))

        assert await transact(lambda uow: uow.statuses.take([])) == []
        assert await transact(lambda uow: uow.statuses.take([(PROVIDER, "wamid.AbC")])) == [wanted]

    async def test_gaps_are_counted_by_message_and_provider(self, transact: Transact) -> None:
        one, other = an_id(), an_id()
        old = [a_status(one), a_status(one), a_status(other)]
        old.append(a_status(one, provider=OTHER_PROVIDER))
        await transact(lambda uow: uow.statuses.keep(old, at=NOW - timedelta(minutes=2)))
        await transact(lambda uow: uow.statuses.keep([a_status(an_id())], at=NOW))

        gaps = await transact(lambda uow: uow.statuses.gaps(before=NOW - timedelta(minutes=1)))

        assert gaps == {PROVIDER: 2, OTHER_PROVIDER: 1}

    async def test_statuses_are_matchable_once_a_message_has_their_id(
        self, transact: Transact
    ) -> None:
        ticket = await stored_ticket(transact)
        ids = [an_id() for _ in range(3)]
        statuses = [a_status(id_) for id_ in [*ids, ids[0]]]
        statuses.append(a_status(ids[2], provider=OTHER_PROVIDER))
        await transact(lambda uow: uow.statuses.keep(statuses, at=NOW))

        assert await transact(lambda uow: uow.statuses.matchable(10)) == []

        for id_ in ids[:2]:
            reply = a_reply(ticket, provider=PROVIDER, whatsapp_message_id=id_)
            await stored_message(transact, reply)

        matchable = await transact(lambda uow: uow.statuses.matchable(10))
        assert sorted(matchable) == sorted((PROVIDER, id_) for id_ in ids[:2])
        assert len(await transact(lambda uow: uow.statuses.matchable(1))) == 1

    async def test_statuses_nobody_asked_for_are_forgotten(self, transact: Transact) -> None:
        old, recent = a_status(), a_status()
        await transact(lambda uow: uow.statuses.keep([old], at=NOW - timedelta(microseconds=1)))
        await transact(lambda uow: uow.statuses.keep([recent], at=NOW))

        assert await transact(lambda uow: uow.statuses.forget(before=NOW)) == 1

        ids = [(row.provider, row.whatsapp_message_id) for row in (old, recent)]
        assert await transact(lambda uow: uow.statuses.take(ids)) == [recent]

    async def test_nothing_kept_is_nothing_done(self, transact: Transact) -> None:
        await stored_customer(transact)

        await transact(lambda uow: uow.statuses.keep([], at=NOW))

        assert await transact(lambda uow: uow.statuses.forget(before=NOW)) == 0
