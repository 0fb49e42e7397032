"""A value that is called somebody's once is so wherever it stands in the text."""

from hypothesis import given
from hypothesis import strategies as st

from detectors.config import SuiteConfig
from detectors.repeats import LABELS, repeats
from tests.detectors.fakes import plain_suite


def found(text: str) -> list[tuple[str, str]]:
    return [(text[f.start : f.end], f.label) for f in plain_suite().inspect(text)]


def test_a_reference_is_found_again_where_nothing_calls_it_so() -> None:
    text = "council tax account 5519003348 is in credit.\nEXPORT 5519003348 -> desk 4\n5519003348x is another"
    assert found(text).count(("5519003348", "CASE_REF")) == 2


def test_what_is_short_or_plain_is_not_looked_for_again() -> None:
    text = "voicemail pin 1968. She came in 1968 and left in 1970."
    assert [value for value, label in found(text) if label == "SECRET"] == ["1968"]


def test_an_allowed_value_is_not_found_again() -> None:
    entry = {
        "label": "CASE_REF",
        "value": "5519003348",
        "reason": "sample",
        "owner": "Revenues",
        "review": "2031-01-01",
    }
    suite = plain_suite(SuiteConfig.model_validate({"allow_lists": {"swale": [entry]}}))
    assert suite.inspect("account 5519003348 and 5519003348", allow="swale") == ()


def test_whoever_did_it_in_an_audit_log_is_an_account() -> None:
    text = "2026-10-03 09:12:44 cwintour VIEW record\n2026-10-03 09:13:02 system EXPORT record"
    assert found(text) == [("cwintour", "USERNAME")]


@given(st.text(alphabet="ab1 -\n", max_size=60), st.sampled_from(sorted(LABELS)))
def test_repeats_are_whole_words_of_the_same_text_and_apart_from_what_was_found(text: str, label: str) -> None:
    known = [(0, 6, label, 0.9)] if len(text) >= 6 else []
    for hit in repeats(text, known):
        assert text[hit.start : hit.end] == text[0:6]
        assert hit.start >= 6
