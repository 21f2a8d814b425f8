"""The promises of replies on their way out: in order, and never given to two."""

import asyncio
from datetime import timedelta

import pytest

from khalifa.application.ports.deliveries import Claim
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.customers import CustomerId
from khalifa.domain.messages import MessageId
from tests.contracts.repositories.stored import LEASE, claimed, queued_reply, stored_ticket

# Leases and pauses are counted from the database's own clock, which a test cannot move.
RUN_OUT = timedelta(seconds=-1)
AT_ONCE = timedelta(0)
LATER = timedelta(hours=1)


async def _ids(transact: Transact, *, limit: int = 100) -> list[MessageId]:
    return [claim.message_id for claim in await claimed(transact, limit=limit)]


async def _held(transact: Transact, claims: list[Claim]) -> list[Claim]:
    return await transact(lambda uow: uow.deliveries.held(claims))


async def _settle(transact: Transact, *ids: MessageId) -> None:
    await transact(lambda uow: uow.deliveries.settle(ids))


async def _put_back(transact: Transact, claim: Claim, pause: timedelta) -> None:
    await transact(lambda uow: uow.deliveries.put_back(claim, pause=pause))


class DeliveriesContract:
    async def test_a_conversations_replies_are_claimed_in_order_one_at_a_time(
        self, transact: Transact
    ) -> None:
        ticket = await stored_ticket(transact)
        replies = [await queued_reply(transact, ticket) for _ in range(3)]

        for reply in replies:
            assert await _ids(transact) == [reply.id]
            assert await _ids(transact) == []
            await _settle(transact, reply.id)

        assert await _ids(transact) == []

    async def test_replies_that_wait_are_counted_by_customer(self, transact: Transact) -> None:
        tickets = [await stored_ticket(transact) for _ in range(3)]
        ids = [ticket.customer_id for ticket in tickets]
        for ticket in (tickets[0], tickets[0], tickets[1]):
            await queued_reply(transact, ticket)
        await claimed(transact, limit=1)

        waiting = await transact(lambda uow: uow.deliveries.waiting_of(ids))

        assert waiting in ({ids[0]: 1, ids[1]: 1}, {ids[0]: 2})
        assert await transact(lambda uow: uow.deliveries.waiting_of([])) == {}

    async def test_the_first_reply_of_each_conversation_is_claimed(
        self, transact: Transact
    ) -> None:
        tickets = [await stored_ticket(transact) for _ in range(3)]
        firsts = [await queued_reply(transact, ticket) for ticket in tickets]
        for ticket in tickets:
            await queued_reply(transact, ticket)

        few = await _ids(transact, limit=2)
        rest = await _ids(transact)

        assert len(few) == 2
        assert sorted([*few, *rest]) == sorted(reply.id for reply in firsts)

    async def test_a_claim_says_what_it_is_for(self, transact: Transact) -> None:
        ticket = await stored_ticket(transact)
        reply = await queued_reply(transact, ticket)

        [claim] = await claimed(transact)

        assert (claim.message_id, claim.customer_id) == (reply.id, ticket.customer_id)
        assert claim.attempts == 1
        assert claim.first_claimed_at == claim.expires_at - LEASE
        assert claim.expires_at >= claim.queued_at + LEASE
        assert claim.expires_at.utcoffset() == claim.queued_at.utcoffset() == timedelta(0)

    async def test_a_reply_put_back_is_claimed_again_and_counted(self, transact: Transact) -> None:
        reply = await queued_reply(transact, await stored_ticket(transact))
        [first] = await claimed(transact)

        await _put_back(transact, first, AT_ONCE)
        [second] = await claimed(transact)

        assert (second.message_id, second.attempts) == (reply.id, 2)
        assert second.queued_at == first.queued_at
        assert second.first_claimed_at == first.first_claimed_at
        assert second.token != first.token

    async def test_exactly_the_candidates_chosen_are_claimed(self, transact: Transact) -> None:
        replies = [await queued_reply(transact, await stored_ticket(transact)) for _ in range(3)]
        found = await transact(lambda uow: uow.deliveries.candidates(10))
        assert [candidate.message_id for candidate in found] == [reply.id for reply in replies]
        assert [candidate.customer_id for candidate in found] == [r.customer_id for r in replies]
        assert [candidate.attempts for candidate in found] == [0, 0, 0]
        chosen = [replies[0].id, replies[2].id]

        claims = await transact(lambda uow: uow.deliveries.claim(chosen, lease=LEASE))
        again = await transact(lambda uow: uow.deliveries.claim(chosen, lease=LEASE))

        assert ([claim.message_id for claim in claims], again) == (chosen, [])
        assert await _ids(transact) == [replies[1].id]

    async def test_candidates_that_are_held_off_come_back_each_after_its_pause(
        self, transact: Transact
    ) -> None:
        replies = [await queued_reply(transact, await stored_ticket(transact)) for _ in range(4)]
        claimed_, soon, later, _ = (reply.id for reply in replies)
        await transact(lambda uow: uow.deliveries.claim([claimed_], lease=LEASE))

        pauses = {claimed_: LATER, soon: AT_ONCE, later: LATER}
        await transact(lambda uow: uow.deliveries.hold_off(pauses))

        assert sorted(await _ids(transact)) == [soon, replies[3].id]
        assert await _ids(transact) == []
        await transact(lambda uow: uow.deliveries.hold_off({later: AT_ONCE}))
        [claim] = await claimed(transact)
        assert (claim.message_id, claim.attempts) == (later, 1)

    async def test_what_became_somebody_elses_meanwhile_is_not_claimed(
        self, transact: Transact
    ) -> None:
        ticket = await stored_ticket(transact)
        settled, put_back = [
            await queued_reply(transact, one) for one in (ticket, await stored_ticket(transact))
        ]
        seen = [settled.id, put_back.id]
        for claim in await claimed(transact):
            await _put_back(transact, claim, LATER)
        await _settle(transact, settled.id)

        assert await transact(lambda uow: uow.deliveries.claim(seen, lease=LEASE)) == []
        assert await transact(lambda uow: uow.deliveries.claim([], lease=LEASE)) == []

    async def test_a_reply_that_is_not_due_holds_up_its_conversation_and_no_other(
        self, transact: Transact
    ) -> None:
        ticket = await stored_ticket(transact)
        await queued_reply(transact, ticket)
        [claim] = await claimed(transact)
        await _put_back(transact, claim, LATER)
        await queued_reply(transact, ticket)
        other = await queued_reply(transact, await stored_ticket(transact))

        assert await _ids(transact) == [other.id]

    async def test_a_postponed_reply_waits_as_if_it_was_queued_only_now(
        self, transact: Transact
    ) -> None:
        first, second = [await queued_reply(transact, await stored_ticket(transact)) for _ in "ab"]
        claims = await claimed(transact)

        await transact(lambda uow: uow.deliveries.postpone([], pause=LATER))
        await transact(lambda uow: uow.deliveries.postpone(claims, pause=AT_ONCE))
        again = await claimed(transact)

        assert {claim.message_id for claim in again} == {first.id, second.id}
        assert min(c.queued_at for c in again) >= max(c.queued_at for c in claims)
        assert all(c.first_claimed_at == c.expires_at - LEASE for c in again)
        assert await _held(transact, claims) == []
        await transact(lambda uow: uow.deliveries.postpone(again, pause=LATER))
        assert await claimed(transact) == []

    async def test_no_reply_is_claimed_by_two_however_many_ask(self, transact: Transact) -> None:
        tickets = [await stored_ticket(transact) for _ in range(12)]
        for ticket in [*tickets, *tickets]:
            await queued_reply(transact, ticket)

        rounds = await asyncio.gather(*(claimed(transact, limit=4) for _ in range(6)))

        claims = [claim for claims in rounds for claim in claims]
        assert len({claim.message_id for claim in claims}) == len(claims)
        assert len({claim.customer_id for claim in claims}) == len(claims)
        claims += await claimed(transact)
        assert {claim.customer_id for claim in claims} == {row.customer_id for row in tickets}
        assert len(claims) == len(tickets)

    async def test_a_claim_undone_with_its_unit_was_never_made(self, transact: Transact) -> None:
        reply = await queued_reply(transact, await stored_ticket(transact))

        async def work(uow: UnitOfWork) -> None:
            await uow.deliveries.claim([reply.id], lease=LEASE)
            raise LookupError

        with pytest.raises(LookupError):
            await transact(work)

        assert await _ids(transact) == [reply.id]

    async def test_a_claim_holds_until_it_is_settled_or_put_back(self, transact: Transact) -> None:
        for _ in range(3):
            await queued_reply(transact, await stored_ticket(transact))
        claims = await claimed(transact)
        settled, put_back, holding = claims

        assert sorted(await _held(transact, claims), key=repr) == sorted(claims, key=repr)
        await _settle(transact, settled.message_id)
        await _put_back(transact, put_back, LATER)

        assert await _held(transact, claims) == [holding]
        assert await _held(transact, []) == []

    async def test_a_claim_that_ran_out_holds_no_more(self, transact: Transact) -> None:
        await queued_reply(transact, await stored_ticket(transact))

        claims = await claimed(transact, lease=RUN_OUT)

        assert len(claims) == 1
        assert await _held(transact, claims) == []

    async def test_an_old_claim_neither_holds_nor_puts_back_what_another_has(
        self, transact: Transact
    ) -> None:
        await queued_reply(transact, await stored_ticket(transact))
        [old] = await claimed(transact)
        await _put_back(transact, old, AT_ONCE)
        [new] = await claimed(transact)

        await _put_back(transact, old, AT_ONCE)

        assert await _held(transact, [old, new]) == [new]
        assert await _ids(transact) == []

    async def test_a_claim_that_ran_out_is_listed_and_never_claimed_again(
        self, transact: Transact
    ) -> None:
        ticket = await stored_ticket(transact)
        reply = await queued_reply(transact, ticket)
        following = await queued_reply(transact, ticket)
        [ran_out] = await claimed(transact, lease=RUN_OUT)
        await queued_reply(transact, await stored_ticket(transact))
        await claimed(transact)

        assert await transact(lambda uow: uow.deliveries.expired(10)) == [ran_out]
        assert await _ids(transact) == []

        await _settle(transact, reply.id)

        assert await transact(lambda uow: uow.deliveries.expired(10)) == []
        assert await _ids(transact) == [following.id]

    async def test_no_more_expired_claims_are_listed_than_asked_for(
        self, transact: Transact
    ) -> None:
        for _ in range(3):
            await queued_reply(transact, await stored_ticket(transact))
        await claimed(transact, lease=RUN_OUT)

        assert len(await transact(lambda uow: uow.deliveries.expired(2))) == 2

    async def test_something_is_due_exactly_while_something_can_be_claimed(
        self, transact: Transact
    ) -> None:
        async def due() -> bool:
            return await transact(lambda uow: uow.deliveries.due())

        assert not await due()
        ticket = await stored_ticket(transact)
        await queued_reply(transact, ticket)
        await queued_reply(transact, ticket)
        assert await due()
        [claim] = await claimed(transact)
        assert not await due()
        await _put_back(transact, claim, LATER)
        assert not await due()
        await _settle(transact, claim.message_id)
        assert await due()

    async def test_workers_side_by_side_send_each_reply_once_and_in_order(
        self, transact: Transact
    ) -> None:
        tickets = [await stored_ticket(transact) for _ in range(6)]
        replies = [await queued_reply(transact, ticket) for ticket in tickets * 4]
        sent: list[Claim] = []
        being_sent: set[CustomerId] = set()

        async def work() -> None:
            while len(sent) < len(replies):
                await asyncio.sleep(0)
                for claim in await claimed(transact, limit=2):
                    assert claim.customer_id not in being_sent
                    being_sent.add(claim.customer_id)
                    sent.append(claim)
                    # Others have their turn while this one is on its way.
                    await asyncio.sleep(0)
                    being_sent.remove(claim.customer_id)
                    await _settle(transact, claim.message_id)

        async with asyncio.timeout(30):
            await asyncio.gather(*(work() for _ in range(5)))

        assert sorted(claim.message_id for claim in sent) == sorted(row.id for row in replies)
        for ticket in tickets:
            ids = [claim.message_id for claim in sent if claim.customer_id == ticket.customer_id]
            assert ids == sorted(ids)
