"""Passages, decisions, grounds and the section 12 sheet: the pure pieces of working a case."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.config import load_config
from detectors.errors import DetectorError
from detectors.suite import compile_suite
from gateway.model.case import CaseFile, CaseKind, Decision, Estimate, Passage, Redaction, TimeEntry, UnitText
from gateway.records.cases import events as e
from gateway.records.cases.calendar import Calendar
from gateway.records.cases.errors import CaseError, Incomplete
from gateway.records.cases.exemptions import ExemptionError, load, shipped
from gateway.records.cases.passages import LONGEST, Inspector, likeness, marks_in, once, passages, show, spans
from gateway.records.cases.replay import replay
from gateway.records.cases.review import check, parts_read
from gateway.records.cases.timesheet import LIMIT_MINUTES, cost, narrowing, pounds, project, sheet
from tests.support.cases import WordInspector, hit, text

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PEOPLE = WordInspector({"Jane Patel": "PERSON", "PERSON_K7QD2M8X": "PERSON"})


# -- passages


@given(st.text(st.sampled_from("ab \n.!"), max_size=8000))
def test_passages_are_the_text_without_gap_or_overlap(words: str) -> None:
    cut = spans(words)
    assert "".join(words[start:end] for start, end in cut) == words
    assert all(end - start <= LONGEST for start, end in cut)
    assert all(end > start for start, end in cut) or words == ""


def test_passages_end_where_a_paragraph_or_sentence_does() -> None:
    words = "One sentence of words. " * 100
    assert all(words[:end].endswith(". ") for _, end in spans(words))


def test_each_text_is_shown_once() -> None:
    first, again = text(1, "Where is my bin?"), text(1, "Where is my bin?", ref="MBC-BBBB-BBBB")
    answer = text(3, "Ask PERSON_K7QD2M8X", "Ask Jane Patel", role="assistant")
    shown = show([first, answer, again], "sent", frozenset({Passage(1, "sent", 0, 1)}), PEOPLE, "maidstone")
    assert [(each.part, each.ref, each.again) for each in shown] == [(1, "MBC-AAAA-AAAA", 1), (4, "MBC-AAAA-AAAA", 0)]
    assert [each.passages[0].seen for each in shown] == [True, False]
    kept = show([first, answer, again], "kept", frozenset(), PEOPLE, "maidstone")
    assert [each.text for each in kept] == ["Where is my bin?", "Ask Jane Patel"]


def test_findings_are_marked_and_a_pseudonym_once() -> None:
    marks = marks_in("PERSON_K7QD2M8X met Jane Patel", "sent", PEOPLE, "maidstone")
    assert [(mark.start, mark.end, mark.label, mark.source) for mark in marks] == [
        (0, 15, "PERSON", "pseudonym"),
        (20, 30, "PERSON", "detector"),
    ]


def test_a_text_is_not_shown_unmarked_when_detection_fails() -> None:
    broken = WordInspector()
    broken.fails = True
    with pytest.raises(DetectorError):
        show([text(1, "hello")], "sent", frozenset(), broken, "maidstone")


def test_only_what_reads_the_same_is_alike() -> None:
    one = [text(1, "Where is my bin?"), text(3, "On Friday.", role="assistant")]
    other = [text(11, "Where is my bin?"), text(13, "On Friday.", role="assistant")]
    assert likeness(one, "sent") == likeness(other, "sent")
    assert likeness(one, "sent") != likeness(other[::-1], "sent")
    assert likeness(one, "sent") != likeness([*other, text(15, "Thanks")], "sent")
    assert likeness(one, "sent") != likeness([other[0], replace(other[1], role="user")], "sent")


# -- decisions

TEXTS: list[UnitText] = [
    text(1, "Where is my bin?"),
    text(3, "Ask PERSON_K7QD2M8X", "Ask Jane Patel", role="assistant"),
]
READ = frozenset(passages(TEXTS, "sent"))


def decision(verdict: str = "release", **fields: object) -> Decision:
    return Decision(7, verdict, "first", AT, **fields)  # type: ignore[arg-type]


def cut(
    part: int = 4, start: int = 4, end: int = 19, code: str = "FOIA s.40(2)", reason: str = "a third party"
) -> Redaction:
    return Redaction(part, "sent", start, end, code, reason)


def test_a_decision_covers_every_passage_or_says_what_is_missing() -> None:
    check(decision(), TEXTS, READ, CaseKind.FOI, shipped())
    for verdict in ("release", "redact", "withhold", "not_relevant"):
        with pytest.raises(
            Incomplete, match=r"1 of 2 passages have not been marked as read: a text of record MBC-AAAA-AAAA"
        ):
            check(decision(verdict), TEXTS, READ - {Passage(4, "sent", 0, 1)}, CaseKind.FOI, shipped())
    assert parts_read(TEXTS, "sent", READ) == {1, 4}
    assert parts_read(TEXTS, "sent", READ - {Passage(4, "sent", 0, 1)}) == {1}
    long = [text(1, "word " * 1000)]
    with pytest.raises(Incomplete, match=r"passage 2 of 4"):
        check(decision(), long, frozenset(passages(long, "sent")) - {Passage(1, "sent", 1, 4)}, CaseKind.FOI, shipped())


def test_marks_of_another_form_do_not_count() -> None:
    with pytest.raises(Incomplete):
        check(decision(form="kept"), TEXTS, READ, CaseKind.FOI, shipped())


def test_a_text_that_was_only_sealed_is_not_passed_over() -> None:
    sealed = [*TEXTS, text(9, None, "a reply that was cut off")]
    with pytest.raises(Incomplete, match="Sealed only"):
        check(decision(), sealed, READ, CaseKind.FOI, shipped())


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (decision("release", redactions=(cut(),)), "decide redact"),
        (decision("redact"), "No text is marked"),
        (decision("redact", redactions=(cut(end=20),)), "has 19 characters"),
        (decision("redact", redactions=(cut(start=4, end=4),)), "runs from 4 to 4"),
        (decision("redact", redactions=(cut(part=99),)), "does not have"),
        (decision("redact", redactions=(cut(), cut(start=10))), "overlap"),
        (decision("redact", redactions=(replace(cut(), form="kept"),)), "another form"),
        (decision("redact", redactions=(cut(reason=""),)), "Say why FOIA s.40"),
        (decision("redact", redactions=(cut(code="FOIA s.99"),)), "no such ground"),
        (decision("redact", redactions=(cut(code="EIR reg.13(1)"),)), "can't be cited in a case of kind foi"),
        (decision("redact", redactions=(cut(code="FOIA s.43(2)"),)), "public interest test"),
        (decision("withhold"), "State the ground"),
        (decision("withhold", code="FOIA s.42", reason="advice"), "public interest test"),
        (decision("withhold", code="FOIA s.40(2)", reason="x", redactions=(cut(),)), "spans are for redact"),
        (decision("not_relevant", code="FOIA s.40(2)"), "not withheld"),
        (decision("burn"), "Decide one of"),
    ],
)
def test_what_can_not_stand_is_refused_with_what_to_do(made: Decision, said: str) -> None:
    with pytest.raises(CaseError, match=said):
        check(made, TEXTS, READ, CaseKind.FOI, shipped())


def test_sound_decisions_stand() -> None:
    check(decision("redact", redactions=(cut(),)), TEXTS, READ, CaseKind.FOI, shipped())
    balance = "Openness about spending, against the bidder's position in a live tender, which outweighs."
    check(
        decision("withhold", code="FOIA s.43(2)", reason="live tender", public_interest=balance), TEXTS, READ,
        CaseKind.FOI, shipped(),
    )  # fmt: skip
    check(decision("redact", redactions=(cut(code="DPA Sch.2 para.16"),)), TEXTS, READ, CaseKind.SAR, shipped())
    check(decision("redact", redactions=(cut(code="EIR reg.13(1)"),)), TEXTS, READ, CaseKind.INTERNAL_REVIEW, shipped())


# -- grounds


def test_the_shipped_grounds_are_those_of_the_statutes() -> None:
    grounds = {each.code: each for each in shipped()}
    numbers = ("21", "22", "22A", "23", "24", *(str(n) for n in range(26, 45)))
    for number in numbers:
        assert any(code.startswith(f"FOIA s.{number}") for code in grounds), number
    # FOIA s.2(3): absolute exemptions.
    for number in ("21", "23", "32", "34", "40(2)", "41", "44"):
        assert not grounds[f"FOIA s.{number}"].public_interest
    for number in ("22", "24", "30", "31", "36", "42", "43(1)", "43(2)"):
        assert grounds[f"FOIA s.{number}"].public_interest
    for letter in "abcde":
        assert grounds[f"EIR reg.12(4)({letter})"].public_interest
    for letter in "abcdefg":
        assert grounds[f"EIR reg.12(5)({letter})"].public_interest
    assert not grounds["EIR reg.12(3)"].public_interest
    assert {code.split()[1] for code in grounds if code.startswith("DPA Sch")} == {"Sch.2", "Sch.3", "Sch.4"}


def test_emissions_override_the_grounds_that_the_regulations_name() -> None:
    """EIR reg.12(9): 12(5)(d) to (g)."""
    noted = {letter for letter in "abcdefg" if "12(9)" in shipped().hint(f"EIR reg.12(5)({letter})")}
    assert noted == set("defg")


def test_a_council_adds_its_own_and_can_not_redefine(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("DPA:\n  - {code: DPA Sch.2 para.99, name: A new head, test: true}\n")
    grounds = load(own)
    assert grounds.require(CaseKind.SAR, "DPA Sch.2 para.99").public_interest
    for wrong, said in (
        ("DPA:\n  - {code: DPA Sch.2 para.16, name: x, test: true}\n", "there already"),
        ("SCOTS:\n  - {code: FOISA s.38, name: x, test: true}\n", "give lists under"),
        ("FOIA:\n  - {code: DPA Sch.2 para.98, name: x, test: true}\n", "looks like"),
        ("FOIA:\n  - {code: FOIA s.99, name: x, test: perhaps}\n", "true or false"),
        ("FOIA:\n  - {code: FOIA s.99, name: x}\n", "needs code, name and test"),
        ("FOIA: 3\n", "should be a list"),
        ("FOIA: [\n", "not YAML"),
    ):
        own.write_text(wrong)
        with pytest.raises(ExemptionError, match=said):
            load(own)


# -- section 12


def foi(
    number: int = 1, *, received: date = date(2026, 3, 2), kind: CaseKind = CaseKind.FOI, minutes: int = 0
) -> CaseFile:
    opened = e.Opened("maidstone", kind, "MBC", 2026, number, received, "", "bins", "A. Requester")
    case = replay([e.Entry(1, AT, "first", "", opened)])
    spent = TimeEntry("locate", minutes, "first", received)
    return replace(case, time=(spent, TimeEntry("redact", 600, "first", received)) if minutes else ())


def test_the_limit_is_eighteen_hours() -> None:
    assert LIMIT_MINUTES == 18 * 60
    assert (cost(60), cost(1), cost(1080)) == (2500, 42, 45000)
    assert pounds(123450) == "£1,234.50"


def test_redaction_is_logged_and_not_counted() -> None:
    made = sheet(foi(minutes=1080), [], Calendar())
    assert (made.counted, made.minutes["redact"], made.over, made.pence) == (1080, 600, False, 45000)
    assert sheet(foi(minutes=1081), [], Calendar()).over
    assert "not redacting" in made.evidence
    assert "£450.00 of £450.00" in made.evidence


def test_related_requests_are_added_within_sixty_working_days() -> None:
    """Fees Regulations 2004 reg.5(2)(b)."""
    mine = foi(minutes=600)
    near, far = foi(2, received=date(2026, 5, 20), minutes=500), foi(3, received=date(2026, 7, 1), minutes=500)
    sar = foi(4, kind=CaseKind.SAR, minutes=500)
    made = sheet(mine, [near, far, sar, mine], Calendar())
    assert made.related == ("FOI-MBC-2026-0002",)
    assert (made.aggregate, made.over) == (500, True)
    assert "FOI-MBC-2026-0002" in made.evidence


def test_an_estimate_speaks_for_the_whole() -> None:
    estimate = Estimate(20, 100, 400, "first", date(2026, 3, 9))
    assert project(estimate) == 2000
    made = sheet(replace(foi(), estimates=(estimate,)), [], Calendar())
    assert (made.estimated, made.over) == (2000, True)
    assert "20 of 400 conversations were worked as a sample and took 1 h 40 min" in made.evidence
    assert "all 400 would take 33 h 20 min, £833.34" in made.evidence
    eir = sheet(replace(foi(kind=CaseKind.EIR), estimates=(estimate,)), [], Calendar())
    assert (eir.applies, eir.over) == (False, False)
    assert "manifestly unreasonable" in eir.evidence


def test_narrowing_offers_what_fits() -> None:
    hits = [hit(n, f"2026-0{1 + n % 3}-01T00:00:00.000000Z", ("housing", "planning")[n % 5 == 0]) for n in range(300)]
    made = narrowing(hits, Estimate(10, 60, 300, "first", date(2026, 3, 9)), spent=0)
    assert made.by_month == {"2026-01": 100, "2026-02": 100, "2026-03": 100}
    assert made.by_service == {"housing": 240, "planning": 60}
    assert made.affordable == 180
    assert made.newest == ("2026-03",)
    assert made.services == ("planning",)
    assert "180 of the 300" in made.advice
    assert "planning alone: 60" in made.advice
    assert narrowing(hits, Estimate(10, 10, 300, "first", date(2026, 3, 9)), 0).advice.startswith("The whole request")
    spent = narrowing(hits, Estimate(10, 600, 300, "first", date(2026, 3, 9)), spent=1080)
    assert spent.affordable == 0
    assert "ask for fewer days" in spent.advice


def test_once_keeps_the_order_of_the_conversation() -> None:
    texts = [text(5, "c"), text(1, "a"), text(5, "c"), text(3, "b")]
    assert [(each.part, again) for each, again in once(texts, "sent")] == [(5, 1), (1, 0), (3, 0)]


def test_a_conversation_without_content_can_be_decided() -> None:
    """A refused call that kept none, say: there is nothing to read, and the case must still come to an end."""
    check(decision("not_relevant"), [], frozenset(), CaseKind.FOI, shipped())
    check(decision("release"), [], frozenset(), CaseKind.FOI, shipped())
    with pytest.raises(CaseError, match="does not have"):
        check(decision("redact", redactions=(cut(),)), [], frozenset(), CaseKind.FOI, shipped())


def test_the_real_detectors_mark_what_they_find() -> None:
    suite: Inspector = compile_suite(load_config())
    words = "Dear PERSON_K7QD2M8X, your NI number is QQ 12 34 56 C."
    marks = marks_in(words.replace("QQ 12 34 56 C", "AB 12 34 56 C"), "sent", suite, "maidstone")
    assert [(mark.label, mark.source) for mark in marks] == [("PERSON", "pseudonym"), ("NINO", "detector")]
