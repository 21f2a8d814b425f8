"""Use case: an agent writes first."""

from collections.abc import Callable
from dataclasses import dataclass

from khalifa.application.allowed_now import AllowedNow, Definitions
from khalifa.application.compose_outgoing import require_ability
from khalifa.application.events import EventWriter
from khalifa.application.keep_pace import KeepPace
from khalifa.application.outgoing_messages import (
    add_with_file,
    file_of,
    outgoing_message,
    require_same,
)
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.jobs import JobQueue
from khalifa.application.ports.messaging import Providers
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.route_replies import RouteReplies, Routes
from khalifa.application.tickets import locked_customer, shown_ticket, tell_of_ticket
from khalifa.application.views import MessageView, TicketView
from khalifa.application.watch_delays import end_delay
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.contacts import Address, Identity, PhoneNumber
from khalifa.domain.customers import Customer, CustomerId
from khalifa.domain.drafts import Draft
from khalifa.domain.errors import Conflict, InvalidContent
from khalifa.domain.first_responses import note_answered
from khalifa.domain.messages import require_idempotency_key
from khalifa.domain.pace import FirstContactsUsedUp
from khalifa.domain.tickets import Ticket, TicketEvent, TicketEventKind
from khalifa.domain.window import WindowClosed
from khalifa.domain.words import Words

_WITH_ANOTHER = Words(
    "Another agent talks with this customer already.", "يتحدث موظف آخر مع هذا العميل بالفعل."
)
_WITH = Words("{name} talks with this customer already.", "يتحدث {name} مع هذا العميل بالفعل.")
_BLOCKED = Words(
    "This customer is blocked. Unblock them first.", "هذا العميل محظور. ارفع الحظر أولًا."
)
_GIVEN_UP = Words(
    "The customer who had this number has another one now. Look them up by name.",
    "العميل صاحب هذا الرقم له رقم آخر الآن. ابحث عنه باسمه.",
)
_ABOUT_NOTHING = Words(
    "A first message answers nothing: leave `reply_to` and reactions out.",
    "الرسالة الأولى لا ترد على شيء.",
)


class TicketElsewhere(Conflict):
    """Another agent has this customer's open ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The conversation, and the message it was started with."""

    ticket: TicketView
    message: MessageView


