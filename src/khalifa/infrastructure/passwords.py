"""Passwords hashed with Argon2id, away from the event loop."""

import asyncio
import os
from base64 import b64encode

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from khalifa.application.ports.passwords import PasswordHasher

# OWASP's first choice for Argon2id on small machines: 19 MiB, 2 passes, 1 lane.
# https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id
TIME_COST = 2
MEMORY_COST = 19_456
PARALLELISM = 1


class Argon2PasswordHasher(PasswordHasher):
    """*time_cost* in passes, *memory_cost* in KiB; an older hash is verified by its own."""

    def __init__(self, *, time_cost: int = TIME_COST, memory_cost: int = MEMORY_COST) -> None:
        self._hasher = argon2.PasswordHasher(
            time_cost=time_cost, memory_cost=memory_cost, parallelism=PARALLELISM
        )
        self._nobodys_hash = self._hash_of_nothing()

    async def hash(self, password: str) -> str:
        return await asyncio.to_thread(self._hasher.hash, _bytes(password))

    async def verify(self, password: str, password_hash: str | None) -> bool:
        expected = self._nobodys_hash if password_hash is None else password_hash
        return await asyncio.to_thread(self._verify, _bytes(password), expected)

    def _verify(self, password: bytes, expected: str) -> bool:
        try:
            return self._hasher.verify(expected, password)
        except (VerificationError, InvalidHashError):
            return False

    def _hash_of_nothing(self) -> str:
        """Return a hash that costs as much to verify as any other and that no password made."""
        hasher = self._hasher
        salt, digest = (
            b64encode(os.urandom(size)).decode().rstrip("=")
            for size in (hasher.salt_len, hasher.hash_len)
        )
        costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
        return f"$argon2id$v=19${costs}${salt}${digest}"


def _bytes(password: str) -> bytes:
    # A lone surrogate can be typed into JSON; it makes a wrong password, not an error.
    return password.encode("utf-8", "surrogatepass")
