"""Checks an export of an AI gateway's ledger with nothing but Python 3.9 or later: no database, no key, no secret.

    python verify.py --key KEY [--witness KEY ...] [--checkpoint FILE ...] [FOLDER]

KEY is the council's verifier key (name+hash+key). Get it from the council by another way than this export: whoever can
forge the export can put another key beside it. Get a witness's key from the witness. FILE is a checkpoint that you
kept from before. Exit status 0: everything holds; 1: something does not; 2: the command can't be understood.

It hashes every entry and rebuilds the tree (RFC 6962), checks every signed checkpoint and cosignature (C2SP
tlog-checkpoint and tlog-cosignature, Ed25519), each writer's own chain, and that each record was opened once and
closed at most once. Of RFC 3161 time stamps it checks what they are over; their signatures are left to openssl, and
it prints the command.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.ledger.standalone_keys import Check, Key, ed25519, moment, opened, printable
from gateway.ledger.standalone_stamps import stamped_at

WIDTH = 256
MAX_SHOWN = 200
Seen = dict[str, Any]


def node(left: bytes, right: bytes) -> bytes:
    """RFC 6962 interior hash."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_root(hashes: list[bytes]) -> bytes:
    """The root over some hashes; a lone last one moves up as it is."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    while len(hashes) > 1:
        pairs = [node(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        hashes = pairs + hashes[len(pairs) * 2 :]
    return hashes[0]


def tile_path(level: str, number: int, width: int) -> str:
    """A tile's path by C2SP tlog-tiles."""
    digits = str(number).zfill(-(-len(str(number)) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    name = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return f"tile/{level}/{name}" + ("" if width == WIDTH else f".p/{width}")


def fastest() -> Check:
    """Ed25519 by the `cryptography` package, or ours."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return ed25519

    def check(public: bytes, message: bytes, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    return check


class Verification:
    """One check of one folder. `problems` break the proof, `proven` is vouched for by others, `notes` limit it."""

    def __init__(self, folder: Path, key: str, witnesses: list[str], check: Check | None = None) -> None:
        check = check or fastest()
        self.folder, self.key = folder, Key(key, 1, check)
        self.witnesses = [Key(each, 4, check) for each in witnesses]
        self.problems: list[str] = []
        self.proven: list[str] = []
        self.notes: list[str] = []
        self.counts: dict[str, int] = {}
        self.size, self.root = 0, b""
        self._roots: dict[int, bytes] = {}
        self._refs: list[str] = []
        self._levels: list[list[bytes]] = []
        self._chains: dict[str, tuple[int, bytes]] = {}
        self._kinds: dict[str, list[str]] = {}
        self._disposed: list[Seen] = []

    def run(self, kept: list[Path]) -> bool:
        """Check everything; `kept` are checkpoints that the reader kept. Whether all of it holds."""
        size = self._newest()
        rows, log = self._lines("checkpoints.jsonl"), self._lines("checkpoints.log", needed=False)
        cosignatures = self._lines("cosignatures.jsonl")
        held = [self._held(path) for path in kept]
        wanted = {row.get("size") for row in rows + log + cosignatures} | {size for size, _, _ in held}
        self._entries(size, wanted)
        self._tiles(size)
        self._records()
        self._checkpoints(rows)
        self._log(log)
        for held_size, root, path in held:
            self._same(f"your checkpoint {path.name}", held_size, root)
        self._cosignatures(cosignatures)
        self._time_stamps()
        return not self.problems

    def _newest(self) -> int:
        try:
            size, root = opened((self.folder / "checkpoint").read_bytes().decode(), self.key)
        except (OSError, ValueError) as error:
            self.problems.append(f"checkpoint: {error if isinstance(error, ValueError) else 'it is missing'}")
            return 0
        self.size, self.root = size, root
        return size

    def _held(self, path: Path) -> tuple[int, bytes, Path]:
        try:
            return (*opened(path.read_bytes().decode(), self.key), path)
        except (OSError, ValueError) as error:
            self.problems.append(f"your checkpoint {path.name}: {error}")
            return 0, hashlib.sha256(b"").digest(), path

    def _lines(self, name: str, needed: bool = True) -> list[Seen]:
        path, rows = self.folder / name, []
        if not path.exists():
            (self.problems if needed else self.notes).append(f"{name}: it is missing")
            return []
        for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], 1):
            try:
                row = json.loads(line)
                if not isinstance(row, dict) or not isinstance(row.get("size", 0), int):
                    raise ValueError
                rows.append(row)
            except ValueError:
                self.problems.append(f"{name} line {number}: it can't be read")
        return rows

    def _entries(self, size: int, wanted: set[Any]) -> None:
        """Hash every entry, follow the chains, and work out the root at each size that somebody signed."""
        frontier: list[bytes] = []
        leaves: list[bytes] = []
        self._roots[0] = hashlib.sha256(b"").digest()
        for index, entry in self._bundles(size):
            digest = hashlib.sha256(b"\x00" + entry).digest()
            leaves.append(digest)
            self._leaf(index, entry, digest)
            carry, left = digest, index
            while left & 1:
                carry, left = node(frontier.pop(), carry), left >> 1
            frontier.append(carry)
            if index + 1 in wanted or index + 1 == size:
                root = frontier[-1]
                for each in reversed(frontier[:-1]):
                    root = node(each, root)
                self._roots[index + 1] = root
        self.counts["entries"] = len(leaves)
        self._levels.append(leaves)
        self._same("checkpoint", size, self.root)

    def _bundles(self, size: int) -> Iterator[tuple[int, bytes]]:
        for number in range(-(-size // WIDTH)):
            width = min(WIDTH, size - number * WIDTH)
            path = tile_path("entries", number, width)
            try:
                data = (self.folder / path).read_bytes()
            except OSError:
                self.problems.append(f"{path}: it is missing; what comes after it can't be checked")
                return
            at, found = 0, 0
            while at + 2 <= len(data):
                end = at + 2 + int.from_bytes(data[at : at + 2], "big")
                if end <= len(data):
                    yield number * WIDTH + found, data[at + 2 : end]
                    found += 1
                at = end
            if found != width or at != len(data):
                self.problems.append(f"{path}: it holds {found} of {width} entries, or more than entries")
                return

    def _leaf(self, index: int, entry: bytes, digest: bytes) -> None:
        body: Any = None
        try:
            body = json.loads(entry)
            plain = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        except ValueError:
            plain = b""
        if not isinstance(body, dict) or plain != entry:
            self.problems.append(f"entry {index}: it is not canonical JSON")
            self._refs.append("")
            return
        ref, kind = str(body.get("ref", "")), str(body.get("kind", ""))
        self._refs.append(ref)
        name = f"entry {index}" + (f", record {ref}" if ref else "")
        replica, seq = str(body.get("replica")), body.get("seq")
        before, previous = self._chains.get(replica, (0, b""))
        if seq != before + 1:
            self.problems.append(
                f"{name}: its writer's count jumps from {before} to {seq}: entries between were removed"
            )
        elif body.get("prev") != previous.hex():
            self.problems.append(f"{name}: it does not follow its writer's entry {before}: one of the two was changed")
        self._chains[replica] = (seq if isinstance(seq, int) else 0, digest)
        if ref:
            self._kinds.setdefault(ref, []).append(kind)
        if kind == "disposed":
            self._disposed.append({name: body.get(name) for name in ("ref", "at", "run", "class")})

    def _tiles(self, size: int) -> None:
        """The published tiles are those of the entries."""
        level = 0
        while size:
            hashes, ours = [], self._levels[level]
            for number in range(-(-size // WIDTH)):
                width = min(WIDTH, size - number * WIDTH)
                path = tile_path(str(level), number, width)
                try:
                    data = (self.folder / path).read_bytes()
                except OSError:
                    self.problems.append(f"{path}: it is missing")
                    data = b""
                else:
                    if len(data) != 32 * width:
                        self.problems.append(f"{path}: it does not hold as many hashes as its name says")
                hashes += [data[i : i + 32] for i in range(0, len(data), 32)]
            self.counts["tiles"] = self.counts.get("tiles", 0) + -(-size // WIDTH)
            for place in range(min(len(ours), len(hashes))):
                if ours[place] != hashes[place]:
                    path = tile_path(str(level), place // WIDTH, WIDTH)
                    what = f"entry {place}{self._named(place)}" if level == 0 else f"hash {place} of level {level}"
                    self.problems.append(
                        f"{path}: {what} does not have the hash in the tile: one of the two was changed"
                    )
            full = range(0, len(ours) - len(ours) % WIDTH, WIDTH)
            self._levels.append([tree_root(ours[i : i + WIDTH]) for i in full])
            size, level = size // WIDTH, level + 1

    def _named(self, index: int) -> str:
        return f" (record {self._refs[index]})" if index < len(self._refs) and self._refs[index] else ""

    def _records(self) -> None:
        self.counts["records"] = len(self._kinds)
        for ref, kinds in self._kinds.items():
            if kinds.count("opened") != 1 or kinds.count("closed") > 1:
                self.problems.append(
                    f"record {ref}: {kinds.count('opened')} opened and {kinds.count('closed')} closed entries"
                )
        still_open = sum("closed" not in kinds for kinds in self._kinds.values())
        if still_open:
            self.notes.append(
                f"Records without an outcome yet: {still_open}. Their calls ran when the export was made."
            )
        listed = self._lines("disposed.jsonl")
        if listed != self._disposed:
            self.problems.append("disposed.jsonl: it is not what the entries say")
        self.counts["disposed records"] = len(self._disposed)

    def _checkpoints(self, rows: list[Seen]) -> None:
        self.counts["checkpoints"] = len(rows)
        good, broken = 0, False
        for row in rows:
            name = f"checkpoint {row.get('size')}"
            try:
                size, root = opened(str(row.get("note")), self.key)
            except ValueError as error:
                self.problems.append(f"{name}: {error}")
                continue
            if (row.get("size"), row.get("root")) != (size, root.hex()):
                self.problems.append(f"{name}: its fields do not agree with its signed note")
            if self._roots.get(size) == root:
                good = max(good, size)
            elif not broken:
                broken = True
                refs = sorted({ref for ref in self._refs[good:size] if ref})[:8]
                where = f" (records {', '.join(refs)})" if refs else ""
                what = f"an entry between {good} and {size - 1} was changed{where}"
                if size > self.counts["entries"]:
                    what = f"it covers {size} entries, the export has {self.counts['entries']}: the rest was cut off"
                self.problems.append(f"{name}: its root is not that of the entries: {what}")

    def _log(self, lines: list[Seen]) -> None:
        self.counts["logged checkpoints"] = len(lines)
        for number, line in enumerate(lines, 1):
            name = f"checkpoints.log line {number}"
            try:
                size, root = opened(str(line.get("note")), self.key)
            except ValueError as error:
                self.problems.append(f"{name}: {error}")
                continue
            if (line.get("size"), line.get("root")) != (size, root.hex()):
                self.problems.append(f"{name}: its fields do not agree with its signed note")
            self._same(name, size, root)

    def _same(self, name: str, size: int, root: bytes) -> None:
        if size not in self._roots:
            what = f"it covers {size} entries, the export has {self.counts['entries']}"
            self.problems.append(f"{name}: {what}: entries were cut off, or an older state was restored")
        elif self._roots[size] != root:
            self.problems.append(
                f"{name}: the first {size} entries are not those that were signed: the log was rewritten"
            )

    def _cosignatures(self, rows: list[Seen]) -> None:
        self.counts["cosignatures"] = len(rows)
        reached: dict[str, tuple[int, int]] = {}
        for row in rows:
            size, name = row.get("size", 0), str(row.get("witness"))
            keys = [key for key in self.witnesses if key.name == name]
            root = self._roots.get(size)
            for key in keys:
                text = f"{self.key.name}\n{size}\n{base64.b64encode(root or b'').decode()}\n"
                at = key.cosigned(text, str(row.get("line")))
                if root is None:
                    what = (
                        f"the witness saw {size} entries, the export has {self.counts['entries']}: the rest was cut off"
                    )
                    self.problems.append(f"cosignature {size} of {name}: {what}")
                elif at is None:
                    what = "the log was rewritten after the witness saw it, or this line was changed"
                    self.problems.append(f"cosignature {size} of {name}: it does not fit the entries: {what}")
                else:
                    reached[name] = max(reached.get(name, (0, 0)), (size, at))
        for key in self.witnesses:
            if key.name in reached:
                size, at = reached[key.name]
                self.proven.append(f"{key.name} witnessed the first {size} of {self.size} entries at {moment(at)}.")
            elif not any(str(row.get("witness")) == key.name for row in rows):
                what = "it never witnessed this log, or its cosignatures were removed"
                self.problems.append(f"cosignature {key.name}: there is none of this witness: {what}")
        if not reached:
            what = "whoever holds the database and the log's key could have rewritten the log from the start"
            self.notes.append(f"No independent witness: {what}.")

    def _time_stamps(self) -> None:
        rows = self._lines("timestamps.jsonl", needed=False)
        self.counts["time stamps"] = len(rows)
        for row in rows:
            name = str(row.get("file"))
            note, token = f"timestamps/{name}.note", f"timestamps/{name}.tsr"
            try:
                if not re.fullmatch(r"[A-Za-z0-9.-]+", name):  # it goes into a command that people copy
                    raise ValueError("no name of a time stamp's file")
                data = (self.folder / note).read_bytes()
                self._same(note, *opened(data.decode(), self.key))
                at = stamped_at((self.folder / token).read_bytes(), data)
            except (OSError, ValueError) as error:
                self.problems.append(f"{token}: {'it is missing' if isinstance(error, OSError) else error}")
                continue
            if row is rows[-1]:
                command = f"openssl ts -verify -data {note} -in {token} -CAfile ROOTS.pem"
                self.notes.append(f"The newest time stamp says {at}; its signature is not checked here: {command}")

    def report(self) -> list[str]:
        """The outcome as plain lines, the verdict first."""
        count = len(self.problems)
        found = "1 problem" if count == 1 else f"{count} problems"
        head = "The export is whole." if not count else f"THE EXPORT IS NOT WHOLE: {found} found."
        checked = ", ".join(f"{name} {number}" for name, number in self.counts.items())
        lines = [head, f"Checked: {checked}.", f"Tree: {self.size} entries, root {self.root.hex()}."]
        lines += [f"- {problem}" for problem in self.problems[:MAX_SHOWN]]
        lines += [f"... and {count - MAX_SHOWN} more."] if count > MAX_SHOWN else []
        lines += [f"Proven: {each}" for each in self.proven] + [f"Note: {each}" for each in self.notes]
        return [printable(line) for line in lines]


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    description, _, details = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        description=description, epilog=details, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent, metavar="FOLDER")
    parser.add_argument("--key", required=True, help="the council's verifier key")
    parser.add_argument("--witness", action="append", default=[], metavar="KEY", help="a witness's verifier key")
    parser.add_argument("--checkpoint", action="append", default=[], type=Path, metavar="FILE", help="one you kept")
    given = parser.parse_args(arguments)
    try:
        verification = Verification(given.folder, given.key, given.witness)
    except ValueError as error:
        parser.error(str(error))
    holds = verification.run(given.checkpoint)
    sys.stdout.write("\n".join(verification.report()) + "\n")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
