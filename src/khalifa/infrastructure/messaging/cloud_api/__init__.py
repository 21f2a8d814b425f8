"""WhatsApp Business Cloud API: Meta's official, paid provider."""

from collections.abc import Mapping

import aiohttp

from khalifa.application.ports.messaging import Provider
from khalifa.infrastructure.messaging.cloud_api.connection import CloudApiConnection
from khalifa.infrastructure.messaging.cloud_api.driver import CloudApiDriver
from khalifa.infrastructure.messaging.cloud_api.settings import NAME, CloudApiSettings
from khalifa.infrastructure.messaging.cloud_api.webhook import CloudApiHandshake, CloudApiWebhook

__all__ = ["NAME", "build"]


def build(env: Mapping[str, str], http: aiohttp.ClientSession) -> Provider:
    """
    Return the provider as *env* describes it, calling through *http*.

    Raises:
        MissingSetting, InvalidSetting: *env* does not describe it.
    """
    settings = CloudApiSettings.from_env(env)
    return Provider(
        name=NAME,
        driver=CloudApiDriver(settings, http),
        webhook=CloudApiWebhook(settings),
        connection=CloudApiConnection(settings, http),
        handshake=CloudApiHandshake(settings),
    )
