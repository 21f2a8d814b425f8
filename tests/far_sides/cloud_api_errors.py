"""
Meta's errors: the codes a send meets, their HTTP status and the envelope they come in.

https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/
"""

from dataclasses import dataclass
from enum import IntEnum

from tests.far_sides.cloud_api_ids import new_trace_id


class ErrorCode(IntEnum):
    UNKNOWN = 1
    SERVICE_DOWN = 2
    INVALID_PARAMETER = 100
    TOKEN = 190
    RATE_LIMIT_613 = 613
    UNKNOWN_PATH = 2500
    SOMETHING_WENT_WRONG = 131000
    TRY_AGAIN = 131016
    SENDER_IS_RECIPIENT = 131021
    UNDELIVERABLE = 131026
    WINDOW_CLOSED = 131047
    NOT_DELIVERED_BY_META = 131049
    UNSUPPORTED_TYPE = 131051
    MEDIA_UPLOAD = 131053
    PAIR_RATE_LIMIT = 131056
    PAUSED_TEMPLATE = 132015
    THROUGHPUT = 130429


@dataclass(frozen=True, slots=True)
class KnownError:
    """What Meta says with a code: the HTTP status, the short title, the details."""

    status: int
    title: str
    details: str


ERRORS = {
    ErrorCode.UNKNOWN: KnownError(400, "API Unknown", "Invalid request or possible server error."),
    ErrorCode.SERVICE_DOWN: KnownError(
        503, "API Service", "Temporary due to downtime or due to being overloaded."
    ),
    ErrorCode.INVALID_PARAMETER: KnownError(
        400, "Invalid parameter", "One or more unsupported or misspelled parameters."
    ),
    ErrorCode.TOKEN: KnownError(401, "Access token has expired", "Your access token has expired."),
    ErrorCode.RATE_LIMIT_613: KnownError(
        429, "Calls to this api have exceeded the rate limit.", "Too many calls."
    ),
    ErrorCode.UNKNOWN_PATH: KnownError(400, "Unknown path components", "Unknown path."),
    ErrorCode.SOMETHING_WENT_WRONG: KnownError(
        500, "Something went wrong", "Message failed to send due to an unknown error."
    ),
    ErrorCode.TRY_AGAIN: KnownError(
        503, "Service unavailable", "A service is temporarily unavailable."
    ),
    ErrorCode.SENDER_IS_RECIPIENT: KnownError(
        400,
        "Recipient cannot be sender",
        "Sender and recipient phone number is the same.",
    ),
    ErrorCode.UNDELIVERABLE: KnownError(400, "Message undeliverable", "Unable to deliver message."),
    ErrorCode.WINDOW_CLOSED: KnownError(
        400,
        "Re-engagement message",
        "Message failed to send because more than 24 hours have passed "
        "since the customer last replied to this number.",
    ),
    ErrorCode.NOT_DELIVERED_BY_META: KnownError(
        400,
        "Meta chose not to deliver",
        "This message was not delivered to maintain healthy ecosystem engagement.",
    ),
    ErrorCode.UNSUPPORTED_TYPE: KnownError(
        400, "Unsupported message type", "Unsupported message type."
    ),
    ErrorCode.MEDIA_UPLOAD: KnownError(
        400, "Media upload error", "Unable to upload the media used in the message."
    ),
    ErrorCode.PAIR_RATE_LIMIT: KnownError(
        400,
        "(Business Account, Consumer Account) pair rate limit hit",
        "Message failed to send because there were too many messages sent from this phone number "
        "to the same phone number in a short period of time.",
    ),
    ErrorCode.PAUSED_TEMPLATE: KnownError(
        400,
        "Template is Paused",
        "Template is paused due to low quality so it cannot be sent in a template message.",
    ),
    ErrorCode.THROUGHPUT: KnownError(
        400, "Rate limit hit", "Cloud API message throughput has been reached."
    ),
}


class GraphError(Exception):
    """A refusal in the Graph API's own envelope."""

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        *,
        status: int | None = None,
        kind: str = "OAuthException",
        subcode: int | None = None,
        details: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = ERRORS[code].status if status is None else status
        error: dict[str, object] = {"message": message, "type": kind, "code": int(code)}
        if details is not None:
            error["error_data"] = {"messaging_product": "whatsapp", "details": details}
        if subcode is not None:
            error["error_subcode"] = subcode
        error["fbtrace_id"] = new_trace_id()
        self.envelope: dict[str, object] = {"error": error}


def refusal(code: ErrorCode) -> GraphError:
    """Return the documented refusal of a message with this code."""
    known = ERRORS[code]
    return GraphError(code, f"(#{int(code)}) {known.title}", details=known.details)


def missing(parameter: str) -> GraphError:
    return GraphError(ErrorCode.INVALID_PARAMETER, f"(#100) The parameter {parameter} is required.")


def invalid(message: str, details: str | None = None) -> GraphError:
    return GraphError(ErrorCode.INVALID_PARAMETER, f"(#100) {message}", details=details)


def unknown_object(node: str, method: str = "POST") -> GraphError:
    """Return the answer for an id that is not ours: wrong, deleted, or not seen by this token."""
    return GraphError(
        ErrorCode.INVALID_PARAMETER,
        f"Unsupported {method.lower()} request. Object with ID '{node}' does not exist, cannot be "
        "loaded due to missing permissions, or does not support this operation. Please read the "
        "Graph API documentation at https://developers.facebook.com/docs/graph-api",
        kind="GraphMethodException",
        subcode=33,
    )


def unknown_path(path: str) -> GraphError:
    return GraphError(ErrorCode.UNKNOWN_PATH, f"Unknown path components: {path}")


def bad_token() -> GraphError:
    return GraphError(ErrorCode.TOKEN, "Invalid OAuth access token - Cannot parse access token")


def expired_token() -> GraphError:
    return GraphError(
        ErrorCode.TOKEN,
        "Error validating access token: Session has expired on Friday, 20-Nov-26 02:00:00 PST. "
        "The current time is Friday, 20-Nov-26 03:12:44 PST.",
        subcode=463,
    )
