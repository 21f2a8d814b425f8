"""Whether the server lives, and whether it can work: for whoever restarts and balances."""

from http import HTTPStatus

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec

from khalifa.application.ports.readers import Health
from khalifa.entrypoints.http import schemas
from khalifa.entrypoints.http.injection import Injected

TAGS = ["Health"]


@get(
    "/health/live",
    tags=TAGS,
    summary="Does the process answer",
    description="Says nothing of what it stands on: a restart would not mend that.",
    security=[{}],
)
async def live() -> schemas.Alive:
    return schemas.Alive()


@get(
    "/health/ready",
    tags=TAGS,
    summary="Can it do its work",
    description="Says which dependency is missing.",
    security=[{}],
    responses={
        HTTPStatus.SERVICE_UNAVAILABLE: ResponseSpec(
            data_container=schemas.Readiness,
            description="Something is missing; the answer says what.",
            generate_examples=False,
        )
    },
)
async def ready(health: Injected[Health]) -> Response[schemas.Readiness]:
    found = await health.check()
    well = not any(found.values())
    answer = schemas.Readiness(
        status="ok" if well else "unavailable",
        dependencies={name: wrong or "ok" for name, wrong in found.items()},
    )
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    return Response(answer, status_code=status)
