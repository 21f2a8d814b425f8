"""How routes describe their refusals in the API's document."""

from collections import defaultdict

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example

from khalifa.entrypoints.http.errors import (
    INVALID_REQUEST,
    KINDS,
    PROBLEM_JSON,
    ForeignOrigin,
    NotSignedIn,
    kind_uri,
    slug_of,
)
from khalifa.entrypoints.http.schemas import Problem

SIGNED_IN = (NotSignedIn,)
SIGNED_IN_TO_CHANGE = (NotSignedIn, ForeignOrigin)


def refusals(*errors: type[Exception], checked: bool = False) -> dict[int, ResponseSpec]:
    """
    Return the refusals a route may answer with, by status, each with an example.

    *checked*: it takes fields that may not fit, too.
    """
    examples: dict[int, list[Example]] = defaultdict(list)
    for error in errors:
        kind = KINDS[error]
        problem = Problem(
            type=kind_uri(error), title=kind.title, status=kind.status, detail=kind.hint
        )
        examples[kind.status].append(Example(id=slug_of(error), summary=kind.title, value=problem))
    if checked:
        status = INVALID_REQUEST.status
        examples[status].append(
            Example(id="invalid-request", summary=INVALID_REQUEST.title, value=INVALID_REQUEST)
        )
    return {
        status: ResponseSpec(
            data_container=Problem,
            description="; ".join(str(example.summary) for example in of_status),
            media_type=PROBLEM_JSON,
            generate_examples=False,
            examples=of_status,
        )
        for status, of_status in examples.items()
    }
