"""The rules of the business: hours, patience, what is said automatically; and delays."""

from datetime import timedelta
from typing import Annotated

import msgspec
from litestar import get, patch
from litestar.params import Body

from khalifa.application.business_rules import BusinessRules
from khalifa.application.change_settings import ChangeSettings, SettingsChange
from khalifa.application.edit_customer import UNCHANGED, Unchanged
from khalifa.application.ports.clock import Clock
from khalifa.application.watch_delays import ReadDelays
from khalifa.domain.agents import Agent
from khalifa.domain.business_settings import AutomaticText
from khalifa.domain.errors import InvalidSettings, NotAllowed, NotFound
from khalifa.domain.tickets import TicketId
from khalifa.entrypoints.http import settings_schemas
from khalifa.entrypoints.http.guards import admins_only
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.responses import SIGNED_IN, SIGNED_IN_TO_CHANGE, refusals
from khalifa.entrypoints.http.schemas import shown
from khalifa.entrypoints.http.tickets import TAGS as TICKET_TAGS
from khalifa.entrypoints.http.tickets import TicketNumber
from khalifa.entrypoints.http.unset import given

TAGS = ["Settings"]


@get(
    "/api/settings",
    tags=TAGS,
    summary="Read the rules of the business",
    responses=refusals(*SIGNED_IN),
)
async def settings(
    business_rules: Injected[BusinessRules], clock: Injected[Clock]
) -> settings_schemas.Settings:
    return settings_schemas.Settings.of(await business_rules(), now=clock.now())


@patch(
    "/api/settings",
    guards=[admins_only],
    tags=TAGS,
    summary="Change the rules of the business",
    description="For administrators. In force everywhere within three seconds. Every version "
    "stays on record.",
    responses=refusals(*SIGNED_IN_TO_CHANGE, NotAllowed, InvalidSettings, checked=True),
)
async def change(
    data: Annotated[settings_schemas.SettingsUpdate, Body()],
    me: Injected[Agent],
    change_settings: Injected[ChangeSettings],
    clock: Injected[Clock],
) -> settings_schemas.Settings:
    week = given(data.week)
    after = await change_settings(
        me,
        SettingsChange(
            delay=_minutes(data.delay_minutes),
            grace=_minutes(data.grace_minutes),
            time_zone=given(data.time_zone),
            week=week if isinstance(week, Unchanged) else week.meant(),
            holidays=given(data.holidays),
            away_reply=_said(data.away_reply),
            welcome=_said(data.welcome),
            rating_request=_said(data.rating_request),
            reopen_window=_hours(data.reopen_hours),
            agents_see_all=given(data.agents_see_all),
        ),
    )
    return settings_schemas.Settings.of(after, now=clock.now())


@get(
    "/api/tickets/{ticket_id:int}/delays",
    tags=TICKET_TAGS,
    summary="List a ticket's delays",
    description="When its customer was left waiting for too long, until when, and with whom.",
    responses=refusals(*SIGNED_IN, NotAllowed, NotFound),
)
async def delays(
    ticket_id: TicketNumber, me: Injected[Agent], read_delays: Injected[ReadDelays]
) -> settings_schemas.DelayList:
    found = await read_delays(me, TicketId(ticket_id))
    return settings_schemas.DelayList(
        items=[shown(settings_schemas.Delay, delay) for delay in found]
    )


def _minutes(value: int | msgspec.UnsetType) -> timedelta | Unchanged:
    return UNCHANGED if isinstance(value, msgspec.UnsetType) else timedelta(minutes=value)


def _hours(value: int | msgspec.UnsetType) -> timedelta | Unchanged:
    return UNCHANGED if isinstance(value, msgspec.UnsetType) else timedelta(hours=value)


def _said(value: settings_schemas.Automatic | msgspec.UnsetType) -> AutomaticText | Unchanged:
    return UNCHANGED if isinstance(value, msgspec.UnsetType) else value.meant()


HANDLERS = (settings, change, delays)
