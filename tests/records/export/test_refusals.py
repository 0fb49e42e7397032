"""When a package is refused, and what the officer is told: places and lines, never a value."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.model.case import CaseKind, Redaction
from gateway.records.export.terms import ExportRefused
from tests.records.export.conftest import TENDER, Desk, everything, lacking, part_of
from tests.support.casefile import TERMS, Words, decide, span


def test_nothing_is_exported_before_everything_is_settled(desk: Desk, tmp_path: Path) -> None:
    case = desk.case()
    assert "no hold is in force" in lacking(desk, replace(case, holds=()), tmp_path)
    assert "no search is recorded" in lacking(desk, replace(case, searches=()), tmp_path)
    undecided = {**case.decisions}
    del undecided[desk.numbers[1]]
    told = lacking(desk, replace(case, decisions=undecided), tmp_path)
    assert f"the conversation of record {desk.units[1].records[0].ref}: no decision yet" in told
    assert "a second reader has still to confirm" in lacking(desk, desk.case(second="", second_at=None), tmp_path)
    assert "the second reader is the officer who decided" in lacking(desk, desk.case(second="off-1"), tmp_path)
    assert "no balance is stated" in lacking(desk, desk.case(public_interest=" "), tmp_path)
    assert "not marked as read" in lacking(desk, desk.case(seen=frozenset()), tmp_path)
    assert "is marked for release in full but has redactions" in lacking(desk, desk.case(verdict="release"), tmp_path)
    assert "belongs to another controller" in lacking(desk, replace(case, controller="swale"), tmp_path)
    gone = replace(case, units=(*case.units, 17))
    assert "conversation 0000000000000011: it is not on record" in lacking(desk, gone, tmp_path)
    assert "3 of 3 conversations" not in lacking(desk, gone, tmp_path)
    odd = span(desk.units[0], "rent", "FOIA s.99")
    assert "FOIA s.99 is not in the list of exemptions" in lacking(desk, desk.case(odd), tmp_path)
    far = Redaction(odd.part, "sent", 5, 10_000, "FOIA s.40(2)")
    assert "reaches beyond the text" in lacking(desk, desk.case(far), tmp_path)
    stray = Redaction(odd.part, "kept", 5, 10, "FOIA s.40(2)")
    assert "not the one released" in lacking(desk, desk.case(stray), tmp_path)


def test_without_a_second_reader_by_policy_none_is_asked_for(desk: Desk, tmp_path: Path) -> None:
    alone = [replace(each, second="", second_at=None) for each in desk.decisions()]
    case = replace(desk.case(), second_reader=False, decisions={each.unit: each for each in alone})
    assert desk.export(case, tmp_path / "p").conversations == 2


def test_originals_need_an_approved_opening(desk: Desk, tmp_path: Path) -> None:
    unit = desk.opened[1]
    seen = frozenset(part for part, _ in unit.texts)
    kept = decide(unit, form="kept", seen=seen - {part_of(unit, "identity", "kept")})
    case = replace(desk.case(), decisions={**desk.case().decisions, unit.unit: kept})
    assert desk.export(case, tmp_path / "fine").conversations == 2
    whole = decide(unit, form="kept")
    package = desk.export(replace(case, decisions={**case.decisions, unit.unit: whole}), tmp_path / "read")
    assert "jo.bloggs" not in everything(package.folder)
    assert "no approved opening is recorded" in lacking(desk, replace(case, openings=()), tmp_path)
    refused = tuple(replace(each, refused=True) for each in case.approvals)
    assert "no approved opening is recorded" in lacking(desk, replace(case, approvals=refused), tmp_path)
    told = lacking(desk, case, tmp_path, opened=False)
    assert "as a sealed original only" in told


def test_a_value_that_was_missed_elsewhere_stops_the_export(desk: Desk, tmp_path: Path) -> None:
    told = lacking(desk, desk.case(span(desk.units[0], "rent")), tmp_path)
    assert re.search(r"record MBC-\S+, turn 2, Answer of the AI: holds what is withheld at R0000\d", told)
    assert "rent" not in told.replace("different", "").replace("current", "")
    line = re.findall(r"R0000\d", told)[0]
    package = desk.export(
        desk.case(span(desk.units[0], "rent")), tmp_path / "q", replace(TERMS, accepted=frozenset({line}))
    )
    assert package.accepted == (line,)


def test_words_of_a_withheld_conversation_may_not_stand_elsewhere(desk: Desk, tmp_path: Path) -> None:
    reason = span(desk.units[0], "Acme Homes Ltd offered £300", reason=f"see: {TENDER.upper()}")
    told = lacking(desk, desk.case(reason), tmp_path)
    assert "data/schedule-of-redactions.csv, row 3: holds what is withheld at W0001.1" in told
    assert "Brown" not in told


def test_a_caller_may_not_be_named(desk: Desk, tmp_path: Path) -> None:
    terms = replace(TERMS, contact="Jo Bloggs")
    assert "withheld at caller #1" in lacking(desk, desk.case(), tmp_path, terms)
    package = desk.export(desk.case(), tmp_path / "q", terms, opened=False)
    assert "who made the calls, was not looked for" in package.unsearched[0]


def test_what_stands_under_a_redaction_may_not_stand_elsewhere(desk: Desk, tmp_path: Path) -> None:
    sees = Words({"Acme Homes Ltd": "CONFIDENTIAL"})
    terms = replace(TERMS, council="ACME-Homes (Ltd)")
    told = lacking(desk, desk.case(), tmp_path, terms, inspector=sees)
    assert "holds what is withheld at R00002" in told
    assert desk.export(desk.case(), tmp_path / "q", terms).conversations == 2


def test_what_detection_still_sees_is_shown_before_it_goes(desk: Desk, tmp_path: Path) -> None:
    sees = Words({"12 High Street": "ADDRESS", "[name redacted]": "PERSON"})
    told = lacking(desk, desk.case(), tmp_path, replace(TERMS, confirmed=False), inspector=sees)
    ref = desk.units[0].records[0].ref
    assert f"record {ref}, turn 1 (Message to the AI), line 3, word 14: ADDRESS" in told
    assert "High Street" not in told
    assert "PERSON" not in told
    assert len(desk.export(desk.case(), tmp_path / "q", inspector=sees).warnings) == 1


def test_part_of_a_withheld_name_is_pointed_at(desk: Desk, tmp_path: Path) -> None:
    """Detection may miss a surname on its own; that it belongs to a name withheld elsewhere is known."""
    second = decide(desk.units[1], "redact", redactions=(span(desk.units[1], "county town of Kent"),))
    case = replace(desk.case(), decisions={**desk.case().decisions, desk.numbers[1]: second})
    terms = replace(TERMS, confirmed=False)
    told = lacking(desk, case, tmp_path, terms, inspector=Words({"town of Kent": "PERSON"}))
    ref = desk.units[1].records[0].ref
    assert f"record {ref}, turn 2 (Answer of the AI), line 1, word 3: part of a name that is withheld" in told
    assert desk.export(case, tmp_path / "q", terms, inspector=Words({"town of Kent": "ADDRESS"})).warnings == ()


def test_a_line_of_a_redaction_may_not_be_quoted_elsewhere(desk: Desk, tmp_path: Path) -> None:
    """An officer marks two paragraphs, and quotes one of them in the reason."""
    quoted = "He is in arrears; Acme Homes Ltd offered £300 a week"
    marked = span(desk.units[0], f"about his rent of £412.\n\n{quoted}", "FOIA s.43(2)", reason=f"It says: {quoted}.")
    told = lacking(desk, desk.case(marked), tmp_path)
    assert "data/schedule-of-redactions.csv, row 3: holds what is withheld at R00002" in told


def test_what_officers_wrote_is_looked_through_too(desk: Desk, tmp_path: Path) -> None:
    """A reason goes out with the records, and may itself name somebody."""
    reason = replace(span(desk.units[0], "Acme Homes Ltd offered £300"), reason="names Mr Pemberton, a landlord")
    sees = Words({"Pemberton": "PERSON"})
    told = lacking(desk, desk.case(reason), tmp_path, replace(TERMS, confirmed=False), inspector=sees)
    assert "schedule-of-redactions.csv, line R00002, line 1, word 3: PERSON" in told
    assert "Pemberton" not in told
    assert len(desk.export(desk.case(reason), tmp_path / "q", inspector=sees).warnings) == 1


def test_the_requester_may_not_be_named(desk: Desk, tmp_path: Path) -> None:
    """An answer is published; who asked is nobody's business. In an officer's reason it is soon written."""
    reason = replace(span(desk.units[0], "Acme Homes Ltd offered £300"), reason="commercial, as told to Ms Requester")
    told = lacking(desk, desk.case(reason), tmp_path)
    assert "data/schedule-of-redactions.csv, row 3: holds what is withheld at requester" in told
    accepted = replace(TERMS, accepted=frozenset({"requester"}))
    assert desk.export(desk.case(reason), tmp_path / "q", accepted).accepted == ("requester",)
    own = replace(desk.case(reason), kind=CaseKind.SAR)
    assert desk.export(own, tmp_path / "r").conversations == 2


def test_the_package_is_not_called_after_somebody(desk: Desk, tmp_path: Path) -> None:
    """Its name is that of the folder in the zip file."""
    with pytest.raises(ExportRefused) as refused:
        desk.export(desk.case(), tmp_path / "acme-homes-ltd-offered-300")
    assert refused.value.missing == ("the package, its name: holds what is withheld at R00002",)


def test_a_line_that_was_accepted_is_still_the_one_that_was_looked_at(desk: Desk, tmp_path: Path) -> None:
    """Each redaction that is added moves the numbers behind it."""
    leaking = span(desk.units[0], "rent")
    line = re.findall(r"R0000\d", lacking(desk, desk.case(leaking), tmp_path))[0]
    accepted = replace(TERMS, accepted=frozenset({line}))
    assert desk.export(desk.case(leaking), tmp_path / "q", accepted).accepted == (line,)
    told = lacking(desk, desk.case(leaking, span(desk.units[0], "Please draft")), tmp_path, accepted)
    assert "R00003" in told
    settled = lacking(desk, desk.case(), tmp_path, accepted)
    assert settled.startswith("Lines were accepted of which nothing stands elsewhere")
    assert line in settled
