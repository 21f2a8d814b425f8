"""
How fast Meta bears it.

https://developers.facebook.com/documentation/business-messaging/whatsapp/about-the-platform
"""

from khalifa.domain.pace import PacePolicy, RecipientPace
from khalifa.infrastructure.messaging.cloud_api.settings import CloudApiSettings

# 45 messages within 6 seconds, borrowed from the future: after 20 of them nothing for two minutes.
BURST = 45
WITHIN = 6.0


def pace_policy(settings: CloudApiSettings) -> PacePolicy:
    """Return the limits of the number and of each of its customers."""
    interval = settings.seconds_per_recipient
    return PacePolicy(
        per_second=settings.messages_per_second,
        recipient=(
            RecipientPace(interval=interval, burst=BURST, within=WITHIN) if interval else None
        ),
    )
