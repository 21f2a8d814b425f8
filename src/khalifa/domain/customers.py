"""Customers: who writes to us."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from khalifa.domain.contacts import Identity, IdentityKind, ProviderName

CustomerId = NewType("CustomerId", int)

UNSAVED = CustomerId(0)


@dataclass(kw_only=True, eq=False, slots=True)
class Customer:
    """
    A person, under our own id.

    ``provider`` and ``id_ext`` say where the customer first came from and never
    change. ``last_provider`` is the one the customer wrote on last.
    ``pinned_provider`` is a person's choice for this customer's replies.
    ``last_inbound_at``: when the customer last wrote through each provider.
    """

    id: CustomerId = UNSAVED
    provider: ProviderName
    id_ext: str
    name: str | None = None
    phone: str | None = None
    last_provider: ProviderName | None = None
    pinned_provider: ProviderName | None = None
    created_at: datetime
    identities: list[Identity] = field(default_factory=list)
    last_inbound_at: dict[ProviderName, datetime] = field(default_factory=dict)

    @property
    def has_written(self) -> bool:
        """Say whether the customer ever wrote to us, through whichever provider."""
        return bool(self.last_inbound_at)

    def heard(self, provider: ProviderName, at: datetime) -> None:
        """Take note that the customer wrote through *provider*; older messages change nothing."""
        before = self.last_inbound_at.get(provider)
        if before is None or at > before:
            # Replaced, never changed: copies of a customer share it.
            self.last_inbound_at = {**self.last_inbound_at, provider: at}

    def learn(self, identities: tuple[Identity, ...], name: str | None) -> list[Identity]:
        """Take in what a message says about its sender; return the identities that are new."""
        new = [identity for identity in identities if identity not in self.identities]
        self.identities.extend(new)
        for identity in self.identities:
            if identity.kind is IdentityKind.PHONE and self.phone is None:
                self.phone = identity.id_ext
        if name and self.name is None:
            self.name = name
        return new
