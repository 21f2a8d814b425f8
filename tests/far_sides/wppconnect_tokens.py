"""Tokens of WPPConnect Server: made from the session's name and the secret, stored nowhere."""

import hashlib
import hmac
import secrets
from typing import Final

_PREFIX: Final = "$2b$10$"
_SALT: Final = 22
_DIGEST: Final = 31
_BYTES_READ: Final = 72
# bcrypt's alphabet after the server has turned / into _ for use in a path.
_DIGITS: Final = "._ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Tokens:
    """
    Make tokens in bcrypt's shape, and know them again, also after a restart.

    Each is salted and as good as every earlier one. Like bcrypt only 72 bytes are read, so a
    very long session name leaves the secret out.
    """

    def __init__(self, secret_key: str) -> None:
        self.secret_key = secret_key
        self._generation = 0

    def make(self, session: str) -> str:
        salt = "".join(secrets.choice(_DIGITS) for _ in range(_SALT))
        return f"{_PREFIX}{salt}{self._digest(session, salt)}"

    def fits(self, token: str, session: str) -> bool:
        salt, digest = token[len(_PREFIX) :][:_SALT], token[len(_PREFIX) + _SALT :]
        right = self._digest(session, salt)
        return token.startswith(_PREFIX) and hmac.compare_digest(digest.encode(), right.encode())

    def revoke_all(self) -> None:
        """Refuse what was made so far, as after a change of SECRET_KEY, but keep the secret."""
        self._generation += 1

    def _digest(self, session: str, salt: str) -> str:
        words = (session + self.secret_key).encode()[:_BYTES_READ]
        mac = hmac.new(words, f"{self._generation}{salt}".encode(), hashlib.sha256).digest()
        return "".join(_DIGITS[byte % len(_DIGITS)] for byte in mac[:_DIGEST])
