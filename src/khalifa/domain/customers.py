"""Customers: who writes to us."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import NewType

from khalifa.domain.branches import BranchId
from khalifa.domain.contacts import Identity, IdentityKind, ProviderName
from khalifa.domain.errors import InvalidCustomer
from khalifa.domain.words import Words

CustomerId = NewType("CustomerId", int)

UNSAVED = CustomerId(0)
MAX_NAME = 255
MAX_NOTES = 10_000
MAX_TAGS = 30
MAX_TAG = 50
_NAME = Words(
    f"A customer's name has 1 to {MAX_NAME} characters.",
    f"اسم العميل من حرف واحد إلى {MAX_NAME} حرفًا.",
)
_NOTES = Words(
    f"Notes on a customer have at most {MAX_NOTES:,} characters.",
    f"ملاحظات العميل {MAX_NOTES:,} حرف على الأكثر.",
)
_TAGS = Words(
    f"A customer has at most {MAX_TAGS} tags of 1 to {MAX_TAG} characters.",
    f"للعميل {MAX_TAGS} وسمًا على الأكثر، كل منها من حرف إلى {MAX_TAG} حرفًا.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFacts:
    """What is known of a customer beside identities: kept so that a merge can be undone."""

    name: str | None
    whatsapp_name: str | None
    named_by_hand: bool
    phone: str | None
    notes: str | None
    tags: tuple[str, ...]
    blocked_at: datetime | None
    last_provider: ProviderName | None
    pinned_provider: ProviderName | None
    last_inbound_at: dict[ProviderName, datetime]
    branch_id: BranchId | None = None


@dataclass(kw_only=True, eq=False, slots=True)
class Customer:
    """
    A person, under our own id.

    ``provider`` and ``id_ext`` say where the customer first came from and never
    change. ``name`` is the one shown: a person's choice if ``named_by_hand``,
    else WhatsApp's. ``last_provider`` is the one the customer wrote on last.
    ``pinned_provider`` is a person's choice for this customer's replies.
    ``last_inbound_at``: when the customer last wrote through each provider.
    ``phone``, if known, is one of ``identities``, and comes first there.
    ``former`` are identities the customer has given up, and when: they still
    name the customer, and nothing is sent to them. ``merged_into`` is who
    absorbed this customer, which then has nothing left.
    """

    id: CustomerId = UNSAVED
    provider: ProviderName
    id_ext: str
    name: str | None = None
    whatsapp_name: str | None = None
    named_by_hand: bool = False
    phone: str | None = None
    notes: str | None = None
    tags: tuple[str, ...] = ()
    blocked_at: datetime | None = None
    last_provider: ProviderName | None = None
    pinned_provider: ProviderName | None = None
    branch_id: BranchId | None = None
    merged_into: CustomerId | None = None
    created_at: datetime
    identities: list[Identity] = field(default_factory=list)
    former: dict[Identity, datetime] = field(default_factory=dict)
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

    @property
    def is_blocked(self) -> bool:
        return self.blocked_at is not None

    def is_named(self, identity: Identity) -> bool:
        """Say whether *identity* is, or was, this customer's."""
        return identity in self.identities or identity in self.former

    # What is learnt from outside

    def learn(
        self, identities: Iterable[Identity], name: str | None, *, at: datetime | None = None
    ) -> list[Identity]:
        """
        Take in what a message sent *at* says about its sender; return the identities that are new.

        One that was given up is the customer's again when it is used after that.
        """
        new: list[Identity] = []
        for identity in identities:
            given_up = self.former.get(identity)
            came_late = given_up is not None and (at is None or at <= given_up)
            if identity in self.identities or came_late:
                continue
            self._add(identity)
            new.append(identity)
            if given_up is not None and identity.kind is IdentityKind.PHONE:
                self.phone = identity.id_ext
        self._put_phone_first()
        if name:
            self.whatsapp_name = name
            if not self.named_by_hand:
                self.name = name
        return new

    def change(
        self, previous: Collection[Identity], current: Collection[Identity], *, at: datetime
    ) -> bool:
        """
        Go by *current* instead of *previous* since *at*; say whether that is news.

        It is none when the customer has gone by something else since: changes
        may come late, and again.
        """
        if any(self.former.get(identity, at) > at for identity in current):
            return False
        new = [identity for identity in current if identity not in self.identities]
        old = [i for i in previous if i not in current and i not in self.former]
        if not new and not old:
            return False
        for identity in new:
            self._add(identity)
        for identity in old:
            if identity in self.identities:
                self.identities.remove(identity)
            self.former[identity] = at
        phones = [i.id_ext for i in new if i.kind is IdentityKind.PHONE]
        left = [i.id_ext for i in self.identities if i.kind is IdentityKind.PHONE]
        if phones or self.phone not in left:
            self.phone = next(iter([*phones, *left]), None)
        self._put_phone_first()
        return True

    def _add(self, identity: Identity) -> None:
        self.former.pop(identity, None)
        self.identities.append(identity)

    def _put_phone_first(self) -> None:
        for identity in self.identities:
            if identity.kind is IdentityKind.PHONE and self.phone is None:
                self.phone = identity.id_ext
        self.identities.sort(
            key=lambda i: i.kind is not IdentityKind.PHONE or i.id_ext != self.phone
        )

    # What people say

    def name_by_hand(self, name: str | None) -> None:
        """
        Show *name* from now on, whatever WhatsApp says; None: WhatsApp's again.

        Raises:
            InvalidCustomer: it is blank or too long.
        """
        if name is None:
            self.name, self.named_by_hand = self.whatsapp_name, False
            return
        name = name.strip()
        if not 1 <= len(name) <= MAX_NAME:
            raise InvalidCustomer(_NAME)
        self.name, self.named_by_hand = name, True

    def note(self, notes: str | None) -> None:
        """Keep *notes* on the customer; none when blank. Raises `InvalidCustomer` when too long."""
        if notes is not None and len(notes) > MAX_NOTES:
            raise InvalidCustomer(_NOTES)
        self.notes = notes if notes is not None and notes.strip() else None

    def tag(self, tags: Iterable[str]) -> None:
        """Have exactly *tags*, each once, in this order. Raises `InvalidCustomer`."""
        wanted = tuple(dict.fromkeys(tag.strip() for tag in tags))
        if len(wanted) > MAX_TAGS or not all(1 <= len(tag) <= MAX_TAG for tag in wanted):
            raise InvalidCustomer(_TAGS)
        self.tags = wanted

    def block(self, *, at: datetime) -> None:
        """Ignore what the customer writes from now on."""
        self.blocked_at = self.blocked_at or at

    def unblock(self) -> None:
        self.blocked_at = None

    def pin(self, provider: ProviderName | None) -> bool:
        """Have replies go by *provider* while it can, None: by the rule; say if that is new."""
        before, self.pinned_provider = self.pinned_provider, provider
        return before != provider

    def erase(self) -> None:
        """Be nobody any more: what is known, and how anybody called the customer, is gone."""
        for one in fields(CustomerFacts):
            setattr(self, one.name, None)
        self.named_by_hand, self.tags, self.last_inbound_at = False, (), {}
        self.identities, self.former, self.id_ext = [], {}, ""

    # Two that are one

    @property
    def facts(self) -> CustomerFacts:
        return CustomerFacts(**{one.name: getattr(self, one.name) for one in fields(CustomerFacts)})

    def absorb(self, other: "Customer") -> None:
        """Be *other*, too: have its identities, and what people said of it."""
        self.identities += other.identities
        self.former |= {i: at for i, at in other.former.items() if i not in self.identities}
        other.identities, other.former, other.merged_into = [], {}, self.id
        self.whatsapp_name = self.whatsapp_name or other.whatsapp_name
        if other.named_by_hand and not self.named_by_hand:
            self.name, self.named_by_hand = other.name, True
        self.name = self.name or other.name
        notes = [text for text in (self.notes, other.notes) if text]
        self.notes = "\n\n".join(notes)[:MAX_NOTES] if notes else None
        self.tags = tuple(dict.fromkeys((*self.tags, *other.tags)))[:MAX_TAGS]
        blocked = [at for at in (self.blocked_at, other.blocked_at) if at is not None]
        self.blocked_at = min(blocked) if blocked else None
        self.branch_id = self.branch_id or other.branch_id
        self.last_provider = self.last_provider or other.last_provider
        self.pinned_provider = self.pinned_provider or other.pinned_provider
        for provider, at in other.last_inbound_at.items():
            self.heard(provider, at)
        self._put_phone_first()

    def give_back(
        self,
        other: "Customer",
        identities: Collection[Identity],
        *,
        before: CustomerFacts,
        after: CustomerFacts,
    ) -> None:
        """
        Be *other* no more: *identities* are *other*'s again.

        What the merge changed here is as it was *before*, unless somebody has
        changed it since: what is not as it was right *after* stays.
        """
        for identity in identities:
            if identity in self.identities:
                self.identities.remove(identity)
                other.identities.append(identity)
            elif identity in self.former:
                other.former[identity] = self.former.pop(identity)
        other.merged_into = None
        for one in fields(CustomerFacts):
            if getattr(self, one.name) == getattr(after, one.name):
                setattr(self, one.name, getattr(before, one.name))
        for customer in (self, other):
            customer._forget_lost_phone()  # noqa: SLF001 - of the same class
            customer._put_phone_first()  # noqa: SLF001

    def _forget_lost_phone(self) -> None:
        phones = {i.id_ext for i in self.identities if i.kind is IdentityKind.PHONE}
        if self.phone not in phones:
            self.phone = None
