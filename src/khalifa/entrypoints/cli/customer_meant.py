"""Whom somebody means who types a number, a telephone number or another identity."""

from typing import Annotated

from cyclopts import Parameter

from khalifa.container import Container
from khalifa.domain.contacts import Identity, IdentityKind, PhoneNumber, ProviderName
from khalifa.domain.customers import CustomerId
from khalifa.domain.errors import NotFound
from khalifa.entrypoints.cli.embedded import environment_for
from khalifa.entrypoints.cli.options import Data
from khalifa.settings import Settings

# Ours count from one; whatever has more digits is a telephone number.
_LONGEST_ID = 8

Who = Annotated[
    str,
    Parameter(
        help="A customer's number here, a telephone number as people write it, or another "
        "identity as PROVIDER:KIND:ID (wppconnect:lid:123…)."
    ),
]


def settings_of(data: Data) -> Settings:
    """Return the settings of a command on customers, which asks no provider for anything."""
    env, _ = environment_for(data)
    env["WHATSAPP_DRIVER"] = env.get("WHATSAPP_DRIVER", "").strip() or "sandbox"
    return Settings.from_env(env)


async def customer_meant(container: Container, settings: Settings, who: str) -> CustomerId:
    """
    Return whom somebody typed.

    Raises:
        InvalidPhoneNumber: it is no number here, no telephone number and no identity.
        NotFound: nobody has this telephone number or identity.
    """
    if who.isascii() and who.isdigit() and len(who) <= _LONGEST_ID and not who.startswith("0"):
        return CustomerId(int(who))
    identity = _identity(who)
    if identity is None:
        identity = Identity.of_phone(PhoneNumber.parse(who, region=settings.phone_region))
    known = await container.quiet_transact()(lambda uow: uow.customers.named([identity]))
    if identity not in known:
        raise NotFound("Nobody with this telephone number or identity has written yet.")
    return known[identity]


def _identity(who: str) -> Identity | None:
    provider, _, rest = who.partition(":")
    kind, _, id_ext = rest.partition(":")
    if not id_ext or kind not in set(IdentityKind):
        return None
    return Identity(ProviderName(provider), IdentityKind(kind), id_ext)
