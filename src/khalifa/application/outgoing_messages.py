"""Making of an agent's draft the message that is stored, and knowing one that came before."""

from datetime import datetime

from khalifa.application.compose_outgoing import require_takeable
from khalifa.application.ports.messaging import Provider
from khalifa.application.ports.unit_of_work import UnitOfWork
from khalifa.domain.agents import Agent
from khalifa.domain.drafts import Draft
from khalifa.domain.errors import FileSentElsewhere, IdempotencyKeyReused, NotFound
from khalifa.domain.media import MediaFile, MediaId, MediaStatus
from khalifa.domain.messages import (
    DeliveryStatus,
    Direction,
    Message,
    MessageKind,
    SenderType,
)
from khalifa.domain.tickets import Ticket
from khalifa.domain.words import Words

_KEY_REUSED = Words(
    "This Idempotency-Key came before with another message. Use a new one.",
    "سبق استخدام مفتاح التكرار هذا مع رسالة أخرى. استخدم مفتاحًا جديدًا.",
)
_NO_FILE = Words("There is no such file.", "لا يوجد ملف بهذا الرقم.")
_SENT_ELSEWHERE = Words(
    "This file was sent in another conversation. Upload it again for this one.",
    "أُرسل هذا الملف في محادثة أخرى. ارفعه مرة أخرى لهذه المحادثة.",
)


async def file_of(
    uow: UnitOfWork, draft: Draft, ticket: Ticket | None, agent: Agent, provider: Provider | None
) -> MediaFile | None:
    """
    Return the draft's file: *agent*'s upload, or one that *ticket* has already.

    Raises:
        NotFound: there is none such.
        FileSentElsewhere: another conversation has it.
        FileTooLarge, FileTypeRefused: *provider* does not take it as this kind.
    """
    if draft.media_id is None:
        return None
    media_id = MediaId(draft.media_id)
    file = (await uow.media.get_many([media_id])).get(media_id)
    if file is None or file.status is not MediaStatus.READY:
        raise NotFound(_NO_FILE)
    if file.message_id is None:
        if file.agent_id != agent.id:
            raise NotFound(_NO_FILE)
    else:
        sent = (await uow.messages.get_many([file.message_id])).get(file.message_id)
        if ticket is None or sent is None or sent.ticket_id != ticket.id:
            # Whoever sees the one conversation would see the other's file.
            mine = file.agent_id == agent.id
            raise FileSentElsewhere(_SENT_ELSEWHERE) if mine else NotFound(_NO_FILE)
    if provider is not None:
        require_takeable(provider, draft.file_kind, file)
    return file


async def add_with_file(uow: UnitOfWork, message: Message, file: MediaFile | None) -> None:
    """Store a new message, and make *file* its own."""
    message.media = file.shown() if file is not None else None
    await uow.messages.add_new([message])
    if file is not None and file.message_id is None:
        await uow.media.attach(file.id, message.id)


def outgoing_message(
    draft: Draft, ticket: Ticket, agent: Agent | None, *, now: datetime, opaque_id: str
) -> Message:
    """
    Return *draft* as *agent*'s message on *ticket*, queued and not stored yet.

    Without an agent it is khalifa's own.
    """
    return Message(
        ticket_id=ticket.id,
        customer_id=ticket.customer_id,
        direction=Direction.OUT,
        sender_type=SenderType.AGENT if agent else SenderType.SYSTEM,
        agent_id=agent.id if agent else None,
        kind=draft.kind,
        text=draft.text,
        content=draft.stored_content,
        status=DeliveryStatus.QUEUED,
        opaque_id=opaque_id,
        reply_to_id=draft.about,
        sent_at=now.replace(microsecond=0),
        received_at=now,
        stored_at=now,
    )


def require_same(said: Message, draft: Draft, *, place: bool) -> None:
    """
    Raise `IdempotencyKeyReused` unless *said* is *draft*; *place* says whether it is where it was.

    The text of a template is its definition's, which may have changed since.
    """
    same_text = draft.kind is MessageKind.TEMPLATE or said.text == draft.text
    same = (said.kind, said.content, said.reply_to_id) == (
        draft.kind,
        draft.stored_content,
        draft.about,
    )
    if not (place and same_text and same):
        raise IdempotencyKeyReused(_KEY_REUSED)
