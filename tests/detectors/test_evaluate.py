import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

from detectors.evaluate.__main__ import main
from detectors.evaluate.data import DataError, Document, Span, parse, read
from detectors.evaluate.lines import LineError, detect_lines
from detectors.evaluate.score import interval, score
from detectors.finding import Finding
from detectors.labels import LABELS
from detectors.suite import Suite
from tests.support.shared import shared


def found(start: int, end: int, label: str) -> Finding:
    return Finding(start, end, label, 0.9, "d", "v")


def test_scores_count_as_the_docstring_says() -> None:
    document = Document("1", "Mrs Patel rang 07700 900123", (Span(0, 9, "PERSON"), Span(15, 27, "PHONE")))
    result = score([document], {"1": [found(4, 9, "EMAIL"), found(10, 14, "AGE")]})
    assert result.labels["PERSON"].found == 1
    assert result.labels["PERSON"].typed == 0
    assert result.labels["EMAIL"].right == 1
    assert result.labels["AGE"].right == 0
    assert result.labels["PHONE"].recall == 0
    assert (result.documents, result.leaking, result.clean, result.covered) == (1, 1, 0, 4)
    assert [(m.document, m.label) for m in result.misses] == [("1", "PHONE")]
    assert [(a.document, a.label) for a in result.alarms] == [("1", "AGE")]


def test_clean_documents_are_counted_apart() -> None:
    result = score([Document("1", "no", ()), Document("2", "none", ())], {"1": [], "2": [found(0, 2, "AGE")]})
    assert (result.clean, result.disturbed) == (2, 1)
    assert math.isnan(result.labels["AGE"].recall)


def test_intervals_are_wilsons() -> None:
    low, high = interval(9, 10)
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)


@pytest.mark.parametrize(
    "line",
    ["{", "[]", '{"text":"x"}', '{"text":"x","spans":[{"start":0,"end":5,"label":"A"}]}', '{"text":1,"spans":[]}'],
)
def test_a_bad_record_names_its_line_and_not_its_text(line: str) -> None:
    with pytest.raises(DataError, match=r"^f\.jsonl:2: "):
        list(parse(["\n", line], "f.jsonl"))


def test_lines_in_lines_out(suite: Suite) -> None:
    lines = [json.dumps({"id": 7, "text": "NI AB123456C"}), "", json.dumps({"id": "b", "text": "nothing"})]
    first, second = (json.loads(line) for line in detect_lines(lines, suite))
    assert first["id"] == 7
    [finding] = first["findings"]
    assert set(finding) == {"start", "end", "label", "score", "detector"}
    assert (finding["start"], finding["end"], finding["label"]) == (3, 12, "NINO")
    assert second == {"id": "b", "findings": []}


@pytest.mark.parametrize(
    ("line", "says"),
    [("{", "not JSON"), ("[1]", "not an object"), ('{"text":"x"}', 'no "id"'), ('{"id":1,"text":2}', "not a string")],
)
def test_a_bad_line_is_named_by_number(suite: Suite, line: str, says: str) -> None:
    with pytest.raises(LineError, match="line 2") as failure:
        list(detect_lines(['{"id":1,"text":"AB123456C"}', line], suite))
    assert says in str(failure.value)


def test_the_command_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text(
        json.dumps({"id": "1", "text": "NI AB123456C", "spans": [{"start": 3, "end": 12, "label": "NINO"}]})
    )
    assert main([str(file), "--shipped", "sample"]) == 0
    report = capsys.readouterr().out
    assert "| NINO | 1 | 1.000 (0.21-1.00) | 1.000 | 1.000 (0.21-1.00) of 1 |" in report
    assert "licence: not stated" in report
    assert main([str(tmp_path / "missing.jsonl")]) == 2


