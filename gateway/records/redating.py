"""Re-dating: a changed retention schedule reaches records that are there already.

A record keeps the last day that its leaf names until somebody applies the schedule anew. Each record that gets another
day gets a leaf that names the old and the new one, so that `ledger verify` can follow its date. Only the date changes:
no key, no text, no hold; what was disposed of stays as it is. A run that was stopped is closed by the next one, which
does the rest.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, Protocol

from gateway.ledger.leaf import timestamp
from gateway.ledger.retention import RetentionSchedule
from gateway.model.disposal import UnreadableHold
from gateway.model.redating import ClassDates, Dated, Redate, RedatingPlan, RedatingRun
from gateway.model.wording import many, span
from gateway.records.certificates import COMPLETE, STOPPED, records_in

BATCH = 500
"""Records in one transaction: calls wait meanwhile."""
_PAGE = 2_000


class RedatingStore(Protocol):
    """Where records are re-dated. See `gateway.store.redating`."""

    def exclusive(self) -> AbstractContextManager[None]:
        """No other run, and no disposal, while this lasts. Raises Busy."""
        ...

    def page(self, controller: str, after: str, most: int) -> Sequence[Dated]:
        """Records that are there, in one order, after a reference."""
        ...

    def held(self, controller: str, units: Collection[int]) -> frozenset[int]:
        """Those of `units` that a hold in force keeps. Raises UnreadableHold."""
        ...

    def begin(self, run: RedatingRun, who: str) -> None:
        """Make the beginning of a run durable."""
        ...

    def finish(self, run: RedatingRun, who: str) -> None:
        """Make its end and its certificate durable."""
        ...

    def unfinished(self, controller: str) -> Sequence[RedatingRun]:
        """Runs that began and did not end."""
        ...

    def runs(self, controller: str) -> Sequence[RedatingRun]:
        """Every run, newest first."""
        ...

    def apply(self, run: str, changes: Sequence[Redate], who: str) -> Sequence[Redate]:
        """Give records their new dates in one transaction, but those that are not as they were any more; those done."""
        ...

    def changed(self, run: str) -> Sequence[Redate]:
        """What a run has changed so far."""
        ...

    def schedules(self, controller: str) -> Sequence[str]:
        """The versions of the schedule that runs of disposal and re-dating went by, newest first."""
        ...


@dataclass(slots=True)
class _Dates:
    """The changes of one class."""

    units: set[int] = field(default_factory=set)
    due: set[int] = field(default_factory=set)
    records: int = 0
    longer: int = 0
    before: tuple[str, str] = ("", "")
    after: tuple[str, str] = ("", "")

    def add(self, change: Redate) -> None:
        """Count a record."""
        self.units.add(change.unit)
        self.records += 1
        self.longer += change.until > change.before
        self.before, self.after = _span(self.before, change.before), _span(self.after, change.until)


class Redatings:
    """Plans and runs re-dating for one controller at a time. `who` is the officer; who may is asked before."""

    def __init__(
        self,
        store: RedatingStore,
        schedule: RetentionSchedule,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        self._store = store
        self._schedule = schedule
        self._today = today

    def plan(self, controller: str, classes: Collection[str] = ()) -> RedatingPlan:
        """What a run would change; changes nothing. Without `classes` every class of the schedule.

        Raises ValueError for a class that the schedule does not have, Unavailable.
        """
        names, today = self.check(classes), self._today().isoformat()
        found: dict[str, _Dates] = {}
        unknown, later = 0, set[int]()
        for record in self._records(controller):
            unknown += record.retention_class not in self._schedule.classes
            change = self._change(record, names)
            until = record.until if change is None else change.until
            if until >= today:
                later.add(record.unit)
            if change is not None:
                found.setdefault(change.retention_class, _Dates()).add(change)
                if until < today <= change.before:
                    found[change.retention_class].due.add(record.unit)
        units = {unit for each in found.values() for unit in each.units}
        try:
            held, unreadable = self._store.held(controller, units), ""
        except UnreadableHold as error:
            held, unreadable = frozenset(units), error.hold
        shown = tuple(
            ClassDates(
                name, len(each.units), each.records, each.longer, each.records - each.longer, len(each.due - later),
                len(each.units & held), each.before, each.after,
            )
            for name, each in sorted(found.items())
        )  # fmt: skip
        return RedatingPlan(shown, unknown, unreadable)

    def run(
        self,
        controller: str,
        who: str,
        classes: Collection[str] = (),
    ) -> RedatingRun:
        """Apply the schedule to what is there: the finished run with its certificate. Raises ValueError, Busy,
        Unavailable."""
        names = self.check(classes)
        with self._store.exclusive():
            for left in self._store.unfinished(controller):
                self._finish(left, self._store.changed(left.id), who, STOPPED)
            run = self._begin(controller, names, who)
            done: list[Redate] = []
            changes = (self._change(each, names) for each in self._records(controller))
            wanted = (each for each in changes if each is not None)
            while batch := list(islice(wanted, BATCH)):
                done.extend(self._store.apply(run.id, batch, who))
            return self._finish(run, done, who, COMPLETE)

    def runs(self, controller: str) -> Sequence[RedatingRun]:
        """Every run, newest first."""
        return self._store.runs(controller)

    def unfinished(self, controller: str) -> bool:
        """Whether a run was stopped, or is at work: the next one closes it, even where no date changes."""
        return bool(self._store.unfinished(controller))

    def check(self, classes: Collection[str]) -> frozenset[str]:
        """The classes that are meant. Raises ValueError for one that the schedule does not have."""
        if unknown := sorted(set(classes) - set(self._schedule.classes)):
            raise ValueError(f"{', '.join(unknown)}: not a class of the retention schedule")
        return frozenset(classes or self._schedule.classes)

    def _records(self, controller: str) -> Iterator[Dated]:
        after = ""
        while page := self._store.page(controller, after, _PAGE):
            yield from page
            after = page[-1].ref

    def _change(self, record: Dated, names: Collection[str]) -> Redate | None:
        if record.retention_class not in names:
            return None
        until = self._schedule.last_day(record.retention_class, record.opened_at)
        if until == record.until:
            return None
        return Redate(record.ref, record.unit, record.retention_class, record.until, until)

    def _begin(self, controller: str, names: Iterable[str], who: str) -> RedatingRun:
        """From here on the ledger says who applies what; what that changes is said at the end."""
        known = self._store.schedules(controller)
        said = {
            "certificate": "redating",
            "schedule": self._schedule.version,
            "schedule_before": next((each for each in known if each != self._schedule.version), None),
            "classes": {
                name: {
                    "days": each.days, "trigger": each.trigger, "function": each.function, "authority": each.basis,
                    "action": each.action,
                }
                for name, each in sorted(self._schedule.classes.items())
                if name in names
            },
        }  # fmt: skip
        run = RedatingRun(
            "DATE-" + secrets.token_hex(6).upper(), controller, timestamp(datetime.now(UTC)), None,
            self._schedule.version, 0, json.dumps(said, sort_keys=True),
        )  # fmt: skip
        self._store.begin(run, who)
        return run

    def _finish(self, run: RedatingRun, done: Sequence[Redate], who: str, state: str) -> RedatingRun:
        at, classes = timestamp(datetime.now(UTC)), dict[str, _Dates]()
        for change in done:
            classes.setdefault(change.retention_class, _Dates()).add(change)
        said = json.loads(run.certificate)
        said |= {
            "run": run.id,
            "state": state,
            "controller": run.controller,
            "begun": run.started_at,
            "finished": at,
            "records": len(done),
            "conversations": len({each.unit for each in done}),
            "changes": {
                name: {
                    "records": each.records, "conversations": len(each.units), "longer": each.longer,
                    "shorter": each.records - each.longer, "before": each.before, "after": each.after,
                }
                for name, each in sorted(classes.items())
            },
            "dates_sha256": dates_hash(done),
        }  # fmt: skip
        finished = replace(run, finished_at=at, records=len(done), certificate=json.dumps(said, sort_keys=True))
        self._store.finish(finished, who)
        return finished


def dates_hash(changes: Iterable[Redate]) -> str:
    """SHA-256 over a line for each record, sorted: its reference, its last day before and after. Whoever has the leaves
    can check a certificate."""
    lines = sorted(f"{each.ref} {each.before} {each.until}\n" for each in changes)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def certificate_lines(certificate: Mapping[str, Any]) -> list[str]:
    """A certificate in plain English."""
    before = certificate["schedule_before"]
    lines = [
        f"Certificate of re-dating {certificate['run']}, {certificate['controller']} ({certificate['state']})",
        f"Begun {certificate['begun']}, finished {certificate['finished']}.",
        f"Schedule {certificate['schedule']}" + (f"; the runs before went by {before}." if before else "."),
        f"Re-dated: {records_in(certificate)}.",
    ]
    for name, each in certificate["changes"].items():
        kept = certificate["classes"][name]
        lines.append(
            f"  {name}: {many(each['records'], 'record')}, {each['longer']:,} kept longer, {each['shorter']:,} "
            f"shorter. Last day {span(*each['before'])} before, {span(*each['after'])} now: "
            f"{many(kept['days'], 'day')} from {kept['trigger']}. Authority: {kept['authority']}."
        )
    return [*lines, f"Dates (SHA-256): {certificate['dates_sha256']}."]


def _span(known: tuple[str, str], day: str) -> tuple[str, str]:
    return (min(known[0] or day, day), max(known[1], day))
