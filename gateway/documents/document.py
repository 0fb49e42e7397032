"""What reading a file gives: text that can be inspected, or the reason why there is none."""

from dataclasses import dataclass
from typing import Final

MESSAGES: Final = {
    "archive": "This is a ZIP or other archive. Unpack it and send the files one by one.",
    "audio": "This is a sound recording, which can't be checked. Send a transcript as text.",
    "bomb": "This file unpacks to far more than its size suggests, so it was not opened. Save it again and retry.",
    "broken": "This file is damaged or isn't put together as its kind should be. Open it, save it again and retry.",
    "busy": "Other files are being checked just now. Try again in a minute.",
    "encrypted": "This file is protected by a password or encrypted. Remove the protection and send it again.",
    "macros": "This file contains macros. Save it without macros (.docx, .xlsx or .pptx) and send it again.",
    "no_text": "No text could be found in this file, so there is nothing to check.",
    "old_office": "This is the older Office format (.doc, .xls, .ppt or .xlsb). Save it as .docx, .xlsx or .pptx.",
    "program": "This is a program, not a document.",
    "timed_out": "Reading this file took too long. Split it into smaller files and try again.",
    "too_deep": "This file has files within files too many levels deep. Send the inner files one by one.",
    "too_large": "This file is too large or holds too much text. Split it into smaller files.",
    "too_many_pages": "This file has too many pages. Split it into smaller files.",
    "unknown_kind": "This kind of file can't be read. Send it as PDF, Word, Excel, PowerPoint, text, PNG or JPEG.",
    "video": "This is a video, which can't be checked. Send a transcript as text.",
}
"""Plain English for council staff by code: what it is and what to do. Never content, never a file's name."""


class Unreadable(Exception):
    """The file can't be read. `code` is stable, one of `MESSAGES`; `message` is for staff."""

    def __init__(self, code: str, message: str = "") -> None:
        self.code = code
        self.message = message or MESSAGES[code]
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class Word:
    """`text[start:end]` stands at these pixels of page `page` (from 0) of an upright picture; right and bottom are
    outside. "Upright" is after the turn that the picture's own EXIF orientation asks for."""

    start: int
    end: int
    page: int
    left: int
    top: int
    right: int
    bottom: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom: what `Reader.cover` takes."""
        return (self.left, self.top, self.right, self.bottom)


@dataclass(frozen=True, slots=True)
class Document:
    """A file as text. `kind` is plain English; `notices` are stable codes, sorted; `words` only for pictures.

    `pages` counts pages, slides, sheets or frames; 1 for what has none. Notices that end in `_not_read` name content
    that a model may see and that is missing from `text`; those that end in `_included` are for information.
    """

    text: str
    kind: str
    pages: int
    notices: tuple[str, ...]
    words: tuple[Word, ...] = ()

    def __repr__(self) -> str:
        """Never the text: a traceback or a log line must not carry content."""
        return f"Document({self.kind}, {self.pages} pages, {len(self.text)} characters, {', '.join(self.notices)})"
