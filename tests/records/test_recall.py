"""The figures that a search states are those that were measured and are printed in docs/detection.md."""

import re

from gateway.model.search import Coverage, Query
from gateway.records.recall import _IDENTIFIERS, DETECTION, recall
from tests.support.shared import ROOT

ROWS = {"PERSON": "PERSON: recall", "ADDRESS": "street address: recall", "CASE_REF": "case reference: recall"}


def test_the_figures_are_those_of_the_page() -> None:
    page = (ROOT / "docs" / "detection.md").read_text("utf-8")
    measured_there = page.split("**The unseen sets**")[1]
    for label, measured in [*DETECTION.items(), ("", _IDENTIFIERS)]:
        row = ROWS.get(label, "structured identifiers: recall")
        found = re.search(rf"\| {re.escape(row)} \|[^|]+\| [\d.]+ \((\d+) of (\d+)\)", measured_there)
        assert found, row
        assert (measured.found, measured.marked) == (int(found[1]), int(found[2])), row


def test_what_a_call_says_of_itself_is_not_kept_of_a_refused_one() -> None:
    for asked in (Query("maidstone", purpose="advice"), Query("maidstone", case_ref="HSG/1")):
        said = recall(asked, Coverage(9, 2, 0), {})
        assert any(line.startswith("2 records, refused") for line in said.missing)
    said = recall(Query("maidstone", case_ref="HSG/1"), Coverage(9, 0, 0), {"CASE_REF": "case reference"})
    assert [str(DETECTION["CASE_REF"]) in line for line in said.missing] == [True], "it may stand in a text"
    assert not recall(Query("maidstone", facts={"tool": "x"}), Coverage(9, 2, 0), {}).missing
