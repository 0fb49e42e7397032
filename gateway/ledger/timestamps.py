"""RFC 3161 time stamps over checkpoints: somebody outside says by when this much of the log existed.

The stamp is over the signed note's bytes, so that `openssl ts -verify -data NOTE` checks it too. `rfc3161-client` reads
and checks; it does no networking.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from rfc3161_client import TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response
from rfc3161_client.errors import VerificationError

REQUEST_TYPE = "application/timestamp-query"
REPLY_TYPE = "application/timestamp-reply"
MAX_REPLY = 65_536


class BadTimeStamp(ValueError):
    """A time stamp that can't be read, is refused by the authority, or is not over these bytes by a trusted one."""


def request(data: bytes) -> tuple[bytes, int]:
    """The DER of a request over `data` (SHA-256, with the authority's certificate asked for), and its nonce."""
    made = TimestampRequestBuilder().data(data).nonce(nonce=True).cert_request(cert_request=True).build()
    if made.nonce is None:
        raise ValueError("a request without a nonce")
    return made.as_bytes(), made.nonce


def verify(reply: bytes, data: bytes, roots: Sequence[x509.Certificate], nonce: int | None = None) -> datetime:
    """When, by the authority's clock (UTC), it stamped `data`. Raises BadTimeStamp.

    `reply` is the DER of a TimeStampResp whose chain must end at one of `roots`. The certificates need to have been
    valid at that time, not now.
    """
    try:
        # Each check takes pieces out of the decoded reply, so it is decoded for this one only.
        decoded = decode_timestamp_response(reply)
        builder = VerifierBuilder(roots=list(roots), nonce=nonce)
        builder.build().verify_message(decoded, data)
        return decoded.tst_info.gen_time.astimezone(UTC)
    except VerificationError as error:
        raise BadTimeStamp(f"the time stamp does not verify: {str(error).rstrip('.')}") from error
    except ValueError as error:
        raise BadTimeStamp("the time stamp can't be read, or was refused") from error


def certificates(pem: bytes) -> list[x509.Certificate]:
    """The root certificates in a PEM file. Raises BadTimeStamp where there is none."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise BadTimeStamp("the file holds no certificates in PEM form") from error
