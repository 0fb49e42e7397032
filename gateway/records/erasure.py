"""Erasure: particular conversations destroyed before their time, because somebody has a right to it (UK GDPR Art 17).

It is a disposal of these conversations and no others: by the same code, under the same lock, with the same leaves and a
certificate of its own. A hold beats it.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from gateway.ledger.leaf import timestamp
from gateway.model.disposal import DisposalRun, Rule, UnreadableHold
from gateway.model.officer import Officer
from gateway.records.cases.ports import Erasure
from gateway.records.certificates import COMPLETE, BackupLife, Ending, Tally, of_erasure
from gateway.records.disposal import BATCH, ERASURE, DisposalStore, Shredding, finished

NEVER: Final = "9999-12-31"
"""A cutoff before which every record was to be kept."""


class Erasures:
    """Implements `gateway.records.cases.ports.Eraser`. `retire_flat` is as for `Disposals`, `now` gives the time."""

    def __init__(
        self,
        store: DisposalStore,
        shredding: Shredding,
        backups: BackupLife,
        retire_flat: Callable[[str, str, str], int],
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._shredding = shredding
        self._retire_flat = retire_flat
        self._backups = backups
        self._now = now

    def erase(self, controller: str, units: Sequence[int], officer: Officer, reason: str) -> Erasure:
        """Destroy these conversations, but for those that a hold keeps (one that can't be read: all of them) or a call
        of which is still running. `reason` stays in the case, where it is sealed. Raises Busy, Unavailable.

        Asked again after a crash, it tells of what had been destroyed by then too: the case has to learn of it.
        """
        wanted, tally = list(dict.fromkeys(units)), Tally()
        rule = Rule(controller, NEVER, None)
        with self._store.exclusive():
            begun = self._now()
            run = DisposalRun(
                ERASURE + secrets.token_hex(6).upper(), controller, timestamp(begun), None, "",
                begun.date().isoformat(), 0, 0,
            )  # fmt: skip
            self._store.begin(run, officer.id)
            for start in range(0, len(wanted), BATCH):
                try:
                    tally.add(self._store.destroy(run.id, rule, wanted[start : start + BATCH], officer.id))
                except UnreadableHold:  # it keeps whatever is left; what is gone has to be told
                    tally.held += len(wanted) - start
                    break
            stuck = sum(self._retire_flat(controller, name, officer.id) for name in tally.sealed_in)
            self._shredding.finish()
            end = Ending(self._now(), COMPLETE, self._shredding.scrub(), stuck)
            self._store.finish(finished(run, tally, of_erasure(run, tally, self._backups, end)), officer.id)
        return Erasure(run.id, frozenset(wanted) - self._store.left(wanted))
