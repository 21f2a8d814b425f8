"""The promises of giving out and forgetting one customer, whatever keeps the rows."""

from khalifa.application.ports.journal import BodyKey
from khalifa.application.ports.ledger import LedgerItem, Outcome
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.agents import AgentId
from khalifa.domain.contacts import Identity
from khalifa.domain.customers import CustomerId
from khalifa.domain.erasure import tombstone_of
from khalifa.domain.messages import Message, MessageId
from khalifa.domain.notes import TicketNote
from khalifa.domain.tickets import Ticket
from tests.builders import (
    NOW,
    PROVIDER,
    a_change,
    a_ledger_entry,
    a_lid,
    a_message,
    a_status,
    a_ticket,
)
from tests.contracts.repositories.stored import stored_customer, stored_message, stored_ticket

NOBODY_YET = MessageId(0)


async def conversation(transact: Transact, journal: str) -> tuple[Ticket, Message]:
    """Store what a customer said, with all that comes around it."""
    ticket = await stored_ticket(transact, a_ticket(await stored_customer(transact)))
    message = await stored_message(transact, a_message(ticket, journal=journal, number=1))
    id_ext = message.whatsapp_message_id or ""
    item = LedgerItem(
        position=1, outcome=Outcome.DUPLICATE, reason="seen before", whatsapp_message_id=id_ext
    )
    note = TicketNote(ticket_id=ticket.id, agent_id=AgentId(1), text="allergic", at=NOW)

    async def work(uow: UnitOfWork) -> None:
        await uow.ledger.add([a_ledger_entry(BodyKey(journal, 1), items=(item,), body=b"words")])
        await uow.changes.add(
            [
                a_change(target=id_ext, text="👍", message_id=message.id),
                a_change(target=id_ext, text="waits"),
            ]
        )
        await uow.statuses.keep([a_status(id_ext)], at=NOW)
        await uow.tickets.add_note(note)

    await transact(work)
    return ticket, message


