"""What the API takes and gives of two-step sign-in. Nothing of it is ever shown twice."""

from typing import Annotated

from msgspec import Meta, Struct

from khalifa.domain.two_step import CODE_DIGITS, MAX_CODE, RECOVERY_CODES

Code = Annotated[
    str,
    Meta(
        max_length=MAX_CODE,
        description=f"{CODE_DIGITS} digits, Arabic ones, too.",
        examples=["492039"],
    ),
]
PresentPassword = Annotated[str, Meta(max_length=1000, examples=["correct horse battery"])]


class TwoStep(Struct, frozen=True, kw_only=True):
    """Whether one's two-step sign-in is on."""

    is_on: bool
    recovery_codes_left: Annotated[int, Meta(examples=[RECOVERY_CODES])]


class NewTwoStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One's password, to begin with."""

    password: PresentPassword

    def __repr__(self) -> str:
        return "NewTwoStep()"


class TwoStepSecret(Struct, frozen=True, kw_only=True):
    """What an authenticator app is to be told. It is told only once."""

    secret: Annotated[str, Meta(description="To type in.", examples=["JBSWY3DPEHPK3PXP"])]
    address: Annotated[
        str,
        Meta(description="What the QR code says.", examples=["otpauth://totp/khalifa:Sara?…"]),
    ]
    qr: Annotated[
        list[str],
        Meta(
            description="The QR code, line by line: 1 is dark. Its margin is four dots.",
            examples=[["1111111", "1000001"]],
        ),
    ]

    def __repr__(self) -> str:
        return "TwoStepSecret()"


class FirstCode(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code, which shows that the app makes the right ones."""

    code: Code

    def __repr__(self) -> str:
        return "FirstCode()"


class RecoveryCodes(Struct, frozen=True, kw_only=True):
    """For a day without the telephone: each signs in once. They are told only once."""

    recovery_codes: Annotated[list[str], Meta(examples=[["mfrg-gzdf-mztw-q2lk"]])]

    def __repr__(self) -> str:
        return "RecoveryCodes()"


class PasswordAndCode(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that signing in asks for."""

    password: PresentPassword
    code: Annotated[
        str,
        Meta(
            max_length=MAX_CODE,
            description="Of the authenticator app, or a recovery code.",
            examples=["492039"],
        ),
    ]

    def __repr__(self) -> str:
        return "PasswordAndCode()"
