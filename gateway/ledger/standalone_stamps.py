"""What an RFC 3161 time stamp is over and when it was made, in plain Python, for the checkers that travel.

A small reader of DER (ITU-T X.690) for the few fields that are needed. It does not check the authority's signature:
that takes RSA or ECDSA and certificates, which `openssl ts -verify` does.
"""

from __future__ import annotations

import hashlib
import re

MOST_TOKEN = 65_536
SEQUENCE, SET, INTEGER, OCTETS, IDENTIFIER, TIME, TAGGED = 0x30, 0x31, 0x02, 0x04, 0x06, 0x18, 0xA0
SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
TST_INFO = bytes.fromhex("2a864886f70d0109100104")
DIGESTS = {bytes.fromhex("6086480165030402" + end): name for end, name in
           (("01", "sha256"), ("02", "sha384"), ("03", "sha512"))}  # fmt: skip
NO_STAMP = "the time stamp can't be read"


def _fields(data: bytes, *tags: int) -> list[bytes]:
    """The contents of the first values in `data`, which must have these tags. Raises ValueError."""
    found, at = [], 0
    for tag in tags:
        head = data[at : at + 2]
        if len(head) < 2 or head[0] != tag:
            raise ValueError(NO_STAMP)
        at, size = at + 2, head[1]
        if size > 0x80:
            count = size - 0x80
            size = int.from_bytes(data[at : at + count], "big")
            # DER: the shortest form of a length, and three bytes hold more than a token may have.
            if count > 3 or size < 0x80 or size >> 8 * (count - 1) == 0:
                raise ValueError(NO_STAMP)
            at += count
        elif size == 0x80:
            raise ValueError(NO_STAMP)
        if at + size > len(data):
            raise ValueError(NO_STAMP)
        found.append(data[at : at + size])
        at += size
    return found


def _field(data: bytes, tag: int) -> bytes:
    return _fields(data, tag)[0]


def stamped_at(reply: bytes, data: bytes) -> str:
    """When `reply`, a TimeStampResp, says that `data` existed (UTC). Raises ValueError unless it is over `data`."""
    if len(reply) > MOST_TOKEN:
        raise ValueError(NO_STAMP)
    response = _field(reply, SEQUENCE)
    if _field(_field(response, SEQUENCE), INTEGER) not in (b"\x00", b"\x01"):
        raise ValueError("the authority refused a time stamp")
    kind, content = _fields(_fields(response, SEQUENCE, SEQUENCE)[1], IDENTIFIER, TAGGED)
    signed = _fields(_field(content, SEQUENCE), INTEGER, SET, SEQUENCE)[2]
    what, held = _fields(signed, IDENTIFIER, TAGGED)
    if (kind, what) != (SIGNED_DATA, TST_INFO):
        raise ValueError(NO_STAMP)
    info = _field(_field(held, OCTETS), SEQUENCE)
    _, _, imprint, _, at = _fields(info, INTEGER, IDENTIFIER, SEQUENCE, INTEGER, TIME)
    algorithm, digest = _fields(imprint, SEQUENCE, OCTETS)
    name = DIGESTS.get(_field(algorithm, IDENTIFIER))
    if name is None:
        raise ValueError("the time stamp uses another hash than SHA-2")
    if hashlib.new(name, data).digest() != digest:
        raise ValueError("the time stamp is over something else than this checkpoint")
    told = re.fullmatch(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d{1,9})?Z", at)
    if told is None:
        raise ValueError(NO_STAMP)
    year, month, day, hour, minute, second = (part.decode() for part in told.groups())
    return f"{year}-{month}-{day} {hour}:{minute}:{second} UTC"
