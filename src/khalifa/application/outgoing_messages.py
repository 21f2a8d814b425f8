"""Making of an agent's draft the message that is stored, and knowing one that came before."""

from datetime import datetime

from khalifa.application.ports.media import StoredFiles
from khalifa.domain.agents import Agent
from khalifa.domain.drafts import Draft
from khalifa.domain.errors import IdempotencyKeyReused, NotFound
from khalifa.domain.messages import (
    DeliveryStatus,
    Direction,
    Media,
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


async def media_of(draft: Draft, files: StoredFiles) -> Media | None:
    """Return what is known of the draft's file, or raise `NotFound`."""
    if draft.media_id is None:
        return None
    file = (await files.find_many([draft.media_id])).get(draft.media_id)
    if file is None:
        raise NotFound(_NO_FILE)
    return Media(mime_type=file.mime_type, sha256=file.sha256, size=file.size)


def outgoing_message(
    draft: Draft, ticket: Ticket, agent: Agent, *, now: datetime, opaque_id: str
) -> Message:
    """Return *draft* as *agent*'s message on *ticket*, queued and not stored yet."""
    return Message(
        ticket_id=ticket.id,
        customer_id=ticket.customer_id,
        direction=Direction.OUT,
        sender_type=SenderType.AGENT,
        agent_id=agent.id,
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
