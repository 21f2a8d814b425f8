"""The live connection: who hears what, from where on, and when it ends."""

import pytest

from khalifa.application.manage_agents import AgentEdit
from khalifa.application.ports.notifications import Event
from khalifa.domain.agents import Presence, Role
from khalifa.entrypoints.http.feed import MOST_WAITING, TOO_SLOW, TRY_LATER, Feed
from khalifa.entrypoints.http.guards import SESSION_COOKIE
from khalifa.entrypoints.http.live import FOREIGN_ORIGIN, UNAUTHORIZED, Heartbeats
from khalifa.infrastructure.memory.metrics import MemoryMetrics
from tests.http.desk import ORIGIN, Desk, Socket, listening

PHONES = ("201012345678", "201112345678")


async def test_the_first_frame_says_from_where_on_everything_is_told(desk: Desk) -> None:
    _, _, token = await desk.agent("Sara")
    socket = listening(desk, token)

    assert await socket.frame() == {"type": "hello", "cursor": await desk.stream.cursor()}
    await socket.hang_up()


async def test_a_frame_holds_the_entity_as_the_api_shows_it(desk: Desk) -> None:
    sara, _, token = await desk.agent("Sara")
    socket = listening(desk, token)
    await socket.frame("hello")

    ticket = await desk.customer_writes("هل الدواء متوفر؟")

    told = await socket.frame("message.changed")
    shown = (await sara.get(f"/api/tickets/{ticket}/messages")).json()["items"][0]
    assert told["entity"] == shown
    assert (told["id"], told["version"]) == (str(shown["id"]), shown["version"])
    assert (await socket.frame("ticket.changed"))["entity"] == (
        await sara.get(f"/api/tickets/{ticket}")
    ).json()
    await socket.hang_up()


async def test_everybody_hears_of_the_queue_and_who_took_from_it(desk: Desk) -> None:
    sara, _, sara_s = await desk.agent("Sara", presence=Presence.BREAK)
    _, _, omar_s = await desk.agent("Omar", presence=Presence.BREAK)
    sockets = [listening(desk, token) for token in (sara_s, omar_s)]
    for socket in sockets:
        await socket.frame("hello")

    ticket = await desk.customer_writes("anybody?", PHONES[0])
    waiting = [await holder_heard(socket) for socket in sockets]
    await sara.post(f"/api/tickets/{ticket}/take")
    taken = [await holder_heard(socket) for socket in sockets]

    assert waiting == [None, None]
    assert taken == ["Sara", "Sara"]
    for socket in sockets:
        assert [frame for frame in socket.waiting() if frame["type"] == "message.changed"] == []
        await socket.hang_up()


async def test_only_the_ticket_s_agent_and_administrators_hear_of_it(desk: Desk) -> None:
    _, _, sara = await desk.agent("Sara")
    await desk.customer_writes("first", PHONES[0])
    _, _, omar = await desk.agent("Omar")
    _, _, admin = await desk.agent("admin", role=Role.ADMIN, presence=Presence.BREAK)
    sockets = [listening(desk, token) for token in (sara, omar, admin)]
    for socket in sockets:
        await socket.frame("hello")

    await desk.customer_writes("for Sara", PHONES[0])
    await desk.customer_writes("for Omar", PHONES[1])

    heard = []
    for socket, count in zip(sockets, (1, 1, 2), strict=True):
        frames = [await socket.frame("message.changed") for _ in range(count)]
        frames += [frame for frame in socket.waiting() if frame["type"] == "message.changed"]
        heard.append([_text(frame) for frame in frames])
        await socket.hang_up()
    assert heard == [["for Sara"], ["for Omar"], ["for Sara", "for Omar"]]


async def test_what_was_missed_is_told_on_return(desk: Desk) -> None:
    sara, _, token = await desk.agent("Sara")
    since = (await sara.get("/api/me")).json()["live_cursor"]
    await desk.customer_writes("while away")

    socket = listening(desk, token, since=since)

    assert await socket.frame() == {"type": "hello", "cursor": since}
    told = await socket.frame("message.changed")
    assert _text(told) == "while away"
    await desk.customer_writes("and now")
    assert _text(await socket.frame("message.changed")) == "and now"
    await socket.hang_up()


@pytest.mark.parametrize("since", ["nonsense", "%F0%9F%98%80", "0-0", "a-b-c"])
async def test_a_cursor_that_is_not_known_means_loading_anew(desk: Desk, since: str) -> None:
    _, _, token = await desk.agent("Sara")
    socket = listening(desk, token, since=since)

    assert await socket.frame() == {"type": "reload", "cursor": await desk.stream.cursor()}
    await desk.customer_writes("after it")
    assert _text(await socket.frame("message.changed")) == "after it"
    await socket.hang_up()


