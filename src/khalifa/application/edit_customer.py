"""Use case: people put down what they know of a customer."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from khalifa.application.customer_views import CustomerDetailsView
from khalifa.application.events import EventWriter
from khalifa.application.identify_customers import tell_of_customers
from khalifa.application.ports.clock import Clock
from khalifa.application.ports.unit_of_work import Transact, UnitOfWork
from khalifa.application.read_customers import ReadCustomers
from khalifa.application.tickets import locked_customer
from khalifa.domain.agents import Agent
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.branches import BranchId
from khalifa.domain.customers import Customer, CustomerId


class Unchanged(Enum):
    """What stands for a field that is left as it is."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerEdit:
    """What is to be changed. ``name`` None: WhatsApp's name again."""

    name: str | Unchanged | None = UNCHANGED
    notes: str | Unchanged | None = UNCHANGED
    tags: Iterable[str] | Unchanged = UNCHANGED
    blocked: bool | Unchanged = UNCHANGED
    branch_id: BranchId | Unchanged | None = UNCHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class EditCustomer:
    """
    Change a customer's name, notes, tags and branch; block and unblock.

    Whoever may see a customer may edit; only administrators block, for what a
    blocked customer writes reaches nobody. The open ticket's screens are told.
    """

    read_customers: ReadCustomers
    transact: Transact
    events: EventWriter
    clock: Clock

    async def __call__(
        self, agent: Agent, customer_id: CustomerId, edit: CustomerEdit
    ) -> CustomerDetailsView:
        """
        Raises:
            NotFound, NotAllowed: no such customer or branch, or not for *agent*.
            InvalidCustomer: a field is too long or blank; nothing is changed.
        """
        if edit.blocked is not UNCHANGED:
            agent.require_admin()
        found = CustomerId((await self.read_customers.get(agent, customer_id)).id)

        async def work(uow: UnitOfWork) -> None:
            customer = await locked_customer(uow, found)
            before = customer.facts
            if isinstance(edit.branch_id, int):
                await uow.branches.get(edit.branch_id)
            self._apply(edit, customer)
            if customer.facts != before:
                await uow.customers.save([customer])
                await tell_of_customers(uow, self.events, [customer])
            if customer.blocked_at != before.blocked_at:
                act = Act.CUSTOMER_BLOCKED if customer.is_blocked else Act.CUSTOMER_UNBLOCKED
                entry = AuditEntry(
                    at=self.clock.now(), by=agent.id, act=act, subject=f"customer {customer.id}"
                )
                await uow.audit.add(entry)

        await self.transact(work)
        return await self.read_customers.get(agent, customer_id)

    def _apply(self, edit: CustomerEdit, customer: Customer) -> None:
        if edit.name is not UNCHANGED:
            customer.name_by_hand(edit.name)
        if edit.notes is not UNCHANGED:
            customer.note(edit.notes)
        if edit.tags is not UNCHANGED:
            customer.tag(edit.tags)
        if edit.branch_id is not UNCHANGED:
            customer.branch_id = edit.branch_id
        if edit.blocked is not UNCHANGED:
            customer.block(at=self.clock.now()) if edit.blocked else customer.unblock()
