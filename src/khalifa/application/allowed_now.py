"""What may be said to a customer now: the window, and templates as they were approved."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from khalifa.application.list_templates import ListTemplates, fitting
from khalifa.application.ports.clock import Clock
from khalifa.application.windows import Windows
from khalifa.domain.contacts import Address, ProviderName
from khalifa.domain.customers import Customer
from khalifa.domain.drafts import Draft, template_in
from khalifa.domain.messages import MessageKind
from khalifa.domain.templates import Template
from khalifa.domain.window import WindowClosed

Definitions = Mapping[ProviderName, tuple[Template, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedNow:
    """
    Holds a draft against what its provider takes now, before anything is stored.

    Providers are asked before the transaction, with `definitions`; inside it
    only what they said is looked at.
    """

    windows: Windows
    list_templates: ListTemplates
    clock: Clock

    async def definitions(self, draft: Draft) -> Definitions:
        """Return every provider's templates as far as they are known, if *draft* is of one."""
        if draft.kind is not MessageKind.TEMPLATE:
            return {}
        names = self.windows.providers.names
        return {name: await self.list_templates.known_of(name) for name in names}

    def require(
        self, draft: Draft, customer: Customer, to: Address, definitions: Definitions
    ) -> Draft:
        """
        Return *draft*, a template with the text the customer will read.

        Raises:
            WindowClosed: only a template may be sent now.
            InvalidContent: there is no such template, or it is not filled in as it must be.
        """
        now = self.clock.now()
        self.windows.of(to.provider).require_open(customer, draft.kind, now=now)
        if draft.kind is not MessageKind.TEMPLATE:
            return draft
        filled = template_in(draft.stored_content)
        known = fitting(filled, definitions.get(to.provider, ()))
        return draft if known is None else replace(draft, text=known.filled(filled.body))

    async def explained(self, closed: WindowClosed) -> WindowClosed:
        """Return *closed* with the templates that may be sent instead."""
        closed.templates = await self.list_templates.known_of(closed.provider)
        return closed
