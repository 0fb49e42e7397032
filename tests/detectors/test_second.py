"""The second reader's marks: of the sets' own texts, and scored as findings are."""

from pathlib import Path

import pytest

from detectors.evaluate import second
from detectors.evaluate.data import DataError
from detectors.evaluate.runner import OURS, score_of
from detectors.evaluate.second import READER, compared, main, marks
from detectors.evaluate.sets import DataSet
from detectors.evaluate.shipped import shipped
from detectors.labels import LABELS

SETS = shipped(sorted(file.stem for file in Path(second.__file__).with_name("second").glob("*.jsonl")))


@pytest.mark.parametrize("data", SETS, ids=lambda data: str(data.name))
def test_the_marks_are_of_the_sets_texts(data: DataSet) -> None:
    found = marks(data)
    for document in data.documents:
        for each in found(document.text):
            assert each.label in LABELS
            assert document.text[each.start : each.end].strip()


def test_both_readers_agree_on_who_is_named() -> None:
    for data in SETS:
        persons = score_of(data, marks(data)).together(["PERSON"])
        assert persons.found >= 0.97 * persons.gold
        assert persons.right >= 0.95 * persons.findings


def test_goals_are_compared_over_all_sets_together() -> None:
    data = SETS[0]
    score = score_of(data, marks(data))
    said = compared([{READER: score, OURS: score}] * 2)
    assert "| PERSON: recall | ≥ 0.96 |" in said
    assert f"({2 * score.leaking:,} of {2 * score.documents:,})" in said


def test_a_text_that_was_not_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tuning1.jsonl").write_text("", encoding="utf-8")
    monkeypatch.setattr(second, "_FOLDER", tmp_path)
    with pytest.raises(DataError, match="has not read"):
        marks(shipped(["tuning1"])[0])
    assert main([]) == 2
