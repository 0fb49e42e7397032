"""Office files are ZIP packages of XML: opened with every size checked before a byte is unpacked."""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from gateway.documents.document import Unreadable
from gateway.documents.gathering import Gathering

_MOST_PARTS: Final = 10_000
_SMALL: Final = 1024 * 1024
_CHUNK: Final = 65_536
_MACROS: Final = ("vbaproject.bin", "vbadata.xml")
_MACRO_FOLDERS: Final = ("xl/macrosheets/", "basic/", "scripts/")
_PACKED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def local(tag: object) -> str:
    """A tag without its namespace: the strict and the usual form of Office files differ only there."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Element, name: str) -> str:
    """An attribute by its local name, empty where there is none."""
    return next((value for key, value in element.attrib.items() if local(key) == name), "")


class Strict:
    """Mixed into a target of the parser: a document type, where entity bombs live, ends the reading at once."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Called by the parser. Raises Unreadable."""
        raise Unreadable("bomb", "This file declares XML entities, which no Office program writes. Save it again.")


class _Tree(Strict, TreeBuilder):
    pass


def feed(data: bytes, target: object) -> None:
    """Run XML through a target that is `Strict`. Raises Unreadable.

    In small pieces: a document type is refused in the piece that declares it, before its entities could be used.
    The parser loads nothing from outside by itself.
    """
    parser = XMLParser(target=target)  # noqa: S314 - document types are refused, see `Strict`
    try:
        for start in range(0, len(data), _CHUNK):
            parser.feed(data[start : start + _CHUNK])
        parser.close()
    except (ParseError, ValueError, LookupError) as error:
        raise Unreadable("broken") from error


def parsed(data: bytes) -> Element:
    """The root of an XML part. Raises Unreadable."""
    tree = _Tree()
    feed(data, tree)
    return tree.close()


class Package:
    """The parts of one Office file by name, in lower case. Raises Unreadable for what must not be unpacked."""

    def __init__(self, data: bytes, gathering: Gathering) -> None:
        self.gathering = gathering
        self.used: set[str] = set()
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise Unreadable("broken") from error
        entries = [entry for entry in self._zip.infolist() if not entry.is_dir()]
        self._parts = {entry.filename.lstrip("/").lower(): entry for entry in entries}
        self._check(entries)

    def _check(self, entries: list[zipfile.ZipInfo]) -> None:
        if len(entries) > _MOST_PARTS:
            raise Unreadable("bomb")
        for entry in entries:
            if entry.file_size > _SMALL and entry.file_size > self.gathering.limits.ratio * max(1, entry.compress_size):
                raise Unreadable("bomb")
        self.gathering.unpack(sum(entry.file_size for entry in entries))
        if any(entry.flag_bits & 1 for entry in entries):
            raise Unreadable("encrypted")
        # Two parts of one name: readers differ in which of them they take.
        if len(self._parts) < len(entries):
            raise Unreadable("broken")

    def refuse_macros(self) -> None:
        """Raises Unreadable("macros") for code in any of its forms."""
        if any(name.endswith(_MACROS) or name.startswith(_MACRO_FOLDERS) for name in self._parts):
            raise Unreadable("macros")
        types = self.data("[content_types].xml").lower()
        if b"vbaproject" in types or b"macrosheet" in types:
            raise Unreadable("macros")

    def names(self) -> list[str]:
        """Every part, in the order of the package."""
        return list(self._parts)

    def rest(self) -> list[str]:
        """The parts that nobody has read so far."""
        return [name for name in self._parts if name not in self.used]

    def has(self, name: str) -> bool:
        """Whether there is such a part."""
        return name.lower() in self._parts

    def data(self, name: str) -> bytes:
        """A part's bytes, empty where there is none. Raises Unreadable for damage."""
        entry = self._parts.get(name.lower())
        if entry is None:
            return b""
        self.used.add(name.lower())
        if entry.compress_type not in _PACKED:
            raise Unreadable("broken")
        try:
            return self._zip.read(entry)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise Unreadable("broken") from error

    def xml(self, name: str) -> Element | None:
        """A part's root, None where there is no such part."""
        data = self.data(name)
        return parsed(data) if data else None

    def links(self, name: str) -> dict[str, tuple[str, str]]:
        """What a part refers to: id to the last word of the kind and the target. Outside targets are added as text."""
        folder, _, file = name.rpartition("/")
        root = self.xml(f"{folder}/_rels/{file}.rels".lstrip("/"))
        found: dict[str, tuple[str, str]] = {}
        for link in root if root is not None else ():
            kind, target = link.get("Type", "").rpartition("/")[2], link.get("Target", "")
            if link.get("TargetMode", "").lower() == "external":
                self.gathering.say("Link", target)
            else:
                path = target if target.startswith("/") else posixpath.join(folder, target)
                found[link.get("Id", "")] = (kind, posixpath.normpath(path).lstrip("/").lower())
        return found

    def main(self) -> str:
        """The part that the package is about. Raises Unreadable where none is named: any other ZIP."""
        for kind, target in self.links("").values():
            if kind == "officeDocument" and target in self._parts:
                return target
        raise Unreadable("archive")


def each(element: Element, name: str) -> Iterator[Element]:
    """All elements below with a local name, in order."""
    return (found for found in element.iter() if local(found.tag) == name)
