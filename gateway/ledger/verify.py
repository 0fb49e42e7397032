"""Verification: everything is computed again from the leaves and compared with what is stored.

Pure: it reads rows from an `Evidence`, so that a database and an export are checked by the same code. Without
keys it checks leaves, replica chains, tree, checkpoints, records, manifests and redacted texts; with keys also
that every sealed text is the one that was committed to.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.ledger.canonical import parse
from gateway.ledger.checkpoint import BadCheckpoint, Verifier
from gateway.ledger.leaf import KINDS, VERSION
from gateway.ledger.merkle import Frontier, leaf_hash, root_of
from gateway.ledger.report import Report

Row = Mapping[str, Any]
TILE = 256


class Evidence(Protocol):
    """Where rows come from, in the order that is named; each table is read once."""

    def leaves(self) -> Iterable[Row]:
        """Rows of `leaf` by replica and replica_seq, each with `idx` (None: not sequenced) and `pending` (bool)."""
        ...

    def leaves_by_record(self) -> Iterable[Row]:
        """`ref` and `body` of the leaves that belong to a record, by ref (code point order), replica, replica_seq."""
        ...

    def table(self, name: str) -> Iterable[Row]:
        """Rows of another table by its primary key, text in code point order; those of `pending` with `known` (bool):
        there is such a leaf."""
        ...

    def log_lines(self) -> Iterable[Row] | None:
        """The checkpoint log outside the database (`size`, `root` in hex, `note`), as it was before any row was read;
        None where there is none."""
        ...


@dataclass(slots=True)
class LeafFacts:
    """What of the leaves the later checks need; small, since a ledger may have millions."""

    hashes: dict[int, bytes] = field(default_factory=dict)
    """Stored leaf hashes by index."""
    refs: dict[int, str] = field(default_factory=dict)
    admin: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """The newest admin leaf by kind of subject and subject."""
    acts: list[tuple[int | None, str, tuple[str, str], dict[str, Any]]] = field(default_factory=list)
    """Every admin leaf: index (None: it waits), time, kind of subject and subject, body."""
    sizes: list[int] = field(default_factory=list)
    """Sizes of the checkpoints, rising: each ends a batch of leaves."""
    matters: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    """The leaf of each event of a request case or incident, by case and number of the event."""
    root: Callable[[int], bytes | None] = lambda _: None
    """The root over the first leaves, computed from them; None beyond the last."""
    origin: str = ""
    gone: int | None = None
    """The first index whose leaf is gone although there are later ones."""


def verify_log(evidence: Evidence, vkey: str, fingerprints: Mapping[str, str], report: Report) -> LeafFacts:
    """Check leaves, replica chains, tree and checkpoints. `fingerprints` are what the ledger should say of its keys."""
    verifier = Verifier(vkey)
    _fingerprints(evidence, fingerprints, report)
    facts = _leaves(evidence, report)
    _places(evidence, facts, report)
    roots = _tree(facts, report)
    facts.root, facts.origin = roots, verifier.name
    newest = _checkpoints(evidence, roots, verifier, facts, report)
    _newest_acts(facts)
    _stored_tree(evidence, facts, report)
    _log(evidence.log_lines(), facts, verifier, newest, report)
    return facts


def _fingerprints(evidence: Evidence, expected: Mapping[str, str], report: Report) -> None:
    found = {row["name"]: row["value"] for row in evidence.table("fingerprint")}
    for name, value in expected.items():
        if found.get(name) != value:
            report.add("fingerprint", name, "", "the ledger was written with another key, or this row was changed")


def _leaves(evidence: Evidence, report: Report) -> LeafFacts:
    facts = LeafFacts()
    replica, seq, prev = None, 0, b""
    for row in evidence.leaves():
        report.count("leaves")
        if row["replica"] != replica:
            replica, seq, prev = row["replica"], 0, b""
        name = f"{row['replica']}/{row['replica_seq']}"
        if row["replica_seq"] != seq + 1:
            report.add("leaf", name, row["ref"], f"replica sequence jumps from {seq}: leaves between were removed")
        body = _body(row, name, report)
        if body is not None and body.get("prev") != prev.hex() and row["replica_seq"] == seq + 1:
            what = f"does not follow leaf {row['replica']}/{seq}: one of the two was changed"
            report.add("leaf", name, row["ref"], what)
        seq, prev = row["replica_seq"], row["hash"]
        if row["idx"] is not None:
            facts.hashes[row["idx"]] = row["hash"]
            facts.refs[row["idx"]] = row["ref"]
        if row["pending"] == (row["idx"] is not None):
            state = "both sequenced and pending" if row["pending"] else "neither sequenced nor pending"
            report.add("leaf", name, row["ref"], state)
        if body is not None:
            _remember(facts, body, row["idx"])
    return facts


def _body(row: Row, name: str, report: Report) -> dict[str, Any] | None:
    """The leaf's body if its bytes are what the tree says; a problem otherwise."""
    if leaf_hash(row["body"]) != row["hash"]:
        report.add("leaf", name, row["ref"], "the leaf's bytes do not have the stored hash: one of them was changed")
    try:
        body = parse(row["body"])
    except ValueError:
        report.add("leaf", name, row["ref"], "the leaf is not canonical JSON")
        return None
    said = (body.get("replica"), body.get("seq"), body.get("ref", ""), body.get("kind"), body.get("v"))
    if said != (row["replica"], row["replica_seq"], row["ref"], row["kind"], VERSION) or body.get("kind") not in KINDS:
        report.add("leaf", name, row["ref"], "the leaf's columns do not agree with its bytes")
    return body


