"""The Cloud API's webhook calls: whom to trust, and what each body says."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from khalifa.application.ports.messaging import UnreadableWebhook, UntrustedWebhook, WebhookCall
from khalifa.domain.contacts import ANY_PROVIDER, Identity, IdentityKind, PhoneNumber, ProviderName
from khalifa.domain.messages import (
    DeliveryStatus,
    IdentityChange,
    Ignored,
    IncomingMessage,
    JsonValue,
    Media,
    MessageKind,
    Reading,
    StatusUpdate,
)
from khalifa.infrastructure.memory.uploaded_files import MemoryUploadedFiles
from khalifa.infrastructure.messaging import cloud_api
from tests.contracts.webhook_parser import ParserBench, WebhookParserContract

PAYLOADS: Final = Path(__file__).parent / "payloads" / "cloud_api"
NUMBER: Final = "106540352242922"
ENV: Final = {
    "CLOUD_API_PHONE_NUMBER_ID": NUMBER,
    "CLOUD_API_ACCESS_TOKEN": "EAAtoken",
    "CLOUD_API_APP_SECRET": "the-app-secret",
    "CLOUD_API_WEBHOOK_VERIFY_TOKEN": "the-verify-token",
}
PHONE: Final = Identity(ANY_PROVIDER, IdentityKind.PHONE, "16505551234")
BSUID: Final = Identity(ProviderName("cloud_api"), IdentityKind.BSUID, "US.13491208655302741918")

Object = dict[str, JsonValue]


class CloudApiParserBench(ParserBench):
    def __init__(self, http: aiohttp.ClientSession, number: str = NUMBER) -> None:
        self.provider = cloud_api.build(
            ENV | {"CLOUD_API_PHONE_NUMBER_ID": number}, http, MemoryUploadedFiles()
        )
        self.secrets = ("EAAtoken", "the-app-secret", "the-verify-token")
        self.bodies = {
            file.name: file.read_bytes()
            for file in sorted(PAYLOADS.glob("*.json"))
            if file.name not in {"expected.json", "object_page.json"}
        } | {"every kind": body_of(*EVERY_KIND), "an id update": ID_UPDATE}

    def signed(self, body: bytes) -> WebhookCall:
        digest = hmac.new(b"the-app-secret", body, hashlib.sha256).hexdigest()
        return call(body, {"x-hub-signature-256": f"sha256={digest}"})

    def unsigned(self, body: bytes) -> WebhookCall:
        return call(body, {})

    def forged(self, body: bytes) -> list[WebhookCall]:
        true = self.signed(body).headers["x-hub-signature-256"]
        by_token = hmac.new(b"EAAtoken", body, hashlib.sha256).hexdigest()
        signatures = [
            f"sha256={by_token}",
            true.removeprefix("sha256="),
            true.replace("sha256", "sha1"),
            true[:-1],
            true + "0",
            f" {true}",
            "sha256=",
            "sha256=ü\udcff",
            "\x00",
        ]
        return [
            call(body + b" ", {"x-hub-signature-256": true}),
            *(call(body, {"x-hub-signature-256": signature}) for signature in signatures),
        ]


def call(body: bytes, headers: dict[str, str], query: dict[str, str] | None = None) -> WebhookCall:
    return WebhookCall(headers=headers, query=query or {}, body=body)


def message(kind: str | None, content: JsonValue = None, **more: JsonValue) -> Object:
    """Return an element of ``messages`` as Meta writes them."""
    made: Object = {"from": "16505551234", "id": "wamid.A", "timestamp": "1749416383"}
    if kind is not None:
        made |= {"type": kind, kind: content}
    return made | more


def body_of(*messages: JsonValue, field: str = "messages", **value: JsonValue) -> bytes:
    """Return a body of one change with *messages* and whatever else its value holds."""
    contacts: JsonValue = [{"profile": {"name": "Mona"}, "wa_id": "16505551234"}]
    change: Object = {
        "field": field,
        "value": {
            "metadata": {"phone_number_id": NUMBER},
            "contacts": contacts,
            **({"messages": list(messages)} if messages else {}),
            **value,
        },
    }
    whole: Object = {"object": "whatsapp_business_account", "entry": [{"changes": [change]}]}
    return json.dumps(whole).encode()


EVERY_KIND: Final[tuple[Object, ...]] = (
    message("text", {"body": "hello"}, context={"id": "wamid.Q", "forwarded": True}),
    message("image", {"id": 7, "mime_type": "image/jpeg", "sha256": "x", "caption": "look"}),
    message("sticker", {"id": "8", "mime_type": "image/webp", "animated": True}),
    message("voice", {"id": "9"}),
    message("contacts", [{"name": {"formatted_name": "Ali"}, "phones": [{"phone": "+20"}]}]),
    message("location", {"latitude": 30.04, "longitude": 31.23, "name": "Cairo"}),
    message("button", {"text": "Yes", "payload": "YES"}),
    message("interactive", {"type": "button_reply", "button_reply": {"id": "1", "title": "One"}}),
    message("interactive", {"type": "nfm_reply", "nfm_reply": {"body": "Sent", "name": "flow"}}),
    message("reaction", {"message_id": "wamid.T", "emoji": "👍"}),
    message("order", {"catalog_id": 5, "text": "", "product_items": [{"quantity": 2}]}),
    message("system", {"body": "changed", "type": "user_changed_number", "wa_id": "201012345678"}),
    message("edit", {"original_message_id": "wamid.O", "message": {"text": {"body": "new"}}}),
    message("revoke", {"original_message_id": "wamid.O"}),
    message("unsupported", {"type": "poll"}, errors=[{"code": 131051}]),
    message("text", {"body": "ad"}, referral={"source_id": "1", "headline": "Offer"}),
)


ID_UPDATE: Final = body_of(
    field="user_id_update",
    contacts=[{"profile": {"name": "Mona"}, "wa_id": "12195555358"}],
    user_id_update=[
        {
            "wa_id": "12195555358",
            "detail": "The user id of Mona has changed.",
            "user_id": {"previous": BSUID.id_ext, "current": "US.24817305912873645029"},
            "timestamp": "1749416383",
        }
    ],
)


@pytest.fixture
async def parser() -> CloudApiParserBench:
    # Parsing calls nobody: the session is never opened.
    async with aiohttp.ClientSession() as http:
        return CloudApiParserBench(http)


class TestCloudApiWebhook(WebhookParserContract):
    pass


def expected() -> list[dict[str, JsonValue]]:
    records: list[dict[str, JsonValue]] = json.loads((PAYLOADS / "expected.json").read_text())
    return records


@pytest.mark.parametrize("record", expected(), ids=lambda record: record["file"])
async def test_a_body_says_what_was_written_down_for_it(record: Object) -> None:
    body = (PAYLOADS / str(record["file"])).read_bytes()
    numbers = record["phone_number_ids"] or [NUMBER]
    assert isinstance(numbers, list)
    async with aiohttp.ClientSession() as http:
        parsers = [CloudApiParserBench(http, str(number)) for number in numbers]
        if not record["accepted"]:
            with pytest.raises(UnreadableWebhook):
                parsers[0].parse(body)
            return
        readings = [reading for parser in parsers for reading in parser.parse(body)]

    mine = [one for one in objects(record, "messages") if "group_id" not in one]
    read = [reading for reading in readings if isinstance(reading, IncomingMessage)]
    assert [as_expected(reading, one) for reading, one in zip(read, mine, strict=True)] == [
        wanted(one) for one in mine
    ]
    known = [one for one in objects(record, "statuses") if is_known(one)]
    assert [status_as_expected(one) for one in readings if isinstance(one, StatusUpdate)] == [
        status_wanted(one) for one in known
    ]
    errors = [f"error reported: {code}" for code in objects(record, "value_error_codes")]
    assert [reason for reason in reasons(readings) if reason.startswith("error")] == errors


def objects(record: Object, key: str) -> list[Object]:
    found: list[Object] = record[key]  # type: ignore[assignment]
    return found


def is_known(status: Object) -> bool:
    words = {"sent", "delivered", "read", "played", "failed"}
    return status.get("status") in words and status.get("id") is not None


def wanted(record: Object) -> Object:
    """Return what is expected of a message, in the words of our own reading."""
    sender = str(record["sender"])
    phone = PhoneNumber.from_provider(sender)
    text = record["text"]
    return record | {
        "sender": phone.digits if phone else sender,
        "text": text.replace("\ud83d", "\ufffd") if isinstance(text, str) else text,
    }


_KINDS: Final = {"poll_creation": "unsupported"}


def as_expected(reading: IncomingMessage, record: Object) -> Object:
    """Return *reading* in the words of *record*, with every key that it has."""
    content, media = reading.content or {}, reading.media or Media()
    bsuids = [one.id_ext for one in reading.identities if one.kind is IdentityKind.BSUID]
    kind = str(record["type"])
    shown: Object = {
        "id": reading.whatsapp_message_id,
        # A number written with decoration is read, and the decoration is not kept.
        "from": record["from"] if reading.identities[0].kind is IdentityKind.PHONE else None,
        "type": kind if reading.kind.value in {_KINDS.get(kind, kind), "voice"} else None,
        "text": reading.text,
        "media_id": media.id_ext,
        "mime_type": media.mime_type,
        "media_url": media.url,
        "filename": media.filename,
        "voice": reading.kind is MessageKind.VOICE,
        "timestamp": int(reading.sent_at.timestamp()) if reading.sent_at else None,
        "context_id": reading.reply_to,
        "direction": "echo" if reading.from_us else "in",
        "from_user_id": bsuids[0] if bsuids else None,
        "sender": reading.identities[0].id_ext,
        "contact_name": reading.name,
        "frequently_forwarded": content.get("frequently_forwarded"),
        "reaction": dict(content) if reading.kind is MessageKind.REACTION else None,
        "location": {"name": None, **content},
        "subtype": content.get("type"),
        "reply_id": content.get("reply_id"),
        "error_codes": content.get("errors"),
    }
    return {key: shown[key] for key in record}


def status_wanted(record: Object) -> Object:
    return {key: record[key] for key in ("id", "status", "timestamp")} | {
        "opaque": record.get("biz_opaque_callback_data"),
        "error": record["error_code"],
    }


def status_as_expected(status: StatusUpdate) -> Object:
    code = (status.error or "").rpartition("(")[2].rstrip(")")
    return {
        "id": status.whatsapp_message_id,
        "status": status.status.value,
        "timestamp": int(status.at.timestamp()) if status.at else None,
        "opaque": status.opaque_id,
        "error": int(code) if code.isdigit() else None,
    }


def reasons(readings: list[Reading]) -> list[str]:
    return [reading.reason for reading in readings if isinstance(reading, Ignored)]


def only_message(parser: ParserBench, body: bytes) -> IncomingMessage:
    (reading,) = (one for one in parser.parse(body) if not isinstance(one, IdentityChange))
    assert isinstance(reading, IncomingMessage)
    return reading


@pytest.mark.parametrize("name", ["deep_nesting", "empty", "invalid_utf8", "not_json"])
def test_raw_bytes_that_are_no_json_are_refused(parser: CloudApiParserBench, name: str) -> None:
    with pytest.raises(UnreadableWebhook):
        parser.parse((PAYLOADS / "raw" / f"{name}.body").read_bytes())


def test_escaped_text_is_read(parser: CloudApiParserBench) -> None:
    body = (PAYLOADS / "raw" / "unicode_escaped.body").read_bytes()

    assert only_message(parser, body).text == "olá / 😀"


def test_keys_given_twice_and_numbers_that_are_none_are_no_reason_to_refuse(
    parser: CloudApiParserBench,
) -> None:
    body = body_of(message("location", {"latitude": float("nan"), "longitude": 1e999}))
    body = body.replace(b'"type":', b'"type": "text", "type":').replace(b"Mona", b"\\ud83d Mona")

    reading = only_message(parser, b"\xef\xbb\xbf" + body)

    assert reading.content == {}
    assert reading.name == "\ufffd Mona"


@pytest.mark.parametrize(
    ("made", "kind", "text", "content"),
    [
        (EVERY_KIND[0], MessageKind.TEXT, "hello", {"forwarded": True}),
        (EVERY_KIND[1], MessageKind.IMAGE, "look", None),
        (EVERY_KIND[2], MessageKind.STICKER, None, None),
        (EVERY_KIND[3], MessageKind.VOICE, None, None),
        (
            EVERY_KIND[4],
            MessageKind.CONTACTS,
            None,
            {"contacts": [{"name": "Ali", "phones": ["+20"]}]},
        ),
        (
            EVERY_KIND[5],
            MessageKind.LOCATION,
            None,
            {"latitude": 30.04, "longitude": 31.23, "name": "Cairo"},
        ),
        (EVERY_KIND[6], MessageKind.BUTTON, "Yes", {"reply_id": "YES"}),
        (EVERY_KIND[7], MessageKind.INTERACTIVE, "One", {"type": "button_reply", "reply_id": "1"}),
        (
            EVERY_KIND[8],
            MessageKind.INTERACTIVE,
            "Sent",
            {"type": "nfm_reply", "response_json": None},
        ),
        (EVERY_KIND[9], MessageKind.REACTION, None, {"message_id": "wamid.T", "emoji": "👍"}),
        (
            EVERY_KIND[10],
            MessageKind.ORDER,
            None,
            {"catalog_id": "5", "product_items": [{"quantity": 2}]},
        ),
        (
            EVERY_KIND[11],
            MessageKind.SYSTEM,
            "changed",
            {"type": "user_changed_number", "wa_id": "201012345678"},
        ),
        (EVERY_KIND[12], MessageKind.EDIT, "new", {"message_id": "wamid.O"}),
        (EVERY_KIND[13], MessageKind.REVOKE, None, {"message_id": "wamid.O"}),
        (EVERY_KIND[14], MessageKind.UNSUPPORTED, None, {"type": "poll", "errors": [131051]}),
        (
            EVERY_KIND[15],
            MessageKind.TEXT,
            "ad",
            {"referral": {"source_id": "1", "headline": "Offer"}},
        ),
        (message(None), MessageKind.UNSUPPORTED, None, None),
    ],
    ids=lambda value: value.value if isinstance(value, MessageKind) else "",
)
def test_each_kind_keeps_what_it_holds(
    parser: CloudApiParserBench,
    made: Object,
    kind: MessageKind,
    text: str | None,
    content: Object | None,
) -> None:
    reading = only_message(parser, body_of(made))

    assert (reading.kind, reading.text, reading.content) == (kind, text, content)


def test_a_file_is_a_reference_with_what_meta_says_of_it(parser: CloudApiParserBench) -> None:
    reading = only_message(parser, body_of(EVERY_KIND[1]))

    assert reading.media == Media(id_ext="7", mime_type="image/jpeg", sha256="x")


KEY: Final = b"3A4A6599AEE03810144F"


def wamid_of(chat: bytes, key: bytes, *, end: bytes = b"\x00", lie: int = 0) -> str:
    """Return an id as Meta packs it; *lie* is added to the length it gives for the key."""
    length = bytes((len(key) + lie,))
    packed = b"\x1c\x18" + bytes((len(chat),)) + chat + b"\x15\x02\x00\x12\x18" + length + key
    return f"wamid.{base64.b64encode(packed + end).decode()}"


@pytest.mark.parametrize(
    ("wamid", "key"),
    [
        # The example of Meta's own page; the others are packed the same way.
        ("wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTRBNjU5OUFFRTAzODEwMTQ0RgA=", KEY),
        (wamid_of(b"16503879439", KEY), KEY),
        (wamid_of(b"US.13491208655302741918", b"AC" + b"0F" * 15), b"AC" + b"0F" * 15),
        (wamid_of(b"16503879439", b"9" * 18), b"9" * 18),
    ],
)
def test_whatsapps_own_key_is_read_from_the_id(
    parser: CloudApiParserBench, wamid: str, key: bytes
) -> None:
    reading = only_message(parser, body_of(message("text", {"body": "x"}, id=wamid)))

    assert reading.message_key == key.decode()


@pytest.mark.parametrize(
    "wamid",
    [
        "wamid.A",
        "wamid.",
        "wamid.====",
        "wamid.\u0661\u0662",
        wamid_of(b"16503879439", KEY).removeprefix("wamid."),
        wamid_of(b"16503879439", KEY).rstrip("="),
        wamid_of(b"16503879439", KEY, end=b""),
        wamid_of(b"16503879439", KEY, end=b"\x00\x00"),
        wamid_of(b"16503879439", KEY, lie=1),
        wamid_of(b"16503879439", KEY, lie=-1),
        wamid_of(b"16503879439", KEY.lower()),
        wamid_of(b"16503879439", b"3EB0"),
        wamid_of(b"", KEY),
    ],
)
def test_an_id_that_reads_otherwise_has_no_key(parser: CloudApiParserBench, wamid: str) -> None:
    reading = only_message(parser, body_of(message("text", {"body": "x"}, id=wamid)))

    assert reading.message_key is None


@pytest.mark.parametrize(
    ("ids", "identities"),
    [
        ({}, (PHONE,)),
        ({"from_user_id": BSUID.id_ext}, (PHONE, BSUID)),
        ({"from": "", "from_user_id": BSUID.id_ext}, (BSUID,)),
        ({"from": BSUID.id_ext}, (BSUID,)),
        ({"from": BSUID.id_ext, "from_user_id": BSUID.id_ext}, (BSUID,)),
        # Digits where a user id belongs could be mistaken for a number later: not taken.
        ({"from_user_id": "13491208655302741918"}, (PHONE,)),
        ({"from": None}, (PHONE,)),
    ],
)
def test_a_customers_number_comes_before_the_user_id(
    parser: CloudApiParserBench, ids: Object, identities: tuple[Identity, ...]
) -> None:
    reading = only_message(parser, body_of(message("text", {"body": "x"}) | ids))

    assert reading.identities == identities
    assert reading.name == "Mona"


def test_a_user_id_is_found_in_the_contact_of_the_same_number(parser: CloudApiParserBench) -> None:
    contacts: JsonValue = [
        {"wa_id": "447700900123", "user_id": "GB.1", "profile": {"name": "Bob"}},
        {"wa_id": "16505551234", "user_id": BSUID.id_ext, "profile": {"name": "Sheena"}},
    ]

    reading = only_message(parser, body_of(message("text", {"body": "x"}), contacts=contacts))

    assert (reading.identities, reading.name) == ((PHONE, BSUID), "Sheena")


def test_what_we_wrote_on_the_phone_is_ours_and_the_customers_conversation(
    parser: CloudApiParserBench,
) -> None:
    echo = message("text", {"body": "x"}, to="201012345678") | {"from": "15550783881"}

    reading = only_message(
        parser, body_of(field="smb_message_echoes", message_echoes=[echo], contacts=None)
    )

    assert reading.from_us
    assert reading.identities == (Identity(ANY_PROVIDER, IdentityKind.PHONE, "201012345678"),)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (body_of(message("text", group_id="Y2FwaV9ncm91cDox")), "group message"),
        (
            body_of(message("text"), metadata={"phone_number_id": "222"}),
            "for another number",
        ),
        (body_of(message("text") | {"from": None}, contacts=[]), "no sender"),
        (body_of(message("text") | {"from": "٠١"}, contacts=[]), "no sender"),
        (body_of(message("system", {"body": "x"}) | {"from": ""}), "no sender"),
        (body_of(message("text") | {"id": None}), "no id"),
        (body_of(message("text") | {"id": "x" * 513}), "id too long"),
        (body_of(message("request_welcome")), "the chat was opened, nothing was said"),
        (body_of("garbage"), "not a message"),
        (body_of(field="history", history=[{}]), "history"),
        (body_of(field="calls", calls=[{}]), "field calls"),
        (body_of(field="Robert'); DROP"), "unknown field"),
        (body_of(field="201012345678"), "unknown field"),
        (body_of(), "nothing in it"),
        (body_of(statuses=[{"status": "sent"}]), "no id"),
        (body_of(statuses=[7]), "not a status"),
        (body_of(statuses=[{"id": "wamid.A"}]), "unknown status"),
        (body_of(statuses=[{"id": "wamid.A", "status": "warning"}]), "status warning"),
        (body_of(statuses=[{"id": "wamid.A", "status": "deleted"}]), "status deleted"),
        (
            body_of(statuses=[{"id": "wamid.A", "status": "read", "recipient_type": "group"}]),
            "not of a message of ours",
        ),
        (
            body_of(
                statuses=[{"id": "wamid.A", "status": "read"}], metadata={"phone_number_id": "222"}
            ),
            "for another number",
        ),
        (body_of(errors=[{"code": 130429}]), "error reported: 130429"),
        (body_of(errors=[None]), "error reported"),
        (b'{"object":"whatsapp_business_account","entry":[7]}', "not a change"),
        (b'{"object":"whatsapp_business_account","entry":[{"changes":[7]}]}', "not a change"),
    ],
)
def test_what_is_no_concern_of_ours_is_counted_with_its_reason(
    parser: CloudApiParserBench, body: bytes, reason: str
) -> None:
    assert reasons(parser.parse(body)) == [reason]


def test_a_batch_loses_nothing_and_keeps_its_order(parser: CloudApiParserBench) -> None:
    body = (PAYLOADS / "batch_1000_statuses.json").read_bytes()

    readings = parser.parse(body)

    assert len(readings) == 1000
    assert len({one.whatsapp_message_id for one in readings}) == 1000


def test_played_counts_as_read_and_a_failure_has_words(parser: CloudApiParserBench) -> None:
    failed: Object = {"id": "wamid.B", "status": "failed", "errors": [{"code": "131047"}]}
    played: Object = {"id": "wamid.A", "status": "played", "biz_opaque_callback_data": "our-id"}

    readings = parser.parse(body_of(statuses=[played, failed, failed | {"errors": None}]))

    assert readings == [
        StatusUpdate(
            provider=ProviderName("cloud_api"),
            whatsapp_message_id="wamid.A",
            opaque_id="our-id",
            status=DeliveryStatus.READ,
        ),
        StatusUpdate(
            provider=ProviderName("cloud_api"),
            whatsapp_message_id="wamid.B",
            status=DeliveryStatus.FAILED,
            error="24 hours since they last wrote. Send a template. (131047)",
            error_ar="مرّت 24 ساعة على آخر رسالة من العميل. أرسل قالبًا. (131047)",
            error_code="131047",
        ),
        StatusUpdate(
            provider=ProviderName("cloud_api"),
            whatsapp_message_id="wamid.B",
            status=DeliveryStatus.FAILED,
            error="WhatsApp gave no reason.",
            error_ar="لم يذكر واتساب السبب.",
        ),
    ]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("1749416383", datetime(2025, 6, 8, 20, 59, 43, tzinfo=UTC)),
        (1749416383.9, datetime(2025, 6, 8, 20, 59, 43, tzinfo=UTC)),
        ("1749416383999", datetime(2025, 6, 8, 20, 59, 43, tzinfo=UTC)),
        ("999999999999", None),
        ("1_749_416_383", None),
        ("١٧٤٩", None),
        (-1, None),
        (True, None),
        (1e300, None),
        ("", None),
    ],
)
def test_a_time_that_cannot_be_read_is_none_and_the_message_stays(
    parser: CloudApiParserBench, given: JsonValue, read: datetime | None
) -> None:
    reading = only_message(parser, body_of(message("text", {"body": "x"}, timestamp=given)))

    assert reading.sent_at == read


class TestHandshake:
    QUERY: Final = {
        "hub.mode": "subscribe",
        "hub.verify_token": "the-verify-token",
        "hub.challenge": "1158201444",
    }

    def answer(self, parser: CloudApiParserBench, query: dict[str, str]) -> str:
        assert parser.provider.handshake
        return parser.provider.handshake.answer(query)

    def test_whoever_knows_the_token_gets_the_challenge_back(
        self, parser: CloudApiParserBench
    ) -> None:
        assert self.answer(parser, self.QUERY) == "1158201444"

    @pytest.mark.parametrize(
        ("change", "unsigned"),
        [
            ({"hub.verify_token": ""}, True),
            ({"hub.verify_token": "the-app-secret"}, False),
            ({"hub.verify_token": "ü"}, False),
            ({"hub.mode": "unsubscribe"}, False),
            ({"hub.challenge": ""}, False),
            ({"hub.challenge": "<script>"}, False),
        ],
    )
    def test_nobody_else_does(
        self, parser: CloudApiParserBench, change: dict[str, str], unsigned: bool
    ) -> None:
        with pytest.raises(UntrustedWebhook) as refusal:
            self.answer(parser, self.QUERY | change)

        assert refusal.value.unsigned is unsigned


def test_a_card_is_its_name_and_numbers_whatever_else_meta_says(
    parser: CloudApiParserBench,
) -> None:
    cards: list[JsonValue] = [
        {
            "name": {"formatted_name": "د. منى", "first_name": "منى"},
            "phones": [
                {"phone": "010 1234 5678", "wa_id": "201012345678", "type": "CELL"},
                {"phone": "+20 2 1234"},
                {"type": "HOME"},
            ],
            "org": {"company": "صيدلية"},
            "emails": [{"email": "mona@shop.example"}, {}],
        },
        {"phones": None},
    ]

    [reading] = parser.parse(body_of(messages=[message("contacts", cards)]))

    assert isinstance(reading, IncomingMessage)
    assert reading.content == {
        "contacts": [
            {
                "name": "د. منى",
                "phones": ["+201012345678", "+20 2 1234"],
                "organization": "صيدلية",
                "emails": ["mona@shop.example"],
            },
            {"name": "", "phones": []},
        ]
    }


def test_one_message_where_a_list_of_them_belongs_is_read(parser: CloudApiParserBench) -> None:
    body = json.loads(body_of(message("text", {"body": "alone"})))
    value = body["entry"][0]["changes"][0]["value"]
    value["messages"], value["contacts"] = value["messages"][0], value["contacts"][0]
    body["entry"][0]["changes"] = body["entry"][0]["changes"][0]
    body["entry"] = body["entry"][0]

    read = only_message(parser, json.dumps(body).encode())

    assert (read.text, read.name) == ("alone", "Mona")
