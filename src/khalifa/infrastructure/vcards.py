"""Reading contact cards as people and phones write them: names, and numbers that can be dialled."""

import re

_LINE = re.compile(r"^(FN|TEL)([;:].*)$", re.MULTILINE)
_NUMBER = re.compile(r"waid=(\d{5,20})")


def read_card(card: str) -> tuple[str, list[str]]:
    """Return the name on a vCard, empty when it has none, and its numbers."""
    names: list[str] = []
    phones: list[str] = []
    for field, rest in _LINE.findall(card):
        parameters, _, value = rest.partition(":")
        value = value.strip()
        if field == "FN":
            names.append(value)
        elif value:
            known = _NUMBER.search(parameters)
            # What WhatsApp knows a number as is whole; what somebody wrote may lack its country.
            phones.append(f"+{known[1]}" if known else value)
    return (names[0] if names else ""), phones
