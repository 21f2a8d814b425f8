"""How routes describe their refusals in the API's document."""

from collections import defaultdict
from http import HTTPStatus

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example

from khalifa.application.ports.unit_of_work import DatabaseUnavailable
from khalifa.entrypoints.http.problems import (
    INVALID_REQUEST,
    PROBLEM_JSON,
    problem_of_kind,
    slug_of,
)
from khalifa.entrypoints.http.refused_requests import BodyTooLarge, ForeignOrigin, NotSignedIn
from khalifa.entrypoints.http.schemas import Problem

SIGNED_IN = (NotSignedIn, DatabaseUnavailable)
SIGNED_IN_TO_CHANGE = (*SIGNED_IN, ForeignOrigin, BodyTooLarge)


class _Refusals(ResponseSpec):
    """Refusals of one status. Nobody changes them: a router that is copied need not copy these."""

    def __deepcopy__(self, _: object) -> "_Refusals":
        return self


def refusals(*errors: type[Exception], checked: bool = False) -> dict[int, ResponseSpec]:
    """
    Return the refusals a route may answer with, by status, each with an example.

    *checked*: it takes fields that may not fit, too.
    """
    examples: dict[int, list[Example]] = defaultdict(list)
    for error in errors:
        problem = problem_of_kind(error)
        examples[problem.status].append(_example(slug_of(error), problem))
    if checked:
        status = INVALID_REQUEST.status
        examples[HTTPStatus(status)].append(_example("invalid-request", INVALID_REQUEST))
    return {
        status: _Refusals(
            data_container=Problem,
            description="; ".join(str(example.summary) for example in of_status),
            media_type=PROBLEM_JSON,
            generate_examples=False,
            examples=of_status,
        )
        for status, of_status in examples.items()
    }


def _example(name: str, problem: Problem) -> Example:
    return Example(id=name, summary=problem.title, value=msgspec.to_builtins(problem))
