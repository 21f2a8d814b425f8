"""
The templates of the business account, as Meta lists them.

https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/message_templates/
"""

from collections.abc import Mapping, Sequence

from tests.far_sides.cloud_api_bodies import JsonObject
from tests.far_sides.cloud_api_errors import invalid

DEFAULT_LIMIT = 25
_CURSOR = "MAZD"


def usual_templates() -> list[JsonObject]:
    """Return a few as a shop has them; the last one is not approved."""
    return [
        template(
            "order_ready",
            "ar",
            header={"type": "HEADER", "format": "TEXT", "text": "طلب {{1}}"},
            body="أهلاً {{1}}، طلبك {{2}} جاهز.",
            buttons=[
                {"type": "QUICK_REPLY", "text": "شكراً"},
                {"type": "URL", "text": "تتبع", "url": "https://shop.example/{{1}}"},
            ],
        ),
        template("hello", "en_US", body="Hello {{name}}, how are you?", named=True),
        template("new_photo", "en_US", header={"type": "HEADER", "format": "IMAGE"}, body="Look!"),
        template("not_yet", "en_US", body="Soon", status="PENDING"),
    ]


def template(
    name: str,
    language: str,
    *,
    body: str,
    header: JsonObject | None = None,
    buttons: Sequence[JsonObject] = (),
    named: bool = False,
    status: str = "APPROVED",
) -> JsonObject:
    """Return one template as Meta shows it."""
    components: list[JsonObject] = [{"type": "BODY", "text": body}]
    if header:
        components.insert(0, header)
    if buttons:
        components.append({"type": "BUTTONS", "buttons": list(buttons)})
    return {
        "name": name,
        "language": language,
        "status": status,
        "category": "UTILITY",
        "parameter_format": "NAMED" if named else "POSITIONAL",
        "components": components,
        "id": f"{abs(hash((name, language))) % 10**15:015}",
    }


def page_of(
    templates: Sequence[JsonObject], query: Mapping[str, str], *, url: str, token: str
) -> JsonObject:
    """
    Return the page of *templates* that *query* asks for.

    Raises:
        GraphError: the query makes no sense.
    """
    status = query.get("status")
    found = [one for one in templates if status is None or one["status"] == status]
    try:
        limit = int(query.get("limit", DEFAULT_LIMIT))
        start = int(query.get("after", f"{_CURSOR}0").removeprefix(_CURSOR))
    except ValueError:
        raise invalid("Invalid cursors values") from None
    end = start + limit
    paging: JsonObject = {"cursors": {"before": f"{_CURSOR}{start}", "after": f"{_CURSOR}{end}"}}
    if end < len(found):
        # Meta's own link has the token in it.
        paging["next"] = f"{url}?access_token={token}&limit={limit}&after={_CURSOR}{end}"
    fields = query.get("fields", "name,language,status,category,components").split(",")
    page = [{name: one[name] for name in [*fields, "id"] if name in one} for one in found]
    return {"data": page[start:end], "paging": paging}