class ErasuresContract:
    async def test_what_was_said_comes_in_pages_with_whom_a_customer_absorbed(
        self, transact: Transact
    ) -> None:
        kept, absorbed, other = [await stored_customer(transact) for _ in range(3)]

        async def absorb(uow: UnitOfWork) -> None:
            locked = (await uow.customers.lock([absorbed.id]))[absorbed.id]
            locked.merged_into = kept.id
            await uow.customers.save([locked])

        await transact(absorb)
        ids = []
        for customer in (kept, absorbed, other):
            ticket = await stored_ticket(transact, a_ticket(customer))
            ids.append((await stored_message(transact, a_message(ticket))).id)

        async def work(uow: UnitOfWork) -> tuple[list[CustomerId], list[list[MessageId]]]:
            family = await uow.erasures.family(kept.id)
            pages, after = [], NOBODY_YET
            while page := await uow.erasures.said(family, after=after, limit=1):
                pages.append([message.id for message in page])
                after = page[-1].id
            return family, pages

        assert await transact(work) == ([kept.id, absorbed.id], [[ids[0]], [ids[1]]])

    async def test_what_speaks_of_messages_is_forgotten_and_others_stays(
        self, transact: Transact
    ) -> None:
        _, message = await conversation(transact, "erased")
        _, other = await conversation(transact, "kept")

        assert await transact(lambda uow: uow.erasures.forget_traces([message])) == 1

        async def look(uow: UnitOfWork) -> list[object]:
            own = {(PROVIDER, message.whatsapp_message_id or "")}
            others = {(PROVIDER, other.whatsapp_message_id or "")}
            [change] = await uow.changes.of_messages([message.id])
            [kept] = await uow.changes.of_messages([other.id])
            known = {(PROVIDER, change.whatsapp_message_id)}
            return [
                (change.target, change.target_key, change.identities, change.text),
                await uow.changes.known(known) == known,
                await uow.changes.waiting_for(own, []),
                await uow.statuses.take(own),
                kept.text,
                len(await uow.changes.waiting_for(others, [])),
                len(await uow.statuses.take(others)),
            ]

        assert await transact(look) == [("", None, (), None), True, [], [], "👍", 1, 1]

    async def test_a_change_is_known_by_its_tombstone(self, transact: Transact) -> None:
        ticket = await stored_ticket(transact)
        message = await stored_message(transact, a_message(ticket))
        change = a_change(target=message.whatsapp_message_id, message_id=message.id)
        await transact(lambda uow: uow.changes.add([change]))
        await transact(lambda uow: uow.erasures.forget_traces([message]))

        tombstone = (PROVIDER, tombstone_of(PROVIDER, change.whatsapp_message_id))
        own = (PROVIDER, change.whatsapp_message_id)
        assert await transact(lambda uow: uow.changes.known({own, tombstone})) == {tombstone}
        # Once more is harmless.
        await transact(lambda uow: uow.erasures.forget_traces([message]))
        assert await transact(lambda uow: uow.changes.known({tombstone})) == {tombstone}

    async def test_an_erased_message_leaves_its_tombstone(self, transact: Transact) -> None:
        ticket = await stored_ticket(transact)
        message = await stored_message(transact, a_message(ticket, text="private"))
        name = (PROVIDER, message.whatsapp_message_id or "")

        async def erase(uow: UnitOfWork) -> None:
            [found] = await uow.erasures.said([ticket.customer_id], after=NOBODY_YET, limit=9)
            found.erase(at=NOW)
            await uow.messages.save([found])

        await transact(erase)
        known = await transact(lambda uow: uow.messages.known({name}, {tombstone_of(*name)}))
        assert (known.ids, known.keys) == (set(), {tombstone_of(*name)})
        stored = await transact(lambda uow: uow.messages.get(message.id))
        assert (stored.text, stored.id_ext, stored.revoked_at) == (None, None, NOW)

    async def test_bodies_are_looked_through_page_by_page(self, transact: Transact) -> None:
        bodies = (b'{"to":"201012345678"}', b"\xff\x00 of somebody else", b"201012345678@c.us")
        entries = [
            a_ledger_entry(BodyKey("bodies", n), body=body) for n, body in enumerate(bodies, 1)
        ]
        await transact(lambda uow: uow.ledger.add(entries))

        async def through(uow: UnitOfWork) -> list[int]:
            counts, after = list[int](), None
            while True:
                found, after = await uow.erasures.forget_bodies(
                    {"201012345678", "lid-of-nobody"}, after=after, limit=2
                )
                if after is None:
                    return counts
                counts.append(found)

        assert await transact(through) == [1, 1]
        assert await transact(through) == [0]
        none = await transact(lambda uow: uow.erasures.forget_bodies(set(), after=None, limit=2))
        assert none == (0, None)

    async def test_nothing_is_left_of_people_and_it_is_counted_what_is(
        self, transact: Transact
    ) -> None:
        ticket, _ = await conversation(transact, "mine")
        other, _ = await conversation(transact, "others")
        customers, lid = [ticket.customer_id], a_lid()
        names: set[Identity] = {lid}

        async def work(uow: UnitOfWork) -> tuple[int, int, int]:
            before = await uow.erasures.left(customers)
            await uow.lookups.queue([lid], at=NOW)
            named = await uow.erasures.said(customers, after=NOBODY_YET, limit=9)
            await uow.erasures.forget_traces(named)
            for one in named:
                one.erase(at=NOW)
            await uow.messages.save(named)
            await uow.erasures.forget_people(customers, names)
            return (
                before,
                await uow.erasures.left(customers),
                await uow.erasures.left([other.customer_id]),
            )

        # The words, the identity and the note.
        assert await transact(work) == (3, 0, 3)

        async def look(uow: UnitOfWork) -> list[object]:
            now = await uow.tickets.get(ticket.id)
            due = await uow.lookups.claim(now=NOW, until=NOW, limit=9)
            found = await uow.customers.get_many(customers)
            return [now.id_ext, now.last_message, due, found[ticket.customer_id].identities]

        assert await transact(look) == ["", None, [], []]

    async def test_up_to_where_something_is_forgotten_never_goes_back(
        self, transact: Transact
    ) -> None:
        ticket = await stored_ticket(transact)
        ids = [(await stored_message(transact, a_message(ticket))).id for _ in range(3)]

        async def note(uow: UnitOfWork) -> list[object]:
            before = await uow.erasures.forgotten_up_to("media")
            for up_to in (ids[0], ids[1], ids[0]):
                await uow.erasures.note_forgotten("media", up_to)
            after = await uow.erasures.forgotten_up_to("media")
            ahead = await uow.erasures.next_stored(after=after, limit=9)
            return [before, after, await uow.erasures.forgotten_up_to("messages"), ahead[0].id]

        assert await transact(note) == [0, ids[1], 0, ids[2]]
