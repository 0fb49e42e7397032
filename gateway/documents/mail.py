"""E-mails as files (.eml, .mbox, .mht): headers, both forms of the body, and attachments by their own kinds."""

import email
import email.policy
import itertools
import re
from email.message import Message
from typing import Final

from gateway.documents import markup, text
from gateway.documents.document import Unreadable
from gateway.documents.gathering import Gathering

_FIRST: Final = ("From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "Date")
_SILENT: Final = re.compile(
    r"dkim-|arc-|x-google-dkim|x-ms-exchange-|x-microsoft-antispam|x-forefront|content-(type|transfer|disp)|mime-version",
    re.IGNORECASE,
)
"""Headers of machines for machines: signatures and how the rest is written down."""
_MESSAGE_START: Final = re.compile(rb"^From [^\r\n]+\r?\n(?=[A-Za-z-]+:)", re.MULTILINE)
_ENCRYPTED: Final = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
_MOST_PARTS: Final = 500


def read(data: bytes, gathering: Gathering) -> str:
    """Add a mail, or all mails of a mailbox file. Raises Unreadable."""
    starts = [match.end() for match in _MESSAGE_START.finditer(data)] if data.startswith(b"From ") else []
    bounds = [*starts, len(data)] if starts else [0, len(data)]
    for start, end in itertools.pairwise(bounds):
        message = email.message_from_bytes(data[start:end].lstrip(b"\r\n"), policy=email.policy.default)
        _message(message, gathering)
    gathering.count_pages(1)
    return "e-mail"


def _message(message: Message, gathering: Gathering) -> None:
    for name in _FIRST:
        for value in _headers(message, name):
            gathering.say(name, value)
    for name in dict.fromkeys(message.keys()):
        if name.title() not in _FIRST and not _SILENT.match(name):
            for value in _headers(message, name):
                gathering.say(name, value)
    parts = list(_walk(message))
    if len(parts) > _MOST_PARTS:
        raise Unreadable("too_large")
    plain = ""
    for part in parts:
        plain = _part(part, gathering, plain)


def _headers(message: Message, name: str) -> list[str]:
    """A header's values, decoded where it can be, else as they are written."""
    values: list[str] = []
    try:
        values = [str(value) for value in message.get_all(name, [])]
    except Exception:  # noqa: BLE001 - the parser of malformed addresses fails in ways of its own
        values = [str(value) for key, value in message.raw_items() if key.lower() == name.lower()]
    return [" ".join(value.split()) for value in values]


def _walk(message: Message) -> list[Message]:
    """The leaves of a message; a message within it is one leaf."""
    if message.get_content_type() in _ENCRYPTED:
        raise Unreadable("encrypted")
    if not message.is_multipart() or message.get_content_type() == "message/rfc822":
        return [message]
    leaves: list[Message] = []
    for part in message.get_payload():
        if isinstance(part, Message):
            leaves += _walk(part)
    return leaves


def _part(part: Message, gathering: Gathering, plain: str) -> str:
    """Add one leaf. The plain form of the body so far, with which an HTML form is compared."""
    kind, name = part.get_content_type(), _file_name(part)
    for outside in (part.preamble, part.epilogue):
        gathering.add((outside or "").strip())
    if name:
        gathering.say("Attachment", name)
    if kind == "message/rfc822":
        for inner in part.get_payload():
            if isinstance(inner, Message):
                gathering.inner(inner.as_bytes(), "message/rfc822")
        return plain
    data = _content(part)
    if name or part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text":
        notice = "pictures_not_read" if part.get_content_maintype() == "image" else "attachments_not_read"
        if data:
            gathering.inner(data, kind, name, notice=notice)
        return plain
    body = _characters(part, data)
    if kind == "text/html":
        markup.read(body, gathering, seen=plain)
        return plain
    gathering.add(body.strip())
    return plain + body


def _content(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _characters(part: Message, data: bytes) -> str:
    try:
        return data.decode(part.get_content_charset() or "utf-8")
    except (LookupError, ValueError):
        return text.decoded(data) or data.decode("latin-1")


def _file_name(part: Message) -> str:
    try:
        return part.get_filename() or ""
    except Exception:  # noqa: BLE001 - the parser of malformed parameters fails in ways of its own
        return ""
