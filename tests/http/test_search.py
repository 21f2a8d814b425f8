"""The search over HTTP: customers and messages, each for whom they are."""

import httpx

from khalifa.domain.agents import Role
from tests.http.desk import Desk


async def test_names_numbers_and_words_are_found_each_for_whom_they_are(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")
    ticket = await desk.customer_writes("عندكم بَنادول إكسترا؟")
    omar, _, _ = await desk.agent("Omar")
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)

    async def found(caller: httpx.AsyncClient, query: str) -> tuple[list[str], list[int]]:
        answer = await caller.get("/api/search", params={"query": query})
        assert answer.status_code == 200
        body = answer.json()
        assert (body["next_cursor"], body["searched_until"]) == (None, None)
        return (
            [one["text"] for one in body["messages"]],
            [one["ticket_id"] for one in body["customers"]],
        )

    for caller in (sara, admin):
        assert await found(caller, "البنادول") == (["عندكم بَنادول إكسترا؟"], [])
        assert await found(caller, "mona") == ([], [ticket])
        assert await found(caller, "0101234") == ([], [ticket])
    assert await found(omar, "بنادول") == ([], [])
    assert await found(omar, "mona") == ([], [])


async def test_too_little_to_look_for_is_refused_with_the_limit(desk: Desk) -> None:
    sara, _, _ = await desk.agent("Sara")

    answer = await sara.get("/api/search", params={"query": "ب"})
    none = await sara.get("/api/search")
    cursor = await sara.get("/api/search", params={"query": "بنادول", "cursor": "x"})

    assert (answer.status_code, none.status_code, cursor.status_code) == (422, 422, 422)
    assert answer.json()["detail"] == "Look for at least 2 letters or digits."
    assert "حرفين" in answer.json()["detail_ar"]
