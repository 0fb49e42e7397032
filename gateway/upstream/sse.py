"""Server-sent events, read incrementally from bytes.

After the WHATWG HTML standard, section 9.2.6: lines end in CR, LF or CRLF (also split over reads), `data` lines
join with LF, comments and unknown fields are passed over, an event without data is none, an event that the
stream's end cuts off is none. Two departures, both stricter: sizes are bounded, and bytes that are not UTF-8 are
an error rather than replaced, since a reply that was altered is no longer the provider's.
"""

_CR, _LF = 0x0D, 0x0A


class SseError(ValueError):
    """The bytes are no event stream that we accept: not UTF-8, or an event above its bound."""


class SseParser:
    """Feed bytes as they come; get the `data` of each complete event."""

    def __init__(self, max_event_bytes: int) -> None:
        self._limit = max_event_bytes
        self._tail = bytearray()
        self._searched = 0
        self._data: list[str] = []
        self._size = 0
        self._first = True
        self._after_cr = False

    def feed(self, piece: bytes) -> list[str]:
        """The data of every event that `piece` completes. Raises SseError."""
        if self._after_cr and piece:
            self._after_cr = False
            if piece[:1] == b"\n":
                piece = piece[1:]
        self._tail += piece
        events = [event for line in self._lines() if (event := self._take(line)) is not None]
        if len(self._tail) + self._size > self._limit:
            raise SseError("event above its size bound")
        return events

    def _lines(self) -> list[bytes]:
        """Complete lines; what is left stays in the tail. A CR at the very end ends its line at once."""
        tail, lines, start = self._tail, [], 0
        end = _line_end(tail, self._searched)
        while end >= 0:
            lines.append(bytes(tail[start:end]))
            start = end + 1
            if tail[end] == _CR:
                if start == len(tail):
                    self._after_cr = True
                elif tail[start] == _LF:
                    start += 1
            end = _line_end(tail, start)
        del tail[:start]
        self._searched = len(tail)
        return lines

    def _take(self, raw: bytes) -> str | None:
        """Process one line; the event's data where the line completes one."""
        if self._first:
            self._first = False
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if not raw:
            data, self._data, self._size = self._data, [], 0
            return "\n".join(data) if data else None
        name, _, value = raw.partition(b":")
        if name != b"data":
            return None
        self._size += len(value) + 1
        if self._size > self._limit:
            raise SseError("event above its size bound")
        try:
            self._data.append(value.removeprefix(b" ").decode())
        except UnicodeDecodeError:
            raise SseError("event is not UTF-8") from None
        return None


def _line_end(text: bytearray, start: int) -> int:
    """Index of the first CR or LF from `start` on, or -1."""
    lf = text.find(b"\n", start)
    cr = text.find(b"\r", start, lf if lf >= 0 else len(text))
    return cr if cr >= 0 else lf
