"""Making claimed replies ready to be handed over, each by the provider of the moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from khalifa.application.compose_outgoing import compose, require_ability, require_takeable
from khalifa.application.hold_channels import HELD_AT_MOST, Gates
from khalifa.application.ports.channel_holds import Hold
from khalifa.application.ports.deliveries import Claim
from khalifa.application.ports.media import MediaStore
from khalifa.application.ports.messaging import Providers
from khalifa.application.ports.outgoing import AnyOutgoing
from khalifa.application.ports.unit_of_work import UnitOfWork
from khalifa.application.read_media import FileInStore
from khalifa.application.route_replies import Routes
from khalifa.application.windows import Windows
from khalifa.domain.drafts import Draft
from khalifa.domain.errors import DomainError, NoRoute
from khalifa.domain.media import MediaId, MediaStatus
from khalifa.domain.messages import Message, MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A claimed reply, ready to be handed over."""

    claim: Claim
    message: AnyOutgoing


@dataclass(slots=True, kw_only=True)
class Packed:
    """What became of claimed replies: leaving now, waiting for a held channel, or failed."""

    messages: dict[MessageId, Message]
    parcels: list[Parcel] = field(default_factory=list)
    waiting: list[Claim] = field(default_factory=list)

    @property
    def failed(self) -> set[MessageId]:
        leaving = {parcel.claim.message_id for parcel in self.parcels}
        return set(self.messages) - leaving - {claim.message_id for claim in self.waiting}

    @property
    def changed(self) -> list[Message]:
        """Return the messages that moved: those that wait did not."""
        waiting = {claim.message_id for claim in self.waiting}
        return [message for id_, message in self.messages.items() if id_ not in waiting]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackReplies:
    """Choose each reply's provider and make it what that provider is given, or fail it."""

    providers: Providers
    store: MediaStore
    windows: Windows

    async def __call__(
        self,
        uow: UnitOfWork,
        claims: Sequence[Claim],
        *,
        routes: Routes,
        gates: Gates,
        now: datetime,
    ) -> Packed:
        messages = await uow.messages.get_many([claim.message_id for claim in claims])
        customers = await uow.customers.get_many([claim.customer_id for claim in claims])
        answered = {m.reply_to_id for m in messages.values() if m.reply_to_id is not None}
        about = await uow.messages.get_many(answered) if answered else {}
        files = await self._files(uow, messages.values())
        packed = Packed(messages=messages)
        for claim in claims:
            message = messages[claim.message_id]
            try:
                address = routes.to(customers[claim.customer_id])
                if address.provider in gates.held:
                    _require_young(message, now, gates.held[address.provider])
                if not gates.lets_through(address.provider):
                    packed.waiting.append(claim)
                    continue
                self.windows.of(address.provider).require_open(
                    customers[claim.customer_id], message.kind, now=now
                )
                provider = self.providers.get(address.provider)
                draft = Draft.of(message)
                require_ability(provider, draft)
                file = files.get(draft.media_id or "")
                if file is not None:
                    require_takeable(provider, draft.file_kind, file.file)
                leaving = compose(
                    message,
                    address,
                    about=about.get(message.reply_to_id) if message.reply_to_id else None,
                    file=file,
                )
            except DomainError as refusal:
                message.fail(refusal.words)
                continue
            message.start_sending(address.provider)
            packed.parcels.append(Parcel(claim=claim, message=leaving))
        return packed

    async def _files(self, uow: UnitOfWork, messages: Iterable[Message]) -> dict[str, FileInStore]:
        wanted = {MediaId(name) for one in messages if (name := Draft.of(one).media_id)}
        found = await uow.media.get_many(wanted) if wanted else {}
        return {
            id_: FileInStore(file, self.store)
            for id_, file in found.items()
            if file.status is MediaStatus.READY
        }


def too_old(message: Message, now: datetime) -> bool:
    """Say whether a reply waited for a held channel as long as any may."""
    return now - message.stored_at >= HELD_AT_MOST


def _require_young(message: Message, now: datetime, hold: Hold) -> None:
    if too_old(message, now):
        raise NoRoute(hold.words)
