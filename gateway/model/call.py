"""What a caller asked: the credentials it came with and the body it sent, dialect-neutral."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.model.part import Part


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What authentication may look at, read from headers alone (before any body is read).

    `headers` has lower-case names. `peer` is the address of the connected socket, never a forwarded
    one: only the identity room decides whether a peer is a proxy that may speak for somebody.
    """

    secret: str | None
    headers: Mapping[str, str]
    peer: str


@dataclass(frozen=True, slots=True)
class Contest:
    """A caller's claim that named findings are false alarms. `reason` is content: it is sealed."""

    labels: frozenset[str]
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """One request, read by its dialect.

    `body` is the parsed JSON object as received; `parts` every inspectable leaf of it, in document
    order. `structured` is true where the reply is for a machine (JSON mode, forced tools), so that a
    visible note would break it. `parameters` are the settings policy may read (temperature, n ...);
    `hosted` the features that the provider would run itself (web_search, code_execution ...), `functions` the names of
    those that the caller offers the model (content).
    `pictures` are those that leave as pictures, by address, as the stage that reads files has them.
    `heard` are recordings that leave as such, by address as the body has them: their parts are what was heard in them.
    `notices` are codes for what the caller should know of how the call was handled.
    `edits` are replacements already due (our own note stripped, a refused turn's reference), by address:
    `parts` show the edited text, `body` is untouched until `Dialect.write`.
    `restorable` is false where a pseudonym could not be put back into the reply (it is spoken): it is masked instead.
    `as_words` is false where a file can't leave as the text in it, since the call is about the file itself.
    `purpose`, `case_ref` and `contest` come from headers or the body's metadata.
    """

    dialect: str
    model: str
    stream: bool
    body: Mapping[str, Any]
    parts: tuple[Part, ...]
    edits: Mapping[str, str] = field(default_factory=dict)
    structured: bool = False
    choices: int = 1
    purpose: str | None = None
    case_ref: str | None = None
    contest: Contest | None = None
    parameters: Mapping[str, float | int | str | bool] = field(default_factory=dict)
    hosted: frozenset[str] = frozenset()
    pictures: Mapping[str, object] = field(default_factory=dict)
    heard: Mapping[str, str] = field(default_factory=dict, repr=False)
    notices: tuple[str, ...] = ()
    functions: frozenset[str] = frozenset()
    restorable: bool = True
    as_words: bool = True

    def __repr__(self) -> str:
        """Counts only: a traceback must not carry content."""
        return f"Call({self.dialect}, {self.model!r}, stream={self.stream}, {len(self.parts)} parts)"


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """A call before its body is read: enough to authenticate and to open a record.

    `read` enforces the size, time and depth limits, parses the body in its dialect and raises
    `BadRequest`; a body that can't be read is still a recorded refusal.
    """

    dialect: str
    credentials: Credentials
    read: Callable[[], Awaitable[Call]]
