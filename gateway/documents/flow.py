"""Running text of Office files: paragraphs, tables, text boxes and the descriptions of pictures, in reading order.

Word (`w:`) and drawing (`a:`) markup share the local names that matter, so one walk reads documents and slides.
"""

import re
from typing import Final
from xml.etree.ElementTree import Element

from gateway.documents.gathering import Gathering
from gateway.documents.package import attribute, local

_TEXTS: Final = frozenset({"t", "delText", "instrText", "delInstrText"})
_SIGNS: Final = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
_CHANGES: Final = frozenset({"ins", "del", "moveFrom", "moveTo"})
_DRAWN: Final = frozenset({"docPr", "cNvPr", "shape", "imagedata", "textpath"})
_OFF: Final = frozenset({"0", "false", "off"})
_NUMBERED: Final = re.compile(r"[^\d]* \d+|_x0000_.*|")
"""Names that the program gives by itself ("Picture 3"); any other name was typed by somebody."""


class Flow:
    """One walk over one part. Rows of tables become lines of CSV."""

    def __init__(self, gathering: Gathering) -> None:
        self._gathering = gathering
        self.authors: set[str] = set()

    def add(self, root: Element) -> None:
        """Add everything below an element. Raises RecursionError for nesting that no program writes."""
        self._block(root)
        if self.authors:
            self._gathering.say("Changes by", ", ".join(sorted(self.authors)))
            self.authors.clear()

    def words(self, element: Element) -> str:
        """The text below an element on one line: a cell, a comment."""
        inline: list[str] = []
        later: list[Element] = []
        self._inline(element, inline, later)
        return " ".join("".join(inline).split())

    def _block(self, element: Element) -> None:
        for child in element:
            name = local(child.tag)
            if name == "p":
                self._paragraph(child)
            elif name == "tbl":
                self._gathering.table(self._rows(child))
            elif name == "AlternateContent":
                self._alternate(child)
            elif name in _TEXTS:
                self._gathering.add(child.text or "")
            else:
                self._marks(child, name)
                self._block(child)

    def _paragraph(self, element: Element) -> None:
        inline: list[str] = []
        later: list[Element] = []
        self._inline(element, inline, later)
        self._gathering.add("".join(inline).strip())
        for block in later:
            if local(block.tag) == "AlternateContent":
                self._alternate(block)
            else:
                self._marks(block, local(block.tag))
                self._block(block)

    def _inline(self, element: Element, inline: list[str], later: list[Element]) -> None:
        for child in element:
            name = local(child.tag)
            if name in _TEXTS:
                inline.append(child.text or "")
            elif name in _SIGNS:
                inline.append(_SIGNS[name])
            elif name in ("AlternateContent", "drawing", "pict", "object", "txbxContent"):
                later.append(child)
            else:
                self._marks(child, name)
                self._inline(child, inline, later)
                if name in ("p", "tc"):
                    inline.append(" ")

    def _alternate(self, element: Element) -> None:
        """The same thing twice, for newer and older programs. The older form is added where it says something else."""
        before = self._gathering.mark()
        for branch in element:
            if local(branch.tag) == "Choice":
                self._block(branch)
        chosen = self._gathering.since(before)
        for branch in element:
            if local(branch.tag) == "Fallback":
                self._gathering.add_unseen("\n".join(self.words(part) for part in branch), chosen)

    def _rows(self, table: Element) -> list[list[str]]:
        rows: list[list[str]] = []
        later: list[Element] = []
        for row in _nearest(table, "tr", "tbl"):
            cells = []
            for cell in _nearest(row, "tc", "tr"):
                inline: list[str] = []
                self._inline(cell, inline, later)
                cells.append("".join(inline))
            rows.append(cells)
        for block in later:
            self._block(block)
        return rows

    def _marks(self, element: Element, name: str) -> None:
        """What an element says by its attributes: who changed something, what a picture shows, what is hidden."""
        if name in _CHANGES and (author := attribute(element, "author")):
            self.authors.add(author)
            self._gathering.note("tracked_changes_included")
        elif name in _DRAWN:
            for key in ("title", "descr", "alt", "string"):
                self._gathering.say("Description", attribute(element, key))
            if not _NUMBERED.fullmatch(given := attribute(element, "name")):
                self._gathering.say("Name", given)
        elif name in ("vanish", "webHidden") and attribute(element, "val") not in _OFF:
            self._gathering.note("hidden_text_included")
        elif name in ("tag", "alias", "fldSimple"):
            self._gathering.say("Field", attribute(element, "val") or attribute(element, "instr"))


def _nearest(element: Element, name: str, border: str) -> list[Element]:
    """The elements of a name below, without those inside another `border`."""
    found: list[Element] = []
    for child in element:
        if local(child.tag) == name:
            found.append(child)
        elif local(child.tag) != border:
            found += _nearest(child, name, border)
    return found
