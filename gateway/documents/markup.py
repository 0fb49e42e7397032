"""HTML as text: what a browser shows, and what it hides but a model given the source would see."""

from html.parser import HTMLParser
from typing import Final

from gateway.documents.document import Unreadable
from gateway.documents.gathering import Gathering

_TOLD: Final = frozenset(
    {"alt", "title", "aria-label", "placeholder", "value", "content", "summary", "label", "cite", "datetime", "href"}
)
"""Attributes that hold words or addresses; all that begin with `data-` are read too."""
_BLOCKS: Final = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "script",
        "style",
        "summary",
        "table",
        "tbody",
        "textarea",
        "tfoot",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
_MOST_SIGNS: Final = 100_000
_MOST_OPEN: Final = 100
_MOST_UNCLOSED: Final = 500
"""Of `<`, of comments and of tags left open: the parser looks for the end of each, so time grows with their square."""
_HIDING: Final = ("display:none", "visibility:hidden", "font-size:0")


class _Text(HTMLParser):
    """Collects lines. Cells of a table row are joined by tabs, so that columns stay apart."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.aside: list[str] = []
        self.hidden = False
        self.pictures = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append("\t")
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if value.lstrip()[:5].lower() == "data:":
            self.pictures = True
        elif name in _TOLD or name.startswith("data-"):
            if value.strip():
                self.aside.append(f"{name}: {' '.join(value.split())}")
        elif name == "style":
            self.hidden = self.hidden or any(sign in value.replace(" ", "").lower() for sign in _HIDING)
        if tag == "input" and name == "type" and value.lower() == "hidden":
            self.hidden = True

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    def handle_comment(self, data: str) -> None:
        if data.strip():
            self.aside.append(f"comment: {data.strip()}")
            self.hidden = True

    def unknown_decl(self, data: str) -> None:
        self.pieces.append(data)

    def handle_pi(self, data: str) -> None:
        self.aside.append(data)


def plain(source: str) -> tuple[str, bool, bool]:
    """The text of HTML; whether some of it is hidden from a reader; whether pictures are embedded in it.

    Raises Unreadable for what no page holds.
    """
    comments_left = source.count("<!--") - source.count("-->")
    tags_left = source.count("<") - source.count(">")
    if comments_left > _MOST_OPEN or tags_left > _MOST_UNCLOSED:
        raise Unreadable("broken")
    if source.count("<") > _MOST_SIGNS:
        raise Unreadable("too_large")
    parser = _Text()
    parser.feed(source)
    parser.close()
    lines = ("\t".join(" ".join(cell.split()) for cell in line.split("\t")).strip("\t ")
             for line in "".join(parser.pieces).split("\n"))  # fmt: skip
    body = "\n".join(line for line in lines if line)
    return "\n".join(part for part in (body, *parser.aside) if part), parser.hidden, parser.pictures


def read(source: str, gathering: Gathering, *, seen: str = "") -> str:
    """Add a web page. `seen` is a plain rendering that was read before (a mail's): only what differs is added."""
    text, hidden, pictures = plain(source)
    if hidden:
        gathering.note("hidden_text_included")
    if pictures:
        gathering.note("pictures_not_read")
    if seen:
        gathering.add_unseen(text, seen)
    else:
        gathering.add(text)
    return "web page"
