"""Use case: hand queued replies to their providers, each at most once."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from khalifa.application.compose_outgoing import hand_to
from khalifa.application.events import EventWriter
from khalifa.application.heed_refusals import HeedRefusals, Refused
from khalifa.application.hold_channels import PROBE_EVERY, HoldChannels
from khalifa.application.keep_pace import Admission, Due, KeepPace
from khalifa.application.pack_replies import PackReplies, Parcel, too_old
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.deliveries import Claim
from khalifa.application.ports.messaging import (
    ChannelStopped,
    NotSent,
    OutcomeUnknown,
    Providers,
    RateLimited,
)
from khalifa.application.ports.metrics import SENDS, Metrics
from khalifa.application.ports.outgoing import Receipt
from khalifa.application.ports.unit_of_work import (
    ConcurrentChange,
    DatabaseUnavailable,
    Transact,
    UnitOfWork,
)
from khalifa.application.record_statuses import StatusRecorder
from khalifa.application.route_replies import RouteReplies, Routes
from khalifa.application.views import MessageView
from khalifa.domain.contacts import ProviderName
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.errors import NoRoute
from khalifa.domain.messages import Message, MessageId
from khalifa.domain.pace import Channel
from khalifa.domain.words import Words

Outcome = Receipt | NotSent | OutcomeUnknown

AT_ONCE = 32
# The longest a driver may take, and the lease that outlives it.
SEND_TIMEOUT = 20.0
LEASE = timedelta(seconds=60)
# In seconds: between two attempts to write down what came of a send, while the claim holds.
SETTLE_AGAIN_AFTER = 1.0
# How long a job goes on: what is left is asked for again by the sweep, as long as there is some.
TURN = 10.0
# How long a job waits for slow sends before it leaves them to finish by themselves.
PATIENCE = 1.0
# A reply that cannot be handed over this long is failed, so that it cannot
# appear when nobody expects it any more, and does not hold up the next one.
GIVE_UP = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(seconds=30)
# One that its provider only wants later: 1, 4, 16, 64, 256 s, as Meta asks.
GIVE_UP_SLOWED = timedelta(minutes=30)
LONGEST_SLOWED = timedelta(hours=1)
# From here on each pause is the longest.
MANY_TRIES = 10

# A provider's code is a small number. Whatever else it may say is nothing for a label.
_CODE = re.compile(r"-?[0-9]{1,7}")
_TOO_SLOW = Words("The provider did not answer in time.", "لم يرد المزوّد في الوقت المناسب.")


class DeliverMessages:
    """
    Take pace for what is due, claim what may leave, send it side by side, settle it.

    Who must wait for the pace is held off in the database and comes back by
    itself: nothing sleeps here, and waiting for its turn fails no reply.

    Claim, send, settle: the provider is called between two transactions,
    never inside one, and only by whoever holds the claim. One reply per
    conversation is on its way, in order; a slow one holds up no other. A
    claim that ran out settles nothing; the sweep has made its message
    unknown by then. A channel that its provider stopped is held: its replies
    wait, and one of them tries it now and then.
    """

    def __init__(
        self,
        *,
        transact: Transact,
        providers: Providers,
        route_replies: RouteReplies,
        pack_replies: PackReplies,
        hold_channels: HoldChannels,
        keep_pace: KeepPace,
        heed_refusals: HeedRefusals,
        events: EventWriter,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._transact = transact
        self._providers = providers
        self._route_replies = route_replies
        self._pack = pack_replies
        self._hold_channels = hold_channels
        self._keep_pace = keep_pace
        self._heed_refusals = heed_refusals
        self._events = events
        self._clock = clock
        self._metrics = metrics
        self._sending: set[asyncio.Task[None]] = set()
        self._outcomes: list[tuple[Claim, Outcome]] = []
        self._settling = asyncio.Lock()

    async def __call__(self) -> int:
        """Hand over what is due, for some seconds; return how many replies were claimed."""
        total, clock = 0, asyncio.get_running_loop().time
        give_way_at = clock() + TURN
        while (room := AT_ONCE - len(self._sending)) and clock() < give_way_at:
            routes = await self._route_replies()
            due, channels = await self._transact.read(
                lambda uow: self._look(uow, room, routes)  # noqa: B023
            )
            if not due:
                break
            admission = await self._keep_pace.admit(due, channels)
            claimed, parcels = await self._claim(admission, routes)
            total += claimed
            tasks = [asyncio.create_task(self._hand_over(parcel)) for parcel in parcels]
            for task in tasks:
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)
            if tasks:
                await asyncio.wait(tasks, timeout=PATIENCE)
        return total

    async def finish(self) -> None:
        """Wait until nothing is on its way any more: before a process ends."""
        while self._sending:
            await asyncio.wait(self._sending)

    async def _look(
        self, uow: UnitOfWork, limit: int, routes: Routes
    ) -> tuple[list[Due], dict[ProviderName, Channel]]:
        """Return who is due and by which provider, and the state of those that are governed."""
        candidates = await uow.deliveries.candidates(limit)
        governed = self._keep_pace.governed if candidates else []
        if not governed:
            return [Due(candidate=candidate, provider=None) for candidate in candidates], {}
        customers = await uow.customers.get_many([one.customer_id for one in candidates])
        due = [
            Due(candidate=one, provider=_provider_of(customers[one.customer_id], routes))
            for one in candidates
        ]
        return due, await uow.channels.get_many(governed)

    async def _claim(self, admission: Admission, routes: Routes) -> tuple[int, list[Parcel]]:
        """Return how many replies were claimed, and those of them that leave now."""
        seen = await self._hold_channels.gates()

        async def work(uow: UnitOfWork) -> tuple[int, list[Parcel]]:
            await uow.deliveries.hold_off(admission.pauses)
            claims = await uow.deliveries.claim(admission.admitted, lease=LEASE)
            if not claims:
                return 0, []
            packed = await self._pack(
                uow, claims, routes=routes, gates=seen.again(), now=self._clock.now()
            )
            await uow.deliveries.postpone(packed.waiting, pause=PROBE_EVERY)
            await uow.deliveries.settle(packed.failed)
            await _write(uow, packed.changed, self._events)
            return len(claims), packed.parcels

        return await self._transact(work)

    async def _hand_over(self, parcel: Parcel) -> None:
        provider = self._providers.get(parcel.message.to.provider)
        outcome: Outcome
        clock = asyncio.get_running_loop().time
        begun = clock()
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                outcome = await hand_to(provider, parcel.message)
        except (NotSent, OutcomeUnknown) as refusal:
            outcome = refusal
        except TimeoutError:
            outcome = OutcomeUnknown(_TOO_SLOW)
        except Exception as bug:  # noqa: BLE001 - nobody knows how far a broken driver came
            outcome = OutcomeUnknown(f"The driver failed: {type(bug).__name__}.")
        self._metrics.observe(SENDS, provider.name, *_in_short(outcome), seconds=clock() - begun)
        await self._hold_channels.note(provider.name, outcome)
        await self._keep_pace.note(provider.name, outcome)
        self._outcomes.append((parcel.claim, outcome))
        # Whoever comes first settles for all that finished meanwhile.
        async with self._settling:
            outcomes, self._outcomes = self._outcomes, []
            if outcomes:
                await self._settle_in_time(outcomes)

    async def _settle_in_time(self, outcomes: Sequence[tuple[Claim, Outcome]]) -> None:
        """
        Write down what came of sends, if need be once the database is back.

        Too late, the claims have run out: the replies are unknown then, until
        evidence comes.
        """
        clock = asyncio.get_running_loop().time
        give_up_at = clock() + LEASE.total_seconds() - SEND_TIMEOUT
        while True:
            try:
                return await self._settle(outcomes)
            except DatabaseUnavailable:
                if clock() >= give_up_at:
                    return None
            await asyncio.sleep(SETTLE_AGAIN_AFTER)

    async def _settle(self, outcomes: Sequence[tuple[Claim, Outcome]]) -> None:
        concerned = {claim.customer_id for claim, _ in outcomes}

        async def work(uow: UnitOfWork) -> Refused:
            await uow.customers.lock(concerned)
            held = {c.message_id for c in await uow.deliveries.held([c for c, _ in outcomes])}
            messages = await uow.messages.get_many(held)
            _require_locked(messages.values(), concerned)
            await self._absorb_echoes(uow, outcomes, messages)
            recorder = StatusRecorder(uow)
            settled: list[MessageId] = []
            waiting: list[Claim] = []
            for claim, outcome in outcomes:
                if claim.message_id not in held:
                    continue
                message = messages[claim.message_id]
                if _waits(outcome) and not too_old(message, self._clock.now()):
                    message.put_back()
                    waiting.append(claim)
                elif (pause := _apply(outcome, message, claim)) is not None:
                    await uow.deliveries.put_back(claim, pause=pause)
                else:
                    settled.append(message.id)
                recorder.moved(message)
            await uow.deliveries.postpone(waiting, pause=PROBE_EVERY)
            await uow.deliveries.settle(settled)
            moved = await recorder.write(self._clock.now())
            await _tell(uow, moved, self._events)
            return recorder.refused

        # The provider's word may have come before its own answer.
        await self._heed_refusals(await self._transact(work))

    async def _absorb_echoes(
        self,
        uow: UnitOfWork,
        outcomes: Sequence[tuple[Claim, Outcome]],
        messages: dict[MessageId, Message],
    ) -> None:
        """Remove messages that took a reply's id before it was settled: they are its echoes."""
        accepted = {
            (provider, outcome.whatsapp_message_id): claim.message_id
            for claim, outcome in outcomes
            if isinstance(outcome, Receipt)
            and outcome.whatsapp_message_id is not None
            and claim.message_id in messages
            and (provider := messages[claim.message_id].provider) is not None
        }
        taken = await uow.messages.by_whatsapp_ids(accepted.keys()) if accepted else {}
        echoes: list[MessageId] = []
        for known_as, echo in taken.items():
            if echo.id != accepted[known_as]:
                # What the provider said of the echo, it said of the reply.
                messages[accepted[known_as]].report(echo.status)
                echoes.append(echo.id)
        if echoes:
            await uow.changes.wait_again(echoes)
            await uow.messages.remove(echoes)
            await uow.media.detach(echoes)


