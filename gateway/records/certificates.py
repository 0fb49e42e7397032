"""Certificates: what a run of disposal or erasure destroyed, by what rule and authority, and where copies may be."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.ledger.leaf import timestamp
from gateway.ledger.retention import RetentionSchedule
from gateway.ledger.sealing import REQUEST_FILE
from gateway.model.disposal import Batch, DisposalRun
from gateway.model.wording import many, verb

COMPLETE: Final = "complete"
STOPPED: Final = "stopped before its end"


@dataclass(frozen=True, slots=True)
class BackupLife:
    """How long backups are kept, in days; the key store's for less (UK GDPR Art 5(1)(e): they hold copies)."""

    database_days: int
    keystore_days: int


@dataclass(slots=True)
class Tally:
    """What a run destroyed, batch by batch."""

    refs: list[str] = field(default_factory=list)
    units: int = 0
    held: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    matters: list[str] = field(default_factory=list)

    @property
    def sealed_in(self) -> list[str]:
        """The classes under whose keys something of it was sealed."""
        return sorted({*self.classes, *((REQUEST_FILE,) if self.matters else ())})

    def add(self, batch: Batch) -> None:
        """Count a batch."""
        self.refs.extend(batch.refs)
        self.units += batch.units
        self.held += batch.held
        self.classes.update(batch.classes)
        self.matters.extend(batch.matters)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: when, whether whole, whether the database's files were cleaned, and how many texts that can't be
    read keep a flat key alive."""

    at: datetime
    state: str
    scrubbed: bool
    stuck: int


def of_disposal(
    run: DisposalRun, tally: Tally, schedule: RetentionSchedule, backups: BackupLife, end: Ending
) -> dict[str, Any]:
    """The certificate of a disposal by the schedule. What is of a class that needs a review was reviewed, or it would
    not have gone."""
    classes = schedule.classes
    database, keystore = (
        (end.at + timedelta(days=days)).date().isoformat() for days in (backups.database_days, backups.keystore_days)
    )
    return {
        "certificate": "disposal",
        **_common(run, tally, end),
        "rule": {
            "cutoff": run.cutoff,
            "due": "every record of the conversation was to be kept until before the cutoff",
        },
        "schedule": schedule.version,
        "classes": {
            name: {
                "records": count,
                "days": classes[name].days if name in classes else None,
                "trigger": classes[name].trigger if name in classes else None,
                "function": classes[name].function if name in classes else "",
                "authority": classes[name].basis if name in classes else "not in the schedule any more",
                "action": classes[name].action if name in classes else None,
            }
            for name, count in sorted(tally.classes.items())
        },
        "reviewed": [name for name in tally.sealed_in if name not in classes or classes[name].action == "review"],
        "request_files": len(tally.matters),
        "hold_check": "each batch, in the transaction that destroyed it",
        "backups": {
            **_days(backups),
            "note": (
                f"Backups of the database from before this run hold the redacted texts until {database}; sealed "
                f"texts in them open with no key that is left, but with a backup of the key store until {keystore}."
            ),
        },
    }


def of_erasure(run: DisposalRun, tally: Tally, backups: BackupLife, end: Ending) -> dict[str, Any]:
    """The certificate of an erasure on request."""
    return {
        "certificate": "erasure",
        **_common(run, tally, end),
        "authority": "UK GDPR Art 17, on request; the case says on which ground",
        "classes": dict(sorted(tally.classes.items())),
        "hold_check": "in the transaction that destroyed them",
        "backups": _days(backups),
    }


def _common(run: DisposalRun, tally: Tally, end: Ending) -> dict[str, Any]:
    return {
        "run": run.id,
        "state": end.state,
        "controller": run.controller,
        "begun": run.started_at,
        "finished": timestamp(end.at),
        "conversations": tally.units,
        "records": len(tally.refs),
        "held": tally.held,
        "refs_sha256": refs_hash([*tally.refs, *tally.matters]),
        "keys": (
            "destroyed in the key store"
            if not end.stuck
            else f"destroyed in the key store, except a flat key that {_stuck(end.stuck)}"
        ),
        "files_scrubbed": end.scrubbed,
    }


def _stuck(texts: int) -> str:
    return f"{many(texts, 'unreadable text')} still {verb(texts, 'names', 'name')}"


def _days(backups: BackupLife) -> dict[str, Any]:
    return {"database_days": backups.database_days, "keystore_days": backups.keystore_days}


def refs_hash(refs: Sequence[str]) -> str:
    """SHA-256 over the references, sorted, a line each: whoever has them can check a certificate."""
    return hashlib.sha256("".join(f"{ref}\n" for ref in sorted(refs)).encode()).hexdigest()


def certificate_lines(certificate: Mapping[str, Any]) -> list[str]:
    """A certificate in plain English."""
    told = _erasure(certificate) if certificate["certificate"] == "erasure" else _disposal(certificate)
    lines = [
        (
            f"Certificate of {certificate['certificate']} {certificate['run']}, {certificate['controller']} "
            f"({certificate['state']})"
        ),
        f"Begun {certificate['begun']}, finished {certificate['finished']}.",
        *told,
        f"Kept by legal holds: {many(certificate['held'], 'conversation')}. Checked {certificate['hold_check']}.",
        f"Keys: {certificate['keys']}. References (SHA-256): {certificate['refs_sha256']}.",
    ]
    if not certificate["files_scrubbed"]:
        lines.append("SQLite's log could not be emptied while somebody read; the next run or restart empties it.")
    return [*lines, _copies(certificate["backups"])]


def _disposal(certificate: Mapping[str, Any]) -> list[str]:
    rule = certificate["rule"]
    lines = [
        (f"Destroyed: {records_in(certificate)}, and {many(certificate['request_files'], 'request file')}."),
        f"Why: {rule['due']}. Cutoff {rule['cutoff']}, schedule {certificate['schedule']}.",
    ]
    for name, each in certificate["classes"].items():
        function = f", function {each['function']}" if each["function"] else ""
        kept = f", {many(each['days'], 'day')} from {each['trigger']}" if each["days"] else ""
        lines.append(f"  {name}: {many(each['records'], 'record')}{kept}{function}. Authority: {each['authority']}.")
    return lines


def _erasure(certificate: Mapping[str, Any]) -> list[str]:
    return [f"Erased: {records_in(certificate)}. Authority: {certificate['authority']}."]


def records_in(certificate: Mapping[str, Any]) -> str:
    """How many records, in how many conversations."""
    return f"{many(certificate['records'], 'record')} in {many(certificate['conversations'], 'conversation')}"


def _copies(backups: Mapping[str, Any]) -> str:
    return str(
        backups.get("note")
        or f"Backups of the database hold the redacted texts for up to {many(backups['database_days'], 'day')}; sealed "
        "texts in them open with no key that is left, but with a backup of the key store for "
        f"{many(backups['keystore_days'], 'day')}."
    )
