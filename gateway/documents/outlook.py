"""Outlook messages (.msg), and what else the older container of Office holds: encryption, macros, old formats."""

import io
import struct
from typing import TYPE_CHECKING, Any, Final

import olefile

from gateway.documents import markup, rtf, text
from gateway.documents.document import Unreadable
from gateway.documents.gathering import Gathering

if TYPE_CHECKING:
    Ole = olefile.OleFileIO[Any]

_LABELS: Final = {
    "0C1A": "From", "0C1F": "From", "5D01": "From", "0042": "On behalf of", "0E04": "To", "0E03": "Cc", "0E02": "Bcc",
    "0037": "Subject", "1000": "Body",
}  # fmt: skip
"""Properties of a message by number (MS-OXPROPS); any other text property is added without a label."""
_SILENT: Final = frozenset({"001A", "0070", "1035", "1039", "1042", "3FFA", "3703", "370E", "0E1D", "300B", "65E0"})
"""Class, message ids and the like."""
_PROPERTIES, _OBJECT = "__properties_version1.0", "__substg1.0_3701000D"
_BODY, _HTML, _RTF = "1000", "1013", "1009"
_RTF_START: Final = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
"""The dictionary that compressed RTF starts from (MS-OXRTFCP 2.1.2.1)."""
_MOST_RTF: Final = 64 * 1024 * 1024


