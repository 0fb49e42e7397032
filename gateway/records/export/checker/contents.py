"""What the package says, against the log: leaves, manifests, words, and the same words in every file."""

from __future__ import annotations

import base64
import csv
import html.parser
import io
import json
import re
from typing import TYPE_CHECKING, Any

from gateway.records.export.checker.files import Findings
from gateway.records.export.checker.primitives import GENESIS, Wrong, extended, pieces_of, under, words_root

if TYPE_CHECKING:
    from collections.abc import Callable

_BAD = (KeyError, ValueError, TypeError, IndexError, AttributeError, RecursionError, csv.Error)
csv.field_size_limit(2**31 - 1)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
PROOFS = "data/proofs/"


class Contents:
    """What the checks hand on to each other."""

    def __init__(self, files: dict[str, bytes], place: tuple[int, bytes], found: Findings) -> None:
        self.files = files
        self.size, self.root = place
        self.found = found
        self.note = files[f"{PROOFS}checkpoint"].decode()
        self.leaves: dict[str, dict[str, dict[str, Any]]] = {}
        self.turns: dict[str, list[tuple[str, str]]] = {}
        self.commitments: dict[str, set[str]] = {}
        self.texts: dict[str, str] = {}
        self.gaps: dict[str, list[str]] = {}
        self.bare = False
        """The package came without proofs: only its own files are compared with each other."""

    def check(self) -> None:
        """Every check, in order."""
        used: set[str] = set()
        for name in self._named("records/", ".json"):
            used |= self._guarded(name, self._record)
        for name in sorted(set(self._named("inclusion/", ".tlog-proof")) - used):
            self.found.add(name, "no record names this proof")
        for name in self._named("words/", ".json"):
            self._guarded(name, self._words)
        self.bare = not used and not self.texts
        for text in sorted(set(self.commitments) - set(self.texts)):
            self.found.add(f"text {text}", "its words are missing from the proofs")
        self._guarded("data/release/records.jsonl", self._jsonl)
        self._guarded("data/release/records.csv", self._csv)
        self._guarded("data/release/records.html", self._html)
        if not self.bare:
            self._guarded("data/schedule-of-redactions.csv", self._schedule)

    def _named(self, folder: str, ending: str) -> list[str]:
        start = PROOFS + folder
        return sorted(name for name in self.files if name.startswith(start) and name.endswith(ending))

    def _guarded(self, name: str, check: Callable[[str], set[str] | None]) -> set[str]:
        try:
            return check(name) or set()
        except Wrong as error:
            self.found.add(name, str(error))
        except _BAD as error:
            self.found.add(name, f"it is missing or can't be read ({type(error).__name__})")
        return set()

    def _record(self, name: str) -> set[str]:
        body = json.loads(self.files[name])
        ref, used = body["record"], set()
        if name != f"{PROOFS}records/{ref}.json":
            raise Wrong("it is about another record than its name says")
        mine = self.leaves.setdefault(ref, {})
        for each in body["leaves"]:
            proof = PROOFS + each["proof"]
            used.add(proof)
            leaf = json.loads(each["leaf"])
            if leaf.get("ref") != ref or leaf.get("kind") != each["kind"]:
                self.found.add(name, "a leaf is of another record or kind")
            if leaf["kind"] in mine and leaf["kind"] in ("opened", "closed"):
                self.found.add(name, f"it has two {leaf['kind']} leaves")
            mine[leaf["kind"] if leaf["kind"] != "attempt" else f"attempt {leaf['number']}"] = leaf
            self._inclusion(proof, each["leaf"].encode())
        if "opened" not in mine:
            raise Wrong("it has no opened leaf")
        self.found.count("records")
        turns = []
        for manifest in ("facts", "request", "reply"):
            leaf = mine["opened"] if manifest != "reply" else mine.get("closed", {})
            turns += self._manifest(name, manifest, body["manifests"].get(manifest), leaf.get(manifest))
        self.turns[ref] = turns
        return used

    def _inclusion(self, name: str, leaf: bytes) -> None:
        text = self.files[name].decode()
        head, gap, note = text.partition("\n\n")
        lines = head.split("\n")
        if lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("index ") or not gap:
            self.found.add(name, "it is not a C2SP tlog-proof")
        elif not note.startswith(self.note):
            self.found.add(name, "it is for another checkpoint than the package's")
        else:
            path = [base64.b64decode(line, validate=True) for line in lines[2:]]
            if under(leaf, int(lines[1][6:]), self.size, path, self.root):
                self.found.count("leaves in the signed log")
            else:
                self.found.add(name, "the leaf is not in the log at this place: it was changed or put in")

    def _manifest(self, name: str, which: str, manifest: Any, named: Any) -> list[tuple[str, str]]:
        if manifest is None:
            if named is not None and which != "facts":
                self.found.add(name, f"its {which} manifest is missing")
            return []
        root, turns = manifest["base"], []
        for each in manifest["entries"]:
            entry = {field: each[field] for field in ("role", "kept", "sent", "box", "place")}
            root = extended(root, json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())
            if "text" in each:
                self.commitments.setdefault(each["text"], set()).add(each[each["form"]])
                turns.append((each["text"], each["role"]))
            elif which != "facts":
                self.found.add(name, f"a text of its {which} manifest is neither shown nor marked as withheld")
        told = {"base": manifest["base"], "count": manifest["count"], "new": len(manifest["entries"]), "root": root}
        if told != named or (told["count"] == told["new"]) != (told["base"] == GENESIS):
            self.found.add(name, f"its {which} manifest is not the one that the log names")
        return turns

    def _words(self, name: str) -> None:
        body = json.loads(self.files[name])
        text, proved = body["text"], "unproved" not in body and "withheld" not in body
        if name != f"{PROOFS}words/{text}.json":
            raise Wrong("it is about another text than its name says")
        said, pieces, at = [], {}, 0
        for run in body["runs"]:
            if proved and run["first"] != at:
                raise Wrong("its runs do not follow each other: a word was moved or left out")
            if "text" in run:
                said.append(run["text"])
                own = pieces_of(run["text"])
                pieces.update({at + number: piece for number, piece in enumerate(own)})
                at += len(own)
            else:
                said.append(self._gap(name, text, run))
                at += run["count"] if proved else 0
        self.texts[text] = "".join(said)
        if "withheld" in body:
            if pieces:
                raise Wrong("it is marked as withheld and shows words")
            self.found.count("texts withheld whole")
        elif proved:
            self._proved(text, body, pieces, at)
        else:
            self.found.whole = False
            self.found.notes.append(f"Text {text} is released without proof of its words: {body['unproved']}.")

    def _gap(self, name: str, text: str, run: dict[str, Any]) -> str:
        if run["after"].strip(" \n") or not re.fullmatch(r"\[[^\[\]]{1,200}\]( \[[^\[\]]{1,200}\])*", run["shown"]):
            raise Wrong("a gap holds other words than what it is for")
        for key in (text, *run["schedule"]):
            self.gaps.setdefault(key, []).append(run["shown"])
        if not run["schedule"]:
            self.found.add(name, "a gap has no line in the schedule of redactions")
        return str(run["shown"] + run["after"])

    def _proved(self, text: str, body: dict[str, Any], pieces: dict[int, str], count: int) -> None:
        salts = base64.b64decode(body["salts"], validate=True)
        if count != body["pieces"] or len(salts) != 16 * len(pieces):
            raise Wrong("its words are not as many as its text has")
        if self.commitments.get(text) != {body["commitment"]}:
            raise Wrong("its commitment is not the one that the log holds for this text")
        shown = {
            index: (piece, salts[number * 16 : number * 16 + 16])
            for number, (index, piece) in enumerate(sorted(pieces.items()))
        }
        hidden = [bytes.fromhex(each) for each in body["hidden"]]
        if words_root(count, shown, hidden).hex() != body["commitment"]:
            raise Wrong("a released word is not the one that was recorded: changed, moved, left out, or a forged salt")
        self.found.count("texts")
        self.found.count("words proved", len(shown))

    def _jsonl(self, name: str) -> None:
        seen: set[str] = set()
        told: set[str] = set()
        for line in self.files[name].decode().split("\n"):
            if not line:
                continue
            body = json.loads(line)
            ref = body["record"]
            seen.add(ref)
            if self.bare:
                self.texts.update((turn["id"], turn["text"]) for turn in body["turns"] if not turn.get("again"))
                told.update(self.texts)
                continue
            if ref not in self.leaves:
                self.found.add(name, f"record {ref} has no proof")
                continue
            self._facts(name, body)
            if [(turn["id"], turn["role"]) for turn in body["turns"]] != self.turns.get(ref):
                self.found.add(name, f"record {ref}: its texts are not those that the log names, in their order")
            for turn in body["turns"]:
                if turn.get("again"):
                    continue
                told.add(turn["id"])
                if turn["text"] != self.texts.get(turn["id"]):
                    self.found.add(name, f"record {ref}, text {turn['id']}: its words are not those proved")
        self._same(name, told)
        if self.bare and seen:
            self.found.whole = False
            self.found.notes.append("The package holds no proofs, at the officer's choice: records were not checked.")
        for ref in sorted(set(self.leaves) - seen):
            self.found.add(name, f"record {ref} is proved but not in the release")

    def _facts(self, name: str, body: dict[str, Any]) -> None:
        leaves = self.leaves[body["record"]]
        opened, closed = leaves["opened"], leaves.get("closed", {})
        wanted = {
            "opened_at": opened["at"], "closed_at": closed.get("at", ""), "outcome": closed.get("outcome", "open"),
            "caller_role": opened["caller"]["class"], "service": opened["caller"]["service"],
            "tool": (opened["tool"] or {}).get("name", ""),
        }  # fmt: skip
        for field, value in wanted.items():
            if body[field] != value:
                self.found.add(name, f"record {body['record']}: {field} is not what the log says")

    def _csv(self, name: str) -> None:
        told = set()
        for row in _rows(self.files[name]):
            if not row["text"] or row["words"] == f"(shown above as {row['text']})":
                continue
            told.add(row["text"])
            if row["words"] != _cell(self.texts.get(row["text"], "")):
                self.found.add(name, f"record {row['record']}, text {row['text']}: its words are not those proved")
        self._same(name, told)

    def _html(self, name: str) -> None:
        page = _Page()
        page.feed(self.files[name].decode())
        page.close()
        for what in page.wrong:
            self.found.add(name, what)
        for text, words in page.texts.items():
            if words != _showable(self.texts.get(text, "")):
                self.found.add(name, f"text {text}: its words are not those proved")
        self._same(name, set(page.texts))

    def _same(self, name: str, told: set[str]) -> None:
        for text in sorted(set(self.texts) ^ told):
            self.found.add(name, f"text {text}: it is in only one of the release and the proofs")

    def _schedule(self, name: str) -> None:
        lines = {row["line"]: row for row in _rows(self.files[name])}
        named = {row for row in self.gaps if row.startswith("R")}
        for line in sorted(named - set(lines)):
            self.found.add(name, f"line {line} is missing: a gap of the release names it")
        for line, row in sorted(lines.items()):
            gaps = self.gaps.get(line, [])
            self.found.count("lines of the schedule")
            if int(row["gaps"]) != len(gaps):
                self.found.add(name, f"line {line}: it speaks of {row['gaps']} gaps, the release has {len(gaps)}")
            if not row["exemption"]:
                self.found.add(name, f"line {line}: it names no exemption")
            for shown in gaps:
                if f"[redacted: {row['exemption']}]" not in shown and " redacted]" not in shown:
                    self.found.add(name, f"line {line}: the release gives another ground than {row['exemption']}")


