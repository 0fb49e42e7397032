"""OpenDocument files (.odt, .ods, .odp): paragraphs, tables, comments, deleted text, headers and footers, authors."""

from typing import Final
from xml.etree.ElementTree import Element

from gateway.documents import leftovers
from gateway.documents.document import Unreadable
from gateway.documents.gathering import Gathering
from gateway.documents.package import Package, attribute, local

_KINDS: Final = (("spreadsheet", "spreadsheet"), ("presentation", "presentation"), ("text", "text document"))
_AUTHORS: Final = {"creator": "Author", "initial-creator": "First author", "printed-by": "Printed by"}
_MOST_REPEATS: Final = 50
_NOTICES: Final = {"annotation": "comments_included", "deletion": "tracked_changes_included"}


def read(package: Package, media: str) -> str:
    """Add an OpenDocument file. Raises Unreadable."""
    manifest = package.data("meta-inf/manifest.xml")
    if b"encryption-data" in manifest:
        raise Unreadable("encrypted")
    pages = 0
    for name in ("content.xml", "styles.xml", "meta.xml"):
        root = package.xml(name)
        if root is None:
            continue
        _walk(root, package.gathering)
        pages += sum(1 for element in root.iter() if local(element.tag) in ("page", "table") and name == "content.xml")
    kind = next((plain for sign, plain in _KINDS if sign in media), "text document")
    package.gathering.count_pages(1 if kind == "text document" else max(1, pages))
    package.used.add("settings.xml")
    leftovers.rest(package)
    return kind


def _walk(element: Element, gathering: Gathering) -> None:
    for child in element:
        name = local(child.tag)
        if notice := _NOTICES.get(name):
            gathering.note(notice)
        if name in ("p", "h"):
            _paragraph(child, gathering)
        elif name == "table":
            gathering.say("Sheet", attribute(child, "name"))
            gathering.table(_rows(child, gathering))
        elif name in _AUTHORS:
            gathering.say(_AUTHORS[name], child.text)
        elif not len(child):
            gathering.add(child.text or "")
        else:
            _walk(child, gathering)
        if attribute(child, "display") == "none" or attribute(child, "visibility") in ("collapse", "filter"):
            gathering.note("hidden_text_included")


def _paragraph(element: Element, gathering: Gathering) -> None:
    """A paragraph on one line; what hangs on it (a comment, a text box) after it."""
    inline: list[str] = []
    later: list[Element] = []
    _inline(element, inline, later)
    gathering.add("".join(inline).strip())
    for block in later:
        if notice := _NOTICES.get(local(block.tag)):
            gathering.note(notice)
        _walk(block, gathering)


def _inline(element: Element, inline: list[str], later: list[Element]) -> None:
    inline.append(element.text or "")
    for child in element:
        name = local(child.tag)
        if name in ("annotation", "frame", "note", "custom-shape", "deletion"):
            later.append(child)
        elif name in ("s", "tab", "line-break"):
            count = int(attribute(child, "c") or 1) if name == "s" else 1
            inline.append({"s": " ", "tab": "\t"}.get(name, "\n") * min(count, 200))
        else:
            _inline(child, inline, later)
            if name == "a":
                inline.append(f" ({attribute(child, 'href')})")
        inline.append(child.tail or "")


def _rows(table: Element, gathering: Gathering) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in table.iter():
        if local(row.tag) != "table-row":
            continue
        cells: list[str] = []
        for cell in row:
            if local(cell.tag) in ("table-cell", "covered-table-cell"):
                cells += [_cell(cell, gathering)] * _repeats(cell)
        while cells and not cells[-1].strip():
            cells.pop()
        rows.append(cells)
    width = max((len(cells) for cells in rows), default=0)
    return [cells + [""] * (width - len(cells)) for cells in rows if cells]


def _cell(cell: Element, gathering: Gathering) -> str:
    """What the cell shows; a comment on it is added before the table."""
    texts = []
    for child in cell:
        inline: list[str] = []
        later: list[Element] = []
        if local(child.tag) == "annotation":
            gathering.note("comments_included")
            gathering.say("Comment", " ".join(" ".join(child.itertext()).split()))
            continue
        _inline(child, inline, later)
        texts.append("".join(inline))
        for block in later:
            _walk(block, gathering)
    return " ".join(texts) or attribute(cell, "string-value") or attribute(cell, "value")


def _repeats(cell: Element) -> int:
    """Empty cells are repeated to the sheet's edge; a value repeated is written a bounded number of times."""
    count = attribute(cell, "number-columns-repeated")
    return min(int(count), _MOST_REPEATS) if count.isdigit() else 1
