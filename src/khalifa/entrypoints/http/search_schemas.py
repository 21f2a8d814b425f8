"""What the API gives of a search."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from khalifa.domain.messages import Direction, MessageKind
from khalifa.entrypoints.http.schemas import Customer, Id, NextCursor, When


class CustomerHit(Struct, frozen=True, kw_only=True):
    """A customer whose name or number fits."""

    customer: Customer
    ticket_id: Annotated[Id, Meta(description="The newest ticket.")]


class MessageHit(Struct, frozen=True, kw_only=True):
    """A message in which the words are."""

    id: Id
    ticket_id: Id
    customer: Customer
    direction: Direction
    kind: MessageKind
    text: Annotated[
        str,
        Meta(description="Of a long one the piece with the words.", examples=["بنادول إكسترا"]),
    ]
    sent_at: When


class Found(Struct, frozen=True, kw_only=True):
    """What was found; customers come with the first page only, messages newest first."""

    customers: list[CustomerHit]
    messages: list[MessageHit]
    next_cursor: NextCursor
    searched_until: Annotated[
        datetime | None,
        Meta(description="The search was cut off here, and goes on with `next_cursor`."),
    ]
