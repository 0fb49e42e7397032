"""What the package proves, against the log: leaves, manifests, words."""

from __future__ import annotations

import base64
import csv
import json
import re
from typing import TYPE_CHECKING, Any

from gateway.records.export.checker.files import Findings
from gateway.records.export.checker.primitives import GENESIS, Wrong, extended, pieces_of, under, words_root

if TYPE_CHECKING:
    from collections.abc import Callable

BAD = (KeyError, ValueError, TypeError, IndexError, AttributeError, RecursionError, csv.Error)
"""What reading a file raises that is not as it should be."""
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
        self.commitments: dict[str, set[tuple[str, str]]] = {}
        self.texts: dict[str, str] = {}
        self.gaps: list[tuple[str, list[str], list[str]]] = []
        """For each gap its text, the lines of the schedule that it names, and its boxes."""
        self.indexes: set[int] = set()
        """The places of the proved leaves in the log."""
        self.bare = False
        """The package came without proofs: only its own files are compared with each other."""

    def check(self) -> None:
        """Every check, in order."""
        used: set[str] = set()
        for name in self._named("records/", ".json"):
            used |= self.guarded(name, self._record)
        for name in sorted(set(self._named("inclusion/", ".tlog-proof")) - used):
            self.found.add(name, "no record names this proof")
        for name in self._named("words/", ".json"):
            self.guarded(name, self._words)
        self.bare = not used and not self.texts
        for text in sorted(set(self.commitments) - set(self.texts)):
            self.found.add(f"text {text}", "its words are missing from the proofs")
        unfinished = sum("closed" not in leaves for leaves in self.leaves.values())
        if unfinished:
            self.found.notes.append(
                f"Records without a closed leaf: {unfinished}. They were still running then, or it was left out."
            )

    def _named(self, folder: str, ending: str) -> list[str]:
        start = PROOFS + folder
        return sorted(name for name in self.files if name.startswith(start) and name.endswith(ending))

    def guarded(self, name: str, check: Callable[[str], set[str] | None]) -> set[str]:
        """What a check of a file gives; a problem where the file can't be read."""
        try:
            return check(name) or set()
        except Wrong as error:
            self.found.add(name, str(error))
        except BAD as error:
            self.found.add(name, f"it is missing or can't be read ({type(error).__name__})")
        return set()

    def _record(self, name: str) -> set[str]:
        body = read_json(self.files[name])
        ref, used = body["record"], set()
        if name != f"{PROOFS}records/{ref}.json":
            raise Wrong("it is about another record than its name says")
        mine = self.leaves.setdefault(ref, {})
        for each in body["leaves"]:
            proof = PROOFS + each["proof"]
            used.add(proof)
            leaf = read_json(each["leaf"])
            if leaf.get("ref") != ref or leaf.get("kind") != each["kind"]:
                self.found.add(name, "a leaf is of another record or kind")
            if leaf["kind"] in mine and leaf["kind"] in ("opened", "closed"):
                self.found.add(name, f"it has two {leaf['kind']} leaves")
            mine[leaf["kind"] if leaf["kind"] != "attempt" else f"attempt {len(mine)}"] = leaf
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
                self.indexes.add(int(lines[1][6:]))
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
                if each["form"] not in ("kept", "sent"):
                    raise Wrong("a text of it has a form that is none")
                self.commitments.setdefault(each["text"], set()).add((each["form"], each[each["form"]]))
                turns.append((each["text"], each["role"]))
            elif which != "facts":
                self.found.add(name, f"a text of its {which} manifest is neither shown nor marked as withheld")
        told = {"base": manifest["base"], "count": manifest["count"], "new": len(manifest["entries"]), "root": root}
        if told != named or manifest["root"] != root or (told["count"] == told["new"]) != (told["base"] == GENESIS):
            self.found.add(name, f"its {which} manifest is not the one that the log names")
        return turns

    def _words(self, name: str) -> None:
        body = read_json(self.files[name])
        text, proved = body["text"], "unproved" not in body and "withheld" not in body
        if name != f"{PROOFS}words/{text}.json":
            raise Wrong("it is about another text than its name says")
        if {form for form, _ in self.commitments.get(text, ())} != {body["form"]}:
            raise Wrong("no record names it, or in another form")
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
        if run["after"].strip(" \n") or not re.fullmatch(r"\[[^\[\]\n]{1,200}\]( \[[^\[\]\n]{1,200}\])*", run["shown"]):
            raise Wrong("a gap holds other words than what it is for")
        self.gaps.append((text, list(map(str, run["schedule"])), re.findall(r"\[[^\[\]]+\]", run["shown"])))
        if not run["schedule"]:
            self.found.add(name, "a gap has no line in the schedule of redactions")
        return str(run["shown"] + run["after"])

    def _proved(self, text: str, body: dict[str, Any], pieces: dict[int, str], count: int) -> None:
        salts = base64.b64decode(body["salts"], validate=True)
        if count != body["pieces"] or len(salts) != 16 * len(pieces):
            raise Wrong("its words are not as many as its text has")
        if self.commitments.get(text) != {(body["form"], body["commitment"])}:
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


def read_json(data: bytes | str) -> Any:
    """JSON in which no name stands twice: two programs would read two different things. Raises ValueError."""
    return json.loads(data, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Wrong("a name stands twice in it")
    return found
