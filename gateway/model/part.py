"""A part: one inspectable leaf of a request body, and where it sits.

Every string, number and object key that a request carries is a part, or is named structural by its
dialect. A part knows enough context for a bare value to be readable by a detector.
"""

from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant", "tool_call", "tool_result", "definition", "metadata"]
"""Who speaks. `definition` is a tool or schema definition, which has a policy column of its own;
`metadata` is anything else a caller can write into (user, names, unknown vendor fields)."""

Kind = Literal["text", "number", "key", "blob"]
"""What the leaf is. A `number` part's text is its JSON spelling; a `key` part's text is an object key;
a `blob` part has no text that can be read (an image, audio, a file)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf.

    `address` is an RFC 6901 JSON pointer into the body. For JSON inside a string, `::` and a second
    pointer follow (`/messages/2/tool_calls/0/function/arguments::/query`); `#key` at the end names the
    object key itself. An address is opaque outside its dialect: edits are handed back by address.
    `context` is what makes a bare value readable: key path, column header, the label before it.
    `turn` is the index of the message it belongs to, -1 outside messages: what comes before the last turn
    is history that the client resends. `media` says what a blob is ("image/png", "audio", "file"), also of a picture
    whose words were read; empty for other readable parts. `why` is the reason, in plain words, why a blob could not
    be read.
    """

    address: str
    role: Role
    text: str
    kind: Kind = "text"
    context: str = ""
    turn: int = -1
    media: str = ""
    why: str = ""

    def __repr__(self) -> str:
        """Never the text: a traceback or a log line must not carry content."""
        return f"Part({self.address!r}, {self.role}, {self.kind}, {len(self.text)} characters)"
