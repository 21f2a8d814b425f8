"""Rows of what the rules of the business keep, to what they mean and back."""

import json
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row

from khalifa.domain.business_hours import BusinessHours, Opening
from khalifa.domain.business_settings import AutomaticText, BusinessSettings
from khalifa.domain.delays import Delay
from khalifa.domain.tickets import TicketId
from khalifa.infrastructure.database.mapping import Values

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


def settings_row(settings: BusinessSettings) -> Values:
    hours = settings.hours
    content = {
        "delay": settings.delay // _MINUTE,
        "grace": settings.grace // _MINUTE,
        "time_zone": hours.time_zone,
        "week": [[[opening.opens, opening.closes] for opening in day] for day in hours.week],
        "holidays": sorted(day.isoformat() for day in hours.holidays),
        "away_reply": _automatic_json(settings.away_reply),
        "welcome": _automatic_json(settings.welcome),
        "rating_request": _automatic_json(settings.rating_request),
        "reopen_hours": settings.reopen_window // _HOUR,
        "agents_see_all": settings.agents_see_all,
    }
    return {
        "version": settings.version,
        "content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
        "changed_at": settings.changed_at,
        "changed_by": settings.changed_by,
    }


def settings_of(row: Row[Any]) -> BusinessSettings:
    """Return a version of the settings; what it does not name yet is as khalifa came with it."""
    content: Values = json.loads(row.content)
    came_with = BusinessSettings()
    return BusinessSettings(
        delay=content["delay"] * _MINUTE,
        grace=content["grace"] * _MINUTE,
        hours=BusinessHours(
            time_zone=content["time_zone"],
            week=tuple(
                tuple(Opening(opens, closes) for opens, closes in day) for day in content["week"]
            ),
            holidays=frozenset(map(date.fromisoformat, content["holidays"])),
        ),
        away_reply=_automatic(content.get("away_reply"), came_with.away_reply),
        welcome=_automatic(content.get("welcome"), came_with.welcome),
        rating_request=_automatic(content.get("rating_request"), came_with.rating_request),
        agents_see_all=content.get("agents_see_all", came_with.agents_see_all),
        reopen_window=content.get("reopen_hours", came_with.reopen_window // _HOUR) * _HOUR,
        version=row.version,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
    )


def _automatic_json(said: AutomaticText) -> Values:
    return {"enabled": said.enabled, "text": said.text}


def _automatic(content: Values | None, otherwise: AutomaticText) -> AutomaticText:
    return otherwise if content is None else AutomaticText(**content)


def delay_row(delay: Delay) -> Values:
    return {
        "ticket_id": delay.ticket_id,
        "agent_id": delay.agent_id,
        "started_at": delay.started_at,
        "ended_at": delay.ended_at,
        "ended_by": delay.ended_by,
    }


def delay_of(row: Row[Any]) -> Delay:
    return Delay(
        ticket_id=TicketId(row.ticket_id),
        agent_id=row.agent_id,
        started_at=row.started_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )
