"""Erasure: particular conversations destroyed before their time, because somebody has a right to it (UK GDPR Art 17).

It is a disposal of these conversations and no others: by the same code, under the same lock, with the same leaves and a
certificate of its own. A hold beats it.
"""

import json
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from gateway.ledger.leaf import timestamp
from gateway.ledger.retention import RetentionSchedule
from gateway.model.disposal import Batch, DisposalRun, Rule
from gateway.model.officer import Officer
from gateway.model.wording import many
from gateway.records.cases.ports import Erasure
from gateway.records.disposal import BATCH, BackupLife, DisposalStore, Shredding, refs_hash

NEVER: Final = "9999-12-31"
"""A cutoff before which every record was to be kept."""


class Erasures:
    """Implements `Eraser`. `now` gives the time in UTC."""

    def __init__(
        self,
        store: DisposalStore,
        shredding: Shredding,
        schedule: RetentionSchedule,
        backups: BackupLife,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._shredding = shredding
        self._schedule = schedule
        self._backups = backups
        self._now = now

    def erase(self, controller: str, units: Sequence[int], officer: Officer, reason: str) -> Erasure:
        """Destroy these conversations, but for those that a hold keeps or a call of which is still running. `reason`
        stays in the case, where it is sealed. Raises Busy, Unavailable.

        Asked again after a crash, it tells of what had been destroyed by then too: the case has to learn of it.
        """
        wanted = list(dict.fromkeys(units))
        rule = Rule(controller, NEVER, frozenset(self._schedule.classes))
        with self._store.exclusive():
            begun = self._now()
            run = DisposalRun(
                "ERAS-" + secrets.token_hex(6).upper(), controller, timestamp(begun), None, "",
                begun.date().isoformat(), 0, 0,
            )  # fmt: skip
            self._store.begin(run, officer.id)
            batches = [
                self._store.destroy(run.id, rule, wanted[start : start + BATCH], officer.id)
                for start in range(0, len(wanted), BATCH)
            ]
            self._shredding.finish()
            done = self._finished(run, batches)
            self._store.finish(done, officer.id)
        return Erasure(run.id, frozenset(wanted) - self._store.left(wanted))

    def _finished(self, run: DisposalRun, batches: Sequence[Batch]) -> DisposalRun:
        scrubbed = self._shredding.scrub()
        refs = [ref for batch in batches for ref in batch.refs]
        classes: Counter[str] = Counter()
        for batch in batches:
            classes.update(batch.classes)
        at, held = timestamp(self._now()), sum(batch.held for batch in batches)
        said = {
            "certificate": "erasure",
            "run": run.id,
            "state": "complete",
            "controller": run.controller,
            "begun": run.started_at,
            "finished": at,
            "authority": "UK GDPR Art 17, on request; the case says on which ground",
            "classes": dict(sorted(classes.items())),
            "conversations": sum(batch.units for batch in batches),
            "records": len(refs),
            "held": held,
            "hold_check": "in the transaction that destroyed them",
            "refs_sha256": refs_hash(refs),
            "keys": "destroyed in the key store",
            "files_scrubbed": scrubbed,
            "backups": {
                "database_days": self._backups.database_days,
                "keystore_days": self._backups.keystore_days,
            },
        }
        return replace(run, finished_at=at, disposed=len(refs), held=held, certificate=json.dumps(said, sort_keys=True))


def certificate_lines(certificate: Mapping[str, Any]) -> list[str]:
    """A certificate in plain English."""
    backups = certificate["backups"]
    return [
        f"Certificate of erasure {certificate['run']}, {certificate['controller']} ({certificate['state']})",
        f"Begun {certificate['begun']}, finished {certificate['finished']}.",
        (f"Erased: {_what(certificate)}. Authority: {certificate['authority']}."),
        f"Kept by legal holds: {many(certificate['held'], 'conversation')}. Checked {certificate['hold_check']}.",
        f"Keys: {certificate['keys']}. References (SHA-256): {certificate['refs_sha256']}.",
        (
            f"Backups of the database hold the redacted texts for up to {many(backups['database_days'], 'day')}; "
            f"sealed texts in them open with no key that is left, but with a backup of the key store for "
            f"{many(backups['keystore_days'], 'day')}."
        ),
    ]


def _what(certificate: Mapping[str, Any]) -> str:
    conversations = many(certificate["conversations"], "conversation")
    return f"{many(certificate['records'], 'record')} in {conversations}"