def _provider_of(customer: Customer, routes: Routes) -> ProviderName | None:
    try:
        return routes.to(customer).provider
    except NoRoute:
        # It is claimed, and failed with words.
        return None


def _require_locked(messages: Iterable[Message], concerned: set[CustomerId]) -> None:
    """
    Make sure that *concerned* are the customers of *messages*, or note that and start again.

    Raises:
        ConcurrentChange: while they were sent, a customer has become part of another.
    """
    if elsewhere := {message.customer_id for message in messages} - concerned:
        concerned |= elsewhere
        reason = "a customer has become part of another"
        raise ConcurrentChange(reason)


def _waits(outcome: Outcome) -> bool:
    """Say whether the reply waits until a person has mended its channel."""
    return isinstance(outcome, ChannelStopped) and outcome.retryable


def _apply(outcome: Outcome, message: Message, claim: Claim) -> timedelta | None:
    """Move the message by what came of its sending; return a pause when it is to be sent again."""
    match outcome:
        case Receipt():
            message.accept(outcome.whatsapp_message_id, outcome.message_key)
        case NotSent(retryable=True) if _worth_another(
            outcome, claim, pause := _pause(outcome, claim)
        ):
            message.put_back()
            return pause
        case NotSent():
            message.fail(outcome.words, outcome.code)
        case OutcomeUnknown():
            message.lose_track()
    return None


