"""The providers the suite runs with, and what the far side of each may do to a call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.e2e.lines import CloudApiLine, FarSideLine, WppconnectLine
from tests.far_sides.cloud_api_scenarios import Scenario
from tests.far_sides.wppconnect_scenarios import SendScenario


@dataclass(frozen=True, slots=True)
class FarSide:
    """A provider: its line, and what may happen to a send beside what was asked."""

    line: type[FarSideLine]
    scenarios: Sequence[str]


# The sandbox is not among them: its phones are in the Redis that is wiped here.
FAR_SIDES: Mapping[str, FarSide] = {
    far_side.line.driver: far_side
    for far_side in (
        FarSide(
            CloudApiLine,
            (
                Scenario.HANG,
                Scenario.HANG_AFTER_ACTING,
                Scenario.DROP_BEFORE_READING,
                Scenario.DROP_AFTER_ACTING,
                Scenario.SLOW,
                Scenario.HTML_502,
                Scenario.GARBAGE,
                Scenario.EMPTY_OBJECT,
                Scenario.TRY_AGAIN,
                Scenario.THROTTLED,
                Scenario.ACCEPT_THEN_FAIL,
                Scenario.STATUS_BEFORE_ANSWER,
                Scenario.DELIVERED_BEFORE_SENT,
                Scenario.DUPLICATE_STATUSES,
            ),
        ),
        FarSide(
            WppconnectLine,
            (
                SendScenario.HANG,
                SendScenario.HANG_AFTER_ACTING,
                SendScenario.DROP_BEFORE,
                SendScenario.DROP_AFTER_ACTING,
                SendScenario.SLOW,
                SendScenario.HTML_500,
                SendScenario.EMPTY_LIST,
                SendScenario.FALSE_ENTRY,
                SendScenario.NULL_ENTRY,
                SendScenario.ACK_FAILURE,
                SendScenario.ERROR_500,
                SendScenario.ACKS_FIRST,
            ),
        ),
    )
}
