"""Search: customers and messages, by whatever somebody remembers of them."""

from typing import Annotated, TypeAlias

from litestar import get
from litestar.params import QueryParameter

from khalifa.application.ports.customer_list import MAX_QUERY
from khalifa.application.ports.readers import InvalidCursor
from khalifa.application.search_messages import SearchMessages
from khalifa.domain.agents import Agent
from khalifa.domain.errors import InvalidSearch
from khalifa.entrypoints.http import schemas, search_schemas
from khalifa.entrypoints.http.injection import Injected
from khalifa.entrypoints.http.responses import SIGNED_IN, refusals
from khalifa.entrypoints.http.tickets import Cursor

DEFAULT_LIMIT = 20
MAX_LIMIT = 100

Query: TypeAlias = Annotated[
    str,
    QueryParameter(
        name="query",
        max_length=MAX_QUERY,
        description="Words, or the beginnings of words, in any order; what is in quotation marks "
        "is looked for as it stands. The forms of hamza, teh marbuta and heh, alef maqsura and "
        "yeh, and the digits of all scripts are one; marks and the article count for nothing.",
    ),
]
Most: TypeAlias = Annotated[
    int, QueryParameter(ge=1, le=MAX_LIMIT, description="Most messages on a page.")
]


@get(
    "/api/search",
    tags=["Search"],
    summary="Find customers and messages",
    description="Agents find what is on their own tickets, administrators everything. The newest "
    "messages are looked through at once; where that would take long, `searched_until` says how "
    "far back it went, and `next_cursor` goes on from there.",
    responses=refusals(*SIGNED_IN, InvalidSearch, InvalidCursor, checked=True),
)
async def search(
    me: Injected[Agent],
    search_messages: Injected[SearchMessages],
    wanted: Query,
    cursor: Cursor = "",
    limit: Most = DEFAULT_LIMIT,
) -> search_schemas.Found:
    found = await search_messages(me, wanted, cursor=cursor, limit=limit)
    return schemas.shown(search_schemas.Found, found)
