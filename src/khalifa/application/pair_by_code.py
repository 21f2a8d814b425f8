"""Use case: pair the number by a code that is typed on the phone, in place of a QR code."""

from dataclasses import dataclass

from khalifa.application.ports.clock import Clock
from khalifa.application.ports.messaging import CodePairing, Providers
from khalifa.application.ports.pairing_codes import PairingCode, PairingCodes
from khalifa.application.ports.unit_of_work import Transact
from khalifa.application.provider_status import PAIRED, NotPairable
from khalifa.application.switch_provider import ActiveProvider
from khalifa.domain.agents import Agent, AgentId
from khalifa.domain.audit import Act, AuditEntry
from khalifa.domain.contacts import PhoneNumber, ProviderName
from khalifa.domain.errors import Conflict, NotFound
from khalifa.domain.words import Words

_NOT_KEPT = Words(
    "A code cannot be asked for while Redis is away. Scan the QR code instead.",
    "لا يمكن طلب رمز الآن لأن Redis لا يعمل. امسح رمز QR بدلًا منه.",
)
_CONNECTED = Words(
    "The number is paired already. Unlink it on the phone before another is paired.",
    "الرقم مربوط بالفعل. ألغ ربطه من الهاتف قبل ربط رقم آخر.",
)
_NOT_WANTED = Words(
    "Nobody has asked for a code, or ten minutes ago. Ask for one with the phone's number.",
    "لم يُطلب رمز، أو مرت عشر دقائق على طلبه. اطلبه برقم الهاتف.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedCode:
    """The phone that is to be paired, and the code to type on it; None: it is on its way."""

    phone: str
    code: PairingCode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairByCode:
    """
    Ask for a code for one phone, show it, or go back to the QR code.

    Whoever keeps the session starts it for that phone as soon as it may be
    started anew: a QR code that is shown goes first, which takes up to a minute.
    """

    active_provider: ActiveProvider
    providers: Providers
    pairing_codes: PairingCodes
    transact: Transact
    clock: Clock
    region: str

    async def __call__(
        self, agent: Agent, phone: str, provider: ProviderName | None = None
    ) -> AwaitedCode:
        """
        Raises:
            NotAllowed: *agent* is no administrator.
            InvalidPhoneNumber: *phone* is none.
            NotPairable: the provider is not paired by a code.
            Conflict: it is connected; or Redis is away.
        """
        agent.require_admin()
        return await self.ask(phone, provider, by=agent.id)

    async def ask(
        self, phone: str, provider: ProviderName | None = None, *, by: AgentId | None = None
    ) -> AwaitedCode:
        """Ask for a code; *by* None: as whoever may run commands here. Raises as above."""
        name, _ = await self._pairing(provider)
        number = PhoneNumber.parse(phone, region=self.region)
        if (await self.providers.get(name).connection.status()).connected:
            raise Conflict(_CONNECTED)
        entry = AuditEntry(
            at=self.clock.now(),
            by=by,
            act=Act.PAIRING_CODE_ASKED,
            subject=f"provider {name}",
            details={"phone": number.digits},
        )
        await self.transact(lambda uow: uow.audit.add(entry))
        if not await self.pairing_codes.want(name, number):
            raise Conflict(_NOT_KEPT)
        return AwaitedCode(phone=number.digits, code=None)

    async def code(self, provider: ProviderName | None = None) -> AwaitedCode:
        """
        Return the code that is taken now.

        Raises:
            NotPairable: the provider is not paired by a code.
            NotFound: none was asked for, or the number is paired by now.
        """
        name, pairing = await self._pairing(provider)
        phone = await self.pairing_codes.wanted(name)
        if phone is None:
            raise NotFound(_NOT_WANTED)
        code = await self.pairing_codes.shown(name)
        if await pairing.takes_code():
            is_good = code is not None and code.expires_at > self.clock.now()
            return AwaitedCode(phone=phone.digits, code=code if is_good else None)
        if (await self.providers.get(name).connection.status()).connected:
            await self.pairing_codes.forget(name)
            raise NotFound(PAIRED)
        return AwaitedCode(phone=phone.digits, code=None)

    async def give_up(self, provider: ProviderName | None = None) -> None:
        """
        Let the number be paired by QR code again; harmless where it is.

        Raises:
            NotPairable: the provider is not paired by a code.
        """
        name, _ = await self._pairing(provider)
        await self.pairing_codes.forget(name)

    async def _pairing(self, provider: ProviderName | None) -> tuple[ProviderName, CodePairing]:
        name = provider or await self.active_provider()
        pairing = self.providers.get(name).pairing_by_code
        if pairing is None:
            reason = f"{name} is not paired by a code."
            raise NotPairable(reason)
        return name, pairing
