"""Things already on file when a test begins."""

from collections.abc import Awaitable
from datetime import timedelta

from khalifa.application.ports.deliveries import Claim
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.domain.agents import Agent
from khalifa.domain.customers import Customer
from khalifa.domain.messages import Message
from khalifa.domain.tickets import Ticket
from tests.builders import a_customer, a_reply, a_ticket, an_agent

LEASE = timedelta(minutes=1)


async def stored_customer(transact: Transact, customer: Customer | None = None) -> Customer:
    customer = customer or a_customer()
    await transact(lambda uow: uow.customers.add_new([customer]))
    return customer


async def stored_ticket(transact: Transact, ticket: Ticket | None = None) -> Ticket:
    """Store *ticket*, or an open one of a new customer."""
    ticket = ticket or a_ticket(await stored_customer(transact))
    await transact(lambda uow: uow.tickets.add_new([ticket]))
    return ticket


async def stored_agent(
    transact: Transact, agent: Agent | None = None, *, password_hash: str | None = None
) -> Agent:
    agent = agent or an_agent()
    await transact(lambda uow: uow.agents.add(agent, password_hash=password_hash))
    return agent


async def stored_message(transact: Transact, message: Message) -> Message:
    await transact(lambda uow: uow.messages.add_new([message]))
    return message


async def queued_reply(transact: Transact, ticket: Ticket) -> Message:
    reply = a_reply(ticket)

    async def work(uow: UnitOfWork) -> None:
        await uow.messages.add_new([reply])
        await uow.deliveries.queue([reply])

    await transact(work)
    return reply


async def claimed(transact: Transact, *, limit: int = 100, lease: timedelta = LEASE) -> list[Claim]:
    async def work(uow: UnitOfWork) -> list[Claim]:
        found = [candidate.message_id for candidate in await uow.deliveries.candidates(limit)]
        return await uow.deliveries.claim(found, lease=lease)

    return await transact(work)


async def written(uow: UnitOfWork, write: Awaitable[None]) -> None:
    """Wait for *write*, and for what a unit of work might keep back until the next question."""
    await write
    await uow.flush()
