"""Which phone is to be paired with a code, in Redis, for some minutes."""

from datetime import timedelta

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from khalifa.application.ports.pairing_codes import (
    LASTS,
    WANTED_FOR,
    PairingCode,
    PairingCodes,
)
from khalifa.domain.contacts import PhoneNumber, ProviderName

_DECODER = msgspec.json.Decoder(PairingCode)


class RedisPairingCodes(PairingCodes):
    """Two keys a provider, both of which expire: the phone, and the newest code."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def want(self, provider: ProviderName, phone: PhoneNumber) -> bool:
        try:
            async with self._redis.pipeline(transaction=True) as together:
                together.set(_phone(provider), msgspec.json.encode(phone.digits), ex=WANTED_FOR)
                together.delete(_code(provider))
                await together.execute()
        except RedisError:
            return False
        return True

    async def wanted(self, provider: ProviderName) -> PhoneNumber | None:
        try:
            kept = await self._redis.get(_phone(provider))
            digits = None if kept is None else msgspec.json.decode(kept, type=str)
        except (RedisError, msgspec.DecodeError):
            return None
        return None if digits is None else PhoneNumber(digits)

    async def show(self, provider: ProviderName, code: PairingCode) -> None:
        try:
            kept_for = LASTS + timedelta(seconds=1)
            await self._redis.set(_code(provider), msgspec.json.encode(code), ex=kept_for)
        except RedisError:
            # Another one comes, or the number is paired by QR code.
            return

    async def shown(self, provider: ProviderName) -> PairingCode | None:
        try:
            kept = await self._redis.get(_code(provider))
            return None if kept is None else _DECODER.decode(kept)
        except (RedisError, msgspec.DecodeError):
            return None

    async def forget(self, provider: ProviderName) -> None:
        try:
            await self._redis.delete(_phone(provider), _code(provider))
        except RedisError:
            # It expires.
            return


def _phone(provider: ProviderName) -> str:
    return f"khalifa:pairing:{provider}"


def _code(provider: ProviderName) -> str:
    return f"khalifa:pairing:{provider}:code"
