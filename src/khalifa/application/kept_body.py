"""What is kept of a webhook body in the ledger."""

import hashlib
import re

# WPPConnect posts files in base64, on every ack too; the words around them are what counts.
LONGEST_BASE64 = 4096
# What the ledger's column holds, with room to spare.
LONGEST_BODY = 8 * 1024 * 1024

_BASE64 = re.compile(rb"[A-Za-z0-9+/]{%d,}={0,2}" % LONGEST_BASE64)


def _digest(data: bytes | memoryview) -> bytes:
    return b"[%d bytes, sha256 %s]" % (len(data), hashlib.sha256(data).hexdigest().encode())


def kept_body(body: bytes) -> bytes:
    """Return *body* with long base64 replaced by its length and digest, and of bounded size."""
    if len(body) <= LONGEST_BASE64:
        return body
    # Not the match itself, which would be a copy of some megabytes.
    whole = memoryview(body)
    kept = _BASE64.sub(lambda found: _digest(whole[slice(*found.span())]), body)
    return kept if len(kept) <= LONGEST_BODY else _digest(body)
