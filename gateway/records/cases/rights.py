"""Rights over what is recorded: a correction beside a record, restriction and objection, erasure.

A record is evidence, so it is not rewritten: a correction stands beside it (UK GDPR Art 16, 5(1)(d)). Restriction
(Art 18, 21) takes a conversation out of every search but those of a case. Erasure (Art 17) destroys its content
before its time, unless a legal hold stands against it (Art 17(3)(b), (e)).
"""

from collections.abc import Sequence

from gateway.ledger.matter import Changed
from gateway.ledger.reference import normal_reference
from gateway.model.case import CaseFile, CaseKind
from gateway.model.disposal import Busy
from gateway.model.officer import Officer
from gateway.model.wording import many, verb
from gateway.records.access import Act
from gateway.records.cases import events as e
from gateway.records.cases.desk import Desk, filled
from gateway.records.cases.errors import CaseError, Held, NotErased
from gateway.records.cases.ports import Eraser, HoldKeeper

_TRIES = 5


class Rights:
    """See the module."""

    def __init__(self, desk: Desk, holds: HoldKeeper, eraser: Eraser) -> None:
        self._desk = desk
        self._holds = holds
        self._eraser = eraser

    def correct(self, officer: Officer, case_id: str, unit: int, text: str, ref: str = "") -> CaseFile:
        """Put a correction beside a conversation (and the record `ref` in it)."""
        case = self._desk.read(officer, case_id, Act.WORK_CASE)
        return self._desk.write(officer, case, e.Corrected(unit, normal_reference(ref), filled(text, "the correction")))

    def restrict(self, officer: Officer, case_id: str, units: Sequence[int], reason: str) -> CaseFile:
        """Take conversations out of every search but those of a case."""
        case = self._desk.read(officer, case_id, Act.WORK_CASE)
        wanted = tuple(dict.fromkeys(units))
        return self._desk.write(officer, case, e.Restricted(wanted, filled(reason, "the ground of the restriction")))

    def lift(self, officer: Officer, case_id: str, units: Sequence[int], reason: str) -> CaseFile:
        """End a restriction; the person has to be told before (Art 18(3))."""
        case = self._desk.read(officer, case_id, Act.WORK_CASE)
        wanted = tuple(dict.fromkeys(units))
        why = filled(reason, "why the restriction ends, and that the person was told (Art 18(3))")
        return self._desk.write(officer, case, e.Lifted(wanted, why))

    def erase(self, officer: Officer, case_id: str, units: Sequence[int], reason: str) -> CaseFile:
        """Destroy the content of conversations. Raises Held where a legal hold stands against one; then nothing is
        destroyed. Raises NotErased where one came in between: what was destroyed by then is in the case; and while
        another run of disposal is at work."""
        case = self._desk.read(officer, case_id, Act.WORK_CASE)
        self._desk.guard.check(officer, Act.DISPOSE, case.controller)
        self._desk.must_be_open(case)
        wanted = tuple(dict.fromkeys(units))
        why = filled(reason, "the ground of erasure (Art 17(1))")
        if case.kind is not CaseKind.ERASURE or not wanted or not set(wanted) <= set(case.units):
            raise CaseError("Erasure is of conversations found in a case of kind erasure. Search for them in it first.")
        kept = self._holds.held(case.controller, wanted)
        if kept:
            raise Held(
                f"{len(kept)} of {many(len(wanted), 'conversation')} {verb(len(kept), 'is', 'are')} under a legal hold "
                "and can't be erased (UK GDPR Art 17(3)). Tell the person so; look at the holds to see which cases "
                "need them."
            )
        try:
            done = self._eraser.erase(case.controller, wanted, officer, why)
        except Busy as error:
            raise NotErased(
                "Nothing was erased: a run of disposal or re-dating is at work. Try again when it has finished."
            ) from error
        if done.gone:
            case = self._erased(officer, case_id, tuple(unit for unit in wanted if unit in done.gone), done.run)
        left = len(wanted) - len(done.gone)
        if left:
            raise NotErased(
                f"{left} of {many(len(wanted), 'conversation')} {verb(left, 'was', 'were')} not erased: a legal hold "
                f"was placed meanwhile, or a call is still running. The certificate {done.run} and the case say what "
                "was erased. Look at the holds, and erase the rest again."
            )
        return case

    def _erased(self, officer: Officer, case_id: str, units: tuple[int, ...], certificate: str) -> CaseFile:
        """Write down what is done: it has to be in the case whatever else happened there meanwhile."""
        for _ in range(_TRIES):
            case = self._desk.read(officer, case_id, Act.WORK_CASE)
            try:
                return self._desk.write(officer, case, e.Erased(units, certificate))
            except Changed:
                continue
        raise Changed
