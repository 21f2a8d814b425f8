"""Who we talk to: phone numbers, identities, and the addresses providers deliver to."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, Self
from unicodedata import decimal

import phonenumbers

from khalifa.domain.errors import InvalidPhoneNumber

ProviderName = NewType("ProviderName", str)

# A phone number names the same person whichever provider carries it.
ANY_PROVIDER = ProviderName("*")

_E164 = re.compile(r"[1-9]\d{6,14}")
_FEWEST_DIGITS = 3
_DECORATION = re.compile(r"[\s().\-\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number in E.164 form: digits only, country code first, no plus sign."""

    digits: str

    @classmethod
    def parse(cls, raw: str, *, region: str = "EG") -> Self:
        """
        Read a number as people write it.

        ``+`` or ``00`` marks an international number, a single ``0`` a
        national one of *region*. Bare digits are international when some
        country has such a number, national otherwise: ``9665…`` stays Saudi.

        Raises:
            InvalidPhoneNumber: no country has such a number.
        """
        text = _DECORATION.sub("", raw)
        if text.startswith("00"):
            text = "+" + text[2:]
        spellings = [text] if text.startswith(("+", "0")) else ["+" + text, text]
        for spelling in spellings:
            try:
                number = phonenumbers.parse(spelling, region)
            except phonenumbers.NumberParseException:
                continue
            if phonenumbers.is_valid_number(number):
                e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
                return cls(e164.removeprefix("+"))
        raise InvalidPhoneNumber

    @classmethod
    def from_provider(cls, raw: str) -> Self | None:
        """
        Read a number a provider vouches for, None when it has not the shape of one.

        WhatsApp knows its own numbers better than any table, so only the E.164
        shape is asked. A LID or a BSUID must never be given to this.
        """
        digits = _DECORATION.sub("", raw).removeprefix("+")
        return cls(digits) if digits.isascii() and _E164.fullmatch(digits) else None

    def __str__(self) -> str:
        return self.digits


def phone_beginnings(text: str, *, region: str) -> list[str]:
    """
    Return what the E.164 digits of a number begin with that was typed as far as *text*.

    As `PhoneNumber.parse` reads it: ``010…`` is one of *region*, bare digits
    may be of *region* or begin with a country's code. Empty when *text* is no
    number, or too little of one to look for.
    """
    typed = _DECORATION.sub("", text)
    marked = typed.startswith("+")
    typed = typed.removeprefix("+")
    # Arabic-Indic digits, too: 0 to 9 in every script that has them.
    if not typed.isdecimal():
        return []
    digits = "".join(str(decimal(digit)) for digit in typed)
    country = str(phonenumbers.country_code_for_region(region))
    if marked:
        beginnings = [digits]
    elif digits.startswith("00"):
        beginnings = [digits[2:]]
    elif digits.startswith("0"):
        beginnings = [country + digits[1:]]
    else:
        beginnings = [digits, country + digits]
    return [found for found in beginnings if len(digits) >= _FEWEST_DIGITS]


class IdentityKind(StrEnum):
    """What sort of name a provider has for a customer."""

    PHONE = "phone"
    LID = "lid"
    BSUID = "bsuid"
    CHAT = "chat"


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """How a provider names a customer. Several of them may be one customer's."""

    provider: ProviderName
    kind: IdentityKind
    id_ext: str

    @classmethod
    def of_phone(cls, phone: PhoneNumber) -> Self:
        return cls(ANY_PROVIDER, IdentityKind.PHONE, phone.digits)


@dataclass(frozen=True, slots=True)
class Address:
    """Where one provider delivers: ``provider`` plus its own ``id_ext``."""

    provider: ProviderName
    id_ext: str
