"""The audit record: every administrative act, by whom, on what. Nothing is ever taken from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from khalifa.domain.agents import AgentId

AuditId = NewType("AuditId", int)

UNSAVED = AuditId(0)


class Act(StrEnum):
    """What was done."""

    AGENT_ADDED = "agent.added"
    AGENT_CHANGED = "agent.changed"
    PASSWORD_RESET = "agent.password_reset"  # noqa: S105 - no password
    TOKEN_ISSUED = "agent.token_issued"  # noqa: S105 - no token
    SESSION_REVOKED = "agent.session_revoked"
    TWO_STEP_ON = "agent.two_step_on"
    TWO_STEP_OFF = "agent.two_step_off"
    BRANCH_ADDED = "branch.added"
    BRANCH_CHANGED = "branch.changed"
    READY_REPLY_ADDED = "ready_reply.added"
    READY_REPLY_CHANGED = "ready_reply.changed"
    READY_REPLY_REMOVED = "ready_reply.removed"
    TICKET_ASSIGNED = "ticket.assigned"
    CUSTOMERS_MERGED = "customer.merged"
    CUSTOMERS_UNMERGED = "customer.unmerged"
    CUSTOMER_EXPORTED = "customer.exported"
    CUSTOMER_ERASED = "customer.erased"
    CUSTOMER_BLOCKED = "customer.blocked"
    CUSTOMER_UNBLOCKED = "customer.unblocked"
    CUSTOMER_PINNED = "customer.pinned"
    PROVIDER_SWITCHED = "provider.switched"
    PROVIDER_RETIRED = "provider.retired"
    PROVIDER_TAKEN_BACK = "provider.taken_back"
    PAIRING_CODE_ASKED = "provider.pairing_code_asked"
    PROVIDER_RELEASED = "provider.released"
    SETTINGS_CHANGED = "settings.changed"
    BODIES_REPLAYED = "ledger.replayed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """
    One act. ``by`` is None for the operator at the machine.

    ``subject`` names what it was done to by kind and id (``agent 7``);
    ``details`` are the values that count, old and new. Neither holds a
    password, a token, or anything a customer said.
    """

    id: AuditId = UNSAVED
    at: datetime
    by: AgentId | None
    act: Act
    subject: str
    details: Mapping[str, object] = field(default_factory=dict)
