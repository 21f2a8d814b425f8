"""What can go wrong with a call to the Graph API, arranged per recipient or for the next ones."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from tests.far_sides.cloud_api_errors import ErrorCode


class Endpoint(StrEnum):
    MESSAGES = "messages"
    MARK_READ = "mark_read"
    """Typing indicators too: they are the same call."""
    PHONE_NUMBER = "phone_number"
    SUBSCRIBED_APPS = "subscribed_apps"
    MEDIA = "media"
    TEMPLATES = "templates"


class Scenario(StrEnum):
    ACCEPTS = "accepts"
    # Refused with Meta's envelope: nothing was sent.
    THROTTLED = "throttled"
    """130429 with HTTP 400, as documented."""
    PAIR_RATE_LIMITED = "pair_rate_limited"
    HTTP_429 = "http_429"
    """Code 613 with HTTP 429, as courier has met it."""
    TRY_AGAIN = "try_again"
    SERVICE_DOWN = "service_down"
    RECIPIENT_UNREACHABLE = "recipient_unreachable"
    WINDOW_CLOSED = "window_closed"
    TOKEN_EXPIRED = "token_expired"
    ERROR_500 = "error_500"
    """131000 with HTTP 500."""
    REFUSED = "refused"
    """Any other `code`."""
    # Answers that are not Meta's.
    HTML_502 = "html_502"
    """A gateway's page; nothing was sent, unless `goes_out` says so."""
    GARBAGE = "garbage"
    """Sent, but the 200 holds half a JSON document."""
    EMPTY_OBJECT = "empty_object"
    """Sent, but the answer is `{}`."""
    NULL_MESSAGE = "null_message"
    """Sent, but the answer has `"messages":[null]`."""
    # Time and connections.
    HANG = "hang"
    """Nothing is done and nothing answered until released, then both."""
    HANG_AFTER_ACTING = "hang_after_acting"
    """Sent at once; the answer waits until released."""
    DROP_BEFORE_READING = "drop_before_reading"
    """The connection is reset; nothing was sent."""
    DROP_AFTER_ACTING = "drop_after_acting"
    """Sent; the connection ends instead of an answer."""
    SLOW = "slow"
    """Sent at once; the answer comes `seconds` later."""
    # Accepted, and then something about the statuses or the answer's shape.
    NO_STATUSES = "no_statuses"
    ACCEPT_THEN_FAIL = "accept_then_fail"
    """Accepted; the only status is `failed` with `code`, by default 131047."""
    STATUS_BEFORE_ANSWER = "status_before_answer"
    """The status webhooks are called and answered before the send is."""
    DELIVERED_BEFORE_SENT = "delivered_before_sent"
    """Statuses come in the wrong order; their timestamps are right."""
    DUPLICATE_STATUSES = "duplicate_statuses"
    """Every status comes twice."""
    HELD = "held"
    """`message_status` is held_for_quality_assessment, and no status follows."""
    PAUSED = "paused"
    CONTACTS_MISSING = "contacts_missing"
    CONTACTS_USER_ID = "contacts_user_id"
    """`contacts` carries the BSUID beside the phone."""


REFUSALS = {
    Scenario.THROTTLED: ErrorCode.THROUGHPUT,
    Scenario.PAIR_RATE_LIMITED: ErrorCode.PAIR_RATE_LIMIT,
    Scenario.HTTP_429: ErrorCode.RATE_LIMIT_613,
    Scenario.TRY_AGAIN: ErrorCode.TRY_AGAIN,
    Scenario.SERVICE_DOWN: ErrorCode.SERVICE_DOWN,
    Scenario.RECIPIENT_UNREACHABLE: ErrorCode.UNDELIVERABLE,
    Scenario.WINDOW_CLOSED: ErrorCode.WINDOW_CLOSED,
    Scenario.TOKEN_EXPIRED: ErrorCode.TOKEN,
    Scenario.ERROR_500: ErrorCode.SOMETHING_WENT_WRONG,
}

_DOES_NOT_GO_OUT = {
    *REFUSALS,
    Scenario.REFUSED,
    Scenario.HTML_502,
    Scenario.DROP_BEFORE_READING,
}
_WITHOUT_STATUSES = {Scenario.NO_STATUSES, Scenario.HELD, Scenario.PAUSED}


@dataclass(slots=True, kw_only=True)
class Rule:
    """
    What happens to calls of `endpoint` for `to` (None: for anybody), `times` times (None: always).

    `to` is digits or a BSUID. `goes_out` overrules what the scenario usually does, for a 5xx
    that hides a sent message. `statuses` overrules which statuses follow. `code` is the error
    of `refused` and `accept_then_fail`.
    """

    scenario: Scenario = Scenario.ACCEPTS
    to: str | None = None
    times: int | None = None
    seconds: float = 0.0
    code: ErrorCode = ErrorCode.WINDOW_CLOSED
    goes_out: bool | None = None
    statuses: tuple[str, ...] | None = None
    endpoint: Endpoint = Endpoint.MESSAGES

    @property
    def is_taken(self) -> bool:
        """Whether Meta does what was asked, and a message gets an id."""
        return self.scenario not in _DOES_NOT_GO_OUT or self.delivers

    @property
    def delivers(self) -> bool:
        """Whether a message reaches a phone, and statuses follow."""
        usual = self.scenario not in _DOES_NOT_GO_OUT
        return usual if self.goes_out is None else self.goes_out

    @property
    def refusal(self) -> ErrorCode | None:
        return self.code if self.scenario is Scenario.REFUSED else REFUSALS.get(self.scenario)

    def statuses_after(self, usual: tuple[str, ...]) -> tuple[str, ...]:
        if self.statuses is not None:
            return self.statuses
        if self.scenario in _WITHOUT_STATUSES:
            return ()
        return ("failed",) if self.scenario is Scenario.ACCEPT_THEN_FAIL else usual


class Scenarios:
    """The rules arranged, and whoever hangs because of them."""

    def __init__(self) -> None:
        self.hanging = 0
        self._rules: list[Rule] = []
        self._released = asyncio.Event()
        self._another_hangs = asyncio.Event()

    def arrange(self, rule: Rule) -> None:
        self._rules.append(rule)

    def clear(self) -> None:
        self._rules.clear()
        self.release()

    def take(self, endpoint: Endpoint, to: str | None = None) -> Rule:
        """Return the rule for a call: those naming the recipient first, the oldest of them."""
        here = [rule for rule in self._rules if rule.endpoint is endpoint]
        named = [rule for rule in here if rule.to is not None and rule.to == to]
        general = [rule for rule in here if rule.to is None]
        for rule in named + general:
            if rule.times is None:
                return rule
            rule.times -= 1
            if rule.times <= 0:
                self._rules.remove(rule)
            return rule
        return Rule()

    async def hang(self) -> None:
        self.hanging += 1
        self._another_hangs.set()
        self._another_hangs = asyncio.Event()
        try:
            await self._released.wait()
        finally:
            self.hanging -= 1

    async def until_hanging(self, count: int) -> None:
        while self.hanging < count:
            await self._another_hangs.wait()

    def release(self) -> None:
        """Let go of every call that hangs now; later ones hang again."""
        self._released.set()
        self._released = asyncio.Event()
