"""Who a customer of Meta's is, and what is said when that changes."""

from datetime import UTC, datetime

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from khalifa.domain.contacts import Identity, IdentityKind, PhoneNumber, ProviderName
from khalifa.domain.messages import IdentityChange, IncomingMessage, JsonValue, Reading
from khalifa.infrastructure.messaging.cloud_api.identities import identities_of
from tests.contracts.test_cloud_api_webhook import CloudApiParserBench, body_of, message

CLOUD = ProviderName("cloud_api")
OLD_PHONE = Identity.of_phone(PhoneNumber("16505551234"))
NEW_PHONE = Identity.of_phone(PhoneNumber("12195555358"))
OLD_ID = Identity(CLOUD, IdentityKind.BSUID, "US.13491208655302741918")
NEW_ID = Identity(CLOUD, IdentityKind.BSUID, "US.24817305912873645029")
AT = datetime.fromtimestamp(1749416383, UTC)

BSUIDS = st.from_regex(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}|user\.[0-9a-f]{8,32}", fullmatch=True)

Object = dict[str, JsonValue]


@pytest.fixture
async def parser() -> CloudApiParserBench:
    # Parsing calls nobody: the session is never opened.
    async with aiohttp.ClientSession() as http:
        return CloudApiParserBench(http)


def system(kind: str, content: Object, **more: JsonValue) -> Object:
    return message("system", {"body": "changed", "type": kind, **content}, **more)


def said(changed: IdentityChange) -> tuple[set[Identity], set[Identity]]:
    return set(changed.previous), set(changed.current)


def read(parser: CloudApiParserBench, made: Object) -> tuple[IncomingMessage, IdentityChange]:
    told, changed = parser.parse(body_of(made))
    assert isinstance(told, IncomingMessage)
    assert isinstance(changed, IdentityChange)
    return told, changed


@pytest.mark.parametrize(
    ("made", "previous", "current"),
    [
        (system("user_changed_number", {"wa_id": "12195555358"}), {OLD_PHONE}, {NEW_PHONE}),
        (
            system("customer_changed_number", {"new_wa_id": "12195555358"}),
            {OLD_PHONE},
            {NEW_PHONE},
        ),
        (
            system(
                "user_changed_number",
                {"wa_id": "12195555358", "user_id": NEW_ID.id_ext},
                from_user_id=OLD_ID.id_ext,
            ),
            {OLD_PHONE, OLD_ID},
            {NEW_PHONE, NEW_ID},
        ),
        (
            system("user_changed_user_id", {"user_id": NEW_ID.id_ext}, from_user_id=OLD_ID.id_ext),
            {OLD_ID},
            {OLD_PHONE, NEW_ID},
        ),
        # Of whom only the number is known, the number says who it is.
        (system("user_changed_user_id", {"user_id": NEW_ID.id_ext}), set(), {OLD_PHONE, NEW_ID}),
        (
            system(
                "user_changed_user_id",
                {"user_id": NEW_ID.id_ext, "previous_user_id": OLD_ID.id_ext},
                **{"from": ""},
            ),
            {OLD_ID},
            {NEW_ID},
        ),
    ],
)
def test_a_system_message_is_shown_and_its_change_is_followed(
    parser: CloudApiParserBench, made: Object, previous: set[Identity], current: set[Identity]
) -> None:
    _, changed = read(parser, made)

    assert said(changed) == (previous, current)
    assert (changed.at, changed.whatsapp_message_id) == (AT, "wamid.A")


def test_an_id_that_only_the_words_name_is_understood(parser: CloudApiParserBench) -> None:
    made = system("user_changed_user_id", {"user_id": NEW_ID.id_ext})
    del made["from"]
    content = made["system"]
    assert isinstance(content, dict)
    content["body"] = f"User Mona from Talkha changed from {OLD_ID.id_ext} to {NEW_ID.id_ext}"

    told, changed = read(parser, made)

    assert told.identities == (OLD_ID,)
    assert said(changed) == ({OLD_ID}, {NEW_ID})


