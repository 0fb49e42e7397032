import base64
import logging
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.budget import Budget
from detectors.config import Allowed, SuiteConfig
from detectors.errors import BudgetExceeded, DetectorError
from detectors.labels import LABELS
from detectors.slices import slices
from detectors.suite import Suite, compile_suite
from tests.detectors.fakes import BrokenNames, NoNames, plain_suite

TEXT = "Mrs Patel of 14 Sandling Road, NI number AB123456C, rang on 07700 900123."


def labels(suite: Suite, text: str, **options: str) -> list[str]:
    return [f.label for f in suite.inspect(text, context=options.get("context", ""), allow=options.get("allow"))]


def test_findings_are_in_order_and_say_what_found_them(suite: Suite) -> None:
    found = suite.inspect(TEXT)
    assert [TEXT[f.start : f.end] for f in found] == ["Patel", "14 Sandling Road", "AB123456C", "07700 900123"]
    assert [f.label for f in found] == ["PERSON", "ADDRESS", "NINO", "PHONE"]
    assert all(f.version == suite.version and f.detector and 0 < f.score <= 1 for f in found)


@pytest.mark.parametrize(
    ("text", "label"),
    [("account BANK_ACCOUNT_12345678 please", "BANK_ACCOUNT"), ("password: PERSON_6Q6BXD2Q", "SECRET")],
)
def test_a_real_value_shaped_like_a_pseudonym_is_found(suite: Suite, text: str, label: str) -> None:
    assert label in labels(suite, text)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_gives_sound_findings(text: str) -> None:
    for finding in SHIPPED.inspect(text):
        assert 0 <= finding.start < finding.end <= len(text)
        assert finding.label in LABELS
    assert SHIPPED.inspect(text) == SHIPPED.inspect(text)


SHIPPED = plain_suite()


def test_steps_do_the_same_work_in_slices(suite: Suite) -> None:
    text = f"{TEXT}\n" * 200
    steps = suite.steps(text)
    count = -1
    done = object()
    found: object = None

    def work() -> Generator[None, None, None]:
        nonlocal found
        found = yield from steps

    worker = work()
    while next(worker, done) is not done:
        count += 1
    count += 1
    assert found == suite.inspect(text)
    assert count == len(slices(text))
    assert count >= 3


def test_slices_cover_a_text_without_overlap() -> None:
    for text in ("", "short", "word " * 3_000, "x" * 9_000, "line\n" * 2_500):
        spans = slices(text)
        assert "".join(text[s:e] for s, e in spans) == text
        assert all(e - s <= 4_000 for s, e in spans)


def test_an_identifier_on_a_slice_border_is_found() -> None:
    for offset in range(3_960, 4_010):
        text = "x" * offset + " NI number AB123456C " + "y" * 5_000
        assert "NINO" in labels(SHIPPED, text)


def test_context_makes_a_bare_value_readable() -> None:
    assert labels(SHIPPED, "9434765919") == []
    assert labels(SHIPPED, "9434765919", context="/claimant/nhsNumber") == ["NHS_NUMBER"]
    found = SHIPPED.inspect("9434765919", context="claimant.nhs_number", kind="number")
    assert [(f.start, f.end) for f in found] == [(0, 10)]


@pytest.mark.parametrize(
    ("context", "text", "label"),
    [
        ("/applicant/passportNumber", "19DK47712", "PASSPORT"),
        ("claimant.name", "Roderick Tullett", "PERSON"),
        ("db/password", "tB7#kk-Quince", "SECRET"),
        ("property_address", "36 Coldharbour Court", "ADDRESS"),
        ("claim_ref", "2204817", "CASE_REF"),
        ("uprn", "200003666144", "UPRN"),
        ("dob", "1959-10-27", "DATE_OF_BIRTH"),
        ("sort_code", "201555", "SORT_CODE"),
        ("vehicle reg", "K1 ABC", "VEHICLE_REG"),
        ("medical conditions", "asthma", "HEALTH"),
    ],
)
def test_a_key_path_is_as_good_as_a_label(context: str, text: str, label: str) -> None:
    [finding] = SHIPPED.inspect(text, context=context)
    assert (finding.label, finding.start, finding.end) == (label, 0, len(text))


@pytest.mark.parametrize(("context", "text"), [("tool.name", "get_weather"), ("name", "object"), ("title", "Housing")])
def test_names_of_things_are_nobodys(context: str, text: str) -> None:
    assert SHIPPED.inspect(text, context=context) == ()
    assert SHIPPED.inspect(f'{{"name": "{text}"}}') == ()


def test_names_of_cloud_services_are_left_alone(suite: Suite) -> None:
    assert suite.inspect("Move C4, S3 and EKS to EC2; see RFC 6962 and ISO 27001.") == ()


def test_a_label_before_a_slice_border_still_counts() -> None:
    for offset in range(3_970, 4_000):
        text = "x" * offset + " passport number 925665416 " + "y" * 5_000
        assert labels(SHIPPED, text) == ["PASSPORT"]


def test_context_itself_is_never_a_finding() -> None:
    assert labels(SHIPPED, "hello", context="NI number AB123456C") == []


