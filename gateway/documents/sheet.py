"""Spreadsheets: every sheet, hidden ones included, as lines of CSV under its name; comments, names, caches."""

import re
from typing import Final

from gateway.documents import leftovers, numbers
from gateway.documents.document import Unreadable
from gateway.documents.flow import Flow
from gateway.documents.package import Package, Strict, attribute, each, feed, local

_CELL: Final = re.compile(r"([A-Z]{1,3})\d+")
_MOST_CELLS: Final = 1_000_000
_COMMENTS: Final = re.compile(r"xl/comments[^/]*\.xml|xl/comments/[^/]+\.xml")


class _Sheet(Strict):
    """Collects the cells of one sheet while it streams by: a tree of a large sheet would not fit into memory."""

    def __init__(self, shared: list[str], formats: list[str], most: int, *, since_1904: bool) -> None:
        self.rows: list[dict[int, str]] = []
        self.asides: list[str] = []
        self.used: set[int] = set()
        self.hidden = False
        self._shared, self._formats, self._since_1904 = shared, formats, since_1904
        self._most, self._cells = most, 0
        self._text: list[str] = []
        self._kind, self._style, self._column = "", 0, 0
        self._value, self._formula, self._inline = "", "", ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        self._text.clear()
        if name == "row":
            self.rows.append({})
        elif name == "c":
            self._begin(attributes)
        elif name in ("hyperlink", "dataValidation", "inputCells"):
            self.asides += [
                value for key, value in attributes.items() if local(key) not in ("ref", "sqref", "id", "uid")
            ]
        if name in ("row", "col") and attributes.get("hidden") in ("1", "true"):
            self.hidden = True

    def data(self, text: str) -> None:
        self._text.append(text)

    def end(self, tag: str) -> None:
        name, text = local(tag), "".join(self._text)
        self._text.clear()
        if name == "v":
            self._value = text
        elif name == "t":
            self._inline += text
        elif name == "f":
            self._formula = text
        elif name == "c":
            self._finish()
        elif text.strip() and name not in ("sqref",):
            self.asides.append(text.strip())  # headers, footers and lists of choices

    def close(self) -> None:
        self._text.clear()

    def _begin(self, attributes: dict[str, str]) -> None:
        self._cells += 1
        if self._cells > _MOST_CELLS:
            raise Unreadable("too_large")
        self._kind = attributes.get("t", "n")
        self._style = int(attributes.get("s") or 0)
        place = _CELL.fullmatch(attributes.get("r", ""))
        self._column = _column(place[1]) if place else self._column + 1
        self._value = self._formula = self._inline = ""

    def _finish(self) -> None:
        text = self._displayed()
        if '"' in self._formula:
            self.asides.append("=" + self._formula)  # a formula may carry words that no cell shows
        if not text:
            return
        self._most -= len(text)
        if self._most < 0:
            raise Unreadable("too_large")
        if not self.rows:
            self.rows.append({})
        self.rows[-1][self._column] = text
        self.used.add(self._column)

    def _displayed(self) -> str:
        if self._kind == "s":
            index = int(self._value or -1)
            return self._shared[index] if 0 <= index < len(self._shared) else ""
        if self._kind == "b":
            return "TRUE" if self._value == "1" else "FALSE"
        if self._kind != "n" or not self._value:
            return self._inline or self._value or (f"={self._formula}" if self._formula else "")
        code = self._formats[self._style] if 0 <= self._style < len(self._formats) else ""
        return numbers.displayed(self._value, code, since_1904=self._since_1904)


def read(package: Package, main: str) -> str:
    """Add a spreadsheet. Raises Unreadable."""
    gathering = package.gathering
    links = package.links(main)
    book = package.xml(main)
    shared = _shared(package, links)
    formats = _formats(package, links)
    sheets = list(each(book, "sheet")) if book is not None else []
    settings = list(each(book, "workbookPr")) if book is not None else []
    since_1904 = any(attribute(found, "date1904") in ("1", "true") for found in settings)
    gathering.count_pages(max(1, len(sheets)))
    seen: set[str] = set()
    for sheet in sheets:
        if attribute(sheet, "state") in ("hidden", "veryHidden"):
            gathering.note("hidden_sheets_included")
        link = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")
        cells = _Sheet(shared, formats, gathering.limits.characters, since_1904=since_1904)
        feed(package.data(links.get(link, ("", ""))[1]) or b"<none/>", cells)
        _add(package, attribute(sheet, "name"), cells, seen)
    gathering.add("\n".join(dict.fromkeys(text for text in shared if text and text not in seen)))
    for name in each(book, "definedName") if book is not None else ():
        gathering.say(attribute(name, "name"), name.text)
    _around(package)
    return "spreadsheet"


def _add(package: Package, name: str, cells: _Sheet, seen: set[str]) -> None:
    gathering = package.gathering
    gathering.add(f"Sheet: {name}")
    columns = sorted(cells.used)
    gathering.table([row.get(column, "") for column in columns] for row in cells.rows)
    gathering.add("\n".join(dict.fromkeys(aside for aside in cells.asides if any(sign.isalpha() for sign in aside))))
    for row in cells.rows:
        seen.update(row.values())
    if cells.hidden:
        gathering.note("hidden_cells_included")


def _around(package: Package) -> None:
    """Comments, drawings, properties, and the caches of pivot tables and other workbooks."""
    gathering = package.gathering
    for part in package.names():
        if _COMMENTS.fullmatch(part):
            _comments(package, part)
        elif part.startswith("xl/drawings/") and part.endswith(".xml") and (root := package.xml(part)) is not None:
            Flow(gathering).add(root)
        elif part.startswith("xl/worksheets/") and part.endswith(".xml"):
            package.used.add(part)
    leftovers.properties(package)
    leftovers.rest(package)


def _shared(package: Package, links: dict[str, tuple[str, str]]) -> list[str]:
    name = next((target for kind, target in links.values() if kind == "sharedStrings"), "")
    root = package.xml(name)
    return ["".join(text.text or "" for text in each(item, "t")) for item in root] if root is not None else []


def _formats(package: Package, links: dict[str, tuple[str, str]]) -> list[str]:
    """The pattern of every style, by the style's index."""
    root = package.xml(next((target for kind, target in links.values() if kind == "styles"), ""))
    if root is None:
        return []
    codes = dict(numbers.BUILT_IN)
    for own in each(root, "numFmt"):
        codes[int(own.get("numFmtId") or 0)] = own.get("formatCode", "")
    return [codes.get(int(style.get("numFmtId") or 0), "") for table in each(root, "cellXfs") for style in table]


def _comments(package: Package, name: str) -> None:
    root = package.xml(name)
    if root is None:
        return
    authors = leftovers.texts(root, "author")
    for comment in each(root, "comment"):
        index = int(comment.get("authorId") or -1)
        author = f" by {authors[index]}" if 0 <= index < len(authors) else ""
        package.gathering.say(
            f"Comment on {comment.get('ref', '')}{author}", " ".join("".join(comment.itertext()).split())
        )
        package.gathering.note("comments_included")


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
