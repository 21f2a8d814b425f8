"""WPPConnect Server: a WhatsApp account paired by QR code, in a browser of its own."""

from collections.abc import Mapping

import aiohttp

from khalifa.application.ports.messaging import Provider
from khalifa.infrastructure.messaging.wppconnect.client import WppconnectClient
from khalifa.infrastructure.messaging.wppconnect.connection import (
    WppconnectConnection,
    WppconnectPairing,
)
from khalifa.infrastructure.messaging.wppconnect.directory import WppconnectDirectory
from khalifa.infrastructure.messaging.wppconnect.driver import QUOTES_WITH, WppconnectDriver
from khalifa.infrastructure.messaging.wppconnect.files import FILE_RULES, WppconnectFiles
from khalifa.infrastructure.messaging.wppconnect.history import WppconnectHistory
from khalifa.infrastructure.messaging.wppconnect.keeper import WppconnectKeeper
from khalifa.infrastructure.messaging.wppconnect.memory import PairingMemory, WebhookMemory
from khalifa.infrastructure.messaging.wppconnect.pace import WppconnectPace
from khalifa.infrastructure.messaging.wppconnect.session import RecentLook, Session
from khalifa.infrastructure.messaging.wppconnect.settings import NAME, WppconnectSettings
from khalifa.infrastructure.messaging.wppconnect.setup import WppconnectSetup
from khalifa.infrastructure.messaging.wppconnect.webhook import WppconnectWebhook

__all__ = ["NAME", "build"]

# It posts files in base64, and an image once more with each of its acks.
MAX_BODY = 32 * 1024 * 1024


def build(env: Mapping[str, str], http: aiohttp.ClientSession) -> Provider:
    """
    Return the provider as *env* describes it, calling through *http*.

    Raises:
        MissingSetting, InvalidSetting: *env* does not describe it.
    """
    settings = WppconnectSettings.from_env(env)
    client = WppconnectClient(settings, http)
    session = Session(client, settings)
    look = RecentLook(session)
    pace = WppconnectPace.from_env(env)
    driver = WppconnectDriver(client, typing=pace.typing)
    pairing = WppconnectPairing(session, look)
    connection = WppconnectConnection(session, look, PairingMemory(settings))
    keeper = WppconnectKeeper(session, WebhookMemory(settings))
    return Provider(
        name=NAME,
        driver=driver,
        webhook=WppconnectWebhook(settings, on_session=keeper.look_soon),
        connection=connection,
        setup=WppconnectSetup(settings, http, client, connection),
        max_body=MAX_BODY,
        pace=pace.policy,
        pairing=pairing,
        pairing_by_code=pairing,
        directory=WppconnectDirectory(client),
        history=WppconnectHistory(client, settings.session),
        session=keeper,
        locations=driver,
        contacts=driver,
        quotes_with=QUOTES_WITH,
        reactions=driver,
        read_receipts=driver,
        typing=driver,
        media=WppconnectFiles(client),
        file_rules=FILE_RULES,
    )
