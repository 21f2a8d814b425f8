"""What the API says of the providers side by side: before and after the last switch."""

from datetime import datetime
from typing import Annotated, Self

from msgspec import Meta, Struct

from khalifa.application.ports.provider_traffic import Traffic
from khalifa.application.watch_providers import Watch
from khalifa.domain.contacts import ProviderName
from khalifa.entrypoints.http.operations_schemas import Provider
from khalifa.entrypoints.http.schemas import ProviderKey


class ProviderTraffic(Struct, frozen=True, kw_only=True):
    """What one provider carried in a time."""

    received: Annotated[int, Meta(description="Messages of customers.")]
    sent: Annotated[int, Meta(description="Messages of ours that were not refused.")]
    failed: Annotated[int, Meta(description="Messages of ours that were refused.")]
    refusals: Annotated[
        dict[str, int],
        Meta(description="Why, and how often.", examples=[{"Meta limits this number.": 2}]),
    ]
    median_delay_seconds: Annotated[
        float | None,
        Meta(description="From a customer's writing until it was here; null for no message."),
    ]
    proven_at: Annotated[
        datetime | None,
        Meta(description="The newest message of ours that was reported delivered."),
    ]

    @classmethod
    def of(cls, traffic: Traffic | None) -> Self:
        traffic = traffic or Traffic()
        return cls(
            received=traffic.received,
            sent=traffic.sent,
            failed=traffic.failed,
            refusals=dict(traffic.refusals),
            median_delay_seconds=traffic.median_delay,
            proven_at=traffic.proven_at,
        )


class ProviderDays(Struct, frozen=True, kw_only=True):
    """One provider around the last switch."""

    provider: ProviderKey
    retired_at: Annotated[
        datetime | None, Meta(description="Since when its webhooks are refused; null for never.")
    ]
    before: Annotated[ProviderTraffic, Meta(description="In the 24 hours before the switch.")]
    after: Annotated[
        ProviderTraffic, Meta(description="In the 24 hours after it, as far as they are over.")
    ]
    lately: Annotated[ProviderTraffic, Meta(description="In the last 24 hours.")]


class StillNeeded(Struct, frozen=True, kw_only=True):
    """Why the old provider cannot be stopped yet."""

    detail: str
    detail_ar: str


class SwitchWatch(Struct, frozen=True, kw_only=True):
    """The last switch, and how the providers did around it."""

    switched_at: datetime | None
    source: Annotated[
        str | None,
        Meta(description="What made the switch.", examples=["khalifa provider switch"]),
    ]
    by: str | None
    old_provider: Annotated[str | None, Meta(description="Null when there never was a switch.")]
    may_stop_old: bool
    still_needed: list[StillNeeded]
    providers: list[ProviderDays]

    @classmethod
    def of(cls, watch: Watch) -> Self:
        seen = {*watch.before, *watch.after, *watch.lately, *watch.retired}
        return cls(
            switched_at=watch.switch.at if watch.switch and watch.old else None,
            source=watch.switch.source if watch.switch and watch.old else None,
            by=watch.switch.by if watch.switch and watch.old else None,
            old_provider=watch.old,
            may_stop_old=watch.may_stop,
            still_needed=[
                StillNeeded(detail=reason.english, detail_ar=reason.arabic or reason.english)
                for reason in watch.still_needed
            ],
            providers=[_days(watch, name) for name in sorted(seen)],
        )


class ProviderList(Struct, frozen=True, kw_only=True):
    """The configured providers, the active one first; and how they did around the last switch."""

    items: list[Provider]
    watch: SwitchWatch


def _days(watch: Watch, name: ProviderName) -> ProviderDays:
    return ProviderDays(
        provider=name,
        retired_at=watch.retired.get(name),
        before=ProviderTraffic.of(watch.before.get(name)),
        after=ProviderTraffic.of(watch.after.get(name)),
        lately=ProviderTraffic.of(watch.lately.get(name)),
    )