class _Page(html.parser.HTMLParser):
    """The texts in records.html, and whatever has no place there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: dict[str, str] = {}
        self.wrong: list[str] = []
        self._text = ""
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See `HTMLParser`."""
        values = dict(attrs)
        if tag in ("script", "iframe", "object", "embed", "img", "link", "form", "base"):
            self.wrong.append(f"it has a <{tag}>, which no page of a package has")
        if any(each.startswith("on") for each in values):
            self.wrong.append("it has an event handler, which no page of a package has")
        if self._text and tag == "div":
            self._depth += 1
        elif values.get("data-text"):
            self._text, self._depth = values["data-text"] or "", 1
            if self._text in self.texts:
                self.wrong.append(f"text {self._text} stands in it twice")
            self.texts[self._text] = ""

    def handle_endtag(self, tag: str) -> None:
        """See `HTMLParser`."""
        if self._text and tag == "div":
            self._depth -= 1
            if not self._depth:
                self._text = ""

    def handle_data(self, data: str) -> None:
        """See `HTMLParser`."""
        if self._text:
            self.texts[self._text] += data


def _rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def _showable(text: str) -> str:
    return _UNSHOWABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def _cell(text: str) -> str:
    said = _showable(text)
    return "'" + said if said.lstrip(" ").startswith(_FORMULA) or said.startswith("'") else said
