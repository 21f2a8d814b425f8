"""Making claimed replies ready to be handed over, each by the provider of the moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from khalifa.application.compose_outgoing import compose, require_ability
from khalifa.application.hold_channels import HELD_AT_MOST, Gates
from khalifa.application.ports.channel_holds import Hold
from khalifa.application.ports.media import StoredFile, StoredFiles
from khalifa.application.ports.messaging import Providers
from khalifa.application.ports.outgoing import AnyOutgoing
from khalifa.application.ports.unit_of_work import Claim, UnitOfWork
from khalifa.application.route_replies import Routes
from khalifa.application.windows import Windows
from khalifa.domain.drafts import FILE_KINDS
from khalifa.domain.errors import DomainError, NoRoute
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
    files: StoredFiles
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
        files = await self._files(messages.values())
        packed = Packed(messages=messages)
        for claim in claims:
            message = messages[claim.message_id]
            try:
                address = routes.to(customers[claim.customer_id])
                if not gates.lets_through(address.provider):
                    _require_young(message, now, gates.held[address.provider])
                    packed.waiting.append(claim)
                    continue
                self.windows.of(address.provider).require_open(
                    customers[claim.customer_id], message.kind, now=now
                )
                require_ability(self.providers.get(address.provider), message.kind)
                leaving = compose(
                    message,
                    address,
                    about=about.get(message.reply_to_id) if message.reply_to_id else None,
                    file=files.get(_file_of(message) or ""),
                )
            except DomainError as refusal:
                message.fail(refusal.words)
                continue
            message.start_sending(address.provider)
            packed.parcels.append(Parcel(claim=claim, message=leaving))
        return packed

    async def _files(self, messages: Iterable[Message]) -> dict[str, StoredFile]:
        wanted = {name for message in messages if (name := _file_of(message)) is not None}
        return await self.files.find_many(wanted) if wanted else {}


def _file_of(message: Message) -> str | None:
    if message.kind not in FILE_KINDS or message.content is None:
        return None
    name = message.content.get("media_id")
    return name if isinstance(name, str) else None


def too_old(message: Message, now: datetime) -> bool:
    """Say whether a reply waited for a held channel as long as any may."""
    return now - message.stored_at >= HELD_AT_MOST


def _require_young(message: Message, now: datetime, hold: Hold) -> None:
    if too_old(message, now):
        raise NoRoute(hold.words)
