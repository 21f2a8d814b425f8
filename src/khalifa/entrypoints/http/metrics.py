"""What Prometheus asks this server for."""

from hmac import compare_digest

from litestar import Request, Response, get
from litestar.datastructures import State

from khalifa.application.ports.metrics import SOCKETS, MetricsReport, Sample
from khalifa.application.read_metrics import ReadMetrics
from khalifa.domain.errors import NotFound
from khalifa.entrypoints.http.feed import Feed
from khalifa.entrypoints.http.guards import token_of
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.refused_requests import NotSignedIn


class MetricsToken:
    """What whoever watches must show; without one nobody is told anything."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def require(self, shown: str | None) -> None:
        """
        Raises:
            NotFound: nobody may ask.
            NotSignedIn: it is not the token.
        """
        if self._token is None:
            raise NotFound("Metrics are off: KHALIFA_METRICS_TOKEN is not set.")
        if not compare_digest((shown or "").encode(), self._token.encode()):
            raise NotSignedIn


# For a program that is told where to look, not for whoever uses the API.
@get("/metrics", include_in_schema=False)
async def metrics(
    request: Request[object, object, State],
    metrics_token: Injected[MetricsToken],
    metrics_report: Injected[MetricsReport],
    read_metrics: Injected[ReadMetrics],
    feed: Injected[Feed],
) -> Response[bytes]:
    shown, by_cookie = token_of(request.headers, {})
    metrics_token.require(None if by_cookie else shown)
    samples = await read_metrics()
    samples.append(Sample(SOCKETS, len(feed.subscriptions)))
    media_type, page = metrics_report.page(samples)
    return Response(page, media_type=media_type)
