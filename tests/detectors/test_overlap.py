from hypothesis import given
from hypothesis import strategies as st

from detectors.overlap import MARKS, Candidate, resolve

TEXT = "Rose Cottage, Rose Lane password=x9 and more text here to lie on"
CANDIDATES = st.lists(
    st.builds(
        lambda start, length, label, score: Candidate(start, min(len(TEXT), start + length), label, score, "d"),
        st.integers(0, len(TEXT) - 1),
        st.integers(1, 20),
        st.sampled_from(["PERSON", "ADDRESS", "SECRET", "HEALTH", "CHILD", "HIDDEN_TEXT", "EMAIL"]),
        st.sampled_from([0.5, 0.7, 0.9]),
    ),
    max_size=12,
)


@given(CANDIDATES)
def test_findings_never_overlap_but_for_marks(candidates: list[Candidate]) -> None:
    reached = 0
    for finding in resolve(candidates, TEXT):
        if finding.label in MARKS:
            continue
        assert finding.start >= reached
        reached = finding.end


@given(CANDIDATES)
def test_no_word_of_a_candidate_is_forgotten(candidates: list[Candidate]) -> None:
    covered = {i for f in resolve(candidates, TEXT) for i in range(f.start, f.end)}
    for candidate in candidates:
        left = [i for i in range(candidate.start, candidate.end) if TEXT[i].isalnum() and i not in covered]
        assert not any(i + 1 in left for i in left)


@given(CANDIDATES)
def test_order_does_not_matter(candidates: list[Candidate]) -> None:
    assert resolve(candidates, TEXT) == resolve(list(reversed(candidates)), TEXT)


def test_a_secret_wins_over_what_it_holds() -> None:
    found = resolve([Candidate(0, 12, "SECRET", 0.6, "s"), Candidate(4, 8, "EMAIL", 0.99, "e")], TEXT)
    assert [f.label for f in found] == ["SECRET"]


def test_a_name_in_a_health_phrase_keeps_both() -> None:
    found = resolve([Candidate(0, 20, "HEALTH", 0.9, "h"), Candidate(0, 4, "PERSON", 0.6, "p")], TEXT)
    assert [(f.label, f.start, f.end) for f in found] == [("PERSON", 0, 4), ("HEALTH", 5, 20)]