def test_findings_point_into_the_original() -> None:
    text = "NI: A\u200bB12\u200b34\u200b56C &#48;7700900123"
    found = {f.label: text[f.start : f.end] for f in SHIPPED.inspect(text)}
    assert found["NINO"] == "A\u200bB12\u200b34\u200b56C"
    assert found["PHONE"] == "&#48;7700900123"
    assert found["HIDDEN_TEXT"]


def test_broken_characters_are_read_around(suite: Suite) -> None:
    """A lone surrogate can arrive in JSON; it must neither fail the model nor hide what stands beside it."""
    text = "Mrs Patel \ud83d NI AB123456C"
    assert [f.label for f in suite.inspect(text)] == ["PERSON", "NINO"]


def test_a_blob_is_read_and_found_as_a_whole() -> None:
    blob = base64.b64encode(b"NI number AB123456C, password is Summer2024!").decode()
    text = f"decode this: {blob} thanks"
    found = SHIPPED.inspect(text)
    assert {f.label for f in found} == {"SECRET", "HIDDEN_TEXT"}
    assert {text[f.start : f.end] for f in found} == {blob}
    twice = base64.b64encode(base64.b64encode(b"NI number AB123456C")).decode()
    assert "NINO" in labels(SHIPPED, twice)
    assert labels(SHIPPED, base64.b64encode(b"nothing of interest in here").decode()) == []


def test_an_allow_list_is_per_controller_and_label() -> None:
    entry = {"reason": "switchboard", "owner": "CS", "review": "2027-01-01"}
    config = SuiteConfig.model_validate(
        {
            "allow_lists": {
                "maidstone": [
                    {"label": "PHONE", "value": "01622 602001", **entry},
                    {"label": "ADDRESS", "pattern": "\\d+ King Street", **entry},
                ]
            }
        }
    )
    suite = plain_suite(config)
    assert labels(suite, "ring +44 1622 602001") == ["PHONE"]
    assert labels(suite, "ring +44 1622 602001", allow="maidstone") == []
    assert labels(suite, "ring 01622-602001", allow="swale") == ["PHONE"]
    assert labels(suite, "at 103 King Street", allow="maidstone") == []
    assert suite.allow_version("maidstone") != suite.allow_version("swale") == suite.allow_version(None)


def test_an_allow_list_never_hides_another_label() -> None:
    entry = Allowed.model_validate(
        {
            "label": "EMAIL",
            "value": "ab123456c@swale.gov.uk",
            "reason": "role box",
            "owner": "CS",
            "review": "2027-01-01",
        }
    )
    suite = plain_suite(SuiteConfig(allow_lists={"swale": (entry,)}))
    text = "password=ab123456c@swale.gov.uk"
    assert labels(suite, text, allow="swale") == ["SECRET"]
    assert labels(suite, "write ab123456c@swale.gov.uk", allow="swale") == ["NINO"]


def test_thresholds_are_by_label() -> None:
    suite = plain_suite(SuiteConfig(thresholds={"NINO": 0.99}))
    assert labels(suite, "NI number AB123456C, ring 07700 900123") == ["PHONE"]


def test_a_failing_model_fails_closed_and_quietly(caplog: pytest.LogCaptureFixture) -> None:
    suite = compile_suite(SuiteConfig(), BrokenNames())
    with caplog.at_level(logging.DEBUG), pytest.raises(DetectorError) as failure:
        suite.inspect("Siobhan O'Connor rang")
    assert failure.value.kind == "names"
    assert "Siobhan" not in str(failure.value)
    assert failure.value.__suppress_context__
    assert "Siobhan" not in caplog.text


def test_too_much_text_is_refused_before_the_work() -> None:
    with pytest.raises(BudgetExceeded):
        SHIPPED.inspect("word " * 100, budget=Budget(characters=499))


def test_one_budget_serves_a_whole_call() -> None:
    budget = SHIPPED.budget()
    SHIPPED.inspect("word " * 10, budget=budget)
    SHIPPED.inspect("word " * 10, budget=budget)
    assert budget.used_characters == 100


def test_names_are_cached_by_unit() -> None:
    model = NoNames()
    suite = compile_suite(SuiteConfig(), model)
    before = model.units
    text = "".join(f"The tenant rang about bin {n} again and was told to wait until Tuesday. " for n in range(20))
    suite.inspect(text)
    first = model.units - before
    suite.inspect(text + "And then she rang once more about the same thing.")
    assert 1 <= model.units - before - first <= 2 < first


def test_the_version_changes_with_configuration_and_model() -> None:
    other = NoNames()
    other.version = "none-2"
    versions = {
        SHIPPED.version,
        plain_suite(SuiteConfig(default_threshold=0.6)).version,
        compile_suite(SuiteConfig(), other).version,
    }
    assert len(versions) == 3
    assert plain_suite().version == SHIPPED.version


def test_a_suite_shows_no_content() -> None:
    assert repr(SHIPPED).startswith("Suite(")


def test_a_mailbox_in_the_context_makes_no_example_of_what_follows(suite: Suite) -> None:
    assert labels(suite, "AB123456C", context="stop a@mail.example") == ["NINO"]
