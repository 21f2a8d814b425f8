"""
The templates of the WhatsApp Business account our number belongs to.

https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management
"""

from urllib.parse import urlencode

import aiohttp

from khalifa.application.ports.messaging import ChannelStopped, NotSent, ProviderUnreachable
from khalifa.application.ports.templates import TemplateCatalog
from khalifa.domain.filled_template import HeaderType
from khalifa.domain.messages import JsonValue
from khalifa.domain.templates import ButtonKind, Template, TemplateButton, TemplateHeader
from khalifa.infrastructure.messaging.cloud_api.errors import refusal
from khalifa.infrastructure.messaging.cloud_api.fields import elements, mapping, string, text
from khalifa.infrastructure.messaging.cloud_api.settings import CloudApiSettings
from khalifa.infrastructure.provider_http import Answer, request_json

_OPERATION = "Asking for the templates"
_FIELDS = "name,language,status,category,components,parameter_format"
_APPROVED = "APPROVED"
PAGE = 100
# An account may have 6,000 templates; nobody chooses among more than a thousand.
MOST_PAGES = 10

_NO_ACCOUNT = (
    "Meta does not say which WhatsApp Business account the number belongs to. "
    "Set CLOUD_API_BUSINESS_ACCOUNT_ID."
)
_UNCLEAR = f"{_OPERATION}: Meta's answer ({{status}}) cannot be understood."


class CloudApiTemplates(TemplateCatalog):
    """
    Lists what is approved, page by page.

    The account is named by a setting, or else by the number's own health
    report, where it stands among what a message depends on.
    """

    def __init__(self, settings: CloudApiSettings, http: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._http = http
        self._account = settings.business_account_id

    async def list_templates(self) -> list[Template]:
        account = self._account or await self._find_account()
        self._account = account
        templates: list[Template] = []
        after: str | None = None
        for _ in range(MOST_PAGES):
            page = await self._page(account, after)
            templates += [template for item in elements(page.get("data")) for template in _of(item)]
            # The cursor alone: Meta's ready-made link has the token in it.
            paging = mapping(page.get("paging"))
            after = string(mapping(paging.get("cursors")).get("after"))
            if after is None or "next" not in paging:
                break
        return sorted(templates, key=lambda template: (template.name, template.language))

    async def _page(self, account: str, after: str | None) -> dict[str, JsonValue]:
        query = {"fields": _FIELDS, "status": _APPROVED, "limit": str(PAGE)}
        if after is not None:
            query["after"] = after
        return await self._get(f"{account}/message_templates?{urlencode(query)}", "data")

    async def _find_account(self) -> str:
        number = await self._get(f"{self._settings.phone_number_id}?fields=health_status", "id")
        for entity in elements(mapping(number.get("health_status")).get("entities")):
            match entity:
                case {"entity_type": "WABA", "id": str(account)} if account.isdecimal():
                    return account
        raise ChannelStopped(_NO_ACCOUNT)

    async def _get(self, path: str, needed: str) -> dict[str, JsonValue]:
        answer = await request_json(
            self._http,
            "GET",
            f"{self._settings.base_url}/{self._settings.version}/{path}",
            operation=_OPERATION,
            headers=self._settings.authorization,
        )
        found = mapping(answer.body)
        if needed not in found or "error" in found:
            raise _failure(answer)
        return found


def _failure(answer: Answer) -> NotSent:
    match answer.body:
        case {"error": error} if reason := refusal(error, status=answer.status):
            return reason
    return ProviderUnreachable(_UNCLEAR.format(status=answer.status))


def _of(item: JsonValue) -> list[Template]:
    """Return the template *item* describes, if it does and is approved."""
    fields = mapping(item)
    name, language = string(fields.get("name")), string(fields.get("language"))
    if fields.get("status") != _APPROVED or name is None or language is None:
        return []
    parts = {
        str(component.get("type")).upper(): component
        for component in map(mapping, elements(fields.get("components")))
    }
    return [
        Template(
            name=name,
            language=language,
            category=string(fields.get("category")) or "",
            named=fields.get("parameter_format") == "NAMED",
            header=_header(parts["HEADER"]) if "HEADER" in parts else None,
            text=text(mapping(parts.get("BODY")).get("text")) or "",
            footer=text(mapping(parts.get("FOOTER")).get("text")),
            buttons=tuple(map(_button, elements(mapping(parts.get("BUTTONS")).get("buttons")))),
        )
    ]


def _header(component: dict[str, JsonValue]) -> TemplateHeader | None:
    try:
        format_ = HeaderType(str(component.get("format")).lower())
    except ValueError:
        return None
    return TemplateHeader(type=format_, text=text(component.get("text")))


def _button(value: JsonValue) -> TemplateButton:
    fields = mapping(value)
    try:
        kind = ButtonKind(str(fields.get("type")).lower())
    except ValueError:
        kind = ButtonKind.OTHER
    return TemplateButton(
        kind=kind, title=text(fields.get("text")) or "", url=text(fields.get("url"))
    )
