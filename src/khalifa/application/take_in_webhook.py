"""Use case: take in a provider's webhook call. No business is done here."""

from dataclasses import dataclass

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.jobs import JobQueue
from khalifa.application.ports.journal import Journal
from khalifa.application.ports.messaging import Provider, WebhookCall


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeInWebhook:
    """
    Verify a call, make its body durable, ask for it to be filed.

    When it returns, the body survives anything, and the provider may be
    answered. The queue is only asked: what it loses, the sweep finds.
    """

    journal: Journal
    jobs: JobQueue
    clock: Clock

    async def __call__(self, provider: Provider, call: WebhookCall) -> None:
        """
        Raises:
            UntrustedWebhook: the provider did not send it; nothing is kept.
            JournalUnavailable: it could not be made durable.
        """
        provider.webhook.verify(call)
        body = await self.journal.append(provider.name, call.body, received_at=self.clock.now())
        self.jobs.file([body])
