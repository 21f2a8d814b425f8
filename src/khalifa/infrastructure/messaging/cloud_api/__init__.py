"""WhatsApp Business Cloud API: Meta's official, paid provider."""

from collections.abc import Mapping
from datetime import timedelta

import aiohttp

from khalifa.application.ports.messaging import Provider
from khalifa.application.ports.uploaded_files import UploadedFiles
from khalifa.domain.drafts import QUOTABLE_KINDS
from khalifa.infrastructure.messaging.cloud_api.connection import CloudApiConnection
from khalifa.infrastructure.messaging.cloud_api.driver import CloudApiDriver
from khalifa.infrastructure.messaging.cloud_api.errors import CloudApiRefusals
from khalifa.infrastructure.messaging.cloud_api.files import FILE_RULES, CloudApiFiles
from khalifa.infrastructure.messaging.cloud_api.pace import pace_policy
from khalifa.infrastructure.messaging.cloud_api.settings import NAME, CloudApiSettings
from khalifa.infrastructure.messaging.cloud_api.setup import CloudApiSetup
from khalifa.infrastructure.messaging.cloud_api.template_list import CloudApiTemplates
from khalifa.infrastructure.messaging.cloud_api.webhook import CloudApiHandshake, CloudApiWebhook

__all__ = ["NAME", "build"]

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
WINDOW = timedelta(hours=24)


def build(env: Mapping[str, str], http: aiohttp.ClientSession, uploaded: UploadedFiles) -> Provider:
    """
    Return the provider as *env* describes it, calling through *http*.

    *uploaded* is where all processes know which files Meta has.

    Raises:
        MissingSetting, InvalidSetting: *env* does not describe it.
    """
    settings = CloudApiSettings.from_env(env)
    driver = CloudApiDriver(settings, http, uploaded)
    setup = CloudApiSetup(settings, http)
    return Provider(
        name=NAME,
        window=WINDOW,
        pace=pace_policy(settings),
        driver=driver,
        webhook=CloudApiWebhook(settings),
        connection=CloudApiConnection(settings, http),
        handshake=CloudApiHandshake(settings),
        setup=setup,
        subscription=setup,
        locations=driver,
        contacts=driver,
        several_contacts=True,
        quotes_with=QUOTABLE_KINDS,
        reactions=driver,
        templates=driver,
        interactive=driver,
        read_receipts=driver,
        typing=driver,
        media=CloudApiFiles(settings, http),
        late_refusals=CloudApiRefusals(),
        file_rules=FILE_RULES,
        template_catalog=CloudApiTemplates(settings, http),
    )