def _pause(refusal: NotSent, claim: Claim) -> timedelta:
    slowed = isinstance(refusal, RateLimited)
    seconds = refusal.retry_after
    if seconds is None:
        # What waited for a stopped channel was claimed a thousand times.
        tries = min(claim.attempts, MANY_TRIES)
        seconds = 4.0 ** (tries - 1) if slowed else 2.0**tries
    return min(timedelta(seconds=seconds), LONGEST_SLOWED if slowed else LONGEST_PAUSE)


def _worth_another(refusal: NotSent, claim: Claim, pause: timedelta) -> bool:
    if refusal.most_tries is not None and claim.attempts >= refusal.most_tries:
        return False
    claimed_at = claim.expires_at - LEASE
    give_up = GIVE_UP_SLOWED if isinstance(refusal, RateLimited) else GIVE_UP
    if refusal.lasts is not None:
        # Once more when it should be over.
        give_up = max(give_up, timedelta(seconds=refusal.lasts) + 2 * LONGEST_PAUSE)
    return claimed_at + pause < claim.first_claimed_at + give_up


def _in_short(outcome: Outcome) -> tuple[str, str]:
    """Return what it is called, and the provider's code where that is one."""
    code = "" if isinstance(outcome, Receipt) else outcome.code or ""
    return type(outcome).__name__, code if _CODE.fullmatch(code) else ""


async def _write(uow: UnitOfWork, messages: Sequence[Message], events: EventWriter) -> None:
    await uow.messages.save(messages)
    await _tell(uow, messages, events)


async def _tell(uow: UnitOfWork, messages: Sequence[Message], events: EventWriter) -> None:
    tickets = await uow.tickets.get_many({message.ticket_id for message in messages})
    await uow.events.add(
        [
            events.message(MessageView.of(message), holder=tickets[message.ticket_id].agent_id)
            for message in messages
        ]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseTrackOfExpired:
    """Make replies unknown whose sender died or hung: nobody may send them again by itself."""

    transact: Transact
    events: EventWriter

    async def __call__(self) -> int:
        """Return how many became unknown."""
        claims = await self.transact.read(lambda uow: uow.deliveries.expired(AT_ONCE))
        concerned = {claim.customer_id for claim in claims}

        async def work(uow: UnitOfWork) -> int:
            await uow.customers.lock(concerned)
            found = await uow.messages.get_many([claim.message_id for claim in claims])
            _require_locked(found.values(), concerned)
            lost = [message for message in found.values() if message.lose_track()]
            await uow.deliveries.settle([claim.message_id for claim in claims])
            await _write(uow, lost, self.events)
            return len(lost)

        return await self.transact(work) if claims else 0
