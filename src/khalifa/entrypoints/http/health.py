"""Whether the server lives, and whether it can work: for whoever restarts and balances."""

from http import HTTPStatus

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.journal import Journal, JournalUnavailable
from khalifa.application.ports.readers import Health
from khalifa.entrypoints.http import operations_schemas
from khalifa.entrypoints.http.injection import Injected

TAGS = ["Health"]


@get(
    "/health/live",
    tags=TAGS,
    summary="Does the process answer",
    description="Says nothing of what it stands on: a restart would not mend that.",
    security=[{}],
)
async def live() -> operations_schemas.Alive:
    return operations_schemas.Alive()


@get(
    "/health/ready",
    tags=TAGS,
    summary="Can it do its work",
    description="Says which dependency is missing, and how much waits to be filed.",
    security=[{}],
    responses={
        HTTPStatus.SERVICE_UNAVAILABLE: ResponseSpec(
            data_container=operations_schemas.Readiness,
            description="Something is missing; the answer says what.",
            generate_examples=False,
        )
    },
)
async def ready(
    health: Injected[Health], journal: Injected[Journal], clock: Injected[Clock]
) -> Response[operations_schemas.Readiness]:
    found = await health.check()
    well = not any(found.values())
    answer = operations_schemas.Readiness(
        status="ok" if well else "unavailable",
        dependencies={name: wrong or "ok" for name, wrong in found.items()},
        journal=await _depth(journal, clock),
    )
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    return Response(answer, status_code=status)


async def _depth(journal: Journal, clock: Clock) -> operations_schemas.JournalDepth | None:
    try:
        depth = await journal.depth()
    except JournalUnavailable:
        return None
    waited = None if depth.oldest is None else (clock.now() - depth.oldest).total_seconds()
    return operations_schemas.JournalDepth(
        bodies=depth.bodies,
        bytes=depth.size,
        oldest_seconds=None if waited is None else max(round(waited, 1), 0.0),
    )
