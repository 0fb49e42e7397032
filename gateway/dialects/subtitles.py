"""Subtitles, SubRip and WebVTT: what was said, apart from when.

The lines that say when are passed on as they are, and they must be nothing else: two times, a number before them, a
heading. Every other line is text.
"""

import re
from typing import Final

_TIME: Final = r"(?:[0-9]{1,3}:)?[0-5]?[0-9]:[0-5]?[0-9](?:[.,][0-9]{1,3})?"
_TIMES: Final = re.compile(rf"[ \t]*{_TIME}[ \t]+-->[ \t]+{_TIME}[ \t]*\r?")
_NUMBER: Final = re.compile(r"[0-9]{1,6}[ \t]*\r?")
_HEADING: Final = re.compile(r"\ufeff?WEBVTT[ \t]*\r?")


def split(text: str, form: str) -> list[tuple[str, bool]]:
    """The lines of `text`, each with whether it is text. `form` is `srt` or `vtt`. Raises ValueError where it is no
    such file."""
    lines = text.split("\n")
    if form == "vtt" and not _HEADING.fullmatch(lines[0]):
        raise ValueError("no WebVTT")
    timed = [_TIMES.fullmatch(line) is not None for line in lines]
    if form == "srt" and text.strip() and not any(timed):
        raise ValueError("no SubRip")
    found: list[tuple[str, bool]] = []
    for index, line in enumerate(lines):
        before_times = index + 1 < len(lines) and timed[index + 1]
        when = (
            timed[index]
            or not line.strip()
            or (before_times and _NUMBER.fullmatch(line) is not None)
            or (index == 0 and _HEADING.fullmatch(line) is not None)
        )
        found.append((line, not when))
    return found
