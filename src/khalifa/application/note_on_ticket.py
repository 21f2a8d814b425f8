"""Use case: agents tell each other something no customer sees."""

from dataclasses import dataclass

from khalifa.application.events import EventWriter
from khalifa.application.history_views import NoteView
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.tickets import ticket_for
from khalifa.domain.agents import Agent
from khalifa.domain.notes import TicketNote
from khalifa.domain.tickets import TicketId


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteOnTicket:
    """
    Write a note on a ticket, open or closed. It is never sent.

    A note is no answer: the customer goes on waiting, and the delay goes on.
    """

    transact: Transact
    events: EventWriter
    clock: Clock

    async def __call__(self, agent: Agent, ticket_id: TicketId, text: str) -> NoteView:
        """
        Raises:
            NotFound, NotAllowed: no such ticket, or not for *agent*.
            InvalidTicket: the text is blank or too long.
        """

        async def work(uow: UnitOfWork) -> NoteView:
            ticket, _ = await ticket_for(uow, agent, ticket_id)
            note = TicketNote(
                ticket_id=ticket.id, agent_id=agent.id, text=text, at=self.clock.now()
            )
            await uow.tickets.add_note(note)
            view = NoteView.of(note, agent)
            await uow.events.add([self.events.note(view, holder=ticket.agent_id)])
            return view

        return await self.transact(work)