@pytest.mark.parametrize(
    "made",
    [
        system("customer_identity_changed", {"wa_id": "12195555358"}),
        system("user_changed_number", {}),
        system("user_changed_number", {"wa_id": "16505551234"}),
        system("user_changed_user_id", {"user_id": {}}),
        system("something_new", {"wa_id": "12195555358", "user_id": NEW_ID.id_ext}),
    ],
)
def test_what_changes_nobodys_name_is_only_shown(parser: CloudApiParserBench, made: Object) -> None:
    (told,) = parser.parse(body_of(made))

    assert isinstance(told, IncomingMessage)


def update(**entry: JsonValue) -> bytes:
    return body_of(field="user_id_update", user_id_update=[entry])


def test_an_update_of_the_id_is_followed(parser: CloudApiParserBench) -> None:
    ids: Object = {"previous": OLD_ID.id_ext, "current": NEW_ID.id_ext}

    (changed,) = parser.parse(update(wa_id="12195555358", user_id=ids, timestamp="1749416383"))

    assert isinstance(changed, IdentityChange)
    assert said(changed) == ({OLD_ID}, {NEW_PHONE, NEW_ID})
    assert changed.at == AT


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (update(user_id={"previous": OLD_ID.id_ext}), "not a change of id"),
        (update(user_id={"previous": OLD_ID.id_ext, "current": OLD_ID.id_ext}), None),
        (update(user_id="US.1"), "not a change of id"),
        (body_of(field="user_id_update", user_id_update=[7]), "not a change of id"),
        (body_of(field="user_id_update"), "nothing in it"),
        (
            body_of(
                field="user_id_update",
                metadata={"phone_number_id": "222"},
                user_id_update=[{"user_id": {"previous": "US.1a", "current": "US.2a"}}],
            ),
            "for another number",
        ),
    ],
)
def test_an_update_that_says_nothing_is_ignored_with_its_reason(
    parser: CloudApiParserBench, body: bytes, reason: str | None
) -> None:
    (reading,) = parser.parse(body)

    assert getattr(reading, "reason", None) == (reason or "not a change of id")


# An id is no number


def identities_in(readings: list[Reading]) -> list[Identity]:
    found: list[Identity] = []
    for reading in readings:
        match reading:
            case IncomingMessage(identities=identities):
                found += identities
            case IdentityChange(previous=previous, current=current):
                found += [*previous, *current]
    return found


def test_no_id_is_ever_read_as_a_number(parser: CloudApiParserBench) -> None:
    @given(bsuid=BSUIDS, other=BSUIDS)
    def read_anywhere(bsuid: str, other: str) -> None:
        text = message("text", {"body": "x"})
        bodies = [
            body_of(text | {"from": bsuid}, contacts=[{"user_id": bsuid}]),
            body_of(text | {"from": ""}, contacts=[{"wa_id": bsuid}]),
            body_of(text | {"from": None, "from_user_id": bsuid}),
            body_of(system("user_changed_number", {"wa_id": other}, **{"from": bsuid})),
            body_of(system("user_changed_user_id", {"user_id": other}, **{"from": bsuid})),
            update(wa_id=bsuid, user_id={"previous": bsuid, "current": other}),
        ]

        for body in bodies:
            for identity in identities_in(parser.parse(body)):
                assert identity.kind is IdentityKind.BSUID
                assert identity.id_ext in {bsuid, other}

    read_anywhere()


def test_an_id_is_never_an_address_that_could_be_dialled(parser: CloudApiParserBench) -> None:
    @given(bsuid=BSUIDS)
    def address(bsuid: str) -> None:
        address = parser.provider.driver.address_of(identities_of(None, bsuid))

        # As `recipient`, never as `to`: see the driver's tests.
        assert address is not None
        assert address.id_ext == bsuid
        assert PhoneNumber.from_provider(address.id_ext) is None

    address()
