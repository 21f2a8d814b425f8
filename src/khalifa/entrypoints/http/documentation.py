"""The API's document, and the page that shows it."""

from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from khalifa import __version__


def openapi_config() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="khalifa", version=__version__, path="/docs", render_plugins=[JsonRenderPlugin()]
    )
