import datetime
from pathlib import Path

import pytest

from detectors.config import SuiteConfig, allow_key, default_path, load_config, parse_config
from detectors.errors import ConfigError
from detectors.suite import compile_suite
from tests.detectors.fakes import NoNames, plain_suite

LISTED = """
allow_lists:
  swale:
    - label: PHONE
      value: "01795 417850"
      reason: switchboard
      owner: Customer Services
      review: 2027-03-31
"""


def test_the_shipped_configuration_loads() -> None:
    config = load_config()
    assert config.names.model == "council-names"
    assert config.case_references
    assert set(config.allow_lists) == {"maidstone", "swale", "tunbridge-wells"}
    assert default_path().name == "detectors.yaml"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("names:\n  modle: x\n", 2, "unknown key"),
        ("thresholds:\n  NINO: 0.5\n  NINNO: 0.5\n", 3, "unknown label 'NINNO'"),
        ("thresholds:\n  NINO: 2\n", 2, "less than or equal to 1"),
        ("default_threshold: 0.4\ndefault_threshold: 0.9\n", 2, "given twice"),
        ("case_references:\n  - name: x1\n    pattern: '('\n", 3, "not a regular expression"),
        ("case_references:\n  - name: x1\n    pattern: 'a*'\n", 3, "matches nothing"),
        ("names: [\n", 2, "not valid YAML"),
        ("recognisers:\n  - name: plots\n    label: PLOT\n    deny_list: [a]\n", 3, "unknown label 'PLOT'"),
        ("recognisers:\n  - name: plots\n    label: CASE_REF\n", 2, "give `patterns`"),
        (LISTED.replace("PHONE", "SECRET"), 4, "can't be on an allow-list"),
        (LISTED.replace("      owner: Customer Services\n", ""), 4, "is missing: add it"),
        (LISTED.replace("2027-03-31", "soon"), 8, "date"),
        (LISTED + "      pattern: x+\n", 4, "either `value` or `pattern`"),
        ("limits:\n  characters: 1000\n", 2, "greater than or equal to 200000"),
    ],
)
def test_errors_name_file_line_and_fix(text: str, line: int, says: str) -> None:
    with pytest.raises(ConfigError) as failure:
        parse_config(text, "detectors.yaml")
    assert f"detectors.yaml:{line}:" in str(failure.value)
    assert says in str(failure.value)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load_config(tmp_path / "nowhere.yaml")


def test_a_missing_model_says_so() -> None:
    with pytest.raises(ConfigError, match="not installed"):
        compile_suite(SuiteConfig.model_validate({"names": {"model": "no_such_model"}}))


def test_overdue_entries_are_listed() -> None:
    config = parse_config(LISTED, "x")
    assert config.overdue(datetime.date(2027, 3, 31)) == []
    [(controller, index, entry)] = config.overdue(datetime.date(2027, 4, 1))
    assert (controller, index, entry.owner) == ("swale", 0, "Customer Services")


def test_spellings_of_a_value_are_one() -> None:
    assert allow_key("PHONE", "+44 (0)1795 417850") == allow_key("PHONE", "01795 417 850")
    assert allow_key("ADDRESS", "Swale House,  East Street") == allow_key("ADDRESS", "swale house east street")


PLOTS = """
recognisers:
  - name: allotment plot holder
    label: CASE_REF
    patterns: [{name: plot, regex: '\\bALT-\\d{4}\\b', score: 0.3}]
    context: [allotment, plot]
"""


def test_a_council_adds_a_recogniser_in_yaml() -> None:
    suite = plain_suite(parse_config(PLOTS, "x"))
    text = "the allotment ALT-0042 is overgrown"
    [finding] = suite.inspect(text)
    assert (finding.label, text[finding.start : finding.end]) == ("CASE_REF", "ALT-0042")
    assert finding.detector == "council/allotment plot holder"
    assert finding.score == pytest.approx(0.65)
    assert suite.inspect("form ALT-0042 is overgrown") == ()


def test_a_council_adds_a_recogniser_in_python() -> None:
    config = parse_config(
        "recognisers:\n  - name: permits\n    label: CASE_REF\n    class: tests.detectors.permits:PermitRecogniser\n",
        "x",
    )
    [finding] = plain_suite(config).inspect("permit PERM-77 please")
    assert (finding.label, finding.detector) == ("CASE_REF", "council/permits")


@pytest.mark.parametrize(
    "path", ["tests.detectors.permits:Missing", "no_such_module:X", "tests.detectors.fakes:NoNames"]
)
def test_a_broken_recogniser_is_a_configuration_error(path: str) -> None:
    config = parse_config(f"recognisers:\n  - name: permits\n    label: CASE_REF\n    class: {path}\n", "x")
    with pytest.raises(ConfigError):
        compile_suite(config, NoNames())
