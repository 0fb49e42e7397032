"""What others say of the log that the package is proved by: witnesses' cosignatures, and time stamps.

They are of checkpoints that came before the package's; each comes with the proof that the log went on from there. A
witness is believed by the key that the reader brings, never by the package.
"""

from __future__ import annotations

import base64
import re

from gateway.ledger.standalone_keys import Key, moment, opened
from gateway.ledger.standalone_stamps import stamped_at
from gateway.records.export.checker.files import Findings
from gateway.records.export.checker.primitives import Wrong, consistent

ATTESTED = "data/proofs/attested/"
_NAME = re.compile(r"([1-9][0-9]{0,18})\.(checkpoint|cosigned|consistency|[0-9]{1,3}-[A-Za-z0-9.-]{1,80}\.tsr)")
NO_WITNESS = "No independent witness: whoever holds the database and the log's key could have rewritten the log"


class Outside:
    """Checks them. `indexes` are the places of the package's leaves in the log of `place` (size and root)."""

    def __init__(self, files: dict[str, bytes], log: Key, place: tuple[int, bytes], found: Findings) -> None:
        self.files = files
        self.log = log
        self.size, self.root = place
        self.found = found
        self.indexes: set[int] = set()
        self.reached: dict[bytes, tuple[int, int]] = {}
        self.others: set[str] = set()

    def check(self, witnesses: list[Key]) -> None:
        """Every attested checkpoint, and that each of these witnesses has cosigned one."""
        parts: dict[int, list[str]] = {}
        for name in sorted(each for each in self.files if each.startswith(ATTESTED)):
            told = _NAME.fullmatch(name[len(ATTESTED) :])
            if told:
                parts.setdefault(int(told[1]), []).append(name)
            else:
                self.found.add(name, "it is neither a checkpoint nor what goes with one")
        for size, names in sorted(parts.items()):
            start = f"{ATTESTED}{size}."
            try:
                text = self._checkpoint(size, start)
            except (KeyError, ValueError) as error:
                self.found.add(f"{start}checkpoint", "it is missing" if isinstance(error, KeyError) else str(error))
                continue
            for name in names:
                if name.endswith(".cosigned"):
                    self._cosigned(name, size, text, witnesses)
                elif name.endswith(".tsr"):
                    self._stamp(name, size)
        self._witnesses(witnesses)

    def _checkpoint(self, size: int, start: str) -> str:
        """The text of an attested checkpoint. Raises ValueError unless the package's log goes on from it."""
        note = self.files[f"{start}checkpoint"].decode()
        told, root = opened(note, self.log)
        path = []
        if size != self.size:
            head, _, base = self.files[f"{start}consistency"].decode().partition("\n\n")
            first, *steps = head.split("\n")
            if first != f"old {size}" or base.encode() != self.files["data/proofs/checkpoint"]:
                raise Wrong("its proof is not one for the package's checkpoint")
            path = [base64.b64decode(step, validate=True) for step in steps]
        if told != size or not consistent(size, self.size, path, root, self.root):
            raise Wrong("the log of the package does not go on from it: it is another history")
        self.found.count("checkpoints that others saw")
        return note.partition("\n\n")[0] + "\n"

    def _cosigned(self, name: str, size: int, text: str, witnesses: list[Key]) -> None:
        note = self.files[name].decode("utf-8", "replace")
        start = self.files[f"{ATTESTED}{size}.checkpoint"].decode()
        if not note.startswith(start):
            self.found.add(name, "it is not that checkpoint")
            return
        for line in note[len(start) :].splitlines():
            mine = [key for key in witnesses if key.signature(line) is not None]
            for key in mine:
                at = key.cosigned(text, line)
                if at is None:
                    self.found.add(name, f"the cosignature of {key.name} does not fit: it or the log was changed")
                else:
                    self.found.count("cosignatures")
                    self.reached[key.id] = max(self.reached.get(key.id, (0, 0)), (size, at))
            if not mine:
                self.others.add(_named(line))

    def _stamp(self, name: str, size: int) -> None:
        over = f"{ATTESTED}{size}.checkpoint"
        try:
            at = stamped_at(self.files[name], self.files[over])
        except ValueError as error:
            self.found.add(name, str(error))
            return
        self.found.count("time stamps over their checkpoints")
        authority = name[len(f"{ATTESTED}{size}.") : -len(".tsr")].partition("-")[2]
        self.found.notes.append(
            f"A time stamp of {authority} says that {self._first(size)} existed by {at}. It is over that checkpoint; "
            "its signature is not checked here. With the authority's root certificates, in the package's folder: "
            f"openssl ts -verify -data {over} -in {name} -CAfile ROOTS.pem"
        )

    def _witnesses(self, witnesses: list[Key]) -> None:
        for key in witnesses:
            if key.id in self.reached:
                size, at = self.reached[key.id]
                self.found.proven.append(f"{key.name} witnessed {self._first(size)} at {moment(at)}.")
            else:
                what = "it never witnessed this log, or its cosignature was taken out"
                self.found.add(f"cosignature {key.name}", f"there is none of this witness: {what}")
        if self.others:
            self.found.notes.append(
                f"Not checked, since the witness's key was not given (--witness KEY): {', '.join(sorted(self.others))}."
            )
        if not self.reached:
            self.found.notes.append(f"{NO_WITNESS}.")

    def _first(self, size: int) -> str:
        """So much of the log, and how much of the package stands in it."""
        within, count = sum(index < size for index in self.indexes), len(self.indexes)
        told = f", with {'all' if within == count else f'{within} of'} {count} entries of this package" if count else ""
        return f"the first {size} of {self.size} entries{told},"


def _named(line: str) -> str:
    """The name and key hash in a signature line of somebody unknown."""
    words = line.split(" ")
    try:
        return f"{words[1]}+{base64.b64decode(words[2], validate=True)[:4].hex()}"
    except (IndexError, ValueError):
        return "a line that is no cosignature"
