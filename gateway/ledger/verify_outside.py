"""Verification of what others say of the log: cosignatures of witnesses, and RFC 3161 time stamps.

Only these exclude that whoever holds database and keys built the log anew. Each is compared with what the leaves give,
not with what is stored.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509

from gateway.ledger.checkpoint import BadCheckpoint, text_of
from gateway.ledger.cosignature import Cosignatures
from gateway.ledger.report import Report
from gateway.ledger.timestamps import BadTimeStamp, verify
from gateway.ledger.verify import UNKNOWN, Evidence, LeafFacts, Row

NO_WITNESS = (
    "No independent witness has cosigned these checkpoints: whoever holds both the database and the key store could "
    "have rewritten the log from the start. Keep checkpoints under another administrator."
)
REWRITTEN = (
    "it does not fit what the leaves give: the log was rewritten after the witness saw it, or this row was changed"
)


@dataclass(frozen=True, slots=True)
class Outside:
    """Whom the verification trusts beside the log's own key. `demanded`: a witness that never cosigned is a problem,
    because somebody may have taken its cosignatures out."""

    witnesses: Sequence[Cosignatures] = ()
    roots: Sequence[x509.Certificate] = ()
    demanded: bool = False


def verify_outside(evidence: Evidence, facts: LeafFacts, outside: Outside, report: Report) -> None:
    """Check every cosignature whose witness is known, and every time stamp, and say how far each reaches."""
    reached = _cosignatures(evidence, facts, outside, report)
    for witness in outside.witnesses:
        size, at = reached.get(witness.name, (0, 0))
        if size:
            rest = report.size - size
            behind = f"; the last {rest} are not cosigned yet" if rest > 0 else ""
            report.proven.append(
                f"{witness.name} witnessed the first {size} of {report.size} leaves at {_time(at)}{behind}."
            )
        elif outside.demanded:
            report.add(
                "cosignature", witness.name, "",
                "there is no cosignature of this witness: it never witnessed this log, or they were removed",
            )  # fmt: skip
        else:
            report.notes.append(f"The witness {witness.name} has not cosigned any checkpoint yet.")
    if not reached:
        report.notes.append(NO_WITNESS)
    _time_stamps(evidence, outside, report)


def _cosignatures(evidence: Evidence, facts: LeafFacts, outside: Outside, report: Report) -> dict[str, tuple[int, int]]:
    """The largest size that each witness cosigned rightly, and when."""
    known = {witness.name: witness for witness in outside.witnesses}
    reached: dict[str, tuple[int, int]] = {}
    unknown: defaultdict[str, int] = defaultdict(int)
    for row in evidence.table("cosignature"):
        report.count("cosignatures")
        witness = known.get(row["witness"])
        if witness is None:
            unknown[row["witness"]] += 1
            continue
        what, at = _cosignature(witness, row, facts, report)
        if what:
            report.add("cosignature", f"{row['size']} of {row['witness']}", "", what)
        else:
            reached[witness.name] = max(reached.get(witness.name, (0, 0)), (row["size"], at))
    for name, count in unknown.items():
        report.notes.append(f"{count} cosignatures of {name} were not checked: the key of this witness was not given.")
    return reached


def _cosignature(witness: Cosignatures, row: Row, facts: LeafFacts, report: Report) -> tuple[str, int]:
    """What is wrong with a cosignature, and its time."""
    line = str(row["line"])
    if not line.endswith("\n") or not witness.owns(line):
        return "the line is not of this witness's key: it was changed", 0
    root = facts.root(row["size"])
    if root is None and facts.gone is not None:
        return UNKNOWN.format(index=facts.gone), 0
    if root is None:
        return (
            f"the witness saw {row['size']} leaves, the log has {report.size}: leaves were removed from the end, or "
            "an older backup was restored"
        ), 0
    try:
        at = witness.check(text_of(facts.origin, row["size"], root), line)
    except BadCheckpoint:
        return REWRITTEN, 0
    if row["at"] != stamp(at):
        return "its column at does not agree with what the witness signed", 0
    return "", at


def _time_stamps(evidence: Evidence, outside: Outside, report: Report) -> None:
    rows = list(evidence.table("time_stamp"))
    if not rows:
        return
    report.count("time stamps", len(rows))
    if not outside.roots:
        report.notes.append("The time stamps were not checked: no root certificates of the authority were given.")
        return
    sizes = {row["size"] for row in rows}
    notes = {row["size"]: row["note"] for row in evidence.table("checkpoint") if row["size"] in sizes}
    newest: dict[str, tuple[int, datetime]] = {}
    for row in rows:
        name = f"{row['size']} of {row['authority']}"
        note = notes.get(row["size"])
        if note is None:
            report.add("time_stamp", name, "", "the checkpoint that was stamped was removed")
            continue
        try:
            at = verify(row["token"], note.encode("utf-8", "surrogateescape"), outside.roots)
        except BadTimeStamp as error:
            report.add("time_stamp", name, "", str(error))
            continue
        if row["at"] != stamp(int(at.timestamp())):
            report.add("time_stamp", name, "", "its column at does not agree with the stamp")
            continue
        newest[row["authority"]] = max(newest.get(row["authority"], (0, at)), (row["size"], at))
    for authority, (size, at) in newest.items():
        report.proven.append(
            f"The first {size} of {report.size} leaves existed by {_time(int(at.timestamp()))}, as {authority} stamped."
        )


def stamp(seconds: int) -> str:
    """Seconds since 1970 as the rows' `at`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
