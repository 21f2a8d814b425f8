"""Two-step sign-in: beside the password a code from a telephone, or one kept on paper."""

from dataclasses import dataclass

from khalifa.domain.errors import Conflict, DomainError
from khalifa.domain.words import Words

RECOVERY_CODES = 8
CODE_DIGITS = 6
MAX_CODE = 100
_GROUP = 4
_WANTED = Words(
    f"Enter the {CODE_DIGITS}-digit code from your app.",
    f"اكتب الرمز من تطبيق التوثيق ({CODE_DIGITS} أرقام).",
)
_WRONG = Words(
    "The code is not right, or was used already. Wait for the next one.",
    "الرمز غير صحيح أو استُعمل من قبل. انتظر الرمز التالي.",
)
_ON = Words("Two-step sign-in is on already.", "الدخول بخطوتين مفعّل من قبل.")
_OFF = Words("Two-step sign-in is not on.", "الدخول بخطوتين غير مفعّل.")
_NOT_BEGUN = Words(
    "Nobody has begun to switch it on, or somebody began anew. Begin again.",
    "لم يبدأ التفعيل، أو بدأ من جديد. ابدأ مرة أخرى.",
)


class CodeWanted(DomainError):
    """The name and the password are right, and a code is asked for as well."""

    def __init__(self) -> None:
        super().__init__(_WANTED)


class CodeRefused(DomainError):
    """The name and the password are right, and the code is not."""

    def __init__(self) -> None:
        super().__init__(_WRONG)


class WrongCode(DomainError):
    """Who is signed in, and wants to switch it on or off, has another code."""

    def __init__(self) -> None:
        super().__init__(_WRONG)


class TwoStepOn(Conflict):
    """It is on already."""

    def __init__(self) -> None:
        super().__init__(_ON)


class TwoStepOff(Conflict):
    """It is not on, or nobody has begun to switch it on."""

    def __init__(self, *, begun: bool = True) -> None:
        super().__init__(_OFF if begun else _NOT_BEGUN)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoStep:
    """
    What one agent's codes are made from.

    ``secret`` is what the telephone was told; ``last_step`` the time step of the last code
    that was accepted: None until the first one, which switches it on.
    """

    secret: str
    last_step: int | None = None

    def __repr__(self) -> str:
        return f"TwoStep(is_on={self.is_on})"

    @property
    def is_on(self) -> bool:
        return self.last_step is not None


def plain_code(typed: str) -> str:
    """Return a code as it was made: any digits as 0 to 9, small letters, no gaps."""
    return "".join(
        str(int(one)) if one.isdecimal() else one.lower() for one in typed if one.isalnum()
    )


def is_app_code(code: str) -> bool:
    """Say whether *code* has the form of the app's, and not of a recovery code."""
    return len(code) == CODE_DIGITS and code.isascii() and code.isdecimal()


def grouped(code: str) -> str:
    """Return a recovery code as it is read and written down: ``abcd-efgh-…``."""
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))
