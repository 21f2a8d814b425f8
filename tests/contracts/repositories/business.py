"""The promises of what the rules of the business keep."""

import asyncio
from datetime import date, timedelta

import pytest

from khalifa.application.ports.business import AutomaticKind
from khalifa.application.ports.unit_of_work import ConcurrentChange, Transact, UnitOfWork
from khalifa.domain.agents import AgentId
from khalifa.domain.business_hours import ALL_DAY, BusinessHours, Opening
from khalifa.domain.business_settings import AutomaticText, BusinessSettings
from khalifa.domain.delays import Delay
from khalifa.domain.messages import MessageId
from khalifa.domain.tickets import Ticket
from tests.builders import NOW, a_message, a_reply, a_ticket
from tests.contracts.repositories.stored import (
    stored_customer,
    stored_message,
    stored_ticket,
    written,
)

MINUTE = timedelta(minutes=1)
SARA = AgentId(7)
EVERYTHING = BusinessSettings(
    delay=10 * MINUTE,
    grace=7 * MINUTE,
    hours=BusinessHours(
        time_zone="Asia/Riyadh",
        week=(*(ALL_DAY,) * 4, (), (Opening(540, 720), Opening(960, 60)), (Opening(60, 1440),)),
        holidays=frozenset({date(2026, 10, 6), date(2026, 1, 25)}),
    ),
    away_reply=AutomaticText(enabled=True, text="نرد عليك غدًا 🌙"),
    welcome=AutomaticText(enabled=True, text="أهلًا 👋"),
    rating_request=AutomaticText(enabled=True, text="من 1 إلى 5 ⭐"),
    reopen_window=timedelta(hours=48),
    agents_see_all=True,
    version=1,
    changed_at=NOW,
    changed_by=SARA,
)


async def _waiting(
    transact: Transact, *, minutes: int, delayed: bool = False, closed: bool = False
) -> Ticket:
    since = NOW - minutes * MINUTE
    ticket = a_ticket(
        await stored_customer(transact),
        waiting_since=since,
        delayed_at=NOW if delayed else None,
        closed_at=NOW if closed else None,
        last_message_at=since,
    )
    return await stored_ticket(transact, ticket)


