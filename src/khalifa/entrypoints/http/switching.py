"""Another provider, by a person at the desk: what it would mean, doing it, and going back."""

from typing import Annotated, Self, TypeAlias

from litestar import get, post
from litestar.params import Body, PathParameter
from msgspec import Meta, Struct

from khalifa.application.ask_providers import ask_status
from khalifa.application.plan_switch import PlanSwitch, SwitchPlan
from khalifa.application.ports.messaging import Providers
from khalifa.application.switch_provider import ActiveProvider, SwitchProvider, SwitchRefused
from khalifa.domain.agents import Agent
from khalifa.domain.contacts import ProviderName
from khalifa.domain.errors import Conflict, NotAllowed, NotFound
from khalifa.domain.words import Words
from khalifa.entrypoints.http.guards import admins_only
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.responses import SIGNED_IN, SIGNED_IN_TO_CHANGE, refusals
from khalifa.entrypoints.http.schemas import ProviderKey

TAGS = ["Provider"]
_SOURCE = "the desk"

ToProvider: TypeAlias = Annotated[
    str, PathParameter(max_length=50, description="Configured here, as in `WHATSAPP_DRIVER`.")
]


class PlannedSwitch(Struct, frozen=True, kw_only=True):
    """What a switch would mean, counted now. Nothing is changed by counting."""

    active: ProviderKey
    target: ProviderKey
    connected: Annotated[bool, Meta(description="Whether the target could carry replies now.")]
    detail: Annotated[str | None, Meta(description="What is wrong with it, and what to do.")]
    detail_ar: str | None
    customers: Annotated[int, Meta(examples=[9120])]
    reachable: Annotated[int, Meta(description="Of these, by the target.", examples=[9102])]
    active_tickets: Annotated[int, Meta(examples=[458])]
    active_reachable: Annotated[int, Meta(description="Of these, by the target.", examples=[449])]
    windows_closed: Annotated[
        int, Meta(description="Of these, on which it takes templates only.", examples=[37])
    ]
    waiting: Annotated[
        dict[str, int],
        Meta(
            description="Replies that wait, by who would carry them.", examples=[{"wppconnect": 3}]
        ),
    ]

    @classmethod
    def of(cls, plan: SwitchPlan) -> Self:
        return cls(
            active=plan.active,
            target=plan.target,
            connected=plan.health.connected,
            detail=plan.health.detail,
            detail_ar=plan.health.detail_ar,
            customers=plan.customers,
            reachable=plan.reachable,
            active_tickets=plan.active_tickets,
            active_reachable=plan.active_reachable,
            windows_closed=plan.windows_closed,
            waiting=dict(plan.waiting),
        )


class Expected(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the person saw who decided: of two who decide at once, the second is told."""

    active: Annotated[str, Meta(description="Which provider carries replies until now.")]
    force: Annotated[
        bool, Meta(description="Also to a provider that is not connected. Of no use going back.")
    ] = False


class MadeSwitch(Struct, frozen=True, kw_only=True):
    """Which provider carries replies from now on; everywhere within two seconds."""

    active: ProviderKey


@get(
    "/api/provider/{provider:str}/plan",
    guards=[admins_only],
    tags=TAGS,
    summary="What a switch to a provider would mean",
    description="For administrators. Looks at every customer: seconds, where there are many. "
    "`khalifa provider plan` says more, and learns numbers that are missing.",
    responses=refusals(*SIGNED_IN, NotAllowed, NotFound, Conflict),
)
async def plan(provider: ToProvider, plan_switch: Injected[PlanSwitch]) -> PlannedSwitch:
    return PlannedSwitch.of(await plan_switch(ProviderName(provider)))


@post(
    "/api/provider/{provider:str}/switch",
    guards=[admins_only],
    status_code=200,
    tags=TAGS,
    summary="Let replies go by another provider",
    description="For administrators. One row, and nothing else: what customers write is taken in "
    "through every provider as before. No backup is made; `khalifa provider switch` makes one, "
    "and sets the variable in `.env`, too.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, NotFound, Conflict, checked=True),
)
async def switch(
    *,
    provider: ToProvider,
    data: Annotated[Expected, Body()],
    me: Injected[Agent],
    configured_providers: Injected[Providers],
    switch_provider: Injected[SwitchProvider],
    active_provider: Injected[ActiveProvider],
) -> MadeSwitch:
    target = configured_providers.find(provider)
    if target is not None and not data.force:
        status = await ask_status(target)
        if not status.connected:
            why = status.detail or status.state
            raise SwitchRefused(
                Words(
                    f"{provider} is not connected: {why}",
                    f"المزوّد {provider} غير متصل: {status.detail_ar or why}",
                )
            )
    made = await switch_provider(
        ProviderName(provider),
        expected=ProviderName(data.active),
        source=_SOURCE,
        by=me.name,
        agent=me.id,
    )
    active_provider.look_again()
    return MadeSwitch(active=made.provider)


@post(
    "/api/provider/rollback",
    guards=[admins_only],
    status_code=200,
    tags=TAGS,
    summary="Go back to the provider before the last switch",
    description="For administrators. One row; what came and went since stays.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, Conflict, checked=True),
)
async def rollback(
    *,
    data: Annotated[Expected, Body()],
    me: Injected[Agent],
    switch_provider: Injected[SwitchProvider],
    active_provider: Injected[ActiveProvider],
) -> MadeSwitch:
    made = await switch_provider.back(expected=ProviderName(data.active), by=me.name, agent=me.id)
    active_provider.look_again()
    return MadeSwitch(active=made.provider)


HANDLERS = (plan, switch, rollback)
