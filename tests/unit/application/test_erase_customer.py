"""One customer is given out and forgotten, and what was forgotten never comes back."""

from dataclasses import dataclass, field, replace
from typing import Any, Self

import pytest

from khalifa.application.audit_ledger import AuditLedger
from khalifa.application.ports.journal import BodyKey, JournalCount, JournalCounts, JournaledBody
from khalifa.application.ports.ledger import Outcome
from khalifa.domain.agents import Agent, Role
from khalifa.domain.audit import Act
from khalifa.domain.customers import UNSAVED, CustomerId
from khalifa.domain.erasure import ERASED
from khalifa.domain.errors import Conflict, NotAllowed, NotFound
from khalifa.domain.messages import DeliveryStatus, Media, Message, MessageKind, Reading
from khalifa.domain.tickets import Ticket
from khalifa.infrastructure.memory.ledger_reader import MemoryLedgerReader
from khalifa.infrastructure.memory.media import MemoryMediaStore
from tests.unit.application.world import World, reported, wrote

MONA, OMAR = "201012345678", "201087654321"


class Journal(JournalCounts):
    def __init__(self, last: int) -> None:
        self._last = last

    async def read(self) -> list[JournalCount]:
        return [JournalCount(journal="j1", last=self._last, waiting=frozenset())]


@dataclass
class Shop:
    """Mona wrote, sent a photo, was answered and corrected herself; Omar wrote, too."""

    world: World
    sara: Agent
    files: dict[str, bytes]
    mona: CustomerId = UNSAVED
    answer_id: str = ""
    filed: list[JournaledBody] = field(default_factory=list)

    @classmethod
    async def opened(cls, world: World) -> Self:
        store = world.container.media_store()
        assert isinstance(store, MemoryMediaStore)
        shop = cls(world, await world.agent("Sara", role=Role.ADMIN), store.files)
        words = wrote("my prescription", phone=MONA, id_ext="in-mona", key="KEY-MONA")
        photo = replace(
            wrote("", phone=MONA, id_ext="photo"),
            kind=MessageKind.IMAGE,
            text=None,
            media=Media(id_ext="photo", mime_type="image/png"),
        )
        edit = replace(
            wrote("my correction", phone=MONA, id_ext="edit"),
            kind=MessageKind.EDIT,
            content={"message_id": "in-mona"},
        )
        await shop.comes(words, photo)
        await shop.comes(edit)
        await shop.comes(wrote("my own words", phone=OMAR))
        shop.mona = shop.customer(MONA)
        await world.reply_to_ticket(shop.sara, shop.ticket.id, "take two a day")
        await world.deliver_messages()
        shop.answer_id = world.message("take two a day").whatsapp_message_id or ""
        await shop.comes(reported(DeliveryStatus.READ, shop.answer_id))
        [media] = [one.media.id for one in world.messages() if one.media and one.media.id]
        shop.files[media] = b"a photo"
        return shop

    async def comes(self, *readings: Reading) -> None:
        self.filed.append(self.world.body(*readings))
        await self.world.receive_messages(self.filed[-1:])

    async def again(self, body: JournaledBody) -> JournaledBody:
        """Let a body come once more, under a number of its own."""
        new = replace(body, key=self.world.body().key)
        await self.world.receive_messages([new])
        return new

    @property
    def ticket(self) -> Ticket:
        [ticket] = [one for one in self.world.tickets() if one.customer_id == self.mona]
        return ticket

    def customer(self, phone: str) -> CustomerId:
        customers = self.world.store.tables.customers.values()
        return next(one.id for one in customers if one.phone == phone)

    def said_by(self, customer: CustomerId) -> list[Message]:
        return [one for one in self.world.messages() if one.customer_id == customer]

    def everything(self) -> str:
        """Return all that is stored, in letters, but what screens were told and Omar's words."""
        tables = self.world.store.tables
        rows = (
            *(tables.customers, tables.identities, tables.tickets, tables.ticket_events),
            *(tables.notes, tables.messages, tables.message_names, tables.media, tables.changes),
            *(tables.statuses, tables.ledger, tables.merges, tables.lookups, tables.audit),
        )
        text = str([[_plain(row) for row in _values(table)] for table in rows])
        return text.replace("my own words", "")


def _values(table: dict[Any, Any] | list[Any]) -> list[object]:
    return [*table.items()] if isinstance(table, dict) else [*table]


def _plain(row: object) -> str:
    """Return a row in letters; entities say nothing of themselves."""
    key, value = row if isinstance(row, tuple) and len(row) == 2 else (None, row)
    inner = {name: getattr(value, name) for name in getattr(value, "__slots__", ())}
    return f"{key} {inner or value}"


@pytest.fixture
async def shop(world: World) -> Shop:
    return await Shop.opened(world)


