"""What can go wrong with a send, arranged per recipient or for the next ones."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from tests.far_sides.wppconnect_messages import JsonObject


class ThrownByLibraryError(Exception):
    """The library threw; `error` is what the server's JSON makes of it."""

    def __init__(self, error: JsonObject) -> None:
        super().__init__("the library threw")
        self.error = error


class ConnectionDroppedError(Exception):
    """The answer is the end of the connection."""


class HtmlAnsweredError(Exception):
    """The answer is a page for people."""


class SendScenario(StrEnum):
    OK = "ok"
    EMPTY_LIST = "empty_list"
    """201 with `response: []`; nothing was sent."""
    FALSE_ENTRY = "false_entry"
    """Sent, but the answer is `[false]` (wppconnect#2662)."""
    NULL_ENTRY = "null_entry"
    """Sent, but the answer is `[null]` (wppconnect#2800)."""
    ACK_FAILURE = "ack_failure"
    """201 with a message whose ack is -1 (server#2517): WhatsApp refused it."""
    ERROR_500 = "error_500"
    """The library threw an Error: 500 with `{"level":"error"}`."""
    ERROR_500_OBJECT = "error_500_object"
    """The library threw a plain object: the number does not exist."""
    HANG = "hang"
    """The page hangs: nothing is sent and nothing answered until released, then both."""
    HANG_AFTER_ACTING = "hang_after_acting"
    """Sent at once; the answer waits until released."""
    DROP_BEFORE = "drop_before"
    """The connection ends before anything was done."""
    DROP_AFTER_ACTING = "drop_after_acting"
    """Sent; the connection ends instead of an answer."""
    SLOW = "slow"
    """Sent at once; the answer comes `seconds` later."""
    HTML_500 = "html_500"
    """An HTML page, as a proxy or Express itself would give; nothing was sent."""
    ACKS_FIRST = "acks_first"
    """The ack webhooks are called and answered before the send is."""
    WID_CHANGED = "wid_changed"
    """The message goes to another chat id (`wid`), and so do its id and acks."""


_DOES_NOT_GO_OUT = {
    SendScenario.EMPTY_LIST,
    SendScenario.ACK_FAILURE,
    SendScenario.ERROR_500,
    SendScenario.ERROR_500_OBJECT,
    SendScenario.HTML_500,
    SendScenario.DROP_BEFORE,
}


@dataclass(slots=True, kw_only=True)
class Rule:
    """
    What happens to sends to `to` (None: to anybody), `times` times (None: always).

    `goes_out` overrules what the scenario usually does, for a 500 that hides a sent message.
    """

    scenario: SendScenario
    to: str | None = None
    times: int | None = None
    seconds: float = 0.0
    wid: str = "14443111111111@lid"
    goes_out: bool | None = None

    @property
    def sends(self) -> bool:
        usual = self.scenario not in _DOES_NOT_GO_OUT
        return usual if self.goes_out is None else self.goes_out


class Scenarios:
    def __init__(self) -> None:
        self.hanging = 0
        self._rules: list[Rule] = []
        self._released = asyncio.Event()

    def arrange(self, rule: Rule) -> None:
        self._rules.append(rule)

    def clear(self) -> None:
        self._rules.clear()
        self.release()

    def take(self, *recipients: str) -> Rule:
        """Return the rule for a send: those naming the recipient first, the oldest of them."""
        users = {recipient.partition("@")[0] for recipient in recipients}
        named = [r for r in self._rules if r.to and r.to.partition("@")[0] in users]
        general = [r for r in self._rules if r.to is None]
        for rule in named + general:
            if rule.times is None:
                return rule
            rule.times -= 1
            if rule.times == 0:
                self._rules.remove(rule)
            return rule
        return Rule(scenario=SendScenario.OK)

    async def hang(self) -> None:
        self.hanging += 1
        try:
            await self._released.wait()
        finally:
            self.hanging -= 1

    def release(self) -> None:
        """Let go of every send that hangs now; later ones hang again."""
        self._released.set()
        self._released = asyncio.Event()
