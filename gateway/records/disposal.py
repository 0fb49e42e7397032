"""Disposal: what the retention schedule says is due is destroyed, keys included, and a certificate says so.

A run can be stopped, killed or started twice: what is held is never destroyed, what is destroyed is destroyed whole,
and the next run finishes what one left (FOIA s.46 Code 2021, part 2; UK GDPR Art 5(1)(e) and 17).
"""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from gateway.ledger.leaf import timestamp
from gateway.ledger.retention import RetentionSchedule
from gateway.model.disposal import Batch, DisposalRun, Plan, Rule, UnreadableHold

BATCH = 100
"""Conversations in one transaction: calls wait meanwhile."""


class DisposalStore(Protocol):
    """Where records are disposed of. See `gateway.store.disposal`."""

    def exclusive(self) -> AbstractContextManager[None]:
        """No other run while this lasts. Raises Busy."""
        ...

    def plan(self, rule: Rule) -> Plan:
        """What is due, and of other classes than the rule's what waits to be reviewed."""
        ...

    def begin(self, run: DisposalRun, who: str) -> None:
        """Make the beginning of a run durable."""
        ...

    def finish(self, run: DisposalRun, who: str) -> None:
        """Make its end and its certificate durable."""
        ...

    def unfinished(self, controller: str) -> Sequence[DisposalRun]:
        """Runs that began and did not end."""
        ...

    def runs(self, controller: str) -> Sequence[DisposalRun]:
        """Every run, newest first."""
        ...

    def destroyed(self, run: str) -> Batch:
        """What a run has destroyed so far."""
        ...

    def destroy(self, run: str, rule: Rule, units: Sequence[int], who: str) -> Batch:
        """Destroy those of `units` that are still due and not held, whole, in one transaction."""
        ...

    def destroy_matters(self, run: str, rule: Rule, matters: Sequence[str], who: str) -> tuple[str, ...]:
        """Destroy request files that are still due and not held; those destroyed."""
        ...


class Shredding(Protocol):
    """What destroys keys. See `gateway.store.shredding`."""

    def finish(self) -> int:
        """Destroy every key that is noted; how many."""
        ...

    def scrub(self) -> bool:
        """Leave nothing of what was destroyed in the database's files."""
        ...


@dataclass(frozen=True, slots=True)
class BackupLife:
    """How long backups are kept, in days; the key store's for less (UK GDPR Art 5(1)(e): they hold copies)."""

    database_days: int
    keystore_days: int


@dataclass(slots=True)
class _Tally:
    refs: list[str] = field(default_factory=list)
    units: int = 0
    held: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    matters: list[str] = field(default_factory=list)

    def add(self, batch: Batch) -> None:
        """Count a batch."""
        self.refs.extend(batch.refs)
        self.units += batch.units
        self.held += batch.held
        self.classes.update(batch.classes)


