"""What stands beside a conversation because of other cases, and the marks that are kept with a case."""

from dataclasses import replace

import pytest

from gateway.model.case import CaseKind, StandingCorrection
from gateway.records.access import Forbidden
from gateway.records.cases.errors import CaseError
from tests.support.cases import AUDITOR, DPO, FIRST, SECOND, STRANGER, MemoryMatters, Office
from tests.support.casework import REDACT, RELEASE, made, opened, read_all

FRIDAY = "The bin was collected on the Friday."


def corrected(it: Office, ref: str = "mbc-aaaa-aaaa") -> str:
    """A correction beside conversation 11; its name."""
    case = opened(it, CaseKind.RECTIFICATION)
    it.rights.correct(FIRST, case.id, 11, FRIDAY, ref)
    return f"{case.id}/1"


def test_a_correction_is_shown_in_every_case_that_reads_the_conversation() -> None:
    it = made()
    name = corrected(it)
    other = opened(it, CaseKind.SAR)
    shown = it.reviews.beside(SECOND, other.id, 11)
    assert shown.corrections == (StandingCorrection(name, "MBC-AAAA-AAAA", it.clock.at, FRIDAY),)
    assert it.reviews.beside(SECOND, other.id, 12).corrections == ()
    assert FRIDAY not in repr(shown)
    with pytest.raises(Forbidden):
        it.reviews.beside(AUDITOR, other.id, 11)
    with pytest.raises(CaseError):
        it.reviews.beside(SECOND, other.id, 13)  # no hit of that case
    with pytest.raises(CaseError, match="kind rectification"):
        it.rights.correct(FIRST, other.id, 11, "x")
    with pytest.raises(Exception, match="no such case"):
        it.reviews.beside(STRANGER, other.id, 11)


def test_a_restriction_is_told_while_it_lasts() -> None:
    it = made()
    objection = opened(it, CaseKind.OBJECTION)
    it.rights.restrict(FIRST, objection.id, [11], "Art 21(1)")
    other = opened(it)
    assert it.reviews.beside(FIRST, other.id, 11).restricted == (objection.id,)
    it.rights.lift(FIRST, objection.id, [11], "told")
    assert it.reviews.beside(FIRST, other.id, 11).restricted == ()


def test_corrections_of_a_file_that_was_destroyed_are_gone() -> None:
    it = made()
    name = corrected(it)
    matters = it.matters
    assert isinstance(matters, MemoryMatters)
    rectification = name.partition("/")[0]
    other = opened(it)
    matters.rows[rectification] = replace(matters.rows[rectification], disposed_at="2029-03-03T00:00:00Z")
    assert it.reviews.beside(FIRST, other.id, 11).corrections == ()


def test_a_correction_is_released_only_where_the_officer_says_so() -> None:
    it = made()
    name = corrected(it)
    case = opened(it, CaseKind.SAR)
    read_all(it, case, 11)
    cut = replace(REDACT, redactions=tuple(replace(each, code="DPA Sch.2 para.16") for each in REDACT.redactions))
    decided = it.reviews.decide(FIRST, case.id, 11, replace(cut, corrections=(name, name)))
    assert decided.decisions[11].corrections == (name,)
    with pytest.raises(CaseError, match="no such correction"):
        it.reviews.decide(FIRST, case.id, 11, replace(cut, corrections=("RCT-MBC-2026-0001/2",)))
    with pytest.raises(CaseError, match="released with what is released"):
        it.reviews.decide(FIRST, case.id, 11, replace(RELEASE, verdict="not_relevant", corrections=(name,)))


def test_a_conversation_with_a_correction_is_not_decided_in_bulk() -> None:
    it = made()
    case = opened(it)
    read_all(it, case, 12)
    it.reviews.decide(FIRST, case.id, 12, replace(REDACT, redactions=(replace(REDACT.redactions[0], part=24),)))
    assert it.reviews.alike(FIRST, case.id, 12) == (11,)
    corrected(it)
    assert it.reviews.alike(FIRST, case.id, 12) == ()
    with pytest.raises(CaseError, match="Something stands beside"):
        it.reviews.decide_alike(FIRST, case.id, 12, [11], confirmed=True)


def test_what_is_decided_already_is_not_decided_in_bulk() -> None:
    it = made()
    case = opened(it)
    for unit in (11, 12):
        read_all(it, case, unit, SECOND if unit == 12 else FIRST)
    it.reviews.decide(FIRST, case.id, 11, REDACT)
    it.reviews.decide(SECOND, case.id, 12, replace(RELEASE, verdict="withhold", code="FOIA s.40(2)", reason="a name"))
    with pytest.raises(CaseError, match="decided already"):
        it.reviews.decide_alike(FIRST, case.id, 11, [12], confirmed=True)
    assert it.cases.read(FIRST, case.id).decisions[12].verdict == "withhold"


def test_marks_are_made_once_and_kept_by_a_process_that_had_to_load_detection() -> None:
    it = made()
    case = opened(it)
    it.inspector.ready = False
    case, shown = it.reviews.show(FIRST, case.id, 11)
    assert [step.what for step in case.steps][-1] == "premarked"
    read = list(it.inspector.read)
    assert read.count("Where is my bin?") == 2  # that of conversation 12, which comes next, too
    assert it.reviews.show(FIRST, case.id, 11)[1] == shown
    again, _ = it.reviews.show(SECOND, case.id, 12)
    assert it.inspector.read == read
    assert len(again.steps) == len(case.steps)
    it.inspector.version = "suite-2"
    changed, fresh = it.reviews.show(FIRST, case.id, 11)
    assert fresh == shown
    assert len(it.inspector.read) > len(read)
    assert changed.premarked_by == "suite-2"


def test_marks_are_not_kept_where_detection_is_loaded_or_the_case_is_closed() -> None:
    it = made()
    case = opened(it)
    shown, _ = it.reviews.show(FIRST, case.id, 11)
    assert len(shown.steps) == len(case.steps)
    it.inspector.ready = False
    it.cases.close(FIRST, case.id, "withdrawn")
    closed, texts = it.reviews.show(FIRST, case.id, 11)
    assert closed.steps[-1].what == "closed"
    assert texts[0].text == "Where is my bin?"


def test_marks_that_come_ahead_never_stand_in_the_way() -> None:
    it = made()
    case = opened(it)
    it.inspector.ready = False
    matters = it.matters
    assert isinstance(matters, MemoryMatters)
    matters.between = lambda: it.cases.note(SECOND, case.id, "meanwhile")
    shown, _ = it.reviews.show(FIRST, case.id, 11)
    assert (shown.premarks, len(shown.notes)) == ({}, 1)


def test_marks_of_originals_are_kept_apart_from_those_of_what_left() -> None:
    it = made()
    case = opened(it)
    it.openings.request(FIRST, case.id, "names are asked for")
    it.openings.approve(DPO, case.id)
    it.inspector.ready = False
    _, sent = it.reviews.show(FIRST, case.id, 11)
    _, kept = it.reviews.show(FIRST, case.id, 11, "kept")
    assert [mark.source for each in sent for mark in each.marks] == ["pseudonym"]
    assert [mark.source for each in kept for mark in each.marks] == ["detector"]
    assert it.reviews.show(FIRST, case.id, 11, "kept")[1] == kept