async def test_a_wiped_stream_makes_open_screens_load_anew(desk: Desk) -> None:
    _, _, token = await desk.agent("Sara")
    socket = listening(desk, token)
    await socket.frame("hello")

    desk.stream.forget_everything()

    assert (await socket.frame("reload"))["cursor"] == await desk.stream.cursor()
    await desk.customer_writes("after it")
    assert _text(await socket.frame("message.changed")) == "after it"
    await socket.hang_up()


async def test_a_client_that_does_not_keep_up_is_let_go(desk: Desk) -> None:
    _, _, token = await desk.agent("Sara")
    socket = listening(desk, token)
    await socket.frame("hello")
    await desk.customer_writes("hello")
    event = await _last_event(desk)
    socket.stop_taking()

    for _ in range(MOST_WAITING // 500 + 1):
        await desk.stream.publish([event] * 500)

    assert await socket.closed() == TOO_SLOW


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, UNAUTHORIZED),
        ({"authorization": "Bearer nonsense"}, UNAUTHORIZED),
        ({"cookie": f"{SESSION_COOKIE}=nonsense", "origin": ORIGIN}, UNAUTHORIZED),
        ({"origin": "http://elsewhere.example"}, FOREIGN_ORIGIN),
    ],
)
async def test_nobody_listens_without_a_good_token(
    desk: Desk, headers: dict[str, str], code: int
) -> None:
    if "authorization" not in headers and "origin" not in headers:
        headers = {**headers, "origin": ORIGIN}
    socket = listening(desk, None, **headers)

    assert await socket.closed() == code


@pytest.mark.parametrize(
    ("origin", "code"),
    [({"origin": ORIGIN}, None), ({"origin": "http://elsewhere.example"}, 4403), ({}, 4403)],
)
async def test_with_a_cookie_only_our_own_pages_listen(
    desk: Desk, origin: dict[str, str], code: int | None
) -> None:
    _, _, token = await desk.agent("Sara")
    socket = listening(desk, None, cookie=f"{SESSION_COOKIE}={token}", **origin)

    if code is None:
        await socket.frame("hello")
        await socket.hang_up()
    assert await socket.closed() == code


@pytest.mark.parametrize(
    ("before", "after"),
    [(Presence.OFFLINE, Presence.ONLINE), (Presence.BREAK, Presence.BREAK)],
)
async def test_an_open_socket_brings_an_offline_agent_online(
    desk: Desk, before: Presence, after: Presence
) -> None:
    _, agent_id, token = await desk.agent("Sara", presence=before)
    socket = listening(desk, token)
    await socket.frame("hello")

    agents = desk.container.memory_store().tables.agents
    assert agents[agent_id].presence is after
    assert agents[agent_id].last_seen_at is not None
    await socket.hang_up()


async def test_who_may_not_listen_any_more_is_let_go_by_the_next_heartbeat(desk: Desk) -> None:
    _, agent_id, token = await desk.agent("Sara")
    _, omar_id, omar = await desk.agent("Omar")
    feed = Feed(lambda: desk.stream, clock=desk.container.clock(), metrics=MemoryMetrics())
    heartbeats = Heartbeats(feed, desk.container.who_is, desk.container.note_seen)
    agents = desk.container.memory_store().tables.agents
    agents[omar_id].last_seen_at = None

    with (
        feed.subscription(await desk.whose(token), token) as sara_listens,
        feed.subscription(await desk.whose(omar), omar) as omar_listens,
    ):
        await desk.container.change_agent()("Sara", AgentEdit(disabled=True))
        desk.container.who_is.reset()
        await heartbeats.beat()

        assert await sara_listens.ended() == UNAUTHORIZED
        omar_listens.end(1000)
        assert await omar_listens.ended() == 1000
    agents = desk.container.memory_store().tables.agents
    assert agents[agent_id].disabled
    assert agents[omar_id].last_seen_at is not None


async def test_while_the_database_is_away_a_screen_is_asked_to_come_back(desk: Desk) -> None:
    _, _, token = await desk.agent("Sara")
    desk.container.who_is.reset()
    desk.container.memory_store().away = True

    assert await listening(desk, token).closed() == TRY_LATER


def _text(frame: dict[str, object]) -> object:
    entity = frame["entity"]
    assert isinstance(entity, dict)
    return entity["text"]


async def holder_heard(socket: Socket) -> object:
    """Return the name of who has the ticket that the next event of one tells of."""
    entity = (await socket.frame("ticket.changed"))["entity"]
    assert isinstance(entity, dict)
    return entity["agent"] and entity["agent"]["name"]


async def _last_event(desk: Desk) -> Event:
    return desk.stream._events[-1]
