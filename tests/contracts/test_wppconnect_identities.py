"""Numbers and LIDs of WPPConnect's customers: told apart, and asked for."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from khalifa.application.ports.identities import IdentityDirectory
from khalifa.application.ports.messaging import DeliveryError, WebhookParser
from khalifa.domain.contacts import Identity, IdentityKind, PhoneNumber
from khalifa.domain.messages import IdentityChange, Ignored, IncomingMessage, JsonValue
from khalifa.infrastructure.messaging import wppconnect
from khalifa.infrastructure.provider_http import open_http
from tests.contracts.message_driver import until
from tests.contracts.test_wppconnect_driver import KEY, SESSION, env_of
from tests.far_sides.wppconnect import WppconnectFarSide

PHONE = Identity.of_phone(PhoneNumber("201111111111"))
LID = Identity(wppconnect.NAME, IdentityKind.LID, "14443111111111")


@pytest.fixture
async def far() -> AsyncIterator[WppconnectFarSide]:
    async with WppconnectFarSide(secret_key=KEY) as far:
        far.knows_lid(PHONE.id_ext, LID.id_ext)
        yield far


@pytest.fixture
async def directory(far: WppconnectFarSide, tmp_path: Path) -> AsyncIterator[IdentityDirectory]:
    async with open_http() as http:
        provider = wppconnect.build(env_of(far.base_url, tmp_path), http)
        assert provider.session is not None
        await provider.session.keep()
        await until(lambda: far.sessions.connected(SESSION) is not None)
        assert provider.directory is not None
        yield provider.directory


async def test_a_lid_is_looked_up_and_so_is_a_number(directory: IdentityDirectory) -> None:
    assert await directory.others_of(LID) == (PHONE,)
    assert await directory.others_of(PHONE) == (LID,)


async def test_a_lid_nobody_knows_a_number_of_is_no_error(directory: IdentityDirectory) -> None:
    stranger = Identity(wppconnect.NAME, IdentityKind.LID, "99999999999999")

    assert await directory.others_of(stranger) == ()


@pytest.mark.parametrize("kind", [IdentityKind.BSUID, IdentityKind.CHAT])
async def test_what_is_no_number_and_no_lid_is_not_asked_about(
    directory: IdentityDirectory, far: WppconnectFarSide, kind: IdentityKind
) -> None:
    before = len(far.requests)

    assert await directory.others_of(Identity(wppconnect.NAME, kind, "x/../y")) == ()
    assert len(far.requests) == before


async def test_a_server_that_is_away_may_be_asked_later(
    directory: IdentityDirectory, far: WppconnectFarSide
) -> None:
    await far.go_down()

    with pytest.raises(DeliveryError) as failure:
        await directory.others_of(LID)

    assert LID.id_ext not in str(failure.value)


# A customer takes another number


def notice(to: JsonValue, params: JsonValue, **fields: JsonValue) -> bytes:
    return event(
        **{"from": "201111111111@c.us"},
        id="false_201111111111@c.us_3A7B5A7266F40CE23A30",
        type="notification_template",
        subtype="change_number",
        isNotification=True,
        to=to,
        templateParams=params,
        **fields,
    )


OLD, NEW = "201111111111@c.us", "201222222222@c.us"


@pytest.fixture
async def parser(tmp_path: Path) -> WebhookParser:
    # Parsing calls nobody.
    async with aiohttp.ClientSession() as http:
        return wppconnect.build(env_of("http://127.0.0.1:9", tmp_path), http).webhook


@pytest.mark.parametrize("params", [[OLD, NEW], [NEW, OLD], [{"_serialized": OLD}, NEW]])
def test_a_notice_of_another_number_is_followed(parser: WebhookParser, params: JsonValue) -> None:
    (reading,) = parser.parse(notice(NEW, params))

    assert isinstance(reading, IdentityChange)
    assert reading.previous == (PHONE,)
    assert reading.current == (Identity.of_phone(PhoneNumber("201222222222")),)
    assert reading.at == datetime.fromtimestamp(1795383103, UTC)


@pytest.mark.parametrize(
    ("to", "params"),
    [
        ("201000000001@c.us", [OLD, NEW]),
        (NEW, [NEW]),
        (NEW, [OLD]),
        (NEW, [OLD, NEW, "201333333333@c.us"]),
        (NEW, ["1203@g.us", NEW]),
        (NEW, None),
        (None, [OLD, NEW]),
        (NEW, "201111111111@c.us"),
    ],
)
def test_a_notice_that_does_not_name_both_changes_nothing(
    parser: WebhookParser, to: JsonValue, params: JsonValue
) -> None:
    (reading,) = parser.parse(notice(to, params))

    assert isinstance(reading, Ignored)
    assert reading.reason == "a notice of WhatsApp's own"


# A LID is no number


def event(**fields: JsonValue) -> bytes:
    whole = {
        "event": "onmessage",
        "session": SESSION,
        "type": "chat",
        "body": "hello",
        "t": 1795383103,
        "fromMe": False,
    }
    return json.dumps(whole | fields).encode()


async def test_no_lid_is_ever_read_as_a_number_or_dialled(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as http:
        provider = wppconnect.build(env_of("http://127.0.0.1:9", tmp_path), http)

    @given(
        lid=st.from_regex(r"[1-9][0-9]{5,18}", fullmatch=True),
        device=st.sampled_from(["", ":1", ":12"]),
        as_object=st.booleans(),
        name=st.sampled_from([None, "lid", "phone"]),
    )
    def read(lid: str, device: str, *, as_object: bool, name: str | None) -> None:
        user = f"{lid}{device}"
        parts: JsonValue = {"user": user, "server": "lid", "_serialized": f"{user}@lid"}
        wid: JsonValue = parts if as_object else f"{user}@lid"
        sender: JsonValue = {"id": wid, "pushname": lid if name == "lid" else None}
        body = event(
            id=f"false_{user}@lid_3A44557ADEDF06E63C4B",
            chatId=wid,
            sender=sender,
            to="201000000001@c.us",
            notifyName=f"+{lid}" if name == "phone" else None,
            **{"from": wid},
        )

        (reading,) = provider.webhook.parse(body)

        assert isinstance(reading, IncomingMessage)
        assert reading.identities == (Identity(wppconnect.NAME, IdentityKind.LID, lid),)
        # Nor is it shown as a name.
        assert reading.name is None
        address = provider.driver.address_of(reading.identities)
        assert address is not None
        assert address.id_ext == f"{lid}@lid"

    read()
