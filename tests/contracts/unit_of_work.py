"""Everything a unit of work promises, for each adapter that stores."""

from tests.contracts.repositories.agents import (
    AccessTokensContract,
    AgentsContract,
    SignInAttemptsContract,
)
from tests.contracts.repositories.business import BusinessContract
from tests.contracts.repositories.channels import ChannelsContract
from tests.contracts.repositories.customers import CustomersContract
from tests.contracts.repositories.deliveries import DeliveriesContract
from tests.contracts.repositories.erasures import ErasuresContract
from tests.contracts.repositories.media import MediaFilesContract
from tests.contracts.repositories.merges import (
    CustomerMergesContract,
    FormerIdentitiesContract,
    IdentityLookupsContract,
)
from tests.contracts.repositories.message_changes import MessageChangesContract
from tests.contracts.repositories.messages import MessagesContract, UnmatchedStatusesContract
from tests.contracts.repositories.records import (
    EventsContract,
    IntakeLedgerContract,
    ProviderSwitchesContract,
    RecoveriesContract,
)
from tests.contracts.repositories.shop import AuditContract, BranchesContract, ReadyRepliesContract
from tests.contracts.repositories.tickets import TicketsContract
from tests.contracts.repositories.transactions import Announced, TransactContract
from tests.contracts.repositories.two_step import TwoStepsContract

__all__ = ["Announced", "UnitOfWorkContract"]


class UnitOfWorkContract(
    TransactContract,
    CustomersContract,
    CustomerMergesContract,
    FormerIdentitiesContract,
    IdentityLookupsContract,
    TicketsContract,
    BusinessContract,
    AgentsContract,
    AccessTokensContract,
    SignInAttemptsContract,
    TwoStepsContract,
    MessagesContract,
    UnmatchedStatusesContract,
    MessageChangesContract,
    DeliveriesContract,
    MediaFilesContract,
    ChannelsContract,
    IntakeLedgerContract,
    EventsContract,
    ProviderSwitchesContract,
    RecoveriesContract,
    BranchesContract,
    ReadyRepliesContract,
    AuditContract,
    ErasuresContract,
):
    """
    Wants one fixture, ``transact``: an empty store, whose events are announced to ``announced``.

    Give it as ``def transact(self, announced: Announced) -> Transact``.
    """
