"""The whole evaluation on small sets: goals, comparison, sweep, fairness, memory, the page, and looking again."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from detectors.config import SuiteConfig, load_config
from detectors.evaluate import carried, fairness, soak, sweep
from detectors.evaluate.__main__ import main
from detectors.evaluate.data import DataError, Document, Span
from detectors.evaluate.goals import EVASION, PROMPTS, SAID, STRUCTURED, rows
from detectors.evaluate.measured import Run, worst
from detectors.evaluate.page import page
from detectors.evaluate.report import report
from detectors.evaluate.runner import OURS, Column, measure
from detectors.evaluate.score import LabelScore
from detectors.evaluate.sets import KNOWN, DataSet, discover
from detectors.evaluate.shipped import shipped
from detectors.evaluate.stock import STOCK, build
from detectors.finding import Finding
from detectors.labels import LABELS
from detectors.normalise import normalise
from detectors.suite import Suite
from tests.detectors.fakes import plain_suite

RECORD = {"id": "1", "text": "NI AB123456C", "spans": [{"start": 3, "end": 12, "label": "NINO"}]}


def found(start: int, end: int, label: str, score: float = 0.9) -> Finding:
    return Finding(start, end, label, score, "d", "v")


def sample() -> DataSet:
    return shipped(["sample"])[0]


def write(file: Path, *records: object) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(json.dumps(record) for record in records))
    return file


def test_sets_are_known_by_their_folder(tmp_path: Path) -> None:
    write(tmp_path / "council" / "prompts.jsonl", RECORD)
    write(tmp_path / "tab" / "dev_with_identifier_type.jsonl", RECORD)
    write(tmp_path / "ours" / "mine.jsonl", RECORD)
    sets = discover([tmp_path])
    assert [s.name for s in sets] == ["mine", "council", "tab"]
    assert sets[1].known is KNOWN["council"]
    assert sets[2].known.scored == {"PERSON"}
    write(tmp_path / "presidio_research" / "synth_dataset_v2.jsonl", RECORD, {**RECORD, "template_id": 3})
    titles = [s.title for s in discover([tmp_path])]
    assert titles[0] == "mine"
    assert titles[2:4] == [f"Presidio's synthetic set ({part} templates)" for part in ("tuning", "held-out")]
    with pytest.raises(DataError, match="no such file"):
        discover([tmp_path / "absent"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no set there"):
        discover([tmp_path / "empty"])


def test_the_sample_holds_labels_of_ours_in_sound_spans() -> None:
    data = sample()
    assert len(data.documents) >= 40
    assert {s.label for d in data.documents for s in d.spans} <= set(LABELS)
    assert any(not d.spans for d in data.documents)


@pytest.mark.parametrize("data", shipped(), ids=lambda data: data.name)
def test_shipped_sets_are_soundly_marked(data: DataSet) -> None:
    """A mark that is shifted, doubled or under an unknown label would be counted as a miss that nobody can mend."""
    assert len({d.id for d in data.documents}) == len({d.text for d in data.documents}) == len(data.documents)
    for document in data.documents:
        spans = document.spans
        assert {s.label for s in spans} <= set(LABELS), document.id
        assert all(one.end <= two.start for one, two in pairwise(spans)), document.id
        for span in spans:
            marked = document.text[span.start : span.end]
            assert marked == marked.strip(" \n\t,"), document.id


def test_the_tuning_sets_hold_disguises_and_traps() -> None:
    sets = shipped(["tuning1", "tuning2", "tuning3"])
    assert all(data.tunes for data in sets)
    documents = [d for data in sets for d in data.documents]
    personal = [d for d in documents if d.spans]
    assert (len(personal), len(documents) - len(personal)) == (302, 218)
    assert sum(d.kind in EVASION for d in personal) > 20


def test_the_unseen_sets_stay_at_least_this_good(suite: Suite) -> None:
    """A floor under what was measured; it is no target: nothing may be tuned on these sets."""
    data = shipped(["acceptance2", "acceptance3"])
    assert not any(each.tunes for each in data)
    results = measure(data, [Column(OURS, lambda text: suite.inspect(text, allow="maidstone"))], lambda _: None)
    scores = [result.ours for result in results]

    def together(*labels: str) -> LabelScore:
        pool = LabelScore()
        for score in scores:
            pool.add(score.together(labels))
        return pool

    personal, clean = (sum(getattr(score, what) for score in scores) for what in ("documents", "clean"))
    assert (together("PERSON").gold, personal, clean) == (854, 234, 146)
    assert together("PERSON").recall >= 0.975
    assert together("PERSON").precision >= 0.96
    assert together("ADDRESS").recall >= 0.95
    assert together(*STRUCTURED).recall >= 0.985
    for label, least in (("CASE_REF", 0.95), ("AGE", 0.92), ("SECRET", 0.87), ("CONFIDENTIAL", 0.83)):
        assert together(label).recall >= least, label
    assert together(*SAID).recall >= 0.8
    assert together(*SAID).precision >= 0.84
    assert sum(score.leaking for score in scores) <= 0.1 * personal
    assert sum(score.disturbed for score in scores) <= 0.05 * clean


def test_sets_are_picked_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert [data.name for data in shipped(["stranger", "tuning2"])] == ["tuning2", "stranger"]
    assert main(["--shipped", "none"]) == 2
    assert "no set of that name ships: sample, tuning1" in capsys.readouterr().err


def test_goals_say_what_is_met() -> None:
    data = sample()
    gold = {d.text: tuple(found(s.start, s.end, s.label) for s in d.spans) for d in data.documents}
    (perfect,) = measure([data], [Column(OURS, lambda text: gold[text])], lambda _: None)
    assert all(row.met(OURS) in (True, None) for row in rows(perfect))
    (blind,) = measure([data], [Column(OURS, lambda _: ())], lambda _: None)
    assert [row.met(OURS) for row in rows(blind) if row.goal is PROMPTS[0]] == [False]


def test_a_sweep_finds_the_threshold_with_most_recall_at_the_wanted_precision() -> None:
    documents = tuple(Document(str(n), "Ada  x", (Span(0, 3, "PERSON"),)) for n in range(30))
    data = sample()
    data = type(data)("own", data.known, documents, True, "own.jsonl")
    (curve,) = sweep.sweep(
        [data], lambda _: (found(0, 3, "PERSON", 0.72), found(5, 6, "PERSON", 0.41)), SuiteConfig(default_threshold=0.3)
    )
    assert (curve.shipped, curve.at(0.3).precision, curve.at(0.45).precision) == (0.3, 0.5, 1.0)
    assert curve.proposed == 0.45
    assert curve.at(0.75).recall == 0


def test_prompts_outvote_other_writing() -> None:
    """A threshold is for what staff write, however much else is at hand."""
    data = sample()
    prompts = tuple(Document(str(n), "Ada", (Span(0, 3, "PERSON"),)) for n in range(sweep.LEAST_GOLD))
    others = tuple(Document(str(n), "Obi", (Span(0, 3, "PERSON"),)) for n in range(100))
    sets = [
        type(data)("own", data.known, prompts, True, "own.jsonl"),
        type(data)("wnut17", KNOWN["wnut17"], others, True, "dev.jsonl"),
    ]
    (curve,) = sweep.sweep(sets, lambda _: (found(0, 3, "PERSON", 0.7),), SuiteConfig())
    assert curve.points[0].gold == len(prompts)
    (curve,) = sweep.sweep([replace(sets[0], documents=prompts[1:]), sets[1]], lambda _: (), SuiteConfig())
    assert curve.points[0].gold == len(prompts) - 1 + len(others)


def points(*counts: tuple[float, int, int, int]) -> list[sweep.Point]:
    """Points of a label with 100 marked spans: threshold, found, right, findings."""
    return [sweep.Point(threshold, typed, 100, right, findings) for threshold, typed, right, findings in counts]


def test_no_proposal_gives_up_recall_for_precision() -> None:
    strict = points((0.0, 80, 80, 120), (0.5, 80, 80, 110), (0.9, 50, 50, 50))
    threshold, why = sweep.propose("HEALTH", strict, 0.5)
    assert (threshold, why) == (0.5, "as shipped: precision 0.80 would cost 0.30 of recall")
    never = points((0.0, 80, 60, 120), (0.5, 80, 60, 100), (0.9, 20, 15, 20))
    assert sweep.propose("HEALTH", never, 0.0)[0] == 0.5
    few = [sweep.Point(0.5, 3, 3, 3, 3)]
    assert sweep.propose("HEALTH", few, 0.5) == (0.5, "as shipped: only 3 marked")


def test_what_is_proposed_is_measured_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A configuration that lets nothing through: the sweep proposes less, and says what that would change."""
    shut = tmp_path / "shut.yaml"
    shut.write_text("names: {model: council-names}\ndefault_threshold: 1.0\n")
    file = write(tmp_path / "own.jsonl", *({**RECORD, "id": str(n)} for n in range(25)))
    assert (
        main(
            [
                str(file),
                "--shipped",
                "sample",
                "--config",
                str(shut),
                "--sweep",
                "--html",
                str(tmp_path / "new" / "page.html"),
            ]
        )
        == 0
    )
    text = capsys.readouterr().out
    assert "| own: structured identifiers: recall | 0.000 (0 of 25) | 1.000 (25 of 25) |" in text
    assert "as proposed" in (tmp_path / "new" / "page.html").read_text()