def read(data: bytes, gathering: Gathering) -> str:
    """Add an Outlook message. Raises Unreadable for everything else in the same container."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            return _read(ole, gathering)
    except (OSError, ValueError, IndexError, KeyError, struct.error, TypeError, AttributeError) as error:
        raise Unreadable("broken") from error


def _read(ole: "Ole", gathering: Gathering) -> str:
    if not ole.exists(_PROPERTIES):
        raise Unreadable(_other({step.lower() for path in ole.listdir() for step in path}))
    gathering.unpack(sum(ole.get_size(path) for path in ole.listdir()))
    _message(ole, [], gathering)
    gathering.count_pages(1)
    return "e-mail"


def _other(steps: set[str]) -> str:
    """Why a container that is no message is refused, by the names of its streams and storages."""
    if steps & {"encryptedpackage", "encryptioninfo", "encryptedsummary"}:
        return "encrypted"
    if steps & {"_vba_project", "vba", "_vba_project_cur", "macros"}:
        return "macros"
    return "old_office" if steps & {"worddocument", "workbook", "book", "powerpoint document"} else "unknown_kind"


def _message(ole: "Ole", folder: list[str], gathering: Gathering) -> None:
    """A message, its recipients, its attachments; a message attached to it is read in the same way, one level down."""
    depth = len(folder)
    if sum(part.startswith("__attach") for part in folder) > gathering.limits.nesting:
        raise Unreadable("too_deep")
    paths = [path for path in ole.listdir(streams=True, storages=False) if path[:depth] == folder]
    own = {path[-1][12:]: path for path in paths if len(path) == depth + 1 and path[-1].startswith("__substg1.0_")}
    _properties(ole, own, gathering)
    _body(ole, own, gathering)
    storages = dict.fromkeys(path[depth] for path in paths if len(path) > depth + 1)
    for storage in storages:
        inner = [path for path in paths if path[depth] == storage]
        if storage.startswith("__recip"):
            told = {path[-1][12:]: path for path in inner if len(path) == depth + 2}
            gathering.say("Recipient", " ".join(dict.fromkeys(_texts(ole, told))))
        elif storage.startswith("__attach"):
            _attachment(ole, [*folder, storage], inner, gathering)


def _properties(ole: "Ole", own: dict[str, list[str]], gathering: Gathering) -> None:
    for number, label in _LABELS.items():
        if number != _BODY:
            gathering.say(label, _text(ole, own, number))
    said = gathering.text  # of a message this is short: the body comes after
    others = [entry for entry in own if entry[:4] not in _LABELS and entry[:4] not in _SILENT]
    for entry in others:
        value = _value(ole, own[entry], entry[4:8])
        if any(character.isalpha() for character in value):
            gathering.add_unseen(value, said)


def _body(ole: "Ole", own: dict[str, list[str]], gathering: Gathering) -> None:
    """Plain, HTML and RTF forms: the first there is, and of the others what they say besides."""
    plain = _text(ole, own, _BODY)
    gathering.add(plain.strip())
    page = _text(ole, own, _HTML) or _decoded(ole, own.get(_HTML + "0102"))
    if page:
        markup.read(page, gathering, seen=plain)
    packed = own.get(_RTF + "0102")
    if packed and not page:
        told = rtf.plain(unpacked_rtf(ole.openstream(packed).read()), gathering)
        gathering.add_unseen(told, plain) if plain else gathering.add(told)


def _attachment(ole: "Ole", folder: list[str], paths: list[list[str]], gathering: Gathering) -> None:
    depth = len(folder)
    own = {path[-1][12:]: path for path in paths if len(path) == depth + 1 and path[-1].startswith("__substg1.0_")}
    name = _text(ole, own, "3707") or _text(ole, own, "3704") or _text(ole, own, "3001")
    gathering.say("Attachment", name)
    if any(len(path) > depth + 1 and path[depth] == _OBJECT for path in paths):
        if any(path[depth:] == [_OBJECT, _PROPERTIES] for path in paths):
            _message(ole, [*folder, _OBJECT], gathering)
        else:
            gathering.note("attachments_not_read")  # an embedded object of an older Office program
    elif content := own.get("37010102"):
        gathering.inner(ole.openstream(content).read(), _text(ole, own, "370E"), name)


def _text(ole: "Ole", own: dict[str, list[str]], number: str) -> str:
    for kind in ("001F", "001E"):
        if path := own.get(number + kind):
            return _value(ole, path, kind)
    return ""


def _texts(ole: "Ole", own: dict[str, list[str]]) -> list[str]:
    values = (
        _value(ole, path, entry[4:8]) for entry, path in own.items() if entry[:4] not in _SILENT | {"3002", "0FF6"}
    )
    return [value for value in values if value]


def _value(ole: "Ole", path: list[str], kind: str) -> str:
    """A text property: 16-bit or 8-bit characters. Empty for other kinds."""
    if kind not in ("001F", "001E", "101F", "101E"):
        return ""
    data: bytes = ole.openstream(path).read()
    return (
        data.decode("utf-16-le", "replace").strip("\0")
        if kind.endswith("1F")
        else data.decode("cp1252", "replace").strip("\0")
    )


def _decoded(ole: "Ole", path: list[str] | None) -> str:
    return (text.decoded(ole.openstream(path).read()) or "") if path else ""


def unpacked_rtf(data: bytes) -> bytes:
    """The RTF of a message from its compressed form (MS-OXRTFCP). Raises Unreadable."""
    if len(data) < 16:
        return b""
    _, size, kind, _ = struct.unpack_from("<IIII", data)
    if kind == 0x414C454D:
        return data[16:]
    if kind != 0x75465A4C or size > _MOST_RTF:
        raise Unreadable("broken")
    window = bytearray(_RTF_START.ljust(4096, b"\0"))
    write, position, out = len(_RTF_START), 16, bytearray()
    while position < len(data) and len(out) < size:
        control, position = data[position], position + 1
        for bit in range(8):
            if position >= len(data):
                break
            if not control >> bit & 1:
                piece, position = data[position : position + 1], position + 1
                window[write] = piece[0]
                write = (write + 1) % 4096
                out += piece
                continue
            reference = int.from_bytes(data[position : position + 2], "big")
            position += 2
            start, length = reference >> 4, (reference & 15) + 2
            if start == write:
                return bytes(out)
            for step in range(length):
                byte = window[(start + step) % 4096]
                window[write] = byte
                write = (write + 1) % 4096
                out.append(byte)
    return bytes(out)
