"""What is collected while a file is read: text in order, notices, and what is left of the budgets."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence

from gateway.documents.document import Unreadable, Word
from gateway.documents.limits import Limits

Dispatch = Callable[["Gathering", bytes, str, str], object]
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_MOST_COMPARED = 2_000
_MOST_FILES = 500
_REFUSED_INSIDE = frozenset({"bomb", "macros", "too_deep", "too_large", "too_many_pages"})
"""Reasons that hold for the whole file when an inner file gives them; the others become a notice."""


class Gathering:
    """One file's text as it grows. Adding raises Unreadable("too_large") past the limit of characters."""

    def __init__(self, limits: Limits, dispatch: Dispatch) -> None:
        self.limits = limits
        self.notices: set[str] = set()
        self.words: list[Word] = []
        self.pages = 0
        self.depth = 0
        self.ocr_left = limits.ocr
        self._dispatch = dispatch
        self._pieces: list[str] = []
        self._length = 0
        self._unpacked = 0
        self._files = 0

    @property
    def text(self) -> str:
        """All that was added, a line break after each piece."""
        return "".join(self._pieces)

    def mark(self) -> int:
        """Where the text ends now, for `since`."""
        return len(self._pieces)

    def since(self, mark: int) -> str:
        """What was added after a mark."""
        return "".join(self._pieces[mark:])

    def add(self, text: str) -> int:
        """Append a piece and a line break; nothing for blank text. Where the piece starts, in characters."""
        start = self._length
        if not text or text.isspace():
            return start
        if start + len(text) + 1 > self.limits.characters:
            raise Unreadable("too_large")
        self._pieces += (text, "\n")
        self._length = start + len(text) + 1
        return start

    def say(self, label: str, text: str | None) -> None:
        """Append `label: text`, nothing where the text is blank."""
        if text and not text.isspace():
            self.add(f"{label}: {text.strip()}")

    def table(self, rows: Iterable[Sequence[str]]) -> None:
        """Append rows as lines of CSV: the headings stay the first line, and each value in its column."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        for row in rows:
            if any(cell.strip() for cell in row):
                writer.writerow([" ".join(cell.split()) for cell in row])
            if out.tell() > self.limits.characters:
                raise Unreadable("too_large")
        self.add(out.getvalue().rstrip("\n"))

    def add_unseen(self, text: str, seen: str) -> None:
        """Append the lines of `text` whose letters and digits don't stand in `seen` already: a second rendering."""
        lines = text.splitlines()
        if len(lines) > _MOST_COMPARED:
            self.add(text)
            return
        known = _squeezed(seen)
        self.add("\n".join(line for line in lines if _squeezed(line) not in known))

    def note(self, code: str) -> None:
        """Remember a notice."""
        self.notices.add(code)

    def count_pages(self, pages: int) -> None:
        """Raises Unreadable past the limit of pages, files within files included."""
        self.pages += pages
        if self.pages > self.limits.pages:
            raise Unreadable("too_many_pages", f"This file has more than {self.limits.pages} pages. Split it.")

    def unpack(self, size: int) -> None:
        """Account for packed content before it is unpacked. Raises Unreadable("bomb") past the limit."""
        self._unpacked += size
        if self._unpacked > self.limits.unpacked:
            raise Unreadable("bomb")

    def inner(self, data: bytes, media: str = "", name: str = "", *, notice: str = "attachments_not_read") -> None:
        """Read a file within the file. What can't be read becomes `notice`; what endangers us is raised."""
        self._files += 1
        if self._files > _MOST_FILES:
            raise Unreadable("too_large")
        if self.depth >= self.limits.nesting:
            raise Unreadable("too_deep")
        words, pages = list(self.words), self.pages
        self.depth += 1
        try:
            self._dispatch(self, data, media, name)
        except Unreadable as reason:
            if reason.code in _REFUSED_INSIDE:
                raise
            if reason.code != "no_text":
                self.note(notice)
        finally:
            self.depth -= 1
            self.words = words  # places of words mean something only where the picture is the whole file
            self.pages = pages if notice == "pictures_not_read" else self.pages


def _squeezed(text: str) -> str:
    return _NOT_ALPHANUMERIC.sub("", text).casefold()
