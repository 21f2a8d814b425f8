"""A request whose JSON is what the API's document says: `1` is not true, `"7"` is no number."""

import re
from math import isfinite
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import SerializationException, ValidationException

_WHERE = re.compile(r" - at `\$\.?(?P<path>.*)`$")


def _number(said: str) -> float:
    """Return the number, which is a whole one if it is 5.0 (JSON Schema, core, 4.2.2)."""
    number = float(said)
    if not isfinite(number):
        raise ValueError(f"{said} is out of range")
    return int(number) if number.is_integer() else number


_READER = msgspec.json.Decoder(float_hook=_number)


class StrictRequest(Request[Any, Any, Any]):
    """Makes of a body what its route takes, strictly; Litestar does it leniently."""

    async def json(self) -> Any:
        """
        Return what the route takes as its body.

        Raises:
            SerializationException: It is no JSON.
            ValidationException: It is something else.
        """
        taken = self.route_handler.parsed_data_field
        if taken is None:
            return await super().json()
        try:
            said = _READER.decode(await self.body())
        except msgspec.DecodeError as error:
            raise SerializationException(str(error)) from error
        try:
            return msgspec.convert(said, taken.annotation)
        except msgspec.ValidationError as error:
            raise _refusal(str(error)) from error


def _refusal(said: str) -> ValidationException:
    """Return the refusal as Litestar words it, so that one place answers both."""
    where = _WHERE.search(said)
    key = where["path"] if where and where["path"] else "data"
    message = said[: where.start()] if where else said
    return ValidationException(extra=[{"message": message, "key": key, "source": "body"}])
