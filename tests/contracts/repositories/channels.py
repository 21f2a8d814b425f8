"""The promises of the numbers on file."""

import asyncio
from dataclasses import asdict

from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.pace import Channel, WarningSign
from tests.builders import NOW, OTHER_PROVIDER, PROVIDER


async def _channel(transact: Transact) -> Channel:
    return (await transact(lambda uow: uow.channels.get_many([PROVIDER])))[PROVIDER]


class ChannelsContract:
    async def test_a_channel_nothing_is_known_of_is_blank(self, transact: Transact) -> None:
        found = await transact(lambda uow: uow.channels.get_many([PROVIDER, OTHER_PROVIDER]))

        assert {name: asdict(channel) for name, channel in found.items()} == {
            name: asdict(Channel(provider=name)) for name in (PROVIDER, OTHER_PROVIDER)
        }

    async def test_a_channel_comes_back_as_it_was_saved_last(self, transact: Transact) -> None:
        first = Channel(provider=PROVIDER, phone="201000000000", paired_at=NOW)
        await transact(lambda uow: uow.channels.save(first))

        async def hold(uow: UnitOfWork) -> Channel:
            channel = (await uow.channels.get_many([PROVIDER]))[PROVIDER]
            channel.hold(NOW, WarningSign.UNLINKED)
            await uow.channels.save(channel)
            return channel

        held = await transact(hold)

        assert asdict(await _channel(transact)) == asdict(held)
        assert (held.phone, held.held_because) == ("201000000000", WarningSign.UNLINKED)

    async def test_many_who_save_it_for_the_first_time_do_not_fail(
        self, transact: Transact
    ) -> None:
        async def see(uow: UnitOfWork) -> None:
            channel = (await uow.channels.get_many([PROVIDER]))[PROVIDER]
            channel.pair("201000000000", NOW)
            await uow.channels.save(channel)

        await asyncio.gather(*(transact(see) for _ in range(6)))

        assert (await _channel(transact)).paired_at == NOW
