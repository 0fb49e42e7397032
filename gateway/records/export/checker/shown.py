"""What the package shows: the same words in every file as are proved, and no others; and why the rest is withheld."""

from __future__ import annotations

import csv
import html.parser
import io
import re
from typing import Any

from gateway.records.export.checker.contents import Contents, read_json
from gateway.records.export.checker.files import Findings
from gateway.records.export.checker.primitives import Wrong

csv.field_size_limit(2**31 - 1)
RELEASE = "data/release/"
RECORD = {"conversation", "record", "opened_at", "closed_at", "caller_role", "service", "service_name", "tool", "model",
          "outcome", "turns"}  # fmt: skip
CORRECTION = {"on", "text"}
TURN = {"id", "role", "what", "text", "redactions", "again"}
REPLACED = "replaced by the gateway before the text went to the AI"
KINDS = {
    f"[{kind} redacted]" for kind in (
        "IBAN", "IP address", "MAC address", "NHS number", "National Insurance number", "address",
        "bank account number", "biometric or genetic detail", "case or account reference",
        "confidential marking or commercial detail", "date of birth", "detail of an offence or allegation",
        "detail of racial or ethnic origin", "detail of religion or belief", "detail of sex life or orientation",
        "detail of trade union membership", "detail that identifies a child", "driving licence number",
        "e-mail address", "health detail", "hidden characters or encoding", "mark of legal privilege", "name",
        "passport number", "password, key or other secret", "payment card number", "person's age",
        "political opinion", "postcode", "sort code", "tax reference (UTR)", "telephone number",
        "unique property reference number", "unique pupil number", "user name or handle", "vehicle registration",
    )
}  # fmt: skip
"""What may stand for a detail that the gateway had replaced: a box with other words would be a statement."""
SAYS = {
    "user": "Message to the AI", "system": "Instructions to the AI", "developer": "Instructions to the AI",
    "assistant": "Earlier answer", "tool": "Result of a function", "reply:text": "Answer of the AI",
    "facts": "Facts about the call",
}  # fmt: skip
"""What a text is, by its role in the log."""
TAGS = {
    "html", "head", "meta", "title", "style", "body", "a", "header", "p", "h1", "h2", "h3", "h4", "dl", "dt", "dd",
    "aside", "nav", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "main", "article", "section", "span",
    "mark", "footer", "code", "pre", "strong", "em", "ul", "li",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "href", "id", "aria-label", "aria-labelledby", "role",
    "tabindex", "scope", "data-text", "data-correction",
}  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BLANK = " \u00a0\u200b\u200c\u200d\u2060\ufeff"
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")


