"""Requests that no use case gets to see."""

from collections.abc import Mapping
from types import MappingProxyType

from khalifa.domain.errors import KhalifaError


class RequestRefused(KhalifaError):
    """A request that no use case gets to see. ``headers`` are those of its answer alone."""

    headers: Mapping[str, str] = MappingProxyType({})


class NotSignedIn(RequestRefused):
    """Nobody is signed in, or not any more."""

    def __init__(self) -> None:
        super().__init__("Sign in first, or give a valid token as `Authorization: Bearer …`.")


class ForeignOrigin(RequestRefused):
    """A page of another site sent the browser here."""

    def __init__(self) -> None:
        super().__init__(
            "This came from a page of another site. If it did not, KHALIFA_PUBLIC_URL must be "
            "the address people open."
        )


class TooManyRequests(RequestRefused):
    """Too often, too fast. ``retry_after`` in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many attempts. Try again in {retry_after} seconds.")
        self.retry_after = retry_after


class BodyTooLarge(RequestRefused):
    """The body is above the limit, in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than {limit:,} bytes.")


class BodyTooSlow(RequestRefused):
    """A large body did not arrive in the time that there is for one, in seconds."""

    def __init__(self, within: float) -> None:
        super().__init__(f"A body of this size has {within:.0f} seconds to arrive.")


class MethodNotAllowed(RequestRefused):
    """The address is right, the method is not. *allow* lists those it takes."""

    def __init__(self, allow: str) -> None:
        super().__init__(f"This address takes {allow}.")
        self.headers = {"Allow": allow}


class NoSuchPart(RequestRefused):
    """The part of a file that is asked for begins where it has ended. *size* in bytes."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The file has {size:,} bytes, and the range begins after them.")
        self.headers = {"Content-Range": f"bytes */{size}"}


class ProviderRetired(RequestRefused):
    """A call to the webhook of a provider that was retired."""

    def __init__(self, provider: str) -> None:
        super().__init__(
            f"{provider} is retired: nothing of it is taken in. `khalifa provider retire "
            f"{provider} --undo` takes it back."
        )


class UnsignedWebhook(RequestRefused):
    """A call to a webhook that carries no proof at all."""

    headers = MappingProxyType({"WWW-Authenticate": 'Basic realm="webhook"'})


class WronglySignedWebhook(RequestRefused):
    """A call to a webhook whose proof is not the provider's."""
