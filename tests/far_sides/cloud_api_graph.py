"""The Graph API's routes: messages, media, the number, the subscription."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.far_sides.cloud_api_bodies import JsonObject
from tests.far_sides.cloud_api_calls import Call, Calls, success
from tests.far_sides.cloud_api_errors import invalid, missing, unknown_object, unknown_path
from tests.far_sides.cloud_api_ids import new_wamid
from tests.far_sides.cloud_api_media import DOWNLOAD_PATH, StoredMedia, check_upload
from tests.far_sides.cloud_api_messages import AskedSend, accepted_answer, read_mark, read_send
from tests.far_sides.cloud_api_scenarios import Endpoint, Rule, Scenario
from tests.far_sides.cloud_api_statuses import StatusReports
from tests.far_sides.cloud_api_templates import page_of
from tests.far_sides.cloud_api_webhooks import Webhooks
from tests.far_sides.cloud_api_world import AcceptedMessage, MarkedRead, Settings, World, now

_NODE = r"/{version:v\d+\.\d+}/{node}"


class Graph:
    def __init__(
        self,
        settings: Settings,
        world: World,
        calls: Calls,
        webhooks: Webhooks,
    ) -> None:
        self._settings = settings
        self._world = world
        self._calls = calls
        self._webhooks = webhooks
        self.statuses = StatusReports(settings, webhooks)

    def routes(self) -> list[web.RouteDef]:
        handlers = (
            ("GET", r"/{version:v\d+\.\d+}/debug_token", self._debug_token),
            ("GET", f"{_NODE}/subscriptions", self._subscriptions),
            ("POST", f"{_NODE}/messages", self._messages),
            ("POST", f"{_NODE}/media", self._upload),
            ("GET", f"{_NODE}/subscribed_apps", self._subscribed_apps),
            ("POST", f"{_NODE}/subscribed_apps", self._subscribe),
            ("DELETE", f"{_NODE}/subscribed_apps", self._subscribe),
            ("GET", f"{_NODE}/phone_numbers", self._phone_numbers),
            ("GET", f"{_NODE}/message_templates", self._templates),
            ("GET", _NODE, self._node),
            ("DELETE", _NODE, self._delete),
            ("GET", DOWNLOAD_PATH, self._download),
            ("*", "/{tail:.*}", self._nowhere),
        )
        return [
            web.route(method, path, self._calls.route(handler))
            for method, path, handler in handlers
        ]

    async def _messages(self, call: Call) -> web.Response:
        self._calls.number(call)
        body = await call.json()
        if "status" in body:
            return await self._mark(call, body)
        asked = read_send(body, self._settings)

        async def act(rule: Rule) -> web.Response:
            message = await self._accept(asked, rule)
            return web.json_response(accepted_answer(asked.addressee, message.wamid, rule.scenario))

        return await self._calls.play(call, Endpoint.MESSAGES, act, to=asked.addressee.who)

    async def _accept(self, asked: AskedSend, rule: Rule) -> AcceptedMessage:
        message = AcceptedMessage(
            at=now(),
            to=asked.to,
            recipient=asked.recipient,
            who=asked.addressee.who,
            kind=asked.kind,
            text=asked.text,
            opaque=asked.opaque,
            context_id=asked.context_id,
            wamid=new_wamid(asked.addressee.who, from_us=True),
            went_out=rule.delivers and asked.addressee.exists,
            body=asked.body,
        )
        self._world.accepted.append(message)
        if not message.went_out:
            return message
        follow = self.statuses.follow(message, rule)
        if rule.scenario is Scenario.STATUS_BEFORE_ANSWER:
            await follow
        else:
            self._webhooks.later(follow)
        return message

    async def _mark(self, call: Call, body: JsonObject) -> web.Response:
        wamid, typing = read_mark(body)

        async def act(_: Rule) -> web.Response:
            self._world.reads.append(MarkedRead(at=now(), wamid=wamid, typing=typing))
            return success()

        return await self._calls.play(call, Endpoint.MARK_READ, act)

    async def _node(self, call: Call) -> web.Response:
        line = self._settings.line
        if call.node == line.phone_number_id:
            fields = call.request.query.get("fields")
            node = self._world.phone_node(self._settings, fields)
            return await self._calls.play(call, Endpoint.PHONE_NUMBER, _json(node))
        if call.node == line.waba_id:
            return web.json_response({"id": line.waba_id, "name": "Khalifa Stores"})
        media = self._media(call)
        link = self._link(call.request, media)
        return await self._calls.play(call, Endpoint.MEDIA, _json(media.node(link)))

    async def _phone_numbers(self, call: Call) -> web.Response:
        self._calls.account(call)
        return web.json_response({"data": [self._world.phone_node(self._settings, None)]})

    async def _templates(self, call: Call) -> web.Response:
        self._calls.account(call)
        page = page_of(
            self._world.templates,
            call.request.query,
            url=str(call.request.url.with_query(None)),
            token=self._settings.access_token,
        )
        return await self._calls.play(call, Endpoint.TEMPLATES, _json(page))

    async def _subscribed_apps(self, call: Call) -> web.Response:
        self._calls.account(call)
        app: JsonObject = {
            "id": self._settings.subscribed_app_id,
            "name": "khalifa",
            "link": f"https://www.facebook.com/games/?app_id={self._settings.subscribed_app_id}",
        }
        apps = [{"whatsapp_business_api_data": app}] if self._settings.subscribed else []
        return await self._calls.play(call, Endpoint.SUBSCRIBED_APPS, _json({"data": apps}))

    async def _debug_token(self, call: Call) -> web.Response:
        """Tell about a token; one that ended is no error here."""
        if call.request.query.get("input_token") != self._settings.access_token:
            raise invalid("The input_token is not one of this app")
        settings = self._settings
        account: JsonObject = {"target_ids": [settings.line.waba_id]}
        data: JsonObject = {
            "app_id": settings.app_id,
            "type": "SYSTEM_USER",
            "application": "khalifa",
            "expires_at": settings.token_expires_at,
            "is_valid": settings.token_is_valid,
            "scopes": list(settings.token_scopes),
            "granular_scopes": [{"scope": scope, **account} for scope in settings.token_scopes],
        }
        return web.json_response({"data": data})

    async def _subscriptions(self, call: Call) -> web.Response:
        """Answer which webhook fields the app gets; for the app itself only."""
        subscription: JsonObject = {
            "object": "whatsapp_business_account",
            "callback_url": str(self._settings.webhook_target or ""),
            "active": True,
            "fields": [
                {"name": name, "version": "v25.0"} for name in self._settings.webhook_fields
            ],
        }
        return web.json_response({"data": [subscription] if self._settings.webhook_fields else []})

    async def _subscribe(self, call: Call) -> web.Response:
        self._calls.account(call)

        async def act(_: Rule) -> web.Response:
            self._settings.subscribed = call.request.method == "POST"
            return success()

        return await self._calls.play(call, Endpoint.SUBSCRIBED_APPS, act)

    async def _upload(self, call: Call) -> web.Response:
        self._calls.number(call)
        form = await call.request.post()
        if form.get("messaging_product") != "whatsapp":
            raise missing("messaging_product")
        file = form.get("file")
        if not isinstance(file, web.FileField):
            raise missing("file")
        data = file.file.read()
        check_upload(file.content_type, len(data))

        async def act(_: Rule) -> web.Response:
            media = self._world.media.add(data, file.content_type, file.filename)
            return web.json_response({"id": media.id})

        return await self._calls.play(call, Endpoint.MEDIA, act)

    async def _download(self, call: Call) -> web.Response:
        query = call.request.query
        media = self._world.media.behind(query.get("mid", ""), query.get("hash", ""))
        if media is None:
            return web.Response(status=404)

        async def act(_: Rule) -> web.Response:
            return web.Response(body=media.data, headers={"Content-Type": media.mime_type})

        return await self._calls.play(call, Endpoint.MEDIA, act)

    async def _delete(self, call: Call) -> web.Response:
        self._world.media.remove(self._media(call).id)
        return success()

    async def _nowhere(self, call: Call) -> web.Response:
        raise unknown_path(call.request.path)

    def _media(self, call: Call) -> StoredMedia:
        media = self._world.media.find(call.node)
        number = call.request.query.get("phone_number_id")
        if media is None or number not in (None, self._settings.line.phone_number_id):
            raise unknown_object(call.node, call.request.method)
        return media

    def _link(self, request: web.Request, media: StoredMedia) -> str:
        return self._world.media.new_link(
            media, str(request.url.origin()), self._settings.media_url_seconds
        )


def _json(answer: JsonObject) -> Callable[[Rule], Awaitable[web.Response]]:
    async def act(_: Rule) -> web.Response:
        return web.json_response(answer)

    return act