def test_the_worst_misses_come_first() -> None:
    text = "she has COPD, says Ada Obi of Ash"
    document = Document("1", text, (Span(8, 12, "HEALTH"), Span(19, 26, "PERSON"), Span(30, 33, "ADDRESS")))
    data = type(sample())("own", sample().known, (document,), True, "own.jsonl")
    (result,) = measure([data], [Column(OURS, lambda _: (found(19, 22, "PERSON"),))], lambda _: None)
    assert [m.label for m in worst(result)[0]] == ["ADDRESS", "PERSON", "HEALTH"]


def test_a_digest_tells_data_apart() -> None:
    data = sample()
    assert data.digest == sample().digest
    assert data.digest != type(data)("sample", data.known, data.documents[:-1], True, "sample.jsonl").digest


def test_fairness_names_who_lies_apart() -> None:
    people = [fairness.Name("one", "Ada", "Obi", "Ada Obi"), fairness.Name("two", "Jo", "Wu", "Jo Wu")]

    def detect(text: str) -> tuple[Finding, ...]:
        return tuple(found(m.start(), m.end(), "PERSON") for m in re.finditer("ada|obi", text, re.IGNORECASE))

    (result,) = fairness.fairness([Column(OURS, detect)], people)
    assert result.origins["one"].recall == 1
    assert result.origins["two"].recall == 0
    assert result.apart == ["one", "two"]
    assert len({n.origin for n in fairness.names()}) >= 25


