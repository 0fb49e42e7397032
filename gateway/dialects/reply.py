"""What a provider's reply may carry besides its text, for every dialect.

Ids, names and counts are passed on in the form they should have, and replaced or left out otherwise: a reply's
vendor fields are a way for content to come back unseen.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

from gateway.model.errors import UpstreamFailed

_CODE = re.compile(r"[A-Za-z0-9_.:/@+-]{1,128}", re.ASCII)
_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_SEVERITIES: Final = frozenset({"safe", "low", "medium", "high"})
_MAX_COUNT: Final = 10**12


def code_of(value: Any) -> str | None:
    """An id or a name as providers write them (no space, 128 characters at most), or None."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else None


def word_of(value: Any) -> str | None:
    """A short word of a vendor's vocabulary, such as a finish reason, or None."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None


def fresh_id(prefix: str, join: str = "-") -> str:
    """An id of our own for a reply that came with none."""
    return f"{prefix}{join}{secrets.token_hex(12)}"


def counts_of(value: Any, depth: int = 3) -> Any:
    """Token counts: objects of numbers, at most `depth` deep. Words in them are left out."""
    if isinstance(value, Mapping) and depth:
        kept = {key: counts_of(inner, depth - 1) for key, inner in value.items() if word_of(key)}
        return {key: inner for key, inner in kept.items() if inner is not ...}
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and 0 <= value <= _MAX_COUNT:
        return value
    return ...


def verdicts_of(value: Any, depth: int = 4) -> Any:
    """A provider's content-filter verdicts (Azure OpenAI): yes, no, a severity or an index; nothing else."""
    if isinstance(value, Mapping) and depth:
        return {key: verdicts_of(inner, depth - 1) for key, inner in value.items() if word_of(key)}
    if isinstance(value, list) and depth:
        return [verdicts_of(inner, depth - 1) for inner in value[:128]]
    if isinstance(value, bool) or (isinstance(value, str) and value in _SEVERITIES):
        return value
    return value if isinstance(value, int) and 0 <= value < 128 else None


def broken(what: str) -> UpstreamFailed:
    """The failure for a reply that is not of its dialect's form; `what` names the place, never the content."""
    error = UpstreamFailed(f"The AI provider sent a reply that could not be read ({what}). Please try again.")
    error.code = "upstream_unreadable"
    return error


def cut_short() -> UpstreamFailed:
    """The failure for a reply that ended before it was whole."""
    error = UpstreamFailed("The AI provider's answer broke off before it was complete. Please try again.")
    error.code = "upstream_cut_short"
    return error


def failed_reply(error: Any) -> UpstreamFailed:
    """The failure for a reply that is an error. Its text is left out: it can quote the request."""
    code = error.get("code", error.get("status")) if isinstance(error, Mapping) else None
    status = code if isinstance(code, int) and not isinstance(code, bool) and 400 <= code <= 599 else 0
    failure = UpstreamFailed(
        "The AI provider reported a failure while it was answering. Please try again.", upstream_status=status
    )
    failure.code = "upstream_error_reply"
    return failure


class Surrogates:
    """Joins characters that a stream has cut in two (UTF-16 halves in two chunks) and replaces lone halves."""

    def __init__(self) -> None:
        self._half = ""

    def push(self, text: str) -> str:
        """The whole characters of `text`; a first half at its end waits for the next chunk."""
        if not self._half and (text.isascii() or not _SURROGATE.search(text)):
            return text
        text = self._half + text
        self._half = ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return mended(text)

    def end(self) -> str:
        """What is left at the end."""
        half, self._half = self._half, ""
        return "\ufffd" if half else ""


def mended(text: str) -> str:
    """`text` with surrogate pairs joined and lone surrogates replaced by U+FFFD."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    joined = _PAIR.sub(lambda pair: pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le"), text)
    return _SURROGATE.sub("\ufffd", joined)
