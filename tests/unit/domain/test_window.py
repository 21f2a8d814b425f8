"""What may be sent to a customer, and until when."""

from datetime import UTC, datetime, timedelta

import pytest

from khalifa.domain.contacts import Identity, PhoneNumber, ProviderName
from khalifa.domain.customers import Customer
from khalifa.domain.messages import IncomingMessage, MessageKind
from khalifa.domain.window import Window, WindowClosed, opens_window

CLOUD, PHONE = ProviderName("cloud"), ProviderName("phone")
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)


def customer(**heard: datetime) -> Customer:
    times = {ProviderName(name): at for name, at in heard.items()}
    return Customer(provider=CLOUD, id_ext="1", created_at=NOW - 9 * DAY, last_inbound_at=times)


def said(kind: MessageKind = MessageKind.TEXT, *, from_us: bool = False) -> IncomingMessage:
    return IncomingMessage(
        provider=CLOUD,
        whatsapp_message_id="1",
        identities=(Identity.of_phone(PhoneNumber("201012345678")),),
        kind=kind,
        from_us=from_us,
    )


def test_for_a_day_after_the_customers_last_message_anything_may_be_sent() -> None:
    window, writer = Window(CLOUD, DAY), customer(cloud=NOW)

    assert window.closes_at(writer) == NOW + DAY
    window.require_open(writer, MessageKind.TEXT, now=NOW + DAY - SECOND)


def test_at_the_end_of_the_window_only_a_template_may_be_sent() -> None:
    window, writer = Window(CLOUD, DAY), customer(cloud=NOW)

    with pytest.raises(WindowClosed) as closed:
        window.require_open(writer, MessageKind.IMAGE, now=NOW + DAY)
    assert closed.value.closed_at == NOW + DAY
    window.require_open(writer, MessageKind.TEMPLATE, now=NOW + 7 * DAY)


def test_what_was_written_through_another_provider_opens_nothing() -> None:
    with pytest.raises(WindowClosed):
        Window(CLOUD, DAY).require_open(customer(phone=NOW), MessageKind.TEXT, now=NOW)


def test_to_somebody_who_never_wrote_the_window_was_never_open() -> None:
    stranger = customer()

    with pytest.raises(WindowClosed) as closed:
        Window(CLOUD, DAY).require_open(stranger, MessageKind.TEXT, now=NOW)
    assert closed.value.closed_at == stranger.created_at


def test_a_provider_without_a_window_is_always_open() -> None:
    window = Window(PHONE, None)

    assert window.closes_at(customer(phone=NOW - 100 * DAY)) is None
    window.require_open(customer(), MessageKind.TEXT, now=NOW)


@pytest.mark.parametrize("kind", list(MessageKind))
def test_only_what_the_customer_says_opens_the_window(kind: MessageKind) -> None:
    silent = {MessageKind.REACTION, MessageKind.SYSTEM, MessageKind.EDIT, MessageKind.REVOKE}

    assert opens_window(said(kind)) is (kind not in silent)
    assert not opens_window(said(kind, from_us=True))


def test_an_older_message_that_comes_late_does_not_close_the_window_earlier() -> None:
    writer = customer(cloud=NOW)

    writer.heard(CLOUD, NOW - DAY)
    writer.heard(PHONE, NOW - DAY)

    assert writer.last_inbound_at == {CLOUD: NOW, PHONE: NOW - DAY}
