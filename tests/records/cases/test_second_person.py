"""Leave to open originals, and second readers: another person, whom the first did not appoint."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.ledger.matter import Changed
from gateway.model.case import CaseKind, Passage, Redaction
from gateway.model.errors import BadRequest
from gateway.model.officer import Officer, Tie
from gateway.records.cases.desk import Policy
from gateway.records.cases.errors import CaseError
from gateway.records.cases.reviewing import Wanted
from gateway.records.cases.service import OpenCase
from tests.support.cases import DPO, FIRST, SECOND, MemoryMatters, MemoryTexts
from tests.support.casework import DAY, DPO_OF_HOST, REDACT, RELEASE, made, opened, read_all


def test_originals_are_opened_by_leave_for_a_time_and_written_down_first() -> None:
    it = made()
    case = opened(it)
    with pytest.raises(CaseError, match="by leave only"):
        it.openings.open(FIRST, case.id, 11)
    it.openings.request(FIRST, case.id, "the names matter to the request")
    with pytest.raises(CaseError, match="waits for an answer"):
        it.openings.open(FIRST, case.id, 11)
    it.openings.refuse(DPO, case.id, "say which names")
    with pytest.raises(CaseError, match="was refused"):
        it.openings.open(FIRST, case.id, 11)
    it.openings.request(FIRST, case.id, "the councillor's name, turn 2")
    case = it.openings.approve(DPO, case.id)
    assert case.approvals[-1].until == it.clock.at + timedelta(days=7)
    case, found = it.openings.open(FIRST, case.id, 11)
    assert [each.kept for each in found] == ["Where is my bin?", "Ask Jane Patel"]
    assert [(each.unit, each.by) for each in case.openings] == [(11, FIRST.id)]
    it.clock.forward(days=7)
    with pytest.raises(CaseError, match="has ended"):
        it.openings.open(FIRST, case.id, 11)
    it.openings.request(FIRST, case.id, "again")
    it.openings.approve(DPO, case.id)
    with pytest.raises(CaseError, match="not among the hits"):
        it.openings.open(FIRST, case.id, 13)


def test_nothing_is_read_when_the_opening_can_not_be_written_down() -> None:
    it = made()
    case = opened(it)
    it.openings.request(FIRST, case.id, "names")
    it.openings.approve(DPO, case.id)
    matters = it.matters
    assert isinstance(matters, MemoryMatters)
    matters.between = lambda: it.cases.note(SECOND, case.id, "meanwhile")
    texts = it.openings._texts
    assert isinstance(texts, MemoryTexts)
    with pytest.raises(Changed):
        it.openings.open(FIRST, case.id, 11)
    assert texts.opened == []


def test_a_review_of_originals_needs_them_opened_by_the_same_officer() -> None:
    it = made()
    case = opened(it)
    it.openings.request(FIRST, case.id, "names")
    case = it.openings.approve(DPO, case.id)
    with pytest.raises(CaseError, match="Open them first"):
        it.reviews.mark(FIRST, case.id, 11, [Passage(1, "kept", 0, 1)])
    case, shown = it.reviews.show(FIRST, case.id, 11, "kept")
    assert [(mark.label, mark.source) for mark in shown[1].marks] == [("PERSON", "detector")]
    case = read_all(it, case, 11, form="kept")
    wanted = Wanted("redact", "kept", redactions=(Redaction(3, "kept", 4, 14, "FOIA s.40(2)", "a resident"),))
    case = it.reviews.decide(FIRST, case.id, 11, wanted)
    assert len(case.openings) == 2
    with pytest.raises(CaseError, match="Open them first"):
        it.reviews.decide(SECOND, case.id, 11, wanted)


def test_policy_may_ask_for_no_second_person() -> None:
    it = made(Policy(second_person=False, second_reader=False, approval_days=2))
    case = opened(it)
    assert not case.second_reader
    case = it.openings.request(FIRST, case.id, "small council")
    assert case.approvals[-1].given_by == FIRST.id
    it.openings.open(FIRST, case.id, 11)
    for unit in (11, 12):
        read_all(it, case, unit)
        case = it.reviews.decide(FIRST, case.id, unit, RELEASE)
    assert case.state == "ready"
    strict = made()
    with pytest.raises(BadRequest, match="second reader in every case"):
        strict.cases.open(FIRST, OpenCase("maidstone", CaseKind.FOI, DAY, "x", second_reader=False))


def appointed(first: str, second: Officer) -> Tie:
    """The first officer appointed the Data Protection Officer and the second reader."""
    return Tie.APPOINTED if first == FIRST.id and second.id in (DPO.id, SECOND.id) else Tie.NONE


def test_who_was_appointed_by_the_asker_can_not_agree() -> None:
    it = made(tie=appointed)
    case = opened(it)
    it.openings.request(FIRST, case.id, "names")
    with pytest.raises(CaseError, match=r"appointed you.*cases\.independent_second"):
        it.openings.approve(DPO, case.id)
    assert it.openings.refuse(DPO, case.id, "not needed").approvals[-1].refused
    with pytest.raises(CaseError, match="Nobody has asked"):
        it.openings.approve(DPO, case.id)
    for unit in case.units:
        read_all(it, case, unit)
        it.reviews.decide(FIRST, case.id, unit, RELEASE)
    with pytest.raises(CaseError, match="appointed you"):
        it.reviews.confirm(SECOND, case.id, case.units)
    assert it.cases.read(FIRST, case.id).state == "second_reading"
    assert it.reviews.confirm(DPO_OF_HOST, case.id, case.units).state == "ready"


def test_where_a_council_allows_it_the_record_says_so() -> None:
    it = made(Policy(independent=False), tie=appointed)
    case = opened(it)
    it.openings.request(FIRST, case.id, "names")
    case = it.openings.approve(DPO, case.id)
    assert case.steps[-1].what == "approval_given_by_appointee"
    assert (case.approvals[-1].given_by, case.approvals[-1].appointed) == (DPO.id, True)
    it.openings.open(FIRST, case.id, 11)
    read_all(it, case, 11)
    it.reviews.decide(FIRST, case.id, 11, RELEASE)
    read_all(it, case, 12, DPO_OF_HOST)
    it.reviews.decide(DPO_OF_HOST, case.id, 12, RELEASE)
    case = it.reviews.confirm(SECOND, case.id, case.units)
    assert [step.what for step in case.steps[-2:]] == ["confirmed", "confirmed_by_appointee"]
    assert {unit: each.second_appointed for unit, each in case.decisions.items()} == {11: True, 12: False}
    assert case.state == "ready"
    case = it.reviews.decide(FIRST, case.id, 11, RELEASE)
    assert not case.decisions[11].second_appointed


def test_two_keys_of_one_person_are_not_two_people() -> None:
    it = made(Policy(independent=False), tie=lambda first, second: Tie.SAME if second is not FIRST else Tie.NONE)
    case = opened(it)
    it.openings.request(FIRST, case.id, "names")
    with pytest.raises(CaseError, match="under another key"):
        it.openings.approve(DPO, case.id)
    read_all(it, case, 11)
    it.reviews.decide(FIRST, case.id, 11, RELEASE)
    with pytest.raises(CaseError, match="under another key"):
        it.reviews.confirm(SECOND, case.id, [11])


def test_one_person_with_two_keys_is_no_second_reader() -> None:
    it = made()
    case = opened(it)
    twice = replace(SECOND, id="t-other-sign-in", email=f" {FIRST.email.upper()}")
    read_all(it, case, 11)
    it.reviews.decide(FIRST, case.id, 11, REDACT)
    with pytest.raises(CaseError, match="has to be another officer"):
        it.reviews.confirm(twice, case.id, [11])
    assert it.reviews.confirm(SECOND, case.id, [11]).decisions[11].second == SECOND.id


def test_one_person_with_two_keys_gives_nobody_leave() -> None:
    it = made()
    case = opened(it)
    it.openings.request(FIRST, case.id, "names are asked for")
    with pytest.raises(CaseError, match="another person has to answer"):
        it.openings.approve(replace(DPO, email=FIRST.email), case.id)
    assert it.openings.approve(DPO, case.id).approvals[-1].given_by == DPO.id
