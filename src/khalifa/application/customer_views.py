"""What the API shows of customers, beside what a ticket shows of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from khalifa.domain.contacts import ANY_PROVIDER, Identity
from khalifa.domain.customers import Customer
from khalifa.domain.merges import CustomerMerge


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityView:
    """``provider`` is None of a telephone number: it is the same person's everywhere."""

    provider: str | None
    kind: str
    id_ext: str
    former: bool

    @classmethod
    def of(cls, identity: Identity, *, former: bool) -> "IdentityView":
        everywhere = identity.provider == ANY_PROVIDER
        return cls(
            provider=None if everywhere else identity.provider,
            kind=identity.kind.value,
            id_ext=identity.id_ext,
            former=former,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeView:
    """``by`` is the agent's id, None when khalifa or the operator did it."""

    id: int
    kept_id: int
    absorbed_id: int
    reason: str
    by: int | None
    at: datetime
    undone_at: datetime | None
    undone_by: int | None

    @classmethod
    def of(cls, merge: CustomerMerge) -> "MergeView":
        return cls(
            id=merge.id,
            kept_id=merge.kept_id,
            absorbed_id=merge.absorbed_id,
            reason=merge.reason,
            by=merge.by,
            at=merge.at,
            undone_at=merge.undone_at,
            undone_by=merge.undone_by,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSummaryView:
    id: int
    name: str | None
    phone: str | None
    tags: tuple[str, ...]
    blocked: bool
    pinned_provider: str | None
    last_provider: str | None
    created_at: datetime

    @classmethod
    def of(cls, customer: Customer) -> "CustomerSummaryView":
        return cls(
            id=customer.id,
            name=customer.name,
            phone=customer.phone,
            tags=customer.tags,
            blocked=customer.is_blocked,
            pinned_provider=customer.pinned_provider,
            last_provider=customer.last_provider,
            created_at=customer.created_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerDetailsView:
    """All that is known of a customer, and which merges made it what it is, newest first."""

    id: int
    name: str | None
    whatsapp_name: str | None
    named_by_hand: bool
    phone: str | None
    notes: str | None
    tags: tuple[str, ...]
    blocked: bool
    blocked_at: datetime | None
    provider: str
    last_provider: str | None
    pinned_provider: str | None
    branch_id: int | None
    created_at: datetime
    identities: tuple[IdentityView, ...]
    merges: tuple[MergeView, ...]

    @classmethod
    def of(cls, customer: Customer, merges: Sequence[CustomerMerge]) -> "CustomerDetailsView":
        return cls(
            id=customer.id,
            name=customer.name,
            whatsapp_name=customer.whatsapp_name,
            named_by_hand=customer.named_by_hand,
            phone=customer.phone,
            notes=customer.notes,
            tags=customer.tags,
            blocked=customer.is_blocked,
            blocked_at=customer.blocked_at,
            provider=customer.provider,
            last_provider=customer.last_provider,
            pinned_provider=customer.pinned_provider,
            branch_id=customer.branch_id,
            created_at=customer.created_at,
            identities=(
                *(IdentityView.of(identity, former=False) for identity in customer.identities),
                *(IdentityView.of(identity, former=True) for identity in customer.former),
            ),
            merges=tuple(map(MergeView.of, merges)),
        )