class BusinessContract:
    async def test_settings_come_back_whole_the_newest_version(self, transact: Transact) -> None:
        assert await transact(lambda uow: uow.settings.newest()) is None
        later = BusinessSettings(version=2, changed_at=NOW + MINUTE)

        await transact(lambda uow: uow.settings.add(EVERYTHING))
        assert await transact(lambda uow: uow.settings.newest()) == EVERYTHING
        await transact(lambda uow: uow.settings.add(later))

        assert await transact(lambda uow: uow.settings.newest()) == later

    async def test_of_two_changes_at_once_none_is_lost(self, transact: Transact) -> None:
        async def change(_: int) -> None:
            async def work(uow: UnitOfWork) -> None:
                newest = await uow.settings.newest()
                version = newest.version + 1 if newest else 1
                await asyncio.sleep(0)
                await uow.settings.add(BusinessSettings(version=version, changed_at=NOW))

            await transact(work)

        await asyncio.gather(*(change(number) for number in range(4)))

        newest = await transact(lambda uow: uow.settings.newest())
        assert newest is not None
        assert newest.version == 4

    async def test_who_waits_for_too_long_is_found_the_longest_first(
        self, transact: Transact
    ) -> None:
        four = await _waiting(transact, minutes=4)
        await _waiting(transact, minutes=2)
        await _waiting(transact, minutes=9, delayed=True)
        await _waiting(transact, minutes=9, closed=True)
        await stored_ticket(transact)
        three, five = (await _waiting(transact, minutes=3), await _waiting(transact, minutes=5))

        async def overdue(limit: int) -> list[int]:
            return list(
                await transact(lambda uow: uow.delays.overdue(NOW - 3 * MINUTE, limit=limit))
            )

        assert await overdue(10) == [five.id, four.id, three.id]
        assert await overdue(2) == [five.id, four.id]

    async def test_a_delay_lasts_until_it_is_ended(self, transact: Transact) -> None:
        one, other = [await _waiting(transact, minutes=9, delayed=True) for _ in range(2)]
        mine, theirs = (
            Delay(ticket_id=ticket.id, agent_id=SARA, started_at=NOW) for ticket in (one, other)
        )
        unheld = Delay(
            ticket_id=one.id, agent_id=None, started_at=NOW - MINUTE, ended_at=NOW - MINUTE
        )

        await transact(lambda uow: uow.delays.begin([mine, theirs, unheld]))
        await transact(lambda uow: uow.delays.end({one.id: NOW + MINUTE}, by=SARA))
        await transact(lambda uow: uow.delays.end({}, by=None))

        assert await transact(lambda uow: uow.delays.of_ticket(one.id)) == [
            unheld,
            Delay(
                ticket_id=one.id,
                agent_id=SARA,
                started_at=NOW,
                ended_at=NOW + MINUTE,
                ended_by=SARA,
            ),
        ]
        assert await transact(lambda uow: uow.delays.of_ticket(other.id)) == [theirs]

    async def test_what_lasts_on_record_only_is_left_over(self, transact: Transact) -> None:
        late = await _waiting(transact, minutes=9, delayed=True)
        answered = await _waiting(transact, minutes=9)
        again = await _waiting(transact, minutes=9, delayed=True)
        lasting = [
            Delay(ticket_id=late.id, agent_id=None, started_at=NOW),
            Delay(ticket_id=answered.id, agent_id=None, started_at=NOW),
            Delay(ticket_id=again.id, agent_id=None, started_at=NOW - 5 * MINUTE),
        ]

        await transact(lambda uow: uow.delays.begin(lasting))

        assert await transact(lambda uow: uow.delays.left_over(limit=9)) == lasting[1:]
        assert await transact(lambda uow: uow.delays.left_over(limit=1)) == [lasting[1]]

    async def test_only_what_lasts_is_handed_over(self, transact: Transact) -> None:
        one, other = [await _waiting(transact, minutes=9, delayed=True) for _ in range(2)]
        over = Delay(ticket_id=one.id, agent_id=None, started_at=NOW - MINUTE, ended_at=NOW)
        await transact(
            lambda uow: uow.delays.begin(
                [over, Delay(ticket_id=one.id, agent_id=SARA, started_at=NOW)]
            )
        )

        await transact(lambda uow: uow.delays.hand_over(one.id, to=other.id))

        assert await transact(lambda uow: uow.delays.of_ticket(one.id)) == [over]
        assert await transact(lambda uow: uow.delays.of_ticket(other.id)) == [
            Delay(ticket_id=other.id, agent_id=SARA, started_at=NOW)
        ]

    async def test_who_wrote_lately_and_waits_is_found_the_newest_first(
        self, transact: Transact
    ) -> None:
        four = await _waiting(transact, minutes=4)
        two = await _waiting(transact, minutes=2)
        await _waiting(transact, minutes=6)
        await _waiting(transact, minutes=1, closed=True)
        await stored_ticket(transact)

        async def found(limit: int) -> list[int]:
            since = NOW - 5 * MINUTE
            return list(await transact(lambda uow: uow.automatic.newly_written(since, limit=limit)))

        assert await found(9) == [two.id, four.id]
        assert await found(1) == [two.id]

    async def test_a_ticket_is_spoken_to_once_anything_went_out_on_it(
        self, transact: Transact
    ) -> None:
        silent, spoken = [await stored_ticket(transact) for _ in range(2)]
        await stored_message(transact, a_message(silent))
        await stored_message(transact, a_reply(spoken))

        both = [silent.id, spoken.id]
        assert await transact(lambda uow: uow.automatic.spoken_to(both)) == {spoken.id}

    async def test_what_is_said_once_is_not_recorded_twice(self, transact: Transact) -> None:
        await transact(
            lambda uow: uow.automatic.record(
                AutomaticKind.AWAY, {1: MessageId(10), 2: MessageId(20)}
            )
        )
        await transact(lambda uow: uow.automatic.record(AutomaticKind.WELCOME, {1: MessageId(9)}))

        async def again(uow: UnitOfWork) -> None:
            with pytest.raises(ConcurrentChange):
                await written(uow, uow.automatic.record(AutomaticKind.AWAY, {2: MessageId(30)}))

        await transact(again)
        said = await transact(lambda uow: uow.automatic.said(AutomaticKind.AWAY, [1, 2, 3]))
        welcomed = await transact(lambda uow: uow.automatic.said(AutomaticKind.WELCOME, [1, 2]))
        assert (said, welcomed) == ({1, 2}, {1})