class Shown:
    """Checks the release and its schedule against what was proved."""

    def __init__(self, files: dict[str, bytes], proved: Contents, found: Findings) -> None:
        self.files = files
        self.proved = proved
        self.texts = proved.texts
        self.found = found
        self._sheet: list[dict[str, str]] = []
        """What records.csv has to say, by records.jsonl."""
        self._places: dict[str, dict[str, str]] = {}
        """Where each text stands first, as the schedule says it."""
        self._beside: list[tuple[str, str]] = []
        """The corrections beside records: no part of the log, but the same in every file."""

    def check(self) -> None:
        """Every check, in order."""
        self.proved.guarded("data/release/records.jsonl", self._jsonl)
        self.proved.guarded("data/release/records.csv", self._csv)
        self.proved.guarded("data/release/records.html", self._html)
        self.proved.guarded("data/00-read-me.html", self._read_me)
        for name in sorted(each for each in self.files if each.startswith("data/")):
            if name.startswith(RELEASE) and name not in (
                f"{RELEASE}records.{kind}" for kind in ("html", "csv", "jsonl")
            ):
                self.found.add(name, "it is no part of a release, and is proved by nothing")
            elif name.endswith(".csv"):
                self.proved.guarded(name, self._formulas)
        if not self.proved.bare:
            self.proved.guarded("data/schedule-of-redactions.csv", self._schedule)

    def _jsonl(self, name: str) -> None:
        seen: set[str] = set()
        told: set[str] = set()
        for line in self.files[name].decode().split("\n")[:-1]:
            body = read_json(line)
            ref = body["record"]
            if set(body) - {"corrections"} != RECORD or ref in seen:
                self.found.add(name, f"record {ref}: it stands there twice, or says more than a release does")
            seen.add(ref)
            if self.proved.bare:
                self.texts.update((turn["id"], turn["text"]) for turn in body["turns"] if not turn.get("again"))
            elif ref not in self.proved.leaves:
                self.found.add(name, f"record {ref} has no proof")
                continue
            else:
                self._facts(name, body)
                if [(turn["id"], turn["role"]) for turn in body["turns"]] != self.proved.turns.get(ref):
                    self.found.add(name, f"record {ref}: its texts are not those that the log names, in their order")
            self._turns(name, body, told)
        self._same(name, told)
        if self.proved.bare and seen:
            self.found.whole = False
            self.found.notes.append("The package holds no proofs, at the officer's choice: records were not checked.")
        for ref in sorted(set(self.proved.leaves) - seen):
            self.found.add(name, f"record {ref} is proved but not in the release")
        if self._beside:
            self.found.notes.append("The release has corrections beside records. They are the council's own statements "
                                    "of today, and no part of the log.")  # fmt: skip

    def _turns(self, name: str, body: dict[str, Any], told: set[str]) -> None:
        ref = body["record"]
        row = {
            "conversation": body["conversation"], "record": ref, "opened (UTC)": body["opened_at"],
            "service": body["service_name"], "caller": body["caller_role"], "tool": body["tool"],
            "model": body["model"], "outcome": body["outcome"],
        }  # fmt: skip
        rows = [{**row, "turn": number, "text": turn["id"]} for number, turn in enumerate(body["turns"], 1)]
        for turn, each in zip(body["turns"], rows):  # noqa: B905 - Python 3.9
            again = turn.get("again") is True
            if not set(turn) <= TURN or again != (turn["id"] in told) or again == ("text" in turn):
                self.found.add(name, f"record {ref}, text {turn['id']}: it stands there twice, or not where it should")
            if turn["what"] != _says(turn["role"]):
                self.found.add(name, f"record {ref}, text {turn['id']}: it is called what it is not")
            told.add(turn["id"])
            self._places.setdefault(turn["id"], {
                "conversation": str(body["conversation"]), "record": ref, "turn": str(each["turn"]),
                "text": turn["what"],
            })  # fmt: skip
            each["what"] = turn["what"]
            each["words"] = f"(shown above as {turn['id']})" if again else self.texts.get(turn["id"], "")
            if again:
                continue
            if turn["text"] != self.texts.get(turn["id"]):
                self.found.add(name, f"record {ref}, text {turn['id']}: its words are not those proved")
            lines = dict.fromkeys(line for text, named, _ in self.proved.gaps if text == turn["id"] for line in named)
            if not self.proved.bare and turn["redactions"] != list(lines):
                self.found.add(name, f"record {ref}, text {turn['id']}: its redactions are not those of its gaps")
        rows = rows or [{**row, "turn": "", "what": "no content is kept of this call", "text": "", "words": ""}]
        for own in body.get("corrections", ()):
            if set(own) != CORRECTION:
                self.found.add(name, f"record {ref}: a correction of it says more than one does")
            self._beside.append((ref, own["text"]))
            rows.append({**row, "turn": "", "what": f"Correction of {own['on']}", "text": "", "words": own["text"]})
        self._sheet += [{field: _cell(str(value)) for field, value in each.items()} for each in rows]

    def _facts(self, name: str, body: dict[str, Any]) -> None:
        leaves = self.proved.leaves[body["record"]]
        opened, closed = leaves["opened"], leaves.get("closed", {})
        tool = opened["tool"] or {}
        used = [leaf["deployment"] for leaf in leaves.values() if leaf.get("deployment")] or [tool.get("deployment")]
        wanted = {
            "opened_at": opened["at"], "closed_at": closed.get("at", ""), "outcome": closed.get("outcome", "open"),
            "caller_role": opened["caller"]["class"], "service": opened["caller"]["service"],
            "tool": tool.get("name", ""), "model": (used[-1] or {}).get("model", ""),
        }  # fmt: skip
        for field, value in wanted.items():
            if body[field] != value:
                self.found.add(name, f"record {body['record']}: {field} is not what the log says")

    def _csv(self, name: str) -> None:
        told = set()
        rows = _rows(self.files[name])
        for row, wanted in zip(rows, self._sheet):  # noqa: B905 - Python 3.9
            told.add(row["text"])
            if row != wanted:
                where = f"record {wanted['record']}, text {wanted['text']}"
                what = "its words are not those proved"
                if row["words"] == wanted["words"]:
                    what = "it says something else than records.jsonl"
                self.found.add(name, f"{where}: {what}")
        if len(rows) != len(self._sheet):
            self.found.add(name, f"it has {len(rows)} rows, the release {len(self._sheet)}")
        self._same(name, told - {""})

    def _html(self, name: str) -> None:
        page = _Page()
        page.feed(self.files[name].decode())
        page.close()
        for what in page.wrong:
            self.found.add(name, what)
        for text, words in page.texts.items():
            if words != _showable(self.texts.get(text, "")):
                self.found.add(name, f"text {text}: its words are not those proved")
        if sorted(page.beside) != sorted((ref, _showable(words)) for ref, words in self._beside):
            self.found.add(name, "the corrections in it are not those of records.jsonl")
        self._same(name, set(page.texts))

    def _read_me(self, name: str) -> None:
        """What it says is the council's statement; that it runs nothing and leads nowhere is checked."""
        page = _Page()
        page.feed(self.files[name].decode())
        page.close()
        for what in page.wrong:
            self.found.add(name, what)

    def _formulas(self, name: str) -> None:
        for number, row in enumerate(_rows(self.files[name]), 1):
            if any(cell.lstrip(_BLANK).startswith(_FORMULA) for cell in row.values()):
                self.found.add(name, f"row {number}: a spreadsheet would take a cell of it for a formula")

    def _same(self, name: str, told: set[str]) -> None:
        for text in sorted(set(self.texts) ^ told):
            self.found.add(name, f"text {text}: it is in only one of the release and the proofs")

    def _schedule(self, name: str) -> None:
        lines: dict[str, dict[str, str]] = {}
        for row in _rows(self.files[name]):
            if row["line"] in lines:
                self.found.add(name, f"line {row['line']}: it stands there twice")
            lines[row["line"]] = row
        counted = dict.fromkeys(lines, 0)
        for text, named, boxes in self.proved.gaps:
            grounds: set[str] = set()
            for line in named:
                if line not in lines:
                    self.found.add(name, f"line {line} is missing: a gap of the release names it")
                    continue
                counted[line] += 1
                if any(lines[line][column] != value for column, value in self._places.get(text, {}).items()):
                    self.found.add(name, f"line {line}: its gap stands somewhere else")
                own = _boxes(lines[line])
                grounds |= own
                if not own & set(boxes):
                    ground = lines[line]["exemption"]
                    self.found.add(name, f"line {line}: the release gives another ground than {ground}")
            if set(boxes) - grounds:
                self.found.add(name, f"line {' '.join(named)}: a gap says something else than its grounds")
        for line, row in sorted(lines.items()):
            self.found.count("lines of the schedule")
            if int(row["gaps"]) != counted[line]:
                self.found.add(name, f"line {line}: it speaks of {row['gaps']} gaps, the release has {counted[line]}")
            if not row["exemption"]:
                self.found.add(name, f"line {line}: it names no exemption")


