"""Use case: hand queued replies to their providers, each at most once."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from khalifa.application.events import EventWriter
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.messaging import NotSent, OutcomeUnknown, Providers
from khalifa.application.ports.outgoing import OutgoingText, Receipt
from khalifa.application.ports.unit_of_work import Claim, ConcurrentChange, Transact, UnitOfWork
from khalifa.application.record_statuses import StatusRecorder
from khalifa.application.route_replies import RouteReplies
from khalifa.application.views import MessageView
from khalifa.domain.customers import CustomerId
from khalifa.domain.errors import NoRoute
from khalifa.domain.messages import Message, MessageId

Outcome = Receipt | NotSent | OutcomeUnknown

AT_ONCE = 32
# The longest a driver may take, and the lease that outlives it.
SEND_TIMEOUT = 20.0
LEASE = timedelta(seconds=60)
# How long a job waits for slow sends before it leaves them to finish by themselves.
PATIENCE = 1.0
# A reply that cannot be handed over this long is failed, so that it cannot
# appear when nobody expects it any more, and does not hold up the next one.
GIVE_UP = timedelta(minutes=2)
LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parcel:
    """A claimed reply, ready to be handed over."""

    claim: Claim
    message: OutgoingText


class DeliverMessages:
    """
    Claim what is due, send it side by side, settle it.

    Claim, send, settle: the provider is called between two transactions,
    never inside one, and only by whoever holds the claim. One reply per
    conversation is on its way, in order; a slow one holds up no other. A
    claim that ran out settles nothing; the sweep has made its message
    unknown by then.
    """

    def __init__(
        self,
        *,
        transact: Transact,
        providers: Providers,
        route_replies: RouteReplies,
        events: EventWriter,
        clock: Clock,
    ) -> None:
        self._transact = transact
        self._providers = providers
        self._route_replies = route_replies
        self._events = events
        self._clock = clock
        self._sending: set[asyncio.Task[None]] = set()
        self._outcomes: list[tuple[Claim, Outcome]] = []
        self._settling = asyncio.Lock()

    async def __call__(self) -> int:
        """Hand over everything that is due; return how many replies were claimed."""
        total = 0
        while room := AT_ONCE - len(self._sending):
            claimed = await self._claim(room)
            if not claimed:
                break
            total += len(claimed)
            tasks = [asyncio.create_task(self._hand_over(parcel)) for parcel in claimed]
            for task in tasks:
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)
            await asyncio.wait(tasks, timeout=PATIENCE)
        return total

    async def finish(self) -> None:
        """Wait until nothing is on its way any more: before a process ends."""
        while self._sending:
            await asyncio.wait(self._sending)

    async def _claim(self, limit: int) -> list[_Parcel]:
        routes = await self._route_replies()

        async def work(uow: UnitOfWork) -> list[_Parcel]:
            claims = await uow.deliveries.claim(limit=limit, lease=LEASE)
            if not claims:
                return []
            messages = await uow.messages.get_many([claim.message_id for claim in claims])
            customers = await uow.customers.get_many([claim.customer_id for claim in claims])
            parcels: list[_Parcel] = []
            for claim in claims:
                message = messages[claim.message_id]
                try:
                    address = routes.to(customers[claim.customer_id])
                except NoRoute as refusal:
                    message.fail(refusal.words)
                    continue
                message.start_sending(address.provider)
                text = OutgoingText(
                    to=address, text=message.text or "", opaque_id=message.opaque_id or ""
                )
                parcels.append(_Parcel(claim=claim, message=text))
            leaving = {parcel.claim.message_id for parcel in parcels}
            await uow.deliveries.settle(set(messages) - leaving)
            await _write(uow, list(messages.values()), self._events)
            return parcels

        return await self._transact(work)

    async def _hand_over(self, parcel: _Parcel) -> None:
        driver = self._providers.get(parcel.message.to.provider).driver
        outcome: Outcome
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                outcome = await driver.send_text(parcel.message)
        except (NotSent, OutcomeUnknown) as refusal:
            outcome = refusal
        except TimeoutError:
            outcome = OutcomeUnknown("The provider did not answer in time.")
        except Exception as bug:  # noqa: BLE001 - nobody knows how far a broken driver came
            outcome = OutcomeUnknown(f"The driver failed: {type(bug).__name__}.")
        self._outcomes.append((parcel.claim, outcome))
        # Whoever comes first settles for all that finished meanwhile.
        async with self._settling:
            outcomes, self._outcomes = self._outcomes, []
            if outcomes:
                await self._settle(outcomes)

    async def _settle(self, outcomes: Sequence[tuple[Claim, Outcome]]) -> None:
        concerned = {claim.customer_id for claim, _ in outcomes}

        async def work(uow: UnitOfWork) -> None:
            await uow.customers.lock(concerned)
            held = {c.message_id for c in await uow.deliveries.held([c for c, _ in outcomes])}
            messages = await uow.messages.get_many(held)
            _require_locked(messages.values(), concerned)
            await self._absorb_echoes(uow, outcomes, messages)
            recorder = StatusRecorder(uow)
            settled: list[MessageId] = []
            for claim, outcome in outcomes:
                if claim.message_id not in held:
                    continue
                message = messages[claim.message_id]
                pause = _apply(outcome, message, claim)
                if pause is None:
                    settled.append(message.id)
                else:
                    await uow.deliveries.put_back(claim, pause=pause)
                recorder.moved(message)
            await uow.deliveries.settle(settled)
            moved = await recorder.write(self._clock.now())
            await _tell(uow, moved, self._events)

        await self._transact(work)

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
            await uow.messages.remove(echoes)


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


def _apply(outcome: Outcome, message: Message, claim: Claim) -> timedelta | None:
    """Move the message by what came of its sending; return a pause when it is to be sent again."""
    match outcome:
        case Receipt():
            message.accept(outcome.whatsapp_message_id, outcome.message_key)
        case NotSent(retryable=True) if _still_fresh(claim, pause := _pause(outcome, claim)):
            message.put_back()
            return pause
        case NotSent():
            message.fail(outcome.words, outcome.code)
        case OutcomeUnknown():
            message.lose_track()
    return None


def _pause(refusal: NotSent, claim: Claim) -> timedelta:
    seconds = refusal.retry_after if refusal.retry_after is not None else 2.0**claim.attempts
    return timedelta(seconds=min(seconds, LONGEST_PAUSE))


def _still_fresh(claim: Claim, pause: timedelta) -> bool:
    claimed_at = claim.expires_at - LEASE
    return claimed_at + pause < claim.queued_at + GIVE_UP


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

        async def work(uow: UnitOfWork) -> int:
            claims = await uow.deliveries.expired(AT_ONCE)
            if not claims:
                return 0
            concerned = {claim.customer_id for claim in claims}
            await uow.customers.lock(concerned)
            found = await uow.messages.get_many([claim.message_id for claim in claims])
            _require_locked(found.values(), concerned)
            lost = [message for message in found.values() if message.lose_track()]
            await uow.deliveries.settle([claim.message_id for claim in claims])
            await _write(uow, lost, self.events)
            return len(lost)

        return await self.transact(work)
