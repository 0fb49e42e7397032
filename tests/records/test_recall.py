"""The figures that a search states are those that were measured and are printed in docs/detection.md."""

import re

from gateway.records.recall import _IDENTIFIERS, DETECTION
from tests.support.shared import ROOT

ROWS = {"PERSON": "PERSON: recall", "ADDRESS": "street address: recall", "CASE_REF": "case reference: recall"}


def test_the_figures_are_those_of_the_page() -> None:
    page = (ROOT / "docs" / "detection.md").read_text("utf-8")
    unseen = page.split("**The unseen set**")[1]
    for label, measured in [*DETECTION.items(), ("", _IDENTIFIERS)]:
        row = ROWS.get(label, "structured identifiers: recall")
        found = re.search(rf"\| {re.escape(row)} \|[^|]+\| [\d.]+ \((\d+) of (\d+)\)", unseen)
        assert found, row
        assert (measured.found, measured.marked) == (int(found[1]), int(found[2])), row