@dataclass(frozen=True, slots=True, kw_only=True)
class StartConversation:
    """
    Store a first message to somebody, on a ticket of the agent who writes it.

    - The customer is found by phone number, or made; an open ticket of the
      agent, or one that nobody holds, is gone on with.
    - Where there is a window, only a template will do; where there is a budget
      of first contacts, it is taken from, and given back to nobody.
    - Nothing is stored before all that is sure; with the same idempotency key
      it is stored once.
    """

    transact: Transact
    route_replies: RouteReplies
    providers: Providers
    allowed_now: AllowedNow
    keep_pace: KeepPace
    jobs: JobQueue
    events: EventWriter
    clock: Clock
    random_id: Callable[[], str]
    region: str

    async def __call__(
        self, agent: Agent, phone: str, what: Draft | str, *, idempotency_key: str | None = None
    ) -> Started:
        """
        Raises:
            InvalidPhoneNumber: *phone* is none.
            InvalidText, InvalidContent: empty, above a limit, or an answer to something.
            TicketElsewhere: another agent talks with this customer.
            NoRoute, CannotSend: it cannot be sent, or not this.
            WindowClosed: only a template can be, and which.
            FirstContactsUsedUp: enough people were written to; and when it goes on.
            IdempotencyKeyReused: the key came before with something else to say.
        """
        number = Identity.of_phone(PhoneNumber.parse(phone, region=self.region))
        draft = what if isinstance(what, Draft) else Draft.of_text(what)
        if draft.about is not None:
            raise InvalidContent(_ABOUT_NOTHING)
        key = require_idempotency_key(idempotency_key) if idempotency_key is not None else None

        async def said_before(uow: UnitOfWork) -> Started | None:
            if key is None:
                return None
            return await self._said_before(uow, agent, key, number, draft)

        if said := await self.transact.read(said_before):
            return said
        # Before anybody is made a customer, or a first contact is used up.
        await self.transact.read(lambda uow: file_of(uow, draft, None, agent, None))
        routes = await self.route_replies()
        definitions = await self.allowed_now.definitions(draft)
        try:
            customer_id = await self._ready(
                agent, number, draft, routes=routes, definitions=definitions, key=key
            )
        except WindowClosed as closed:
            raise await self.allowed_now.explained(closed) from None

        async def work(uow: UnitOfWork) -> Started:
            customer = await locked_customer(uow, customer_id)
            if said := await said_before(uow):
                return said
            address = self._route(customer, number, draft, routes)
            allowed = self.allowed_now.require(draft, customer, address, definitions)
            ticket, before = await self._ticket(uow, agent, customer, address)
            now = self.clock.now()
            message = outgoing_message(allowed, ticket, agent, now=now, opaque_id=self.random_id())
            message.idempotency_key = key
            provider = self.providers.get(address.provider)
            await add_with_file(uow, message, await file_of(uow, draft, ticket, agent, provider))
            await uow.deliveries.queue([message])
            await end_delay(uow, ticket, at=now, by=agent.id)
            note_answered(ticket, at=message.stored_at)
            ticket.answer(allowed.text, at=message.sent_at)
            await uow.tickets.save([ticket])
            view = MessageView.of(message)
            await uow.events.add([self.events.message(view, holder=ticket.agent_id)])
            shown = await tell_of_ticket(
                uow, self.events, ticket, customer, before=before, said=message
            )
            return Started(ticket=shown, message=view)

        started = await self.transact(work)
        self.jobs.deliver()
        return started

    async def _said_before(
        self, uow: UnitOfWork, agent: Agent, key: str, number: Identity, draft: Draft
    ) -> Started | None:
        said = await uow.messages.find_by_idempotency_key(agent.id, key)
        if said is None:
            return None
        customer = (await uow.customers.get_many([said.customer_id]))[said.customer_id]
        require_same(said, draft, place=customer.is_named(number))
        ticket = await uow.tickets.get(said.ticket_id)
        return Started(
            ticket=await shown_ticket(uow, self.events, ticket, customer),
            message=MessageView.of(said),
        )

    async def _ready(
        self,
        agent: Agent,
        number: Identity,
        draft: Draft,
        *,
        routes: Routes,
        definitions: Definitions,
        key: str | None,
    ) -> CustomerId:
        """Make sure of all that can refuse, then return the customer, added if new."""

        async def look(uow: UnitOfWork) -> tuple[Customer, bool]:
            named = await uow.customers.named([number])
            if number not in named:
                return self._new(number, routes), True
            id_ = named[number]
            customer = (await uow.customers.get_many([id_]))[id_]
            if (ticket := (await uow.tickets.open_of([id_])).get(id_)) is not None:
                await _require_free(uow, agent, ticket)
            return customer, False

        customer, is_new = await self.transact.read(look)
        address = self._route(customer, number, draft, routes)
        self.allowed_now.require(draft, customer, address, definitions)
        await self._take_first_contact(agent, customer, address, key)
        if not is_new:
            return customer.id

        async def add(uow: UnitOfWork) -> CustomerId:
            named = await uow.customers.named([number])
            if number not in named:
                fresh = self._new(number, routes)
                await uow.customers.add_new([fresh])
                return fresh.id
            return named[number]

        return await self.transact(add)

    def _new(self, number: Identity, routes: Routes) -> Customer:
        return Customer(
            provider=routes.active,
            id_ext=number.id_ext,
            phone=number.id_ext,
            created_at=self.clock.now(),
            identities=[number],
        )

    def _route(self, customer: Customer, number: Identity, draft: Draft, routes: Routes) -> Address:
        if customer.is_blocked:
            raise Conflict(_BLOCKED)
        if number in customer.former:
            # Whose it is now nobody knows; the customer's own number is another.
            raise Conflict(_GIVEN_UP)
        address = routes.to(customer)
        require_ability(self.providers.get(address.provider), draft)
        return address

    async def _take_first_contact(
        self, agent: Agent, customer: Customer, to: Address, key: str | None
    ) -> None:
        if customer.has_written:
            return
        # The same request again takes nothing more.
        name = f"{agent.id}.{key}" if key is not None else self.random_id()
        wait = await self.keep_pace.first_contact(to.provider, name)
        if wait:
            raise FirstContactsUsedUp(self.clock.now() + wait)

    async def _ticket(
        self, uow: UnitOfWork, agent: Agent, customer: Customer, address: Address
    ) -> tuple[Ticket, list[AgentId | None]]:
        """
        Return the ticket to write on, and who held it before if it is not new.

        It is the open one, if the agent may have it.
        """
        now = self.clock.now()
        ticket = (await uow.tickets.open_of([customer.id])).get(customer.id)
        events: list[TicketEventKind] = []
        before: list[AgentId | None] = []
        if ticket is None:
            ticket = Ticket(
                customer_id=customer.id,
                provider=address.provider,
                id_ext=address.id_ext,
                opened_at=now,
            )
            await uow.tickets.add_new([ticket])
            events.append(TicketEventKind.OPENED)
        else:
            await _require_free(uow, agent, ticket)
            before.append(ticket.agent_id)
        if ticket.assign(agent.id):
            events.append(TicketEventKind.ASSIGNED)
        await uow.tickets.record(
            [
                TicketEvent(
                    ticket_id=ticket.id,
                    kind=kind,
                    at=now,
                    by=agent.id,
                    to_agent_id=agent.id if kind is TicketEventKind.ASSIGNED else None,
                )
                for kind in events
            ]
        )
        return ticket, before


async def _require_free(uow: UnitOfWork, agent: Agent, ticket: Ticket) -> None:
    """Raise `TicketElsewhere`, naming who holds the ticket to whoever may see that."""
    if ticket.agent_id in {None, agent.id}:
        return
    if not agent.sees_everything or ticket.agent_id is None:
        raise TicketElsewhere(_WITH_ANOTHER)
    holder = await uow.agents.get(ticket.agent_id)
    raise TicketElsewhere(_WITH.filled(name=holder.name))
