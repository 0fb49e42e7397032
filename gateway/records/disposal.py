"""Disposal: what the retention schedule says is due is destroyed, keys included, and a certificate says so.

A run can be stopped, killed or started twice: what is held is never destroyed, what is destroyed is destroyed whole,
and the next run finishes what one left (FOIA s.46 Code 2021, part 2; UK GDPR Art 5(1)(e) and 17).
"""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final, Protocol

from gateway.ledger.leaf import timestamp
from gateway.ledger.retention import RetentionSchedule
from gateway.model.disposal import Batch, DisposalRun, Plan, Rule, UnreadableHold
from gateway.records.certificates import COMPLETE, STOPPED, BackupLife, Ending, Tally, of_disposal, of_erasure

BATCH = 100
"""Conversations in one transaction: calls wait meanwhile."""
ERASURE: Final = "ERAS-"
"""How the ids of erasures begin: a run like those of disposal, for a reason of its own."""


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

    def left(self, units: Sequence[int]) -> frozenset[int]:
        """Those of `units` that have a record which was not destroyed."""
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


class Disposals:
    """Plans and runs disposal for one controller at a time. `who` is the officer; who may is asked before.
    `retire_flat` does away with the flat keys of a class, given controller, class and officer; it says how many texts
    still need one."""

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
        return self._store.plan(self.rule(controller, cutoff, reviewed))

    def run(
        self,
        controller: str,
        who: str,
        cutoff: str = "",
        reviewed: frozenset[str] = frozenset(),
    ) -> DisposalRun:
        """Dispose of what is due: the finished run with its certificate. Raises ValueError, Busy, UnreadableHold,
        Unavailable."""
        rule = self.rule(controller, cutoff, reviewed)
        with self._store.exclusive():
            return self._run(rule, who)

    def _run(self, rule: Rule, who: str) -> DisposalRun:
        controller = rule.controller
        self._shredding.finish()
        for left in self._store.unfinished(controller):
            tally = Tally()
            tally.add(self._store.destroyed(left.id))
            self._finish(left, tally, who, STOPPED)
        plan = self._store.plan(rule)
        if plan.unreadable_hold:
            raise UnreadableHold(plan.unreadable_hold)
        run = DisposalRun(_run_id(), controller, _now(), None, "", rule.cutoff, 0, plan.held)
        self._store.begin(run, who)
        tally = Tally(held=plan.held)
        for start in range(0, len(plan.units), BATCH):
            tally.add(self._store.destroy(run.id, rule, plan.units[start : start + BATCH], who))
        tally.matters.extend(self._store.destroy_matters(run.id, rule, plan.matters, who))
        return self._finish(run, tally, who, COMPLETE)

    def runs(self, controller: str) -> Sequence[DisposalRun]:
        """Every run, newest first."""
        return self._store.runs(controller)

    def unfinished(self, controller: str) -> bool:
        """Whether a run was stopped, or is at work: the next one closes it, even where nothing is due."""
        return bool(self._store.unfinished(controller))

    def _finish(self, run: DisposalRun, tally: Tally, who: str, state: str) -> DisposalRun:
        stuck = sum(self._retire_flat(run.controller, name, who) for name in tally.sealed_in)
        self._shredding.finish()
        end = Ending(datetime.now(UTC), state, self._shredding.scrub(), stuck)
        if run.id.startswith(ERASURE):
            said = of_erasure(run, tally, self._backups, end)
        else:
            said = of_disposal(run, tally, self._schedule, self._backups, end)
        done = finished(run, tally, said)
        self._store.finish(done, who)
        return done

    def rule(self, controller: str, cutoff: str, reviewed: frozenset[str]) -> Rule:
        """What a run goes by. Raises ValueError for a class or a date that makes no sense."""
        today = self._today().isoformat()
        day = datetime.strptime(cutoff, "%Y-%m-%d").date().isoformat() if cutoff else today  # noqa: DTZ007 - a date
        if day > today:
            raise ValueError(f"{day} has not come yet: nothing is disposed of before its time")
        review = frozenset(name for name, each in self._schedule.classes.items() if each.action == "review")
        if needless := sorted((reviewed & set(self._schedule.classes)) - review):
            raise ValueError(f"{', '.join(needless)}: not a class that the schedule wants reviewed")
        return Rule(controller, day, frozenset(self._schedule.classes) - review | reviewed, self._schedule.last_day)


def finished(run: DisposalRun, tally: Tally, certificate: Mapping[str, Any]) -> DisposalRun:
    """A run with its certificate."""
    return replace(
        run, finished_at=str(certificate["finished"]), disposed=len(tally.refs), held=tally.held,
        certificate=json.dumps(certificate, sort_keys=True),
    )  # fmt: skip


def _run_id() -> str:
    return "DISP-" + secrets.token_hex(6).upper()


def _now() -> str:
    return timestamp(datetime.now(UTC))