class _Page(html.parser.HTMLParser):
    """The texts in records.html, and whatever has no place there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: dict[str, str] = {}
        self.beside: list[tuple[str, str]] = []
        self.wrong: list[str] = []
        self._text = ""
        self._correction = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See `HTMLParser`."""
        values = {name: value or "" for name, value in attrs}
        text = values.get("data-text", "")
        if tag not in TAGS:
            self.wrong.append(f"it has a <{tag}>, which no page of a package has")
        for name in sorted(set(values) - ATTRIBUTES):
            self.wrong.append(f"a <{tag}> of it has {name}, which no page of a package has")
        if (
            len(values) != len(attrs)
            or values.get("http-equiv", "Content-Security-Policy") != "Content-Security-Policy"
            or re.search(r"^/|[:\\]", values.get("href", ""))
            or (values.get("class") == "skip" and tag != "a")
        ):
            self.wrong.append(f"a <{tag}> of it leads somewhere else, or hides something")
        if self._correction:
            self.wrong.append(f"a correction in it holds a <{tag}>")
        elif "data-correction" in values:
            beside = values["data-correction"]
            if self._text or tag != "div" or values != {"class": "text", "data-correction": beside}:
                self.wrong.append("a correction stands in it in another way than one does")
            self._correction = True
            self.beside.append((beside, ""))
        elif self._text and (tag != "mark" or values not in ({"class": "gap"}, {"class": "name"})):
            self.wrong.append(f"text {self._text} of it holds a <{tag}>")
        elif "data-text" in values:
            if tag != "div" or values != {"class": "text", "data-text": text} or text in self.texts:
                self.wrong.append(f"text {text} stands in it twice, or in another way than words do")
            self._text = text
            self.texts[text] = ""

    def handle_endtag(self, tag: str) -> None:
        """See `HTMLParser`."""
        if tag == "div":
            self._text = ""
            self._correction = False

    def handle_data(self, data: str) -> None:
        """See `HTMLParser`."""
        if self._correction:
            ref, words = self.beside[-1]
            self.beside[-1] = (ref, words + data)
        elif self._text:
            self.texts[self._text] += data

    def handle_comment(self, data: str) -> None:
        """See `HTMLParser`."""
        self.wrong.append("it has a comment, which nobody would see")

    handle_pi = unknown_decl = handle_comment


def _boxes(line: dict[str, str]) -> set[str]:
    """The boxes that may stand for a line of the schedule."""
    return KINDS if line["why, or the prejudice"] == REPLACED else {f"[redacted: {line['exemption']}]"}


def _says(role: str) -> str:
    """What a text of this role is called."""
    base, _, kind = role.partition(":")
    known = "Answer of the AI" if base == "reply" else SAYS.get(base, base)
    return SAYS.get(role) or (f"{known} ({kind})" if kind else known)


def _rows(data: bytes) -> list[dict[str, str]]:
    head, *rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    if len(set(head)) != len(head) or any(len(row) != len(head) for row in rows):
        raise Wrong("a row of it is longer or shorter than its head, or a column stands twice")
    return [dict(zip(head, row)) for row in rows]  # noqa: B905 - Python 3.9


def _showable(text: str) -> str:
    return _UNSHOWABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def _cell(text: str) -> str:
    said = _showable(text)
    return "'" + said if said.lstrip(_BLANK).startswith(_FORMULA) or said.startswith("'") else said
