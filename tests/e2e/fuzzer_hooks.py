"""What Schemathesis must know of khalifa: loaded by it, as schemathesis.toml says."""

import os
from typing import Any, TypeAlias

import schemathesis
from schemathesis import AuthContext, Case, GenerationMode, HookContext, Response
from schemathesis.core.failures import Failure

AnyCase: TypeAlias = Case[Any]

# As whom is asked; nothing at all of nobody.
TOKEN = os.environ.get("FUZZER_TOKEN")
NAME = os.environ.get("FUZZER_NAME")
PASSWORD = os.environ.get("FUZZER_PASSWORD")
ME = os.environ.get("FUZZER_ID")
SESSION = os.environ.get("FUZZER_SESSION")
# Others of theirs, to be ended.
SESSIONS = os.environ.get("FUZZER_SESSIONS", "").split()
COLLEAGUE = os.environ.get("FUZZER_COLLEAGUE", "")
# What the provider proves its calls with, by its name.
SIGNED = {"wppconnect": os.environ.get("FUZZER_WEBHOOK_AUTHORIZATION", "")}

OWN_SESSION = "/api/me/sessions/{session}"
WEBHOOK = "/api/webhook/{provider}"
MESSAGES = {"/api/tickets", "/api/tickets/{ticket_id}/messages"}
# The field of each kind of message; of files, `media_id`.
FIELDS = {
    "text": "text",
    "location": "location",
    "contacts": "contacts",
    "reaction": "reaction",
    "template": "template",
    "interactive": "interactive",
}
LONG = 8

REFUSED_THOUGH_VALID, SERVER_ERROR = "ST202", "ST101"

if TOKEN:

    @schemathesis.auth().skip_for(path=WEBHOOK)
    class Token:
        def get(self, case: AnyCase, context: AuthContext) -> str | None:
            return TOKEN

        def set(self, case: AnyCase, token: str, context: AuthContext) -> None:
            case.headers["Authorization"] = f"Bearer {token}"


@schemathesis.hook
def before_call(context: HookContext, case: AnyCase, kwargs: dict[str, Any]) -> None:
    if TOKEN:
        _spare_who_asks(case)
        if case.path == WEBHOOK:
            _sign(case)
        if _is_valid(case) and case.method == "POST" and isinstance(case.body, dict):
            _make_sense(case.path, case.body)


def _spare_who_asks(case: AnyCase) -> None:
    """
    Send a call elsewhere that would end who asks.

    Who is disabled, is given another password or has no session any more is
    refused from then on: the route is called all the same, of a colleague.
    """
    path = case.path_parameters or {}
    if case.method != "GET" and str(path.get("agent_id")) == ME:
        path["agent_id"] = int(COLLEAGUE)
    if case.method == "DELETE" and path.get("session") == SESSION:
        path["session"] = "none"
    # By chance none of them is named.
    if case.method == "DELETE" and case.path == OWN_SESSION and _is_valid(case) and SESSIONS:
        path["session"] = SESSIONS.pop()


def _sign(case: AnyCase) -> None:
    """Prove what the provider says, so that its body is read, whatever is in it."""
    if proof := SIGNED.get(str((case.path_parameters or {}).get("provider"))):
        case.headers["Authorization"] = proof


def _is_valid(case: AnyCase) -> bool:
    return case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE


def _make_sense(path: str, body: dict[str, Any]) -> None:
    """
    Make of a valid body one that says something.

    By chance alone nearly no message has the one field of its kind, no number
    is a phone's and no password the right one, and nothing behind is reached.
    """
    if path in MESSAGES and "media_id" not in body:
        kind = next((kind for kind, field in FIELDS.items() if field in body), "text")
        others = {*FIELDS.values()} - {FIELDS[kind]}
        body.update({"kind": kind, FIELDS[kind]: body.get(FIELDS[kind]) or "?"})
        for field in others & body.keys():
            del body[field]
    if path == "/api/tickets" and isinstance(body.get("phone"), str):
        body["phone"] = f"+2010{sum(map(ord, body['phone'])) % 10**8:08d}"
    # Some of them remain what they are: wrong.
    if PASSWORD and path == "/api/me/password" and len(str(body.get("new"))) > LONG:
        body.update({"current": PASSWORD, "new": PASSWORD})
    if PASSWORD and path == "/api/auth/login" and len(str(body.get("name"))) > LONG:
        body.update({"name": NAME, "password": PASSWORD})


@schemathesis.hook
def filter_failure(
    context: HookContext, failure: Failure, case: AnyCase, response: Response
) -> bool:
    """
    Let pass what the document says: a rule of the business, by its name.

    Nobody is merged with who is not there, and a text of spaces is not sent:
    such a request is as the document has it, and its refusal is there, too. To
    refuse as not as described what is as described is a failure. So is any
    5xx but 501: what only another provider can do.
    """
    named = _named(case, response)
    match failure.code:
        case code if code == REFUSED_THOUGH_VALID:
            return not named or "invalid-request" in named
        case code if code == SERVER_ERROR:
            return not named or response.status_code != 501
    return True


def _named(case: AnyCase, response: Response) -> set[str]:
    """Return the kind of refusal that *response* is, if its operation's document names it."""
    if "application/problem+json" not in response.headers.get("content-type", [""])[0]:
        return set()
    kind = response.json()["type"].rpartition("#")[2]
    described = case.operation.definition.raw["responses"].get(str(response.status_code), {})
    content = described.get("content", {}).get("application/problem+json", {})
    return {kind} & set(content.get("examples", {}))