def _remember(facts: LeafFacts, body: dict[str, Any], index: int | None) -> None:
    if body.get("kind") == "matter":
        facts.matters[str(body.get("matter")), int(body.get("n", 0))] = body
    if body.get("kind") == "admin":
        key = (str(body.get("act", "")).split("_")[0], str(body.get("subject")))
        key = ("tool" if key[0] in ("suspend", "resume") else key[0], key[1])
        facts.acts.append((index, str(body.get("at")), key, body))


def _newest_acts(facts: LeafFacts) -> None:
    """The newest admin leaf of each subject: by the batch in which it was sequenced, since hosts' clocks differ, and by
    time within a batch, which is ordered by worker. What waits comes last."""
    sizes = sorted(facts.sizes)

    def place(act: tuple[int | None, str, tuple[str, str], dict[str, Any]]) -> tuple[int, str]:
        index, at, _, _ = act
        return (len(sizes) + 1 if index is None else bisect_right(sizes, index), at)

    for _, _, key, body in sorted(facts.acts, key=place):
        facts.admin[key] = body


def _places(evidence: Evidence, facts: LeafFacts, report: Report) -> None:
    """Indexes are gap-free; no index without a leaf."""
    total = 0
    for expected, row in enumerate(evidence.table("sequenced")):
        total += 1
        if row["idx"] != expected:
            report.add("sequenced", row["idx"], "", f"index {expected} was expected: the sequence has a gap")
            break
        if row["idx"] not in facts.hashes:
            report.add("sequenced", row["idx"], "", "there is no such leaf: it was removed")
    report.count("sequenced", total)
    for row in evidence.table("pending"):
        report.count("pending")
        if not row["known"]:
            report.add("pending", row["leaf"], "", "there is no such leaf: it was removed")


def _tree(facts: LeafFacts, report: Report) -> Callable[[int], bytes | None]:
    """The root of the tree over the first leaves, computed from them; None beyond the last."""
    hashes: list[bytes] = []
    while len(hashes) in facts.hashes:
        hashes.append(facts.hashes[len(hashes)])
    report.size, report.root = len(hashes), root_of(hashes)
    facts.gone = len(hashes) if len(facts.hashes) > len(hashes) else None
    frontier = Frontier()
    known: dict[int, bytes] = {}

    def root(size: int) -> bytes | None:
        """Sizes are asked for in rising order, mostly; the log's may come again."""
        nonlocal frontier
        if size in known or size > len(hashes):
            return known.get(size)
        if size < frontier.size:
            frontier = Frontier()
        while frontier.size < size:
            frontier.append(hashes[frontier.size])
        known[size] = frontier.root()
        return known[size]

    return root


