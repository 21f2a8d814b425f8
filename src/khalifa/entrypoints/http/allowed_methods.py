"""What `OPTIONS` says that an address takes."""

from collections.abc import Mapping

from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Message, Receive, Scope, Send


class AllowedMethods:
    """
    Names in `Allow` all methods of the address.

    Litestar names those of the handler that was registered first, where an
    address has several.
    """

    def __init__(self, app: ASGIApp, routes: Mapping[str, str]) -> None:
        self._app = app
        self._routes = routes

    @classmethod
    def of(cls, app: Litestar) -> "AllowedMethods":
        """Return what goes around *app*."""
        routes = {
            route.path_format: ", ".join(sorted(route.methods))
            for route in app.routes
            if isinstance(route, HTTPRoute)
        }
        return cls(app.asgi_handler, routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_all(message: Message) -> None:
            if message["type"] == "http.response.start":
                allow = self._routes.get(str(scope.get("path_template")), "")
                message["headers"] = [
                    (name, allow.encode() if name.lower() == b"allow" and allow else value)
                    for name, value in message["headers"]
                ]
            await send(message)

        asks = scope.get("method") == "OPTIONS"
        await self._app(scope, receive, send_all if asks else send)
