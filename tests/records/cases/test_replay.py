"""A case is what its events make it: whatever sequence could happen replays to the same case, and nothing else is
guessed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.case import (
    CaseFile,
    CaseKind,
    Decision,
    Estimate,
    Extension,
    Incident,
    Mark,
    Passage,
    Redaction,
    TextMarks,
)
from gateway.model.errors import BadRequest
from gateway.model.search import Query, Subject
from gateway.records.cases import events as e
from gateway.records.cases.codec import decode, encode
from gateway.records.cases.errors import CaseError, UnknownEvent
from gateway.records.cases.replay import apply, replay
from gateway.records.cases.rows import changed_hits, row_of
from gateway.records.cases.states import STATES

AT = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)
UNITS = (11, 12, 2**62 + 5)
BY = st.sampled_from(["first", "second", "third"])
DATES = st.dates(date(2026, 3, 1), date(2026, 6, 1))
TIMES = st.datetimes(datetime(2026, 3, 1), datetime(2026, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
UNIT = st.sampled_from((*UNITS, 99))
SOME = st.lists(UNIT, max_size=3).map(tuple)
FORMS = st.sampled_from(["kept", "sent"])
QUERIES = st.builds(
    Query, st.just("maidstone"), TEXT,
    st.lists(st.builds(Subject, st.just("PERSON"), TEXT, st.booleans()), max_size=2).map(tuple),
    facts=st.dictionaries(st.sampled_from(["tool", "service"]), TEXT, max_size=2),
)  # fmt: skip
PASSAGES = st.builds(Passage, st.integers(1, 9), FORMS, st.integers(0, 3), st.integers(1, 4))
MARKS = st.builds(Mark, st.integers(0, 5), st.integers(6, 9), TEXT, st.sampled_from(["detector", "pseudonym"]))
REDACTIONS = st.builds(
    Redaction, st.integers(1, 9), FORMS, st.integers(0, 5), st.integers(6, 9), st.just("FOIA s.40(2)"), TEXT
)
DECISIONS = st.builds(
    Decision, UNIT, st.sampled_from(["release", "redact", "withhold", "not_relevant"]), BY, st.just(AT), FORMS, TEXT,
    TEXT, TEXT, st.lists(REDACTIONS, max_size=2).map(tuple), st.frozensets(st.integers(1, 9), max_size=3),
)  # fmt: skip
INCIDENTS = st.builds(
    Incident, TIMES, st.booleans(), st.booleans(), st.booleans(), st.lists(TEXT, max_size=2).map(tuple),
    st.none() | TIMES, st.none() | TIMES,
)  # fmt: skip
OPENED = st.builds(
    e.Opened, st.just("maidstone"), st.sampled_from(CaseKind), st.just("MBC"), st.just(2026), st.integers(1, 9999),
    DATES, TEXT, TEXT, TEXT, st.booleans(), st.none() | DATES, st.none() | INCIDENTS,
)  # fmt: skip
EVENTS: dict[str, st.SearchStrategy[Any]] = {
    "opened": OPENED,
    "searched": st.builds(e.Searched, TEXT, QUERIES, st.integers(0, 9), SOME, st.integers(0, 9), TEXT, TEXT),
    "noted": st.builds(e.Noted, TEXT),
    "time_spent": st.builds(
        e.TimeSpent,
        st.sampled_from(["determine", "locate", "retrieve", "extract", "redact", "other"]),
        st.integers(-5, 2000),
        DATES,
        TEXT,
    ),
    "estimated": st.builds(
        e.Estimated, st.builds(Estimate, st.integers(1, 9), st.integers(1, 99), st.integers(9, 99), BY, DATES, TEXT)
    ),
    "paused": st.builds(e.Paused, st.sampled_from(["clarification", "identity", "fee"]), DATES, TEXT),
    "resumed": st.builds(e.Resumed, DATES, TEXT),
    "extended": st.builds(
        e.Extended,
        st.builds(Extension, st.sampled_from(["public_interest", "complex"]), DATES, TEXT, st.none() | DATES),
    ),
    "acknowledged": st.builds(e.Acknowledged, DATES),
    "due_given": st.builds(e.DueGiven, DATES, TEXT),
    "recounted": st.builds(e.Recounted, TEXT),
    "related": st.builds(e.Related, st.sampled_from(["FOI-MBC-2026-0001", "FOI-MBC-2026-0002"])),
    "premarked": st.builds(
        e.Premarked,
        st.sampled_from(["s1", "s2"]),
        st.lists(
            st.builds(TextMarks, st.integers(1, 9), FORMS, st.lists(MARKS, max_size=2).map(tuple)), max_size=2
        ).map(tuple),
    ),
    "marked": st.builds(e.Marked, UNIT, st.lists(PASSAGES, max_size=3).map(tuple)),
    "decided": st.builds(e.Decided, DECISIONS),
    "confirmed": st.builds(e.Confirmed, SOME),
    "confirmed_by_appointee": st.builds(e.ConfirmedByAppointee, SOME),
    "sent_back": st.builds(e.SentBack, UNIT, TEXT),
    "approval_asked": st.builds(e.ApprovalAsked, TEXT),
    "approval_given": st.builds(e.ApprovalGiven, TIMES, st.booleans()),
    "approval_given_by_appointee": st.builds(e.ApprovalGivenByAppointee, TIMES, st.booleans()),
    "approval_refused": st.builds(e.ApprovalRefused, TEXT),
    "unsealed": st.builds(e.Unsealed, UNIT),
    "corrected": st.builds(e.Corrected, UNIT, TEXT, TEXT),
    "restricted": st.builds(e.Restricted, SOME, TEXT),
    "lifted": st.builds(e.Lifted, SOME, TEXT),
    "erased": st.builds(e.Erased, SOME, TEXT),
    "incident_changed": st.builds(e.IncidentChanged, INCIDENTS, TEXT),
    "told": st.builds(e.Told, st.sampled_from(["ico", "people"]), TIMES),
    "exported": st.builds(
        e.Exported, st.sampled_from(["package", "originals"]), TEXT, st.lists(TEXT, max_size=2).map(tuple)
    ),
    "closed": st.builds(
        e.Closed, st.sampled_from(["released", "part_released", "not_held", "withdrawn", "?"]), DATES, DATES, TEXT
    ),
    "reopened": st.builds(e.Reopened, TEXT),
}
LATER = st.one_of(*(strategy for name, strategy in EVENTS.items() if name != "opened"))


def stored(entry: e.Entry) -> e.Entry:
    """An entry written and read again."""
    return decode(entry.seq, entry.at, entry.kind, entry.hash, encode(entry))


def happen(opened: e.Opened, then: list[tuple[str, e.Event]]) -> tuple[CaseFile, list[e.Entry]]:
    """The case after whatever of `then` could happen."""
    entries = [e.Entry(1, AT, "first", "IG officer", opened, date(2026, 3, 31), None, "due then")]
    case = replay(entries)
    for by, event in then:
        at = AT + timedelta(minutes=case.seq)
        entry = e.Entry(
            case.seq + 1, at, by, "IG officer", event, date(2026, 3, 31), at, "due then", f"{case.seq:064x}"
        )
        try:
            case = apply(case, entry)
        except CaseError:
            continue
        entries.append(entry)
    return case, entries


def test_every_kind_of_event_is_tried() -> None:
    assert set(EVENTS) == set(e.KINDS)


@settings(max_examples=300, deadline=None)
@given(OPENED, st.lists(st.tuples(BY, LATER), max_size=25))
def test_whatever_could_happen_replays(opened: e.Opened, then: list[tuple[str, e.Event]]) -> None:
    case, entries = happen(opened, then)
    assert replay(map(stored, entries)) == case
    assert case.state in STATES
    assert case.seq == len(entries)
    assert set(case.decisions) <= set(case.units)
    assert set(case.found_by) == set(case.units)
    assert all(decision.second != decision.by for decision in case.decisions.values())
    assert (case.closed_at is not None) == (case.state == "closed") == (case.dispose_after is not None)
    if case.state == "ready":
        assert set(case.decisions) == set(case.units)
    assert row_of(case).id == case.id


@settings(max_examples=150, deadline=None)
@given(OPENED, st.lists(st.tuples(BY, LATER), max_size=25))
def test_the_hits_in_the_store_are_those_of_the_case(opened: e.Opened, then: list[tuple[str, e.Event]]) -> None:
    case, entries = happen(opened, then)
    seen, grown = {}, None
    for entry in entries:
        grown = apply(grown, entry)
        seen.update({hit.unit: hit for hit in changed_hits(grown, entry.event)})
    assert set(seen) == set(case.units)
    for unit in case.units:
        decision = case.decisions.get(unit)
        right = "erased" if unit in case.erased else "restricted" if unit in case.restricted else ""
        assert seen[unit].decision == (right or (decision.verdict if decision else ""))
        assert (seen[unit].second == "confirmed") == bool(decision and decision.second and case.second_reader)
        assert (seen[unit].second == "sent_back") == (unit in case.sent_back)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_every_event_comes_back_as_it_was_written(name: str) -> None:
    @settings(max_examples=25, deadline=None)
    @given(EVENTS[name], BY)
    def trial(event: e.Event, by: str) -> None:
        entry = e.Entry(3, AT, by, "Data Protection Officer", event, date(2026, 3, 31), AT, "words", "ab")
        assert stored(entry) == entry

    trial()


def test_what_a_newer_version_wrote_is_refused_plainly() -> None:
    entry = e.Entry(2, AT, "first", "IG officer", e.Noted("hello"))
    body = encode(entry)
    with pytest.raises(UnknownEvent, match=r"Event 2 of this case \(teleported\).*Upgrade"):
        decode(2, AT, "teleported", "", body)
    said = orjson.loads(body)
    with pytest.raises(UnknownEvent, match="Upgrade"):
        decode(2, AT, "noted", "", orjson.dumps({**said, "v": 2}))
    with pytest.raises(UnknownEvent, match="noted"):
        decode(2, AT, "noted", "", orjson.dumps({**said, "event": {"text": "hello", "colour": "red"}}))
    with pytest.raises(UnknownEvent, match="noted"):
        decode(2, AT, "noted", "", orjson.dumps({**said, "event": {"text": 5}}))
    opened = orjson.loads(encode(e.Entry(1, AT, "a", "b", OPENED_ONE)))
    with pytest.raises(UnknownEvent, match="opened"):
        decode(1, AT, "opened", "", orjson.dumps({**opened, "event": {**opened["event"], "kind": "seance"}}))


def test_text_without_a_form_in_utf8_is_refused_without_repeating_it() -> None:
    with pytest.raises(BadRequest, match="plain text") as caught:
        encode(e.Entry(2, AT, "first", "IG officer", e.Noted("Mrs Patel \ud800")))
    assert "Patel" not in caught.value.message


OPENED_ONE = e.Opened("maidstone", CaseKind.FOI, "MBC", 2026, 7, date(2026, 3, 2), "", "bins", "A. Requester")


def case_of(*then: tuple[str, e.Event], kind: CaseKind = CaseKind.FOI) -> CaseFile:
    case, entries = happen(replace(OPENED_ONE, kind=kind), list(then))
    assert len(entries) == len(then) + 1, "an event of the test could not happen"
    return case


def refused(case: CaseFile, by: str, event: e.Event, said: str) -> None:
    with pytest.raises(CaseError, match=said):
        apply(case, e.Entry(case.seq + 1, AT, by, "IG officer", event))


SEARCH = e.Searched("s1", Query("maidstone", "bins"), 5, (11, 12), 3, "recall", "HOLD-1")
READ = e.Marked(11, (Passage(1, "sent", 0, 1),))


def decided(unit: int, verdict: Any = "release", by: str = "first") -> e.Decided:
    return e.Decided(Decision(unit, verdict, by, AT))


def test_the_state_follows_from_what_happened() -> None:
    assert case_of().state == "open"
    assert case_of(("first", SEARCH)).state == "open"
    assert case_of(("first", SEARCH), ("first", READ)).state == "under_review"
    both = (("first", SEARCH), ("first", decided(11)), ("first", decided(12)))
    assert case_of(*both[:2]).state == "under_review"
    assert case_of(*both).state == "second_reading"
    assert case_of(*both, ("second", e.Confirmed((11,)))).state == "second_reading"
    done = (*both, ("second", e.Confirmed((11, 12))))
    assert case_of(*done).state == "ready"
    assert case_of(*done, ("third", e.SentBack(12, "again"))).state == ("under_review")
    paused = (*done, ("first", e.Paused("clarification", date(2026, 3, 4))))
    assert case_of(*paused).state == "paused"
    assert case_of(*paused, ("first", e.Resumed(date(2026, 3, 9)))).state == "ready"
    closed = (*done, ("first", e.Closed("released", date(2026, 3, 9), date(2029, 3, 9))))
    assert case_of(*closed).state == "closed"
    assert case_of(*closed, ("first", e.Reopened("internal review"))).state == "ready"
    gone = (("first", e.Closed("not_held", date(2026, 3, 9), date(2029, 3, 9))), ("first", e.Reopened("found more")))
    assert case_of(*gone).state == "reopened"


def test_a_search_run_again_adds_what_is_new_and_leaves_what_is_decided() -> None:
    again = e.Searched("s2", Query("maidstone", "bins"), 9, (12, 11, 13), 3, "recall", "HOLD-2")
    case = case_of(("first", SEARCH), ("first", decided(11)), ("first", again))
    assert case.units == (11, 12, 13)
    assert case.found_by == {11: "s1", 12: "s1", 13: "s2"}
    assert set(case.decisions) == {11}
    assert case.holds == ("HOLD-1", "HOLD-2")
    assert case.hold == "HOLD-1"


def test_errors_tell_the_officer_what_to_do() -> None:
    found = case_of(("first", SEARCH), ("first", decided(11)))
    refused(found, "first", e.Confirmed((11,)), "another officer")
    refused(found, "first", decided(99), "Search for it in the case first")
    refused(found, "second", e.Confirmed((12,)), "no decision on this conversation")
    refused(
        found,
        "first",
        e.Closed("released", date(2026, 3, 9), date(2029, 1, 1)),
        "1 of 2 conversations has no decision",
    )
    refused(found, "first", e.Closed("happy", date(2026, 3, 9), date(2029, 1, 1)), "How did it end")
    refused(found, "first", e.Resumed(date(2026, 3, 9)), "nothing to resume")
    refused(found, "first", e.Reopened("x"), "not closed")
    refused(found, "first", e.ApprovalGiven(AT + timedelta(days=1)), "Nobody has asked")
    refused(found, "first", e.Acknowledged(date(2026, 3, 9)), "complaint")
    refused(found, "first", e.Erased((11,), "run"), "erasure")
    refused(found, "first", e.Told("ico", AT), "no incident")
    refused(found, "first", e.TimeSpent("locate", 0, date(2026, 3, 9)), "minutes")
    asked = case_of(("first", SEARCH), ("first", e.ApprovalAsked("why")))
    refused(asked, "first", e.ApprovalGiven(AT + timedelta(days=1)), "another person")
    refused(asked, "first", e.ApprovalAsked("again"), "waits for an answer")
    closed = case_of(("first", e.Closed("withdrawn", date(2026, 3, 9), date(2029, 3, 9))))
    refused(closed, "first", SEARCH, "Reopen it first")
    refused(case_of(), "first", e.Closed("released", date(2026, 3, 9), date(2029, 1, 1)), "Search first")


def test_an_outcome_has_to_be_what_was_decided() -> None:
    day, until = date(2026, 3, 9), date(2029, 3, 9)

    def ready(*verdicts: str) -> CaseFile:
        then: list[tuple[str, e.Event]] = [("first", SEARCH)]
        then += [("first", decided(unit, verdict)) for unit, verdict in zip((11, 12), verdicts, strict=True)]
        return case_of(*then, ("second", e.Confirmed((11, 12))))

    refused(ready("release", "withhold"), "first", e.Closed("released", day, until), "part_released")
    refused(ready("release", "withhold"), "first", e.Closed("withheld", day, until), "part_released")
    refused(ready("not_relevant", "not_relevant"), "first", e.Closed("released", day, until), "not_held")
    refused(ready("not_relevant", "not_relevant"), "first", e.Closed("withheld", day, until), "not_held")
    refused(ready("withhold", "withhold"), "first", e.Closed("part_released", day, until), "withheld")
    assert apply(
        ready("redact", "not_relevant"), e.Entry(6, AT, "first", "", e.Closed("part_released", day, until))
    ).outcome == "part_released"  # fmt: skip


def test_events_follow_one_another() -> None:
    case = case_of()
    with pytest.raises(CaseError, match="does not follow"):
        apply(case, e.Entry(5, AT, "first", "", e.Noted("x")))
    with pytest.raises(CaseError, match="begins with its opening"):
        apply(None, e.Entry(1, AT, "first", "", e.Noted("x")))
    with pytest.raises(CaseError, match="open already"):
        apply(case, e.Entry(2, AT, "first", "", OPENED_ONE))
    with pytest.raises(CaseError, match="no events"):
        replay([])
