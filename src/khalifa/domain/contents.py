"""
What can be said beside text and files: places, cards, reactions; how much WhatsApp takes.

The limits are WhatsApp's own, the same on every provider:
https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
What is above one is refused here, by name, before anything is stored or sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from unicodedata import category

from khalifa.domain.contacts import PhoneNumber
from khalifa.domain.errors import InvalidContent, InvalidPhoneNumber
from khalifa.domain.limits import (
    DEGREES,
    EMPTY,
    refusal,
    require,
    require_count,
    require_if_given,
    require_length,
)
from khalifa.domain.words import Words

MAX_PLACE = 1000
MAX_CARDS = 257
MAX_CARD_NAME = 512
MAX_CARD_PHONES = 20
MAX_EMOJI = 32

_NO_PHONE = Words(
    "A card's phone is no phone number. Write it with its country code: +20…",
    "رقم الهاتف في البطاقة غير صحيح. اكتبه مع رمز الدولة: +20…",
)
_LATITUDE = Words("The latitude", "خط العرض")
_LONGITUDE = Words("The longitude", "خط الطول")
_PLACE_NAME = Words("The place's name", "اسم المكان")
_PLACE_ADDRESS = Words("The place's address", "عنوان المكان")
_CARDS = Words("The contact cards", "بطاقات الاتصال")
_CARD_NAME = Words("A card's name", "اسم البطاقة")
_CARD_PHONES = Words("A card's phones", "أرقام البطاقة")
_EMOJI = Words("The emoji", "الرمز التعبيري")
_NO_EMOJI = Words(
    "A reaction is one emoji, like 👍; words are a message.",
    "التفاعل رمز تعبيري واحد مثل 👍، والكلام يُرسل رسالة.",
)
# What turns a sign or a digit into an emoji, as in ‼️ and 1️⃣.
_SHOWN_AS_EMOJI = frozenset("\ufe0f\u20e3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place on the map, in degrees."""

    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None

    def __post_init__(self) -> None:
        for degrees, what, most in (
            (self.latitude, _LATITUDE, 90),
            (self.longitude, _LONGITUDE, 180),
        ):
            if not isfinite(degrees) or abs(degrees) > most:
                raise refusal(DEGREES, what, most=most)
        require_if_given(self.name, _PLACE_NAME, MAX_PLACE)
        require_if_given(self.address, _PLACE_ADDRESS, MAX_PLACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCard:
    """Somebody's name and phones, to be called or saved. ``phones`` in E.164 with a plus sign."""

    name: str
    phones: tuple[str, ...]

    def __post_init__(self) -> None:
        require(self.name, _CARD_NAME, MAX_CARD_NAME)
        require_count(self.phones, _CARD_PHONES, MAX_CARD_PHONES)
        try:
            phones = tuple(f"+{PhoneNumber.parse(phone)}" for phone in self.phones)
        except InvalidPhoneNumber:
            phones = ()
        if not phones:
            raise InvalidContent(_NO_PHONE)
        object.__setattr__(self, "phones", phones)


def require_cards(cards: Sequence[ContactCard]) -> None:
    """Raise `InvalidContent` unless so many cards fit into one message."""
    require_count(cards, _CARDS, MAX_CARDS)


def require_emoji(emoji: str) -> None:
    """Raise `InvalidContent` unless *emoji* can be a reaction; empty takes one back."""
    require_length(emoji, _EMOJI, MAX_EMOJI)
    if emoji and not emoji.strip():
        raise refusal(EMPTY, _EMOJI)
    if emoji and not _is_emoji(emoji):
        raise InvalidContent(_NO_EMOJI)


def _is_emoji(text: str) -> bool:
    """Say whether *text* is a picture and no words. Which pictures there are, Unicode decides."""
    kinds = {category(letter) for letter in text}
    pictured = "So" in kinds or not _SHOWN_AS_EMOJI.isdisjoint(text)
    return pictured and not any(kind[0] in "LZ" or kind == "Cc" for kind in kinds)
