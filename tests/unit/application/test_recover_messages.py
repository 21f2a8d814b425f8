"""What was said while nobody listened is fetched, journaled and filed, once."""

from datetime import timedelta

from dependency_injector import providers

from khalifa.application.ports.messaging import (
    ChatTail,
    ConnectionStatus,
    OutcomeUnknown,
    ProviderUnreachable,
)
from khalifa.application.recover_messages import (
    FIRST_PAUSE,
    LEASE,
    LONGEST_PAUSE,
    ROUTINE,
    SETTLED_AFTER,
    PassReport,
)
from khalifa.domain.messages import DeliveryStatus, Reading
from khalifa.domain.recovery import LOOK_BACK, OVERLAP
from tests.unit.application.world import NOW, WIRE, World, reported, wrote

UP = ConnectionStatus(connected=True, state="connected")
DOWN = ConnectionStatus(connected=False, state="disconnected")


class Back:
    """A world whose wire comes and goes; ``reports`` is what the log was told."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.wire = world.wire
        self.reports: list[PassReport] = []
        world.container.recover_missed.add_kwargs(report=providers.Object(self.reports.append))
        self.recover = world.container.recover_missed()
        self.asked = self.wire.history.asked

    async def sees(self, status: ConnectionStatus) -> None:
        await self.world.container.status_cache().put(WIRE, status, at=self.world.clock.now())
        await self.recover()

    async def after(self, pause: timedelta) -> None:
        self.world.clock.advance(pause)
        await self.recover()

    async def work(self) -> None:
        """Play the intake worker."""
        await self.world.receive_messages(self.world.jobs.take_bodies())

    def said(self, *readings: Reading) -> None:
        self.wire.history.tails = [ChatTail((self.wire.webhook.body(*readings),))]

    @property
    def texts(self) -> list[str | None]:
        return [message.text for message in self.world.messages()]


async def test_what_was_missed_is_filed_once_and_passes_end_when_nothing_is_new(
    world: World,
) -> None:
    back = Back(world)
    await world.receive(wrote("known", id_ext="K"))
    back.wire.history.tails = [
        ChatTail((back.wire.webhook.body(wrote("known", id_ext="K")),)),
        ChatTail((back.wire.webhook.body(wrote("missed", id_ext="M")),)),
    ]

    await back.sees(UP)
    await back.after(FIRST_PAUSE)
    await back.work()
    await back.after(FIRST_PAUSE)

    assert sorted(map(str, back.texts)) == ["known", "missed"]
    assert [(report.found, report.unread) for report in back.reports] == [(1, 0)]
    assert len(back.asked) == 2


async def test_after_an_outage_the_chats_are_looked_at_again_once_they_have_settled(
    world: World,
) -> None:
    back = Back(world)
    await back.sees(UP)
    await back.after(SETTLED_AFTER)
    assert len(back.asked) == 2
    await back.after(ROUTINE - timedelta(seconds=1))
    assert len(back.asked) == 2

    await back.sees(DOWN)
    world.clock.advance(timedelta(hours=1))
    await back.sees(DOWN)
    assert len(back.asked) == 2
    before = back.asked[-1]
    await back.sees(UP)

    assert len(back.asked) == 3
    assert back.asked[-1] == NOW + SETTLED_AFTER - OVERLAP > before


async def test_without_any_outage_it_looks_every_quarter_of_an_hour(world: World) -> None:
    back = Back(world)
    await back.sees(UP)
    await back.after(SETTLED_AFTER)

    for _ in range(4):
        await back.after(ROUTINE)

    assert len(back.asked) == 6


async def test_a_refused_body_is_looked_for_at_once(world: World) -> None:
    back = Back(world)
    await back.sees(UP)
    await back.after(SETTLED_AFTER)

    back.recover.expect(WIRE)
    await back.after(FIRST_PAUSE)

    assert len(back.asked) == 3


async def test_a_pass_that_fails_is_repeated_from_where_nothing_is_missing(world: World) -> None:
    back = Back(world)
    await back.sees(UP)
    await back.after(SETTLED_AFTER)
    covered = NOW + SETTLED_AFTER
    back.wire.history.failure = ProviderUnreachable("It went away.")
    await back.sees(DOWN)
    await back.sees(UP)

    pause, pauses = FIRST_PAUSE, 0
    while pause < LONGEST_PAUSE:
        await back.after(pause)
        pause, pauses = pause * 2, pauses + 1

    assert set(back.asked[2:]) == {covered - OVERLAP}
    assert len(back.asked) == 3 + pauses
    assert {report.failure for report in back.reports} == {"It went away."}


async def test_a_chat_that_could_not_be_read_keeps_the_others_from_passing_for_covered(
    world: World,
) -> None:
    back = Back(world)
    back.wire.history.tails = [ChatTail((), is_whole=False)]
    await back.sees(UP)
    await back.after(FIRST_PAUSE)

    assert back.asked == [NOW - OVERLAP] * 2
    assert [report.unread for report in back.reports] == [1, 1]


async def test_what_was_said_before_khalifa_came_is_not_its_business(world: World) -> None:
    back = Back(world)

    await back.sees(UP)

    assert back.asked == [NOW - OVERLAP]


async def test_nobody_looks_back_further_than_a_week(world: World) -> None:
    back = Back(world)
    await back.sees(UP)
    await back.sees(DOWN)

    world.clock.advance(timedelta(days=60))
    await back.sees(UP)

    assert back.asked[-1] == world.clock.now() - LOOK_BACK


async def test_ticks_that_were_missed_are_put_in_and_known_ones_left(world: World) -> None:
    back = Back(world)
    agent = await world.agent("mona")
    ticket = await world.conversation(agent)
    await world.reply_to_ticket(agent, ticket.id, "here you are")
    await world.deliver_messages()
    (reply,) = [message for message in world.messages() if message.text == "here you are"]
    assert reply.whatsapp_message_id
    back.said(reported(DeliveryStatus.READ, reply.whatsapp_message_id))

    await back.sees(UP)
    await back.work()
    await back.after(FIRST_PAUSE)

    assert world.message("here you are").status is DeliveryStatus.READ
    assert [report.found for report in back.reports] == [1]


async def test_a_reply_of_which_nobody_knew_is_settled_by_the_chat(world: World) -> None:
    back = Back(world)
    agent = await world.agent("mona")
    ticket = await world.conversation(agent)
    await world.reply_to_ticket(agent, ticket.id, "is it there?")
    back.wire.driver.will(OutcomeUnknown("It said nothing."))
    await world.deliver_messages()
    assert world.message("is it there?").status is DeliveryStatus.UNKNOWN
    back.said(wrote("is it there?", id_ext="OWN", from_us=True))

    await back.sees(UP)
    await back.work()

    assert world.message("is it there?").status is DeliveryStatus.SENT
    assert back.texts.count("is it there?") == 1


async def test_a_pass_of_another_process_is_left_alone_and_taken_over_when_it_died(
    world: World,
) -> None:
    back = Back(world)
    await world.transact(lambda uow: uow.recoveries.claim(WIRE, now=NOW, lease=LEASE))

    await back.sees(UP)
    assert back.asked == []
    await back.after(LEASE)

    assert len(back.asked) == 1


async def test_while_nobody_knows_how_the_provider_is_nothing_is_asked(world: World) -> None:
    back = Back(world)

    await back.recover()

    assert back.asked == []
