"""Use cases: ready replies, shared ones and each agent's own."""

from dataclasses import dataclass

from khalifa.application.edit_customer import UNCHANGED, Unchanged
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.tickets import require_sight
from khalifa.domain.agents import Agent
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.errors import NotFound
from khalifa.domain.ready_replies import ReadyReply, ReadyReplyId, filled
from khalifa.domain.tickets import TicketId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyReplyView:
    """``shared``: everybody's; else the asking agent's own."""

    id: int
    shortcut: str
    title: str
    text: str
    shared: bool


def _view(reply: ReadyReply, text: str | None = None) -> ReadyReplyView:
    return ReadyReplyView(
        id=reply.id,
        shortcut=reply.shortcut,
        title=reply.title,
        text=reply.text if text is None else text,
        shared=reply.is_shared,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReadyReplies:
    """Return the shared ready replies and the agent's own, by shortcut."""

    transact: Transact

    async def __call__(self, agent: Agent) -> list[ReadyReplyView]:
        async def work(uow: UnitOfWork) -> list[ReadyReplyView]:
            return [_view(reply) for reply in await uow.ready_replies.usable_by(agent.id)]

        return await self.transact.read(work)

    async def for_ticket(self, agent: Agent, ticket_id: TicketId) -> list[ReadyReplyView]:
        """
        Return those to be used on this ticket: filled in, one for each shortcut.

        ``{name}`` is the customer's name, ``{agent}`` the asking agent's. A
        customer whose name is not known leaves ``{name}`` as it is.

        Raises:
            NotFound, NotAllowed: no such ticket, or not for *agent*.
        """

        async def work(uow: UnitOfWork) -> list[ReadyReplyView]:
            ticket = await uow.tickets.get(ticket_id)
            require_sight(agent, ticket.agent_id)
            customer = (await uow.customers.get_many([ticket.customer_id]))[ticket.customer_id]
            values = {"name": customer.name, "agent": agent.name}
            usable = await uow.ready_replies.usable_by(agent.id)
            # The agent's own come last, and stand before shared ones.
            chosen = {
                reply.shortcut: reply for reply in sorted(usable, key=lambda one: not one.is_shared)
            }
            return [_view(chosen[one], filled(chosen[one].text, values)) for one in sorted(chosen)]

        return await self.transact.read(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyReplyEdit:
    """What is to be changed of a ready reply."""

    shortcut: str | Unchanged = UNCHANGED
    title: str | Unchanged = UNCHANGED
    text: str | Unchanged = UNCHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageReadyReplies:
    """
    Add, change and remove ready replies: one's own, and, as an administrator, shared ones.

    Nobody sees another's own, administrators neither. What is done to shared
    ones is on the audit record.
    """

    transact: Transact
    clock: Clock

    async def add(
        self, agent: Agent, *, shortcut: str, title: str, text: str, shared: bool
    ) -> ReadyReplyView:
        """
        Raises:
            NotAllowed: it is to be shared, and *agent* is no administrator.
            InvalidReadyReply, ShortcutTaken: it cannot be kept like this.
        """
        if shared:
            agent.require_admin()

        async def work(uow: UnitOfWork) -> ReadyReplyView:
            reply = ReadyReply(
                agent_id=None if shared else agent.id,
                shortcut=shortcut,
                title=title,
                text=text,
                changed_at=self.clock.now(),
            )
            await uow.ready_replies.add(reply)
            await self._record(uow, Act.READY_REPLY_ADDED, reply, agent)
            return _view(reply)

        return await self.transact(work)

    async def change(
        self, agent: Agent, reply_id: ReadyReplyId, edit: ReadyReplyEdit
    ) -> ReadyReplyView:
        """Raises as `add` does, and `NotFound`."""

        async def work(uow: UnitOfWork) -> ReadyReplyView:
            before = await _owned(uow, agent, reply_id)
            reply = ReadyReply(
                id=before.id,
                agent_id=before.agent_id,
                shortcut=before.shortcut if edit.shortcut is UNCHANGED else edit.shortcut,
                title=before.title if edit.title is UNCHANGED else edit.title,
                text=before.text if edit.text is UNCHANGED else edit.text,
                changed_at=self.clock.now(),
            )
            await uow.ready_replies.save(reply)
            await self._record(uow, Act.READY_REPLY_CHANGED, reply, agent)
            return _view(reply)

        return await self.transact(work)

    async def remove(self, agent: Agent, reply_id: ReadyReplyId) -> None:
        """
        Raises:
            NotFound, NotAllowed: there is none, or it is not *agent*'s to remove.
        """

        async def work(uow: UnitOfWork) -> None:
            reply = await _owned(uow, agent, reply_id)
            await uow.ready_replies.remove(reply.id)
            await self._record(uow, Act.READY_REPLY_REMOVED, reply, agent)

        await self.transact(work)

    async def _record(self, uow: UnitOfWork, act: Act, reply: ReadyReply, by: Agent) -> None:
        if not reply.is_shared:
            return
        entry = AuditEntry(
            at=self.clock.now(),
            by=by.id,
            act=act,
            subject=f"ready_reply {reply.id}",
            details={"shortcut": reply.shortcut},
        )
        await uow.audit.add(entry)


async def _owned(uow: UnitOfWork, agent: Agent, reply_id: ReadyReplyId) -> ReadyReply:
    reply = await uow.ready_replies.find(reply_id)
    # Whether a colleague has it is nobody's business.
    if reply is None or reply.agent_id not in {None, agent.id}:
        reason = "There is no such ready reply."
        raise NotFound(reason)
    if reply.is_shared:
        agent.require_admin()
    return reply
