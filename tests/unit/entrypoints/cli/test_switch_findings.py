"""What a plan to switch says of money, and of what stands in its way."""

from decimal import Decimal
from pathlib import Path

import pytest

from khalifa.application.plan_switch import NOWHERE, SwitchPlan
from khalifa.application.ports.messaging import ConnectionStatus
from khalifa.domain.contacts import ProviderName
from khalifa.entrypoints.cli.switch_findings import Finding, Light, findings

UP = ConnectionStatus(connected=True, state="connected")


def a_plan(price: Decimal | None = None) -> SwitchPlan:
    return SwitchPlan(
        active=ProviderName("wppconnect"), target=ProviderName("cloud_api"), health=UP, price=price
    )


def said(plan: SwitchPlan) -> dict[str, Finding]:
    return {one.says: one for one in findings(plan, size=None, folder=Path())}


@pytest.mark.parametrize(
    ("price", "cost"),
    [
        (Decimal("0.0104"), " One to each of them costs 12.84."),
        (Decimal(0), " One to each of them costs 0.00."),
        (None, ""),
    ],
)
def test_with_a_price_the_templates_that_are_needed_have_a_cost(
    price: Decimal | None, cost: str
) -> None:
    plan = a_plan(price)
    plan.windows_closed = 1235

    found = said(plan)["On 1,235 active conversations only a template can be sent"]

    assert found.light is Light.AMBER
    assert found.advice == f"Until the customer writes through cloud_api.{cost}"


def test_where_no_window_is_closed_nothing_is_said_of_money() -> None:
    assert not [says for says in said(a_plan(Decimal(1))) if "template" in says]


def test_replies_that_could_go_nowhere_are_told_of() -> None:
    plan = a_plan()
    plan.waiting[NOWHERE] = 3

    assert said(plan)["3 waiting replies could go nowhere, and would fail"].light is Light.AMBER
