"""Cases to work on in memory: two conversations about bins, each with a name in it, and one more."""

from collections.abc import Callable
from datetime import date

from gateway.model.case import CaseFile, CaseKind, Redaction
from gateway.model.officer import Officer, Role, Tie
from gateway.model.search import Query
from gateway.records.cases.calendar import Calendar
from gateway.records.cases.desk import Policy
from gateway.records.cases.reviewing import Wanted
from gateway.records.cases.service import OpenCase
from tests.support.cases import FIRST, MemoryFinder, MemoryMatters, MemoryTexts, Office, office, officer, text

BINS = Query("maidstone", "bins")
DAY = date(2026, 3, 2)
DPO_OF_HOST = officer("off-host", Role.DPO)


def texts() -> MemoryTexts:
    return MemoryTexts(
        {
            11: (text(1, "Where is my bin?"), text(3, "Ask PERSON_K7QD2M8X", "Ask Jane Patel", role="assistant")),
            12: (text(21, "Where is my bin?"), text(23, "Ask PERSON_K7QD2M8X", "Ask Jane Patel", role="assistant")),
            13: (text(31, "Bins are late"),),
        }
    )


def made(
    policy: Policy | None = None, calendar: Calendar | None = None, tie: Callable[[str, Officer], Tie] | None = None
) -> Office:
    finder = MemoryFinder({"bins": (11, 12), "more": (12, 13), "MBC-AAAA-AAAA": (11,), "subject": (11,)})
    return office(
        MemoryMatters(), texts(), finder, policy=policy, calendar=calendar, words={"Jane Patel": "PERSON"},
        tie=tie,
    )  # fmt: skip


def opened(it: Office, kind: CaseKind = CaseKind.FOI, query: Query | None = BINS, who: Officer = FIRST) -> CaseFile:
    return it.cases.open(who, OpenCase("maidstone", kind, DAY, "bin collections", "A. Requester", query=query))


def read_all(it: Office, case: CaseFile, unit: int, who: Officer = FIRST, form: str = "sent") -> CaseFile:
    case, shown = it.reviews.show(who, case.id, unit, form)  # type: ignore[arg-type]
    return it.reviews.mark(who, case.id, unit, [each.passage for one in shown for each in one.passages])


RELEASE = Wanted("release")
REDACT = Wanted("redact", redactions=(Redaction(4, "sent", 4, 19, "FOIA s.40(2)", "a member of staff"),))
