"""The API's document, and the page that shows it."""

from typing import Any

from litestar import Request
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag

from khalifa import __version__
from khalifa.application.ports.journal import JournalUnavailable
from khalifa.domain.errors import NotFound
from khalifa.entrypoints.http.bounds import with_bounds
from khalifa.entrypoints.http.examples import EXAMPLES, NAMED_EXAMPLES
from khalifa.entrypoints.http.guards import SESSION_COOKIE
from khalifa.entrypoints.http.pages import FILES
from khalifa.entrypoints.http.problems import PROBLEM_JSON
from khalifa.entrypoints.http.refused_requests import (
    BodyTooLarge,
    BodyTooSlow,
    MethodNotAllowed,
    ProviderRetired,
    TooManyRequests,
    UnsignedWebhook,
    WronglySignedWebhook,
)
from khalifa.entrypoints.http.responses import refusals
from khalifa.entrypoints.http.webhooks import ROUTE

COOKIE, BEARER = "session", "token"
_REFERENCE = "#/components/schemas/"
# Answers without a body (RFC 9110); Litestar describes one of some of them.
_EMPTY = frozenset({"204", "304"})
_METHODS = ("get", "post", "put", "patch", "delete")

DESCRIPTION = """\
Customers write on WhatsApp; each conversation is a ticket, held by one agent at a time.

People sign in with a session cookie, programs with `Authorization: Bearer`; `khalifa agents token
NAME` makes a token. Lists are `{items, next_cursor, live_cursor}`. Errors are problem details
(RFC 9457); the kinds are listed at `/docs/errors`.

**Live events**: a WebSocket at `/api/live?since=<live_cursor>`. Each frame is `{type, cursor, id,
version, entity}`, with the type `ticket.changed`, `message.changed`, `note.added`,
`reader.changed`, `agent.changed` or `provider.changed` and the whole entity as the API shows it; of
two copies the higher version is the newer. The first frame is `{"type": "hello", "cursor": …}`.
`{"type": "reload", "cursor": …}` says that what was missed is not known: load anew. Give the
newest cursor as `since` to go on after a disconnection. Close codes: 4401 not signed in, 4403 a
page of another site, 4008 too slow to listen, 1013 try again later."""

TAGS = (
    Tag(name="Tickets", description="Conversations, and answering in them."),
    Tag(name="Search", description="Customers and messages, by what somebody remembers."),
    Tag(name="Ready replies", description="Answers that are given again and again."),
    Tag(name="Templates", description="What may be sent when nothing else may."),
    Tag(name="Agents", description="Who answers, and whether they are here."),
    Tag(name="Branches", description="Where agents work, and whose customers are whose."),
    Tag(name="Figures", description="What was done each day and by whom; the live board."),
    Tag(name="Audit", description="Every administrative act."),
    Tag(name="Settings", description="The rules of the business: hours, patience, courtesies."),
    Tag(name="Signing in", description="Sessions for people; programs use tokens."),
    Tag(name="Provider", description="What carries the messages."),
    Tag(name="Webhooks", description="Where the providers call. Not for anybody else."),
    Tag(name="Health", description="For whoever restarts and balances."),
)


class DocumentationPage(OpenAPIRenderPlugin):
    """
    Our own page over the document, at `/docs`; errors' types lead to `/docs/errors`.

    Litestar's pages load scripts, styles and fonts from other hosts; a desk
    on a private network has none, and nobody outside should learn of a reader.
    """

    def __init__(self) -> None:
        super().__init__(path=["/", "/errors"])

    def render(
        self,
        request: Request[Any, Any, Any],
        openapi_schema: dict[str, Any],
    ) -> bytes:
        return FILES["docs.html"].content


class Document(JsonRenderPlugin):
    """The document, with what Litestar does not know of: webhooks, examples, our refusals."""

    def __init__(self) -> None:
        super().__init__()
        # It takes a while, anybody may ask, and it is always the same.
        self._rendered = b""

    def render(
        self,
        request: Request[Any, Any, Any],
        openapi_schema: dict[str, Any],
    ) -> bytes:
        if not self._rendered:
            self._rendered = self.render_json(request, completed(openapi_schema))
        return self._rendered


