"""
How carefully a paired phone's account is used, so that WhatsApp does not ban it.

WhatsApp says nothing of what it bears. Accounts were banned after fifteen to
twenty first contacts a day: https://github.com/WhiskeySockets/Baileys/issues/1983
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from khalifa.domain.pace import PacePolicy
from khalifa.infrastructure.provider_settings import number

# So many refusals or broken connections in an hour, and nothing is sent for a while.
WARNINGS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class WppconnectPace:
    """``typing``: seconds for which a customer sees that we write, before each text."""

    policy: PacePolicy
    typing: float

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """
        Read how fast the account may be used; each has a default.

        Raises:
            InvalidSetting: one is no number, or out of its range.
        """
        apart = _number(env, "WPPCONNECT_SECONDS_APART", 1, 600, "Between two messages, at least.")
        jitter = _number(env, "WPPCONNECT_JITTER_SECONDS", 2, 600, "Added at random to them.")
        contacts = _number(
            env, "WPPCONNECT_FIRST_CONTACTS_PER_HOUR", 10, 1000, "People who never wrote to us."
        )
        days = _number(env, "WPPCONNECT_WARM_UP_DAYS", 7, 90, "A new session is used less.")
        minutes = _number(
            env, "WPPCONNECT_HOLD_MINUTES", 30, 1440, "For so long nothing is sent after a warning."
        )
        return cls(
            policy=PacePolicy(
                apart=(apart, apart + jitter),
                first_contacts=int(contacts),
                warm_up=timedelta(days=int(days)),
                warnings=WARNINGS if minutes else 0,
                hold=timedelta(minutes=minutes),
            ),
            typing=_number(
                env, "WPPCONNECT_TYPING_SECONDS", 1.5, 10, "Typing is shown for so long first."
            ),
        )


def _number(env: Mapping[str, str], name: str, default: float, most: float, hint: str) -> float:
    return number(env, name, default=default, least=0, most=most, hint=hint)
