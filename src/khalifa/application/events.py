"""Making events: what changed, as the API shows it, and who is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from khalifa.application.business_rules import BusinessRules
from khalifa.application.history_views import NoteView
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.notifications import (
    EVERYONE,
    Event,
    EventKind,
    recipients_of,
    recipients_of_ticket,
)
from khalifa.application.views import (
    AgentView,
    MessageView,
    ProviderStatusView,
    ReaderView,
    TicketView,
)
from khalifa.application.windows import Windows
from khalifa.domain.agents import Agent, AgentId, AgentName
from khalifa.domain.customers import Customer
from khalifa.domain.messages import DeliveryStatus
from khalifa.domain.tickets import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class EventWriter:
    """Writes events, and the views that are in them. ``encode`` makes the API's JSON of a view."""

    clock: Clock
    encode: Callable[[object], bytes]
    windows: Windows
    rules: BusinessRules

    def ticket_view(
        self,
        ticket: Ticket,
        customer: Customer,
        agent: Agent | AgentName | None,
        *,
        last_message_status: DeliveryStatus | None,
    ) -> TicketView:
        """Return the ticket as the API shows it; *agent* holds it."""
        return TicketView.of(
            ticket,
            customer,
            agent,
            last_message_status=last_message_status,
            window_closes_at=self.windows.closes_at(customer),
            due_at=self.rules.known.late_at(ticket.waiting_since),
        )

    def ticket(self, view: TicketView, *, before: Sequence[AgentId | None] = ()) -> Event:
        """
        Tell the ticket's agent, the administrators, and who held it *before*.

        Held by None, it is or was in the queue, which everyone sees and takes from.
        """
        holder = AgentId(view.agent.id) if view.agent else None
        recipients = recipients_of_ticket(holder, *before)
        return self._event(EventKind.TICKET_CHANGED, view, view.version, recipients)

    def message(self, view: MessageView, *, holder: AgentId | None) -> Event:
        return self._event(
            EventKind.MESSAGE_CHANGED, view, view.version, recipients_of(holder, view.agent_id)
        )

    def note(self, view: NoteView, *, holder: AgentId | None) -> Event:
        return self._event(EventKind.NOTE_ADDED, view, view.version, recipients_of(holder))

    def reader(self, view: ReaderView, *, holder: AgentId | None) -> Event:
        # What somebody does has no version, either.
        version = int(view.at.timestamp() * 1000)
        return self._event(EventKind.READER_CHANGED, view, version, recipients_of(holder))

    def agent(self, agent: Agent) -> Event:
        view = AgentView.of(agent)
        return self._event(EventKind.AGENT_CHANGED, view, view.version, recipients_of(agent.id))

    def provider(self, view: ProviderStatusView) -> Event:
        # A status has no version of its own; the newer report is the later one.
        version = int(self.clock.now().timestamp() * 1000)
        return self._event(EventKind.PROVIDER_CHANGED, view, version, (EVERYONE,))

    def _event(
        self,
        kind: EventKind,
        view: TicketView | MessageView | NoteView | ReaderView | AgentView | ProviderStatusView,
        version: int,
        recipients: tuple[str, ...],
    ) -> Event:
        entity_id = view.provider if isinstance(view, ProviderStatusView) else str(view.id)
        return Event(
            id=uuid4().hex,
            kind=kind,
            entity_id=entity_id,
            version=version,
            recipients=recipients,
            entity=self.encode(view),
            at=self.clock.now(),
        )