def openapi_config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="khalifa",
        version=__version__,
        description=DESCRIPTION,
        path="/docs",
        render_plugins=[DocumentationPage(), Document()],
        tags=list(TAGS),
        security=[{COOKIE: []}, {BEARER: []}],
        components=Components(
            security_schemes={
                COOKIE: SecurityScheme(
                    type="apiKey",
                    security_scheme_in="cookie",
                    name=SESSION_COOKIE,
                    description="Set by `POST /api/auth/login`.",
                ),
                BEARER: SecurityScheme(
                    type="http", scheme="bearer", description="From `khalifa agents token NAME`."
                ),
            }
        ),
    )


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """Return *document* as it is published; the one given is left as it is."""
    paths = {
        path: {key: _operation(value) if key in _METHODS else value for key, value in item.items()}
        for path, item in document["paths"].items()
    }
    components = document["components"]
    return {
        **document,
        "paths": {**paths, ROUTE: _webhook()},
        "components": {**components, "schemas": with_bounds(components["schemas"])},
    }


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    responses = {
        status: _response(status, response)
        for status, response in operation["responses"].items()
        # Litestar's own form of a refusal, which no route of ours gives.
        if status != "400"
    }
    shown = {**operation, "responses": responses}
    if "requestBody" in operation:
        body = operation["requestBody"]
        content = _content(body["content"])
        may_be_left_out = any({"type": "null"} in _choices(part) for part in content.values())
        shown["requestBody"] = {"content": content, "required": not may_be_left_out}
    return shown


def _response(status: str, response: dict[str, Any]) -> dict[str, Any]:
    if status in _EMPTY:
        return {key: value for key, value in response.items() if key != "content"}
    return {**response, "content": _content(response.get("content") or {})}


def _choices(body: dict[str, Any]) -> list[dict[str, Any]]:
    return list(body["schema"].get("oneOf", []))


def _content(content: dict[str, Any]) -> dict[str, Any]:
    return {media_type: _with_examples(body) for media_type, body in content.items()}


def _with_examples(body: dict[str, Any]) -> dict[str, Any]:
    given = body.get("examples") or {}
    if given:
        # The name is the key already, and an example has no field for it.
        fields = ("summary", "value")
        named = {name: {field: one[field] for field in fields} for name, one in given.items()}
        return {**body, "examples": named}
    for schema in (body["schema"], *_choices(body)):
        name = str(schema.get("$ref", "")).removeprefix(_REFERENCE)
        if name in NAMED_EXAMPLES:
            return {**body, "examples": NAMED_EXAMPLES[name]}
        if name in EXAMPLES:
            return {**body, "example": EXAMPLES[name]}
    return body


def _webhook() -> dict[str, Any]:
    """Return what is said of the one route that Litestar does not serve."""
    text = {"text/plain": {"schema": {"type": "string"}}}
    provider = {
        "name": "provider",
        "in": "path",
        "required": True,
        "description": "A configured provider, as in `WHATSAPP_DRIVER`.",
        "schema": {"type": "string", "examples": ["cloud_api", "wppconnect"]},
    }
    refused = (
        NotFound,
        ProviderRetired,
        UnsignedWebhook,
        WronglySignedWebhook,
        TooManyRequests,
        MethodNotAllowed,
    )
    return {
        "get": {
            "tags": ["Webhooks"],
            "parameters": [provider],
            "summary": "Prove that the webhook is ours",
            "description": "Answers the question of a provider that asks one (Meta's challenge).",
            "operationId": "WebhookHandshake",
            "security": [{}],
            "responses": {
                "200": {"description": "The challenge.", "content": text},
                **_refusals(*refused),
            },
        },
        "post": {
            "tags": ["Webhooks"],
            "parameters": [provider],
            "summary": "Take in what a provider has to say",
            "description": "The body is verified, as the provider signs it, and answered 200 once "
            "it is durable. What is in it is read later.",
            "operationId": "Webhook",
            "security": [{}],
            "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
            "responses": {
                "200": {"description": "Durable.", "content": text},
                **_refusals(*refused, BodyTooLarge, BodyTooSlow, JournalUnavailable),
            },
        },
    }


def _refusals(*errors: type[Exception]) -> dict[str, Any]:
    return {
        str(int(status)): {
            "description": spec.description,
            "content": {
                PROBLEM_JSON: {
                    "schema": {"$ref": f"{_REFERENCE}Problem"},
                    "examples": {
                        str(example.id): {"summary": example.summary, "value": example.value}
                        for example in spec.examples or []
                    },
                }
            },
        }
        for status, spec in refusals(*errors).items()
    }
