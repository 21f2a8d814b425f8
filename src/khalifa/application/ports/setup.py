"""Port: whether a provider is set up as it must be, at its own end and at ours."""

from abc import abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Verdict(StrEnum):
    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class SetupCheck:
    """
    One thing that was looked at, for an administrator.

    ``advice`` says what to do about it. Neither holds a secret.
    """

    subject: str
    verdict: Verdict
    says: str
    advice: str | None = None


def good(subject: str, says: str) -> SetupCheck:
    return SetupCheck(subject, Verdict.GOOD, says)


def doubtful(subject: str, says: str, advice: str | None = None) -> SetupCheck:
    return SetupCheck(subject, Verdict.DOUBTFUL, says, advice)


def bad(subject: str, says: str, advice: str | None = None) -> SetupCheck:
    return SetupCheck(subject, Verdict.BAD, says, advice)


class ProviderSetup(Protocol):
    """Optional: the set-up can be looked at step by step."""

    @abstractmethod
    async def checks(self) -> list[SetupCheck]:
        """Look at it, and change nothing. Never raises: a provider that is away is a finding."""


class WebhookSubscription(Protocol):
    """Optional: the provider calls our webhook only once it was told to."""

    @abstractmethod
    async def subscribe(self) -> None:
        """
        Tell it to. Again is harmless.

        Raises:
            DeliveryError: it cannot be asked, or refuses.
        """
