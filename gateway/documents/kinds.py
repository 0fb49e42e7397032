"""What a file is, by its bytes. The claimed media type only settles what the bytes leave open."""

import re
from typing import Final

from gateway.documents import text
from gateway.documents.document import Unreadable

_BEGINNINGS: Final = (
    (b"%PDF-", "pdf"), (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "archive"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"\x89PNG\r\n\x1a\n", "picture"), (b"\xff\xd8\xff", "picture"), (b"GIF87a", "picture"), (b"GIF89a", "picture"),
    (b"II*\0", "picture"), (b"MM\0*", "picture"), (b"{\\rtf", "rtf"),
    (b"\x1f\x8b", "archive"), (b"BZh", "archive"), (b"\xfd7zXZ\0", "archive"), (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!\x1a\x07", "archive"), (b"\x28\xb5\x2f\xfd", "archive"), (b"MSCF\0\0\0\0", "archive"),
    (b"!<arch>\n", "archive"), (b"\x04\x22\x4d\x18", "archive"), (b"PK\x07\x08", "archive"),
    (b"\x7fELF", "program"), (b"\xfe\xed\xfa\xce", "program"), (b"\xfe\xed\xfa\xcf", "program"),
    (b"\xcf\xfa\xed\xfe", "program"), (b"\xce\xfa\xed\xfe", "program"), (b"\xca\xfe\xba\xbe", "program"),
    (b"\0asm", "program"),
    (b"ID3", "audio"), (b"fLaC", "audio"), (b"OggS", "audio"), (b"#!AMR", "audio"), (b"MThd", "audio"),
    (b"\x1aE\xdf\xa3", "video"), (b"FLV\x01", "video"), (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video"),
    (b"\0\0\x01\xba", "video"), (b"\0\0\x01\xb3", "video"),
)  # fmt: skip
_RIFF: Final = {b"WEBP": "picture", b"WAVE": "audio", b"AVI ": "video"}
_PHONE_PICTURES: Final = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"avif", b"avis")
_LOOSE: Final = ((b"MZ", "program"), (b"BM", "picture"))
"""Beginnings short enough to begin a text as well: asked only where the bytes are none."""
_HTML: Final = re.compile(r"\s*(?:<!--.*?-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S)
_TAGS: Final = re.compile(r"<(?:a|b|br|div|em|h[1-6]|i|img|li|meta|p|span|strong|table|td|ul)\b[^>]*>", re.IGNORECASE)
_HEADER: Final = re.compile(
    r"^(from|to|cc|bcc|subject|date|sender|reply-to|received|return-path|delivered-to|message-id|mime-version|"
    r"content-type|content-transfer-encoding|x-[\w-]+):",
    re.IGNORECASE | re.MULTILINE,
)
_MAIL_LINE: Final = re.compile(r"(?:[!-9;-~]+:|[ \t]|From ).*")


def kind_of(data: bytes, media: str, name: str) -> str:
    """pdf, zip, ole, picture, rtf, mail, html or text. Raises Unreadable for what is never read."""
    kind = _by_beginning(data) or _by_structure(data)
    if kind is None and b"%PDF-" in data[:1024] and _claims(media, name, "pdf"):
        kind = "pdf"  # readers of PDF allow for some bytes before it, and will take the claim
    if kind is None:
        kind = _by_characters(data, media, name)
    if kind in ("archive", "audio", "video", "program"):
        raise Unreadable(kind)
    return kind


def claims_other(kind: str, media: str, name: str) -> bool:
    """Whether the claim names a kind of which the bytes are not: whoever believes the claim reads something else."""
    claimed = next((known for known in _CLAIMS if _claims(media, name, known)), None)
    return claimed is not None and claimed != kind


_CLAIMS: Final = {
    "pdf": re.compile(r"application/(x-)?pdf|\.pdf", re.IGNORECASE),
    "zip": re.compile(r".*(openxmlformats|opendocument|/zip).*|\.(docx|xlsx|pptx|xlsm|odt|ods|odp|zip)", re.IGNORECASE),
    "picture": re.compile(r"image/(png|jpe?g|gif|webp|tiff|bmp)|\.(png|jpe?g|gif|webp|tiff?|bmp)", re.IGNORECASE),
}


def _claims(media: str, name: str, kind: str) -> bool:
    ending = "." + name.rpartition(".")[2] if "." in name else ""
    return any(_CLAIMS[kind].fullmatch(claim) for claim in (media.partition(";")[0].strip(), ending))


def _by_beginning(data: bytes) -> str | None:
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n\t ") if data[:8].lstrip(b"\xef\xbb\xbf\r\n\t ") else data
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning) or (kind in ("pdf", "rtf") and start.startswith(beginning)):
            return kind
    return None


def _by_structure(data: bytes) -> str | None:
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12])
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return "audio"
    if data[4:8] == b"ftyp":
        if data[8:12] in _PHONE_PICTURES:
            raise Unreadable("unknown_kind", "This picture's format (HEIC or AVIF) can't be read. Save it as JPEG.")
        return "audio" if data[8:11] in (b"M4A", b"M4B") else "video"
    if data[257:262] == b"ustar":
        return "archive"
    # A frame of MP3 or AAC begins with eleven set bits; no text does, since 0xff is no letter that starts one.
    if len(data) > 4 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0 and data[1] not in (0xFE, 0xFF):
        return "audio"
    return None


def _by_characters(data: bytes, media: str, name: str) -> str:
    decoded = text.decoded(data)
    if decoded is None:
        for beginning, kind in _LOOSE:
            if data.startswith(beginning):
                return kind
        raise Unreadable("unknown_kind")
    if _is_mail(decoded):
        return "mail"
    if _HTML.match(decoded[:10_000]):
        return "html"
    says_html = "html" in media.lower() or name.lower().endswith((".htm", ".html", ".xhtml"))
    return "html" if says_html and _TAGS.search(decoded) else "text"


def _is_mail(decoded: str) -> bool:
    """Two or more headers of a mail, one of which only mails have, before the first empty line."""
    head = re.split(r"\r?\n\r?\n", decoded[:20_000].lstrip("\r\n"), maxsplit=1)[0]
    names = {match[1].lower() for match in _HEADER.finditer(head)}
    if len(names) < 2 or not names & {"from", "received", "mime-version", "return-path", "message-id"}:
        return False
    return all(_MAIL_LINE.fullmatch(line) for line in head.splitlines()[:200])
