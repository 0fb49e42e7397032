"""RTF as text: the body, and the headers, footnotes, comments, hidden and deleted text, author and title around it."""

import re
from typing import Final

from gateway.documents.document import Unreadable
from gateway.documents.gathering import Gathering

_TOKEN: Final = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.I
)
_SILENT: Final = frozenset(
    [
        "fonttbl",
        "colortbl",
        "stylesheet",
        "listtable",
        "listoverridetable",
        "rsidtbl",
        "generator",
        "themedata",
        "colorschememapping",
        "latentstyles",
        "datastore",
        "xmlnstbl",
        "wgrffmtfilter",
        "pnseclvl",
        "fldtype",
        "mmathPr",
    ]
)
"""Groups that hold the machinery of the format, not words."""
_PICTURES: Final = frozenset({"pict", "object", "objdata"})
_BREAKS: Final = {
    "par": "\n", "line": "\n", "row": "\n", "sect": "\n", "page": "\n", "tab": "\t", "cell": "\t", "nestcell": "\t",
    "emdash": "\u2014", "endash": "\u2013", "lquote": "\u2018", "rquote": "\u2019", "ldblquote": "\u201c",
    "rdblquote": "\u201d", "bullet": "\u2022", "emspace": " ", "enspace": " ",
}  # fmt: skip
_PARTS: Final = frozenset(
    [
        "header",
        "headerl",
        "headerr",
        "headerf",
        "footer",
        "footerl",
        "footerr",
        "footerf",
        "footnote",
        "annotation",
        "atnauthor",
        "atnid",
        "author",
        "operator",
        "title",
        "subject",
        "keywords",
        "doccomm",
        "company",
        "manager",
        "category",
        "shptxt",
    ]
)
"""Groups that are set on a line of their own."""
_NOTICES: Final = {
    "v": "hidden_text_included", "deleted": "tracked_changes_included", "annotation": "comments_included",
    "pict": "pictures_not_read", "objdata": "attachments_not_read",
}  # fmt: skip
_MOST_DEPTH: Final = 1_000


class _Group:
    """What one brace opened: whether its words are kept, and how many characters follow a \\u that repeat it."""

    __slots__ = ("keep", "own_line", "skip")

    def __init__(self, keep: bool, skip: int) -> None:
        self.keep = keep
        self.skip = skip
        self.own_line = False


class _Parser:
    """One pass over the tokens."""

    def __init__(self, gathering: Gathering) -> None:
        self.gathering = gathering
        self.out: list[str] = []
        self.stack = [_Group(True, 1)]
        self.codepage = "cp1252"
        self.pending = 0
        self.bytes = bytearray()

    def feed(self, data: bytes) -> str:
        position = 0
        while match := _TOKEN.search(data, position):
            position = self._token(match, data)
        self._flush()
        return "".join(self.out)

    def _token(self, match: re.Match[bytes], data: bytes) -> int:
        word, number, code, symbol, brace, words = match.groups()
        if code is not None:
            self._bytes(bytes([int(code, 16)]))
        elif words is not None:
            self._bytes(words)
        elif brace is not None:
            self._flush()
            self._brace(brace)
        elif symbol is not None:
            self._symbol(symbol)
        elif word is not None:
            return self._word(word.decode(), int(number) if number else None, match.end(), data)
        return match.end()

    def _bytes(self, data: bytes) -> None:
        skipped = min(self.pending, len(data))
        self.pending -= skipped
        if self.stack[-1].keep:
            self.bytes += data[skipped:]

    def _flush(self) -> None:
        """Bytes are decoded together: a character of an Asian code page is written as two of them."""
        if self.bytes:
            self.out.append(self.bytes.decode(self.codepage, "replace"))
            self.bytes.clear()

    def _brace(self, brace: bytes) -> None:
        if brace == b"{":
            if len(self.stack) > _MOST_DEPTH:
                raise Unreadable("broken")
            self.stack.append(_Group(self.stack[-1].keep, self.stack[-1].skip))
        elif len(self.stack) > 1 and self.stack.pop().own_line:
            self.out.append("\n")

    def _symbol(self, symbol: bytes) -> None:
        if symbol in b"\\{}":
            self._bytes(symbol)
        elif symbol in b"~_-\r\n" and self.stack[-1].keep:
            self._flush()
            self.out.append({b"~": " ", b"_": "-", b"-": ""}.get(symbol, "\n"))

    def _word(self, word: str, number: int | None, end: int, data: bytes) -> int:
        self._flush()
        group = self.stack[-1]
        if word == "bin" and number is not None:
            return min(len(data), end + max(0, number))
        if word == "u" and number is not None:
            self._unicode(number, group)
        elif word == "uc":
            group.skip = min(max(0, number or 0), 8)
        elif word == "ansicpg" and number is not None:
            self._codepage(number)
        elif word in _SILENT or word in _PICTURES:
            group.keep = False
        elif word in _PARTS:
            group.own_line = True
            self.out.append("\n")
        elif word in _BREAKS and group.keep:
            self.out.append(_BREAKS[word])
        if word in _NOTICES and number != 0:
            self.gathering.note(_NOTICES[word])
        return end

    def _unicode(self, number: int, group: _Group) -> None:
        self.pending = group.skip
        if group.keep:
            self.out.append(chr(number & 0xFFFF))

    def _codepage(self, number: int) -> None:
        try:
            b"".decode(f"cp{number}")
        except LookupError:
            return  # an unknown page: letters of English are the same in all of them
        self.codepage = "utf-8" if number == 65001 else f"cp{number}"


def plain(data: bytes, gathering: Gathering) -> str:
    """The text of RTF; notices go to `gathering`. Raises Unreadable for nesting that no writer makes."""
    text = _Parser(gathering).feed(data).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return "\n".join(line for line in (" ".join(line.split(" ")).strip() for line in text.split("\n")) if line)


def read(data: bytes, gathering: Gathering) -> str:
    """Add a rich text file."""
    gathering.add(plain(data, gathering))
    return "rich text"
