"""Asking WPPConnect which number a LID belongs to."""

from http import HTTPStatus

from khalifa.application.ports.identities import IdentityDirectory
from khalifa.application.ports.messaging import ProviderUnreachable
from khalifa.domain.contacts import Identity, IdentityKind
from khalifa.infrastructure.messaging.wppconnect.client import WppconnectClient
from khalifa.infrastructure.messaging.wppconnect.ids import identities_of, wid_of
from khalifa.infrastructure.messaging.wppconnect.settings import NAME

_OPERATION = "Asking for a customer's number"
_NO_ANSWER = "WPPConnect does not say which number a customer has. ({status})"


class WppconnectDirectory(IdentityDirectory):
    """
    Knows numbers and LIDs of one person, as far as WhatsApp Web does.

    https://github.com/wppconnect-team/wa-js/blob/main/src/contact/functions/getPnLidEntry.ts
    """

    def __init__(self, client: WppconnectClient) -> None:
        self._client = client

    async def others_of(self, identity: Identity) -> tuple[Identity, ...]:
        wid = _wid(identity)
        if wid is None:
            return ()
        answer = await self._client.get(f"contact/pn-lid/{wid}", operation=_OPERATION)
        match (answer.status, answer.body):
            case (HTTPStatus.OK, dict() as entry):
                named = identities_of([wid_of(entry.get("lid")), wid_of(entry.get("phoneNumber"))])
            case _:
                raise ProviderUnreachable(_NO_ANSWER.format(status=answer.status))
        # An answer about somebody else proves nothing.
        return tuple(i for i in named if i != identity) if identity in named else ()


def _wid(identity: Identity) -> str | None:
    if identity.kind is IdentityKind.PHONE:
        return f"{identity.id_ext}@c.us"
    is_lid = identity.kind is IdentityKind.LID and identity.provider == NAME
    return f"{identity.id_ext}@lid" if is_lid else None
