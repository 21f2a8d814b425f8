"""The promises of merging and unmerging, whatever keeps the rows."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import msgspec
import pytest

from khalifa.application.business_rules import BusinessRules
from khalifa.application.events import EventWriter
from khalifa.application.merge_customers import MergeCustomers
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.switch_provider import ActiveProvider
from khalifa.application.unmerge_customers import UnmergeCustomers
from khalifa.application.windows import Windows
from khalifa.domain.contacts import Identity, IdentityKind, ProviderName
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.errors import Conflict, NotFound
from khalifa.domain.merges import CustomerMerge, MergeId
from khalifa.domain.messages import Message, MessageId
from khalifa.domain.tickets import Ticket, TicketId
from khalifa.infrastructure.memory.clock import ManualClock
from khalifa.infrastructure.memory.messaging import MemoryProviders
from tests.builders import (
    NOW,
    PROVIDER,
    a_customer,
    a_lid,
    a_message,
    a_phone,
    a_reply,
    a_ticket,
    an_agent,
)
from tests.contracts.repositories.stored import (
    claimed,
    stored_agent,
    stored_customer,
    stored_message,
    stored_ticket,
)

MINUTE = timedelta(minutes=1)
CLOCK = ManualClock(NOW + 60 * MINUTE)


def _events(transact: Transact) -> EventWriter:
    active = ActiveProvider(transact=transact, clock=CLOCK, configured=PROVIDER)
    windows = Windows(active_provider=active, configured=MemoryProviders)
    rules = BusinessRules(transact=transact, clock=CLOCK)
    return EventWriter(clock=CLOCK, encode=msgspec.json.encode, windows=windows, rules=rules)


def _merge(transact: Transact) -> MergeCustomers:
    return MergeCustomers(transact=transact, events=_events(transact), clock=CLOCK)


def _unmerge(transact: Transact) -> UnmergeCustomers:
    return UnmergeCustomers(transact=transact, events=_events(transact), clock=CLOCK)


@dataclass
class Person:
    """A customer with an open and a closed ticket, and what was said on them."""

    customer: Customer
    open: Ticket
    closed: Ticket
    messages: list[Message]


async def a_person(
    transact: Transact,
    *identities: Identity,
    since: timedelta = timedelta(),
    agent_named: str | None = None,
) -> Person:
    known = identities or (Identity.of_phone(a_phone()),)
    customer = await stored_customer(transact, a_customer(identities=known))
    agent_id = (await stored_agent(transact, an_agent(agent_named))).id if agent_named else None
    at = NOW + since
    ticket = await stored_ticket(
        transact,
        a_ticket(
            customer,
            agent_id=agent_id,
            unread=1,
            opened_at=at,
            waiting_since=at,
            last_message_at=at.replace(microsecond=0),
            last_message="hello?",
        ),
    )
    closed = await stored_ticket(transact, a_ticket(customer, closed_at=at - MINUTE))
    messages = [
        await stored_message(transact, a_message(closed, received_at=at - 2 * MINUTE)),
        await stored_message(transact, a_message(ticket, text="hello?", received_at=at)),
    ]
    return Person(customer, ticket, closed, messages)


async def _rows(transact: Transact, *people: Person) -> dict[str, dict[int, dict[str, object]]]:
    """Return all that is stored of *people*, without versions: these only ever grow."""

    async def work(uow: UnitOfWork) -> dict[str, dict[int, dict[str, object]]]:
        customers = await uow.customers.get_many([p.customer.id for p in people])
        tickets = await uow.tickets.get_many([t.id for p in people for t in (p.open, p.closed)])
        messages = await uow.messages.get_many([m.id for p in people for m in p.messages])
        return {
            "customers": {row.id: _facts(row) for row in customers.values()},
            "tickets": {row.id: _facts(row) for row in tickets.values()},
            "messages": {row.id: _facts(row) for row in messages.values()},
        }

    return await transact(work)


def _facts(row: Customer | Ticket | Message) -> dict[str, object]:
    facts = asdict(row)
    facts.pop("version", None)
    if isinstance(row, Customer):
        facts["identities"] = sorted(row.identities)
    return facts


async def _customer(transact: Transact, customer_id: CustomerId) -> Customer:
    return (await transact(lambda uow: uow.customers.get_many([customer_id])))[customer_id]


async def _ticket(transact: Transact, ticket_id: TicketId) -> Ticket:
    return await transact(lambda uow: uow.tickets.get(ticket_id))


async def _tickets_of(transact: Transact, ids: Sequence[MessageId]) -> list[TicketId]:
    found = await transact(lambda uow: uow.messages.get_many(ids))
    return [found[message_id].ticket_id for message_id in ids]


class CustomerMergesContract:
    async def test_a_merge_leaves_one_customer_with_everything(self, transact: Transact) -> None:
        lid = a_lid()
        older = await a_person(transact, agent_named="Sara")
        newer = await a_person(transact, lid, since=MINUTE, agent_named="Omar")

        merge = await _merge(transact)(None, older.customer.id, newer.customer.id)

        kept = await _customer(transact, older.customer.id)
        absorbed = await _customer(transact, newer.customer.id)
        assert sorted(kept.identities) == sorted([*older.customer.identities, lid])
        assert (absorbed.identities, absorbed.merged_into) == ([], kept.id)
        open_ = await transact(lambda uow: uow.tickets.open_of([kept.id, absorbed.id]))
        assert {id_: ticket.id for id_, ticket in open_.items()} == {kept.id: older.open.id}
        assert (open_[kept.id].agent_id, open_[kept.id].unread) == (older.open.agent_id, 2)
        assert open_[kept.id].waiting_since == older.open.waiting_since
        gone = await _ticket(transact, newer.open.id)
        assert (gone.close_reason, gone.customer_id) == ("merged", kept.id)
        assert (await _ticket(transact, newer.closed.id)).customer_id == kept.id
        assert await _tickets_of(transact, [m.id for m in newer.messages]) == [
            newer.closed.id,
            older.open.id,
        ]
        assert merge.tickets == (newer.open.id, newer.closed.id)

    async def test_the_older_ticket_goes_on_whoever_is_kept(self, transact: Transact) -> None:
        older = await a_person(transact, agent_named="Sara")
        newer = await a_person(transact, since=MINUTE)

        await _merge(transact)(None, newer.customer.id, older.customer.id)

        open_ = await transact(lambda uow: uow.tickets.open_of([newer.customer.id]))
        assert open_[newer.customer.id].id == older.open.id
        assert (await _ticket(transact, newer.open.id)).close_reason == "merged"

    @pytest.mark.parametrize("kept_is_older", [True, False])
    async def test_a_merge_undone_leaves_everything_as_it_was(
        self, transact: Transact, *, kept_is_older: bool
    ) -> None:
        older = await a_person(transact, agent_named="Sara")
        newer = await a_person(transact, a_lid(), since=MINUTE, agent_named="Omar")
        before = await _rows(transact, older, newer)
        kept, absorbed = (older, newer) if kept_is_older else (newer, older)

        merge = await _merge(transact)(None, kept.customer.id, absorbed.customer.id)
        await _unmerge(transact)(None, merge.id)

        assert await _rows(transact, older, newer) == before

    async def test_what_only_one_had_open_is_theirs_again(self, transact: Transact) -> None:
        kept = await stored_customer(transact)
        absorbed = await a_person(transact, a_lid(), agent_named="Omar")
        before = await _rows(transact, absorbed)

        merge = await _merge(transact)(None, kept.id, absorbed.customer.id)
        moved = await transact(lambda uow: uow.tickets.open_of([kept.id]))
        await _unmerge(transact)(None, merge.id)

        assert moved[kept.id].id == absorbed.open.id
        assert await _rows(transact, absorbed) == before

    async def test_what_came_since_goes_with_the_identity_it_came_from(
        self, transact: Transact
    ) -> None:
        lid = a_lid()
        kept = await a_person(transact)
        absorbed = await a_person(transact, lid, since=MINUTE)
        merge = await _merge(transact)(None, kept.customer.id, absorbed.customer.id)
        ticket = await _ticket(transact, kept.open.id)
        by_phone, by_lid = a_message(ticket), a_message(ticket)
        by_phone.id_ext, by_lid.id_ext = kept.customer.identities[0].id_ext, lid.id_ext
        reply = a_reply(ticket)
        for message in (by_phone, by_lid, reply):
            await stored_message(transact, message)

        await _unmerge(transact)(None, merge.id)

        assert await _tickets_of(transact, [by_phone.id, by_lid.id, reply.id]) == [
            kept.open.id,
            absorbed.open.id,
            kept.open.id,
        ]
        found = await transact(lambda uow: uow.messages.get_many([by_lid.id]))
        assert found[by_lid.id].customer_id == absorbed.customer.id

    async def test_whoever_had_nothing_open_and_wrote_since_gets_a_ticket(
        self, transact: Transact
    ) -> None:
        kept, lid = await a_person(transact), a_lid()
        absorbed = await stored_customer(transact, a_customer(identities=[lid]))
        merge = await _merge(transact)(None, kept.customer.id, absorbed.id)
        ticket = await _ticket(transact, kept.open.id)
        message = a_message(ticket, text="only me")
        message.id_ext = lid.id_ext
        await stored_message(transact, message)

        await _unmerge(transact)(None, merge.id)

        open_ = await transact(lambda uow: uow.tickets.open_of([absorbed.id, kept.customer.id]))
        assert open_[kept.customer.id].id == kept.open.id
        own = open_[absorbed.id]
        assert (own.last_message, own.unread) == ("only me", 1)
        assert await _tickets_of(transact, [message.id]) == [own.id]

    async def test_a_ticket_closed_since_stays_closed(self, transact: Transact) -> None:
        older = await a_person(transact)
        newer = await a_person(transact, since=MINUTE)
        merge = await _merge(transact)(None, older.customer.id, newer.customer.id)

        async def close(uow: UnitOfWork) -> None:
            ticket = await uow.tickets.get(older.open.id)
            ticket.close(now=NOW, reason="Sold")
            await uow.tickets.save([ticket])

        await transact(close)
        await _unmerge(transact)(None, merge.id)

        both = [older.customer.id, newer.customer.id]
        assert await transact(lambda uow: uow.tickets.open_of(both)) == {}
        assert (await _ticket(transact, older.open.id)).close_reason == "Sold"

    async def test_a_reply_on_its_way_goes_with_its_conversation(self, transact: Transact) -> None:
        older, newer = await a_person(transact), await a_person(transact, since=MINUTE)
        reply = a_reply(newer.open)

        async def queue(uow: UnitOfWork) -> None:
            await uow.messages.add_new([reply])
            await uow.deliveries.queue([reply])

        await transact(queue)
        merge = await _merge(transact)(None, older.customer.id, newer.customer.id)
        (claim,) = await claimed(transact)
        await transact(lambda uow: uow.deliveries.put_back(claim, pause=timedelta()))
        await _unmerge(transact)(None, merge.id)
        (again,) = await claimed(transact)

        assert (claim.customer_id, again.customer_id) == (older.customer.id, newer.customer.id)

    async def test_merges_are_undone_in_the_order_they_came(self, transact: Transact) -> None:
        people = [await a_person(transact, since=n * MINUTE) for n in range(3)]
        before = await _rows(transact, *people)
        first = await _merge(transact)(None, people[1].customer.id, people[2].customer.id)
        second = await _merge(transact)(None, people[0].customer.id, people[1].customer.id)

        with pytest.raises(Conflict, match=f"Merge {second.id} came later"):
            await _unmerge(transact)(None, first.id)
        await _unmerge(transact)(None, second.id)
        await _unmerge(transact)(None, first.id)
        with pytest.raises(Conflict, match="undone before"):
            await _unmerge(transact)(None, first.id)

        assert await _rows(transact, *people) == before

    async def test_a_merge_is_on_record(self, transact: Transact) -> None:
        older, newer = await a_person(transact), await a_person(transact, a_lid(), since=MINUTE)
        merge = await _merge(transact)(None, older.customer.id, newer.customer.id)
        other = await stored_customer(transact)
        another = await _merge(transact)(None, older.customer.id, other.id)
        undone = await _unmerge(transact)(None, another.id)

        found = await transact(lambda uow: uow.merges.get(merge.id))
        of_newer = await transact(lambda uow: uow.merges.of_customers([newer.customer.id]))
        of_older = await transact(lambda uow: uow.merges.of_customers([older.customer.id]))
        newest = await transact(lambda uow: uow.merges.newest(1))

        assert asdict(found) == asdict(merge)
        assert [asdict(one) for one in of_newer] == [asdict(merge)]
        assert [one.id for one in of_older] == [another.id, merge.id]
        assert [asdict(one) for one in newest] == [asdict(undone)]
        assert (undone.undone_at, undone.undone_by) == (CLOCK.now(), None)
        with pytest.raises(NotFound):
            await transact(lambda uow: uow.merges.get(MergeId(987_654_321)))

    async def test_what_cannot_be_merged_is_refused(self, transact: Transact) -> None:
        one, other = await stored_customer(transact), await stored_customer(transact)
        third = await stored_customer(transact)
        await _merge(transact)(None, one.id, other.id)

        with pytest.raises(Conflict):
            await _merge(transact)(None, one.id, one.id)
        with pytest.raises(Conflict, match=f"part of customer {one.id}"):
            await _merge(transact)(None, third.id, other.id)
        with pytest.raises(NotFound):
            await _merge(transact)(None, one.id, CustomerId(987_654_321))

    async def test_what_people_said_of_both_is_kept_and_found_again(
        self, transact: Transact
    ) -> None:
        kept = a_customer(name="منى")
        kept.notes, kept.tags = "allergic to penicillin", ("vip",)
        absorbed = a_customer(name="Mona")
        absorbed.name_by_hand("منى سعيد")
        absorbed.notes, absorbed.tags, absorbed.blocked_at = "lives in Talkha", ("vip", "late"), NOW
        for customer in (kept, absorbed):
            await stored_customer(transact, customer)
        facts = (kept.facts, absorbed.facts)

        merge = await _merge(transact)(None, kept.id, absorbed.id)
        both = await _customer(transact, kept.id)
        await _unmerge(transact)(None, merge.id)

        assert (both.name, both.notes) == ("منى سعيد", "allergic to penicillin\n\nlives in Talkha")
        assert (both.tags, both.blocked_at) == (("vip", "late"), NOW)
        again = [(await _customer(transact, id_)).facts for id_ in (kept.id, absorbed.id)]
        assert tuple(again) == facts

    async def test_what_people_changed_since_stays(self, transact: Transact) -> None:
        kept, absorbed = await stored_customer(transact), await stored_customer(transact)
        merge = await _merge(transact)(None, kept.id, absorbed.id)

        async def rename(uow: UnitOfWork) -> None:
            customer = (await uow.customers.lock([kept.id]))[kept.id]
            customer.name_by_hand("Om Ahmed")
            await uow.customers.save([customer])

        await transact(rename)
        await _unmerge(transact)(None, merge.id)

        assert (await _customer(transact, kept.id)).name == "Om Ahmed"

    async def test_merges_at_the_same_time_leave_one_customer(self, transact: Transact) -> None:
        people = [await a_person(transact, since=n * MINUTE) for n in range(3)]
        first, second, third = (person.customer.id for person in people)

        async def try_to_merge(one: CustomerId, other: CustomerId) -> CustomerMerge | None:
            try:
                return await _merge(transact)(None, one, other)
            except Conflict:
                return None

        pairs = [(first, second), (second, first), (second, third), (third, first)]
        merges = await asyncio.gather(*(try_to_merge(*pair) for pair in pairs))

        done = [merge for merge in merges if merge is not None]
        found = await transact(lambda uow: uow.customers.get_many([first, second, third]))
        assert len(done) == 2
        (left,) = (customer for customer in found.values() if customer.merged_into is None)
        open_ = await transact(lambda uow: uow.tickets.open_of([first, second, third]))
        assert open_.keys() == {left.id}
        assert len(left.identities) == 3

    async def test_customers_without_any_ticket_are_one_too(self, transact: Transact) -> None:
        one = await stored_customer(transact)
        bsuid = Identity(one.provider, IdentityKind.BSUID, "EG.1a")
        other = await stored_customer(transact, a_customer(identities=[bsuid]))

        merge = await _merge(transact)(None, one.id, other.id)

        assert (merge.tickets, merge.kept_ticket, merge.other_ticket) == ((), None, None)
        assert await transact(lambda uow: uow.customers.named([bsuid])) == {bsuid: one.id}


class FormerIdentitiesContract:
    async def test_an_identity_given_up_still_names_the_customer(self, transact: Transact) -> None:
        old, new = Identity.of_phone(a_phone()), Identity.of_phone(a_phone())
        customer = await stored_customer(transact, a_customer(identities=[old]))

        async def change(uow: UnitOfWork) -> None:
            found = (await uow.customers.lock([customer.id]))[customer.id]
            assert found.change([old], [new], at=NOW)
            await uow.customers.save([found])

        await transact(change)

        found = await _customer(transact, customer.id)
        assert (found.phone, found.identities, found.former) == (new.id_ext, [new], {old: NOW})
        named = await transact(lambda uow: uow.customers.named([old, new]))
        assert named == {old: customer.id, new: customer.id}

    async def test_an_identity_used_again_is_the_customers_again(self, transact: Transact) -> None:
        old, new = Identity.of_phone(a_phone()), Identity.of_phone(a_phone())
        customer = a_customer(identities=[old])
        customer.change([old], [new], at=NOW)
        await stored_customer(transact, customer)

        async def learn(uow: UnitOfWork) -> None:
            found = (await uow.customers.lock([customer.id]))[customer.id]
            assert found.learn([old], None, at=NOW - MINUTE) == []
            assert found.learn([old], None, at=NOW + MINUTE) == [old]
            await uow.customers.save([found])

        await transact(learn)

        found = await _customer(transact, customer.id)
        assert (found.phone, found.former) == (old.id_ext, {})
        assert found.identities == [old, new]

    async def test_identities_given_up_long_ago_are_free_for_others(
        self, transact: Transact
    ) -> None:
        old, new = Identity.of_phone(a_phone()), Identity.of_phone(a_phone())
        customer = a_customer(identities=[old])
        customer.change([old], [new], at=NOW)
        await stored_customer(transact, customer)

        early = await transact(lambda uow: uow.customers.forget_former(before=NOW))
        late = await transact(lambda uow: uow.customers.forget_former(before=NOW + MINUTE))

        assert (early, late) == (0, 1)
        assert (await _customer(transact, customer.id)).former == {}
        await stored_customer(transact, a_customer(identities=[old]))


class IdentityLookupsContract:
    async def test_an_identity_is_asked_about_once_at_a_time(self, transact: Transact) -> None:
        lids = [a_lid(), a_lid()]
        await transact(lambda uow: uow.lookups.queue(lids, at=NOW))
        await transact(lambda uow: uow.lookups.queue(lids[:1], at=NOW + MINUTE))

        early = await transact(lambda uow: uow.lookups.claim(now=NOW - MINUTE, until=NOW, limit=9))
        first, second, third = [
            await transact(lambda uow: uow.lookups.claim(now=NOW, until=NOW + MINUTE, limit=1))
            for _ in range(3)
        ]

        assert (early, third) == ([], [])
        assert [one.identity for one in (*first, *second)] == lids
        later = await transact(
            lambda uow: uow.lookups.claim(now=NOW + MINUTE, until=NOW + 2 * MINUTE, limit=9)
        )
        assert [one.identity for one in later] == lids

    async def test_of_one_provider_alone_they_are_claimed_and_counted(
        self, transact: Transact
    ) -> None:
        mine, others = a_lid(), a_lid(ProviderName("other"))
        await transact(lambda uow: uow.lookups.queue([others, mine], at=NOW))

        async def due(now: datetime) -> int:
            return await transact.read(lambda uow: uow.lookups.due(mine.provider, now=now))

        assert (await due(NOW - MINUTE), await due(NOW)) == (0, 1)
        claimed = await transact(
            lambda uow: uow.lookups.claim(
                now=NOW, until=NOW + MINUTE, limit=9, provider=mine.provider
            )
        )
        assert [one.identity for one in claimed] == [mine]
        assert (await due(NOW), await due(NOW + MINUTE)) == (0, 1)

    async def test_what_was_asked_in_vain_is_put_off_and_counted(self, transact: Transact) -> None:
        lid = a_lid()
        await transact(lambda uow: uow.lookups.queue([lid], at=NOW))
        claimed = await transact(lambda uow: uow.lookups.claim(now=NOW, until=NOW, limit=9))
        await transact(lambda uow: uow.lookups.put_off(claimed, until=NOW + MINUTE))

        assert await transact(lambda uow: uow.lookups.claim(now=NOW, until=NOW, limit=9)) == []
        (again,) = await transact(
            lambda uow: uow.lookups.claim(now=NOW + MINUTE, until=NOW, limit=9)
        )
        assert (again.identity, again.attempts) == (lid, 1)

        await transact(lambda uow: uow.lookups.forget([lid]))
        assert (
            await transact(lambda uow: uow.lookups.claim(now=NOW + MINUTE, until=NOW, limit=9))
            == []
        )