async def test_nothing_is_left_of_who_was_erased_and_all_of_the_others(shop: Shop) -> None:
    before = shop.everything()
    for trace in (MONA, "my prescription", "my correction", "take two", "KEY-MONA", "photo"):
        assert trace in before, trace

    done = await shop.world.container.erase_customer()(shop.sara, shop.mona)

    assert (done.messages, done.files, done.bodies, done.left) == (3, 1, 1, 0)
    after = shop.everything()
    for trace in (MONA, "my ", "take two", "KEY-MONA", "in-mona", "photo", shop.answer_id):
        assert trace not in after, trace
    assert OMAR in after
    assert shop.world.message("my own words")
    assert shop.files == {}
    # The figures stay: what was said, when, by whom.
    assert [one.kind for one in shop.said_by(shop.mona)] == ["text", "image", "text"]
    assert all(one.revoked_at for one in shop.said_by(shop.mona))
    assert not shop.ticket.is_open
    newest = shop.world.store.tables.audit[-1]
    assert (newest.act, newest.by) == (Act.CUSTOMER_ERASED, shop.sara.id)


async def test_what_was_erased_does_not_come_back_with_a_webhook_that_comes_again(
    shop: Shop,
) -> None:
    await shop.world.container.erase_customer()(None, shop.mona)
    count = len(shop.world.messages())

    again = [await shop.again(body) for body in shop.filed[:2]]
    elsewhere = wrote(
        "my prescription", phone=MONA, key="KEY-MONA", provider=shop.world.pigeon.port.name
    )
    await shop.world.receive_messages([shop.world.body(elsewhere, provider=shop.world.pigeon)])
    echo = wrote("take two a day", phone=MONA, id_ext=shop.answer_id, from_us=True)
    await shop.comes(echo)

    assert len(shop.world.messages()) == count
    assert "my " not in shop.everything()
    assert "take two" not in shop.everything()
    for body in again:
        entry = shop.world.store.tables.ledger[body.key]
        assert entry.found == entry.count(Outcome.IGNORED) > 0
        assert {item.reason for item in entry.items} == {ERASED}
        assert entry.body == b""


async def test_the_ledger_still_balances(shop: Shop) -> None:
    await shop.world.container.erase_customer()(None, shop.mona)
    last = (await shop.again(shop.filed[0])).key.number

    reader = MemoryLedgerReader(shop.world.store, shop.world.clock)
    audit = await AuditLedger(journals=Journal(last - 1), reader=reader)()

    # One number was given to a body that nobody filed: it made the key of the one that came again.
    assert [line for line in audit.differences if "add up" in line] == []
    assert shop.world.store.tables.ledger[BodyKey("j1", 1)].stored == 2


async def test_who_was_erased_may_write_again_and_is_somebody_new(shop: Shop) -> None:
    await shop.world.container.erase_customer()(None, shop.mona)

    await shop.comes(wrote("hello again", phone=MONA))

    assert shop.customer(MONA) != shop.mona
    assert [one.text for one in shop.said_by(shop.customer(MONA))] == ["hello again"]


async def test_whom_a_customer_absorbed_goes_along_and_is_asked_for_by_the_kept(
    shop: Shop,
) -> None:
    omar = shop.customer(OMAR)
    await shop.world.container.merge_customers()(None, shop.mona, omar)

    with pytest.raises(Conflict):
        await shop.world.container.erase_customer()(None, omar)
    done = await shop.world.container.erase_customer()(None, shop.mona)

    assert done.left == 0
    assert OMAR not in shop.everything()
    assert all(message.text is None for message in shop.world.messages())


async def test_only_an_administrator_erases_somebody_there_is_whose_replies_are_out(
    shop: Shop,
) -> None:
    erase = shop.world.container.erase_customer()
    agent = await shop.world.agent("Huda")

    with pytest.raises(NotAllowed):
        await erase(agent, shop.mona)
    with pytest.raises(NotFound):
        await erase(None, CustomerId(987_654))
    await shop.world.reply_to_ticket(shop.sara, shop.ticket.id, "one more thing")
    with pytest.raises(Conflict, match="on its way"):
        await erase(None, shop.mona)
    assert shop.customer(MONA) == shop.mona


async def test_all_that_is_on_file_is_given_out_and_that_is_on_record(shop: Shop) -> None:
    customer, tickets = await shop.world.container.export_customer()(shop.sara, shop.mona)

    assert customer.phone == MONA
    [ticket] = [one async for one in tickets]
    said = {one.text for one in ticket.messages}
    assert said == {"my correction", None, "take two a day"}
    assert [line.kind for line in ticket.history.lines]
    assert shop.world.store.tables.audit[-1].act is Act.CUSTOMER_EXPORTED
    with pytest.raises(NotAllowed):
        await shop.world.container.export_customer()(await shop.world.agent("Huda"), shop.mona)
