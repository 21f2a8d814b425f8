"""Status webhooks: what Meta reports of a message it accepted."""

import asyncio
from collections.abc import Sequence

from tests.far_sides.cloud_api_bodies import (
    Customer,
    JsonObject,
    contact_of,
    encoded,
    status_update,
    statuses_body,
)
from tests.far_sides.cloud_api_errors import ErrorCode
from tests.far_sides.cloud_api_scenarios import Rule, Scenario
from tests.far_sides.cloud_api_webhooks import Webhooks
from tests.far_sides.cloud_api_world import AcceptedMessage, Settings, now


class StatusReports:
    def __init__(self, settings: Settings, webhooks: Webhooks) -> None:
        self._settings = settings
        self._webhooks = webhooks

    async def follow(self, message: AcceptedMessage, rule: Rule) -> None:
        """Report what the rule says becomes of the message, one call after the other."""
        names = rule.statuses_after(self._settings.statuses)
        updates = self._updates(message, names, rule.code)
        if rule.scenario is Scenario.DELIVERED_BEFORE_SENT:
            updates.reverse()
        copies = 2 if rule.scenario is Scenario.DUPLICATE_STATUSES else 1
        for update in updates:
            await asyncio.sleep(self._settings.status_seconds)
            for _ in range(copies):
                await self._webhooks.deliver_once(self._body(message, update))

    async def report(
        self, message: AcceptedMessage, names: Sequence[str], code: ErrorCode | None
    ) -> None:
        """Report these statuses now and wait until each is taken."""
        for update in self._updates(message, names, code):
            await self._webhooks.deliver(self._body(message, update))

    def _updates(
        self, message: AcceptedMessage, names: Sequence[str], code: ErrorCode | None
    ) -> list[JsonObject]:
        return [
            status_update(
                message.wamid,
                name,
                to=_addressee(message),
                opaque=message.opaque,
                code=code if name == "failed" else None,
                at=now() + later,
            )
            for later, name in enumerate(names)
        ]

    def _body(self, message: AcceptedMessage, update: JsonObject) -> bytes:
        # Meta leaves the contact out of a failure; elsewhere it comes without a profile.
        contacts = [] if update["status"] == "failed" else [contact_of(_addressee(message))]
        return encoded(statuses_body([update], contacts=contacts, line=self._settings.line))


def _addressee(message: AcceptedMessage) -> Customer:
    return Customer.named(message.who, name=None)
