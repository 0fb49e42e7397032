"""Opening sealed content: inside a case, with a reason, for a time, by leave of a second person; each opening written
down.

The event and its leaf are durable before the text is read, so that nobody has read what the ledger does not know of.
"""

from datetime import timedelta

from gateway.model.case import Approval, CaseFile, UnitText
from gateway.model.officer import Officer
from gateway.records.access import Act
from gateway.records.cases import events as e
from gateway.records.cases.desk import Desk, filled
from gateway.records.cases.errors import CaseError
from gateway.records.cases.ports import Texts
from gateway.records.cases.rules import approval_in_force

LONGEST_DAYS = 31
"""Leave for longer than this is no longer leave for a purpose: it can be asked for again."""


class Openings:
    """Leave to open, and opening."""

    def __init__(self, desk: Desk, texts: Texts) -> None:
        self._desk = desk
        self._texts = texts

    def request(self, officer: Officer, case_id: str, reason: str) -> CaseFile:
        """Ask for leave to open the sealed content of the case's hits. Where policy asks for no second person, it is
        given at once and recorded so."""
        case = self._desk.read(officer, case_id, Act.REQUEST_OPENING)
        asked = e.ApprovalAsked(filled(reason, "the reason why the originals have to be read"))
        if self._desk.policy.second_person:
            return self._desk.write(officer, case, asked)
        until = self._desk.now() + timedelta(days=self._desk.policy.approval_days)
        return self._desk.write(officer, case, asked, e.ApprovalGiven(until, alone=True))

    def approve(self, officer: Officer, case_id: str, days: int | None = None) -> CaseFile:
        """Give the leave that was asked for, from now on. It covers every hit of the case, later ones too."""
        case = self._desk.read(officer, case_id, Act.APPROVE_OPENING)
        days = self._desk.policy.approval_days if days is None else days
        if not 0 < days <= LONGEST_DAYS:
            raise CaseError(f"Leave can be given for 1 to {LONGEST_DAYS} days. It can be asked for again.")
        waiting = [each.asked_by for each in case.approvals[-1:] if not each.given_by and each.asked_by != officer.id]
        appointed = any(self._desk.appointed(asked_by, officer) for asked_by in waiting)
        given = e.ApprovalGivenByAppointee if appointed else e.ApprovalGiven
        return self._desk.write(officer, case, given(self._desk.now() + timedelta(days=days)))

    def refuse(self, officer: Officer, case_id: str, reason: str) -> CaseFile:
        """Do not give it."""
        case = self._desk.read(officer, case_id, Act.APPROVE_OPENING)
        return self._desk.write(officer, case, e.ApprovalRefused(filled(reason, "the reason for refusing")))

    def open(self, officer: Officer, case_id: str, unit: int) -> tuple[CaseFile, tuple[UnitText, ...]]:
        """The originals of a conversation of the case. That they were opened is durable before they are read."""
        case = self._desk.read(officer, case_id, Act.OPEN_SEALED)
        self.in_force(case)
        case = self._desk.write(officer, case, e.Unsealed(unit))
        return case, self._texts.texts(case.controller, unit, sealed=True)

    def opened(self, officer: Officer, case: CaseFile, unit: int) -> tuple[UnitText, ...]:
        """The originals again, to check a decision against; nobody is shown them. Raises CaseError where this officer
        has not opened them in this case, or where leave has ended."""
        self._desk.guard.check(officer, Act.OPEN_SEALED, case.controller)
        self.in_force(case)
        if not any(each.unit == unit and each.by == officer.id for each in case.openings):
            raise CaseError("You have not opened this conversation's originals in this case. Open them first.")
        return self._texts.texts(case.controller, unit, sealed=True)

    def scanning(self, officer: Officer, case_id: str) -> CaseFile:
        """The case, where its originals may be looked through now. Raises CaseError where it is closed, or leave has
        ended."""
        case = self._desk.read(officer, case_id, Act.OPEN_SEALED)
        self._desk.must_be_open(case)
        self.in_force(case)
        return case

    def in_force(self, case: CaseFile) -> Approval:
        """The leave that counts now. Raises CaseError where there is none."""
        found = approval_in_force(case, self._desk.now())
        if found is not None:
            return found
        last = case.approvals[-1] if case.approvals else None
        if last is None:
            raise CaseError("Sealed content is opened by leave only. Ask for it in this case, with the reason.")
        if not last.given_by:
            raise CaseError("Leave to open was asked for, and waits for an answer from another person.")
        if last.refused:
            raise CaseError("Leave to open was refused. Ask again if there is a new reason.")
        raise CaseError("Leave to open has ended. Ask for it again if the originals are still needed.")
