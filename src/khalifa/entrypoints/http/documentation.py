"""The API's document, and the page that shows it."""

from typing import Any

from litestar import Request
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin

from khalifa import __version__
from khalifa.entrypoints.http.pages import FILES


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


def openapi_config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="khalifa",
        version=__version__,
        path="/docs",
        render_plugins=[DocumentationPage(), JsonRenderPlugin()],
    )