def test_our_scorer_agrees_with_acceptance(suite: Suite, tmp_path: Path) -> None:
    gold = shared("data/council/prompts.jsonl")
    scorer = shared("data/score.py")
    documents = read(gold)
    findings = {d.id: suite.inspect(d.text) for d in documents}
    predictions = tmp_path / "predictions.jsonl"
    predictions.write_text("\n".join(detect_lines(gold.read_text(encoding="utf-8").splitlines(), suite)))
    output = subprocess.run(
        [sys.executable, str(scorer), str(gold), str(predictions), "--json"], capture_output=True, text=True, check=True
    )
    theirs = json.loads(output.stdout)
    ours = score(documents, findings)
    assert theirs["summary"]["docs_leaking_a_direct_identifier"] == round(ours.leaking / ours.documents, 3)
    for label, figures in theirs["labels"].items():
        assert figures.get("n", 0) == ours.labels[label].gold
        assert figures.get("findings", 0) == ours.labels[label].findings
        if figures.get("n"):
            assert figures["found"] == round(ours.labels[label].recall, 3)
            assert figures["typed"] == round(ours.labels[label].typed_recall, 3)
        if figures.get("findings"):
            assert figures["precision"] == round(ours.labels[label].precision, 3)
    assert theirs["summary"]["clean_docs_with_any_finding"] == round(ours.disturbed / ours.clean, 3)


@pytest.mark.parametrize(
    ("path", "labels", "mapping"),
    [
        ("data/uner_ewt/dev_docs.jsonl", "PERSON", "PER=PERSON"),
        ("data/tab/dev_with_identifier_type.jsonl", "PERSON", ""),
    ],
)
def test_our_scorer_agrees_where_only_some_labels_are_scored(
    tmp_path: Path, path: str, labels: str, mapping: str
) -> None:
    """With findings from a crude pattern: what matters is that both count them alike."""
    gold, scorer = shared(path), shared("data/score.py")
    documents = read(gold)
    findings = {
        d.id: tuple(
            found(m.start(), m.end(), "PERSON" if m.start() % 3 else "PHONE")
            for m in re.finditer(r"[A-Z][a-z]+(?: [A-Z][a-z]+)?", d.text)
        )
        for d in documents
    }
    predictions = tmp_path / "predictions.jsonl"
    predictions.write_text(
        "\n".join(
            json.dumps({"id": i, "findings": [{"start": f.start, "end": f.end, "label": f.label} for f in made]})
            for i, made in findings.items()
        )
    )
    command = [sys.executable, str(scorer), str(gold), str(predictions), "--json", "--labels", labels, "--map", mapping]
    theirs = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    ours = score(documents, findings, frozenset({"PERSON"}))
    person, summary = ours.labels["PERSON"], theirs["summary"]
    figures = (person.gold, round(person.recall, 3), round(person.typed_recall, 3), round(person.precision, 3))
    assert figures == tuple(theirs["labels"]["PERSON"][key] for key in ("n", "found", "typed", "precision"))
    assert summary["docs"] == ours.documents
    assert summary["docs_leaking_a_direct_identifier"] == round(ours.leaking / ours.documents, 3)
    assert summary["clean_docs"] == ours.clean
    assert summary["characters_covered_outside_gold"] == round(ours.covered / ours.plain, 4)


def test_the_council_set_stays_at_least_this_good(suite: Suite) -> None:
    """A floor under what was measured, so that a change can't make detection worse unseen."""
    documents = read(shared("data/council/prompts.jsonl"))
    result = score(documents, {d.id: suite.inspect(d.text, allow="maidstone") for d in documents})
    assert result.labels["PERSON"].recall >= 0.97
    assert result.labels["PERSON"].precision >= 0.93
    assert result.labels["ADDRESS"].recall >= 0.97
    for label in ("NINO", "NHS_NUMBER", "POSTCODE", "PHONE", "EMAIL", "PAYMENT_CARD", "IBAN", "UTR", "UPN", "SECRET"):
        assert result.labels[label].recall == 1
        assert result.labels[label].precision == 1
    assert result.leaking <= 0.08 * result.documents
    assert result.disturbed <= 0.05 * result.clean


def test_every_shared_set_can_be_read() -> None:
    for path in sorted(shared("data").glob("*/*.jsonl")):
        documents = read(path)
        assert documents, path.name
    council = {s.label for d in read(shared("data/council/prompts.jsonl")) for s in d.spans}
    assert council <= set(LABELS)