@pytest.mark.parametrize("form", carried.FORMS)
def test_marks_move_with_the_form_that_carries_them(form: str) -> None:
    """What is marked is still the same words, however they are written."""
    text = "To Ada Obi,\n14 Mill + Row\nring 07700 900123 or Josie, who is in the house at the end of the lane for now."
    places = [(3, 10, "PERSON"), (12, 25, "ADDRESS"), (31, 43, "PHONE"), (47, 52, "PERSON")]
    document = Document("1", text, tuple(Span(*place) for place in places))
    other = carried.carry(document, carried.FORMS[form])
    for before, after in zip(document.spans, other.spans, strict=True):
        words = normalise(other.text[after.start : after.end]).text
        assert words.lower().split() == text[before.start : before.end].lower().split()


def test_what_carries_a_text_costs_little(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quoted, cut, escaped, marked up: what mail clients, logs and chat tools do to a text all day."""
    forms = (
        carried.PLAIN,
        "CR and LF",
        "quoted in a reply",
        "cut and quoted",
        "quoted-printable",
        "a JSON string in a JSON string",
        "HTML, a line a paragraph",
        "identifiers in italics",
    )
    monkeypatch.setattr(carried, "FORMS", {form: carried.FORMS[form] for form in forms})
    documents = carried.chosen(shipped(["tuning1", "acceptance"]))[::4]
    (result,) = carried.carried([Column(OURS, suite.inspect)], documents, lambda _: None)
    rows = {row.form: row.direct for row in result.rows}
    plain = rows[carried.PLAIN]
    assert plain.gold > 200
    for form, direct in rows.items():
        assert direct.recall >= plain.recall - 0.025, form


def test_forms_are_compared_with_what_was_written() -> None:
    text = "Dear Ada Obi, how are you? I am quite well and hope that this letter finds you and\nAda Obi so"
    document = Document("1", text, (Span(5, 12, "PERSON"), Span(83, 90, "PERSON")))

    def detect(text: str) -> tuple[Finding, ...]:
        return tuple(found(m.start(), m.end(), "PERSON") for m in re.finditer("Ada Obi", text))

    (result,) = carried.carried([Column(OURS, detect)], [document], lambda _: None)
    rows = dict(result.rows)
    assert rows[carried.PLAIN].recall == rows["CR and LF"].recall == 1
    assert rows["capitals"].recall == 0


def test_what_is_carried_comes_evenly_from_the_prompts() -> None:
    data = shipped(["tuning1", "tuning2", "stranger"])
    documents = carried.chosen(data)
    assert {d.id[:2] for d in documents} >= {"9A", "9B"}
    assert len(documents) == len({d.id for d in documents}) <= carried.MOST


@pytest.mark.slow
def test_memory_stays_flat_over_names_never_seen_before() -> None:
    """The short form; the evaluation's soak is longer."""
    result = soak.soak(load_config(), 1_500)
    assert result.flat, [f"{step.tokens}: {step.megabytes:.0f} MB" for step in result.steps]


@pytest.mark.slow
def test_stock_presidio_runs_beside_ours_without_the_network() -> None:
    detect = build(STOCK[0])
    labels = {f.label for f in detect("Mail jo@example.co.uk or ring Mrs Jane Patel on 07700 900123.")}
    assert "EMAIL" in labels
    assert "PERSON" in labels


class Reader(HTMLParser):
    """Collects what a browser would fetch, and the tags that stay open."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [v for name, v in attrs if name in ("src", "href") and v and not v.startswith("#")]
        if tag not in ("meta", "line", "rect", "circle", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()


def test_the_page_is_whole_and_fetches_nothing(suite: Suite) -> None:
    data = sample()
    columns = [Column(OURS, suite.inspect), Column("stock <sm>", lambda _: ())]
    results = measure([data], columns, lambda _: None)
    curves = sweep.sweep([data], suite.inspect, suite.config)
    run = Run(suite.version, suite.model, results, ["md left out: not installed"], curves)
    text, html = report(run), page(run)
    assert "| goal | wanted | ours | stock <sm> | met by ours |" in text
    assert "md left out" in text
    reader = Reader()
    reader.feed(html)
    assert reader.fetched == []
    assert reader.open == []
    assert "stock &lt;sm&gt;" in html
    assert html.count("<svg") == 2 + len(curves)
    blind = measure([data], [Column(OURS, lambda _: ())], lambda _: None)
    miss = min(blind[0].ours.misses, key=lambda m: (m.covered, m.document, m.start))
    words = next(d.text[miss.start : miss.end] for d in data.documents if d.id == miss.document)
    assert f"[[{words}]]" in report(Run("v", "m", blind, [], show_text=True))
    assert words not in report(Run("v", "m", blind, []))


def test_the_command_without_data_says_so_and_writes_its_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "page.html"
    assert main(["--shipped", "sample", "--html", str(target), "--markdown", str(tmp_path / "report.md")]) == 0
    said = capsys.readouterr()
    assert "No data was given" in said.err
    assert "Shipped sample" in said.out
    assert target.read_text().startswith("<!doctype html>")
    assert (tmp_path / "report.md").read_text() == said.out


def test_levels_are_those_of_the_letters_that_count() -> None:
    document = Document("1", "Mrs Patel", (Span(0, 9, "PERSON"),))
    assert sweep.level(document, document.spans[0], [found(4, 9, "PERSON", 0.6)]) == 0.6
    assert sweep.level(document, document.spans[0], [found(4, 7, "PERSON", 0.6)]) == -1
    assert plain_suite().inspect("") == ()
