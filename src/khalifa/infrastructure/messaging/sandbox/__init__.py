"""The sandbox: customers' phones on a page, so that all can be tried without an account."""

from collections.abc import Mapping

import aiohttp
from redis.asyncio import Redis

from khalifa.application.ports.messaging import Provider
from khalifa.domain.drafts import QUOTABLE_KINDS
from khalifa.infrastructure.messaging.sandbox.driver import SandboxConnection, SandboxDriver
from khalifa.infrastructure.messaging.sandbox.files import FILE_RULES, PhoneFiles
from khalifa.infrastructure.messaging.sandbox.outbox import Outbox
from khalifa.infrastructure.messaging.sandbox.phones import SandboxPhones
from khalifa.infrastructure.messaging.sandbox.settings import NAME, SandboxSettings
from khalifa.infrastructure.messaging.sandbox.store import PhoneStore
from khalifa.infrastructure.messaging.sandbox.templates import SandboxTemplates
from khalifa.infrastructure.messaging.sandbox.webhook import SandboxWebhook

__all__ = ["NAME", "build"]


def build(
    env: Mapping[str, str], http: aiohttp.ClientSession, redis: Redis, internal_url: str
) -> Provider:
    """
    Return the sandbox, its phones in *redis*, posting its webhooks to our server at *internal_url*.

    Raises:
        MissingSetting: *env* does not choose it, or nothing in *env* makes a secret.
        InvalidSetting: the secret cannot be one.
    """
    settings = SandboxSettings.from_env(env)
    store = PhoneStore(redis)
    outbox = Outbox(store, http, settings, internal_url)
    files = PhoneFiles(redis)
    driver = SandboxDriver(store, outbox, files)
    return Provider(
        name=NAME,
        window=settings.window,
        driver=driver,
        webhook=SandboxWebhook(settings),
        connection=SandboxConnection(store),
        session=outbox,
        phones=SandboxPhones(store, outbox, files),
        locations=driver,
        contacts=driver,
        several_contacts=True,
        quotes_with=QUOTABLE_KINDS,
        reactions=driver,
        templates=driver,
        template_catalog=SandboxTemplates(),
        interactive=driver,
        read_receipts=driver,
        typing=driver,
        media=files,
        file_rules=FILE_RULES,
    )