class Disposals:
    """Plans and runs disposal for one controller at a time. `who` is the officer; who may is asked before."""

    def __init__(
        self,
        store: DisposalStore,
        shredding: Shredding,
        schedule: RetentionSchedule,
        backups: BackupLife,
        retire_flat: Callable[[str, str, str], int],
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        self._today = today
        self._retire_flat = retire_flat
        self._store = store
        self._shredding = shredding
        self._schedule = schedule
        self._backups = backups

    def plan(self, controller: str, cutoff: str = "", reviewed: frozenset[str] = frozenset()) -> Plan:
        """What a run would do; changes nothing. `reviewed` are classes with the action `review`, or that the
        schedule no longer has, of which what is due was reviewed.

        Raises ValueError for a class or a date that makes no sense.
        """
        return self._store.plan(self._rule(controller, cutoff, reviewed))

    def run(
        self,
        controller: str,
        who: str,
        cutoff: str = "",
        reviewed: frozenset[str] = frozenset(),
        progress: Callable[[int], object] = lambda _: None,
    ) -> DisposalRun:
        """Dispose of what is due: the finished run with its certificate. `progress` is told how many conversations are
        done. Raises ValueError, Busy, UnreadableHold, Unavailable."""  # fmt: skip
        rule = self._rule(controller, cutoff, reviewed)
        with self._store.exclusive():
            return self._run(rule, who, progress)

    def _run(self, rule: Rule, who: str, progress: Callable[[int], object]) -> DisposalRun:
        controller = rule.controller
        self._shredding.finish()
        for left in self._store.unfinished(controller):
            self._finish(left, _tally(self._store.destroyed(left.id)), rule, who, "stopped before its end")
        plan = self._store.plan(rule)
        if plan.unreadable_holds:
            raise UnreadableHold
        run = DisposalRun(_run_id(), controller, _now(), None, "", rule.cutoff, 0, plan.held)
        self._store.begin(run, who)
        tally = _Tally(held=plan.held)
        for start in range(0, len(plan.units), BATCH):
            tally.add(self._store.destroy(run.id, rule, plan.units[start : start + BATCH], who))
            progress(tally.units)
        stuck = sum(self._retire_flat(rule.controller, name, who) for name in sorted(tally.classes))
        tally.matters.extend(self._store.destroy_matters(run.id, rule, plan.matters, who))
        self._shredding.finish()
        return self._finish(run, tally, rule, who, "complete", stuck)

    def runs(self, controller: str) -> Sequence[DisposalRun]:
        """Every run, newest first."""
        return self._store.runs(controller)

    def _finish(self, run: DisposalRun, tally: _Tally, rule: Rule, who: str, state: str, stuck: int = 0) -> DisposalRun:
        emptied = self._shredding.scrub()
        at = datetime.now(UTC)
        said = self._certificate(run, tally, rule, state, at, emptied, stuck)
        done = replace(
            run, finished_at=timestamp(at), disposed=len(tally.refs), held=tally.held,
            certificate=json.dumps(said, sort_keys=True),
        )  # fmt: skip
        self._store.finish(done, who)
        return done

    def _certificate(
        self, run: DisposalRun, tally: _Tally, rule: Rule, state: str, at: datetime, emptied: bool, stuck: int
    ) -> dict[str, Any]:
        """What was destroyed, by what rule and authority, what a hold kept, and where copies may be for how long."""
        classes = self._schedule.classes
        database, keystore = (
            (at + timedelta(days=days)).date().isoformat()
            for days in (self._backups.database_days, self._backups.keystore_days)
        )
        return {
            "certificate": "disposal",
            "run": run.id,
            "state": state,
            "controller": run.controller,
            "begun": run.started_at,
            "finished": timestamp(at),
            "rule": {
                "cutoff": run.cutoff,
                "due": "every record of the conversation was to be kept until before the cutoff",
            },
            "schedule": self._schedule.version,
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
            "reviewed": sorted(
                name for name in rule.classes if name not in classes or classes[name].action == "review"
            ),
            "conversations": tally.units,
            "records": len(tally.refs),
            "request_files": len(tally.matters),
            "held": tally.held,
            "hold_check": "each batch, in the transaction that destroyed it",
            "refs_sha256": refs_hash([*tally.refs, *tally.matters]),
            "keys": (
                "destroyed in the key store"
                if not stuck
                else f"destroyed in the key store, except a flat key that {stuck} unreadable texts still name"
            ),
            "files_scrubbed": emptied,
            "backups": {
                "database_days": self._backups.database_days,
                "keystore_days": self._backups.keystore_days,
                "note": (
                    f"Backups of the database from before this run hold the redacted texts until {database}; sealed "
                    f"texts in them open with no key that is left, but with a backup of the key store until {keystore}."
                ),
            },
        }

    def _rule(self, controller: str, cutoff: str, reviewed: frozenset[str]) -> Rule:
        today = self._today().isoformat()
        day = datetime.strptime(cutoff, "%Y-%m-%d").date().isoformat() if cutoff else today  # noqa: DTZ007 - a date
        if day > today:
            raise ValueError(f"{day} has not come yet: nothing is disposed of before its time")
        review = frozenset(name for name, each in self._schedule.classes.items() if each.action == "review")
        if needless := sorted((reviewed & set(self._schedule.classes)) - review):
            raise ValueError(f"{', '.join(needless)}: not a class that the schedule wants reviewed")
        return Rule(controller, day, frozenset(self._schedule.classes) - review | reviewed, self._last_day)

    def _last_day(self, name: str, opened_at: str) -> str:
        if name not in self._schedule.classes:
            return ""
        return self._schedule.dispose_after(name, datetime.fromisoformat(opened_at)).isoformat()


def refs_hash(refs: Sequence[str]) -> str:
    """SHA-256 over the references, sorted, a line each: whoever has them can check a certificate."""
    return hashlib.sha256("".join(f"{ref}\n" for ref in sorted(refs)).encode()).hexdigest()


def certificate_lines(certificate: Mapping[str, Any]) -> list[str]:
    """A certificate in plain English."""
    lines = [
        f"Certificate of disposal {certificate['run']}, {certificate['controller']} ({certificate['state']})",
        f"Begun {certificate['begun']}, finished {certificate['finished']}.",
        (
            f"Destroyed: {certificate['records']} records in {certificate['conversations']} conversations, and "
            f"{certificate['request_files']} request files."
        ),
    ]
    rule = certificate["rule"]
    lines.append(f"Why: {rule['due']}. Cutoff {rule['cutoff']}, schedule {certificate['schedule']}.")
    for name, each in certificate["classes"].items():
        function = f", function {each['function']}" if each["function"] else ""
        kept = f", {each['days']} days from {each['trigger']}" if each["days"] else ""
        lines.append(f"  {name}: {each['records']} records{kept}{function}. Authority: {each['authority']}.")
    lines.append(f"Kept by legal holds: {certificate['held']} conversations. Checked {certificate['hold_check']}.")
    lines.append(f"Keys: {certificate['keys']}. References (SHA-256): {certificate['refs_sha256']}.")
    if not certificate["files_scrubbed"]:
        lines.append("SQLite's log could not be emptied while somebody read; the next run or restart empties it.")
    return [*lines, str(certificate["backups"]["note"])]


def _tally(batch: Batch) -> _Tally:
    tally = _Tally()
    tally.add(batch)
    return tally


def _run_id() -> str:
    return "DISP-" + secrets.token_hex(6).upper()


def _now() -> str:
    return timestamp(datetime.now(UTC))
