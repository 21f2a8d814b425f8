"""
What Meta refuses in a message's content, by its type.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
"""

from collections.abc import Callable, Mapping

from tests.far_sides.cloud_api_errors import invalid, missing

MAX_BUTTONS, MAX_TITLE, MAX_BODY = 3, 20, 1024
MAX_ROWS, MAX_ROW_TITLE = 10, 24


def check_content(kind: str, content: object) -> None:
    """Raise `GraphError` as Meta refuses what is missing, doubled or too long."""
    check = _CHECKS.get(kind)
    if check is not None:
        check(content)


def _location(content: object) -> None:
    match content:
        case {"latitude": int() | float(), "longitude": int() | float()}:
            return
    raise missing("location['latitude']")


def _contacts(content: object) -> None:
    for card in content if isinstance(content, list) else [None]:
        match card:
            case {"name": {"formatted_name": str(name), **rest}} if name and rest:
                continue
        raise missing("contacts['name']['formatted_name']")


def _reaction(content: object) -> None:
    match content:
        case {"message_id": str(target), "emoji": str()} if target.startswith("wamid."):
            return
    raise missing("reaction['message_id']")


def _template(content: object) -> None:
    match content:
        case {"name": str(name), "language": {"code": str(code)}, **rest} if name and code:
            for component in _listed(rest.get("components")):
                _component(component)
        case _:
            raise missing("template['language']['code']")


def _component(component: object) -> None:
    match component:
        case {"type": "header" | "body", "parameters": list(parameters)}:
            pass
        case {"type": "button", "sub_type": str(), "index": str(), "parameters": list(parameters)}:
            pass
        case _:
            raise missing("template['components']['type']")
    for parameter in parameters:
        match parameter:
            case {"type": "text", "text": str(text)} if not text.strip():
                # https://github.com/shridarpatil/frappe_whatsapp/issues/169
                raise invalid("Param text cannot be empty")
            case {"type": str(kind)} if kind in parameter:
                continue
        raise missing("template['components']['parameters']")


def _interactive(content: object) -> None:
    match content:
        case {"type": "button", "body": {"text": str(body)}, "action": {"buttons": list(buttons)}}:
            titles = [button["reply"]["title"] for button in buttons]
            if not 1 <= len(titles) <= MAX_BUTTONS or len(set(titles)) < len(titles):
                raise invalid("Buttons must be 1 to 3 and their titles unique")
            if any(len(title) > MAX_TITLE for title in titles) or len(body) > MAX_BODY:
                raise invalid("Button label invalid length. Min length: 1, Max length: 20")
        case {
            "type": "list",
            "body": {"text": str()},
            "action": {"button": str(), "sections": list(sections)},
        }:
            rows = [row for section in sections for row in section["rows"]]
            if not 1 <= len(rows) <= MAX_ROWS:
                raise invalid("Total row count exceed max allowed count: 10")
            if any(len(row["title"]) > MAX_ROW_TITLE for row in rows):
                raise invalid("Row title is too long. Max length is 24")
        case _:
            raise missing("interactive['action']")


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


_CHECKS: Mapping[str, Callable[[object], None]] = {
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "template": _template,
    "interactive": _interactive,
}