def _checkpoints(
    evidence: Evidence, roots: Callable[[int], bytes | None], verifier: Verifier, facts: LeafFacts, report: Report
) -> int:
    """Every stored checkpoint: signature, and root as computed. Returns the newest size."""
    newest, good, broken = 0, 0, False
    for row in evidence.table("checkpoint"):
        report.count("checkpoints")
        newest = max(newest, row["size"])
        facts.sizes.append(row["size"])
        try:
            signed = verifier.open(row["note"])
        except BadCheckpoint as error:
            report.add("checkpoint", row["size"], "", str(error))
            continue
        if (signed.size, signed.root) != (row["size"], row["root"]):
            report.add("checkpoint", row["size"], "", "its columns do not agree with its signed note")
        if roots(signed.size) == signed.root:
            good = signed.size
        elif not broken:
            broken = True
            report.add("checkpoint", row["size"], "", _where(good, signed.size, facts, report))
    if newest < report.size:
        report.add("checkpoint", newest, "", f"the newest checkpoint covers {newest} of {report.size} sequenced leaves")
    return newest


UNKNOWN = "its root can't be worked out, because leaf {index} is gone"


def _where(good: int, size: int, facts: LeafFacts, report: Report) -> str:
    if size > report.size and facts.gone is not None:
        return UNKNOWN.format(index=facts.gone)
    if size > report.size:
        return f"it covers {size} leaves, the database has {report.size}: leaves were removed from the end"
    refs = sorted({facts.refs[i] for i in range(good, size) if facts.refs.get(i)})
    named = f" (records {', '.join(refs[:8])}{' ...' if len(refs) > 8 else ''})" if refs else ""
    return f"its root is not that of the leaves: a leaf between index {good} and {size - 1} was changed{named}"


def _stored_tree(evidence: Evidence, facts: LeafFacts, report: Report) -> None:
    """The sequencer's own state and the tiles from which proofs are served."""
    frontier = Frontier()
    for index in range(report.size):
        frontier.append(facts.hashes[index])
    if facts.gone is not None:
        return  # it was reported, and what is stored has nothing to be compared with
    rows = list(evidence.table("tree"))
    wanted = [(1, frontier.size, b"".join(frontier.hashes))] if frontier.size else []
    if [(row["id"], row["size"], row["frontier"]) for row in rows] != wanted:
        report.add("tree", 1, "", "the sequencer's stored state is not that of the leaves")
    expected: dict[tuple[int, int], bytes] = {}
    level, hashes = 0, [facts.hashes[i] for i in range(report.size)]
    while len(hashes) >= TILE:
        full = [hashes[i : i + TILE] for i in range(0, len(hashes) - len(hashes) % TILE, TILE)]
        expected.update({(level, number): b"".join(tile) for number, tile in enumerate(full)})
        level, hashes = level + 1, [root_of(tile) for tile in full]
    for row in evidence.table("tile"):
        report.count("tiles")
        if expected.pop((row["level"], row["number"]), None) != row["hashes"]:
            report.add("tile", f"{row['level']}/{row['number']}", "", "its hashes are not those of the leaves")
    for level, number in expected:
        report.add("tile", f"{level}/{number}", "", "it is missing")


def _log(lines: Iterable[Row] | None, facts: LeafFacts, verifier: Verifier, newest: int, report: Report) -> None:
    """The log outside the database remembers what the database once said."""
    if lines is None:
        report.notes.append(
            "No checkpoint log outside the database was given, so a rollback of the whole would not show."
        )
        return
    last = 0
    for number, line in enumerate(lines, 1):
        report.count("logged checkpoints")
        try:
            signed = verifier.open(str(line.get("note", "")))
        except BadCheckpoint as error:
            report.add("checkpoint log", f"line {number}", "", str(error))
            continue
        if (line.get("size"), line.get("root")) != (signed.size, signed.root.hex()):
            report.add("checkpoint log", f"line {number}", "", "its fields do not agree with its signed note")
        last = max(last, signed.size)
        root = facts.root(signed.size)
        if root is None and facts.gone is not None:
            report.add("checkpoint log", f"line {number}", "", UNKNOWN.format(index=facts.gone))
        elif root is None:
            what = (
                f"it covers {signed.size} leaves, the database has {report.size}: the database was rolled back or cut"
            )
            report.add("checkpoint log", f"line {number}", "", what)
        elif root != signed.root:
            report.add("checkpoint log", f"line {number}", "", "the log was rewritten after this checkpoint was signed")
    if last < newest:
        report.notes.append(f"The checkpoint log ends at {last} leaves, the database at {newest}.")
