"""One-time codes as authenticator apps make them, by PyOTP."""

from base64 import b32encode
from datetime import datetime
from hmac import compare_digest
from secrets import token_bytes

import pyotp

from khalifa.application.ports.two_step import OneTimeCodes

ISSUER = "khalifa"
# RFC 6238, 5.2: at most one step for a slow hand and a clock that is off.
WINDOW = 1
RECOVERY_BYTES = 10


class PyotpOneTimeCodes(OneTimeCodes):
    """SHA-1, six digits, thirty seconds: many apps know nothing else, whatever they are told."""

    def new_secret(self) -> str:
        return pyotp.random_base32()

    def new_recovery_code(self) -> str:
        # Without 0, 1, 8 and 9, which look like letters.
        return b32encode(token_bytes(RECOVERY_BYTES)).decode().lower()

    def step_of(self, code: str, secret: str, *, now: datetime) -> int | None:
        # A lone surrogate can be typed into JSON; it makes a wrong code, not an error.
        codes, typed = pyotp.TOTP(secret), code.encode("utf-8", "surrogatepass")
        present = codes.timecode(now)
        steps = range(present - WINDOW, present + WINDOW + 1)
        # All are compared, so that the time tells nothing.
        right = [step for step in steps if compare_digest(codes.generate_otp(step).encode(), typed)]
        return right[-1] if right else None

    def address(self, secret: str, *, name: str) -> str:
        return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)
