"""What the model learns from: that every document is sound, and that variants keep their marks in place."""

import json
import random
import re
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

from detectors.labels import LABELS, SAID
from detectors.names.classes import IDENTIFIERS, TAUGHT, number
from detectors.names.training.codes import Codes
from detectors.names.training.corpus import (
    CorpusError,
    Example,
    Marked,
    judgments,
    ours,
    parse,
    persons_only,
    readable,
)
from detectors.names.training.disguise import disguised
from detectors.names.training.figures import Figures
from detectors.names.training.invent import Inventor
from detectors.names.training.marked_up import marked_up
from detectors.names.training.parted import parted_anew
from detectors.names.training.people import People
from detectors.names.training.sheets import Sheets, statements
from detectors.names.training.vary import Variant, rebuilt
from tests.detectors.learning import laid_out

CORPUS = Path(__file__).resolve().parents[2] / "detectors" / "names" / "training" / "corpus"
DOCUMENTS = list(ours(CORPUS))


@pytest.fixture
def people(tmp_path: Path) -> People:
    names = "forename\tPL\tHalina\nforename\tNG\tTemi\nsurname\tPL\tKowal\nsurname\tNG\tBankole\n"
    (tmp_path / "popular_names_by_country.tsv").write_text(names)
    (tmp_path / "uk_baby_forenames_1974_2020.tsv").write_text("Jack\t9\nOlive\t8\n\t1\n")
    return People(tmp_path, random.Random(1))


def marked(example: Example) -> list[tuple[str, str]]:
    return [(s.label, example.text[s.start : s.end]) for s in example.spans]


def test_every_document_is_sound() -> None:
    assert len(DOCUMENTS) > 1_200
    for example in DOCUMENTS:
        reached = 0
        for span in example.spans:
            assert reached <= span.start < span.end <= len(example.text)
            assert span.label in LABELS
            assert 0 <= number(span.label) < len(TAUGHT)
            reached = span.end
        assert "[[" not in example.text
        assert "]]" not in example.text
    assert sum(not e.spans for e in DOCUMENTS) > 250, "traps without personal data teach what is nothing"


def test_no_document_is_there_twice() -> None:
    texts = [e.text for e in DOCUMENTS]
    assert len(set(texts)) == len(texts)


def test_marks_are_read_and_titles_left_out() -> None:
    example = parse("Ask [[PERSON|Mrs Ada Obi]] of [[ADDRESS|1 Elm Row]].", "note", "f")
    assert example.text == "Ask Mrs Ada Obi of 1 Elm Row."
    assert marked(example) == [("PERSON", "Ada Obi"), ("ADDRESS", "1 Elm Row")]
    with pytest.raises(CorpusError, match="f: not a mark"):
        parse("[[NAME|Ada]]", "note", "f")


def test_variants_keep_their_marks_in_place(people: People) -> None:
    variant = Variant(people, random.Random(2), noise=0)
    for example in DOCUMENTS[:300]:
        made = variant.of(example)
        assert [s.label for s in made.spans] == [s.label for s in example.spans]
        for (label, words), (_, before) in zip(marked(made), marked(example), strict=True):
            assert words.strip()
            if label in ("HEALTH", "CRIMINAL"):
                assert len(words) == len(before)


def test_scans_and_hurried_hands_leave_every_mark_something_to_mark(people: People) -> None:
    variant = Variant(people, random.Random(2), noise=1)
    changed = 0
    for example in DOCUMENTS[:300]:
        made = variant.of(example)
        assert [s.label for s in made.spans] == [s.label for s in example.spans]
        assert all(words.strip() for _, words in marked(made))
        health = [words for label, words in marked(made) if label == "HEALTH"]
        changed += health != [words for label, words in marked(example) if label == "HEALTH"]
    assert changed > 20


def test_disguises_keep_their_marks_and_hide_harmless_words_too() -> None:
    text = "[[PERSON|Rosalind Finch]] came out as gay; her manager left the rota on the printer again"
    example = parse(text, "note", "f")
    forms: set[str] = set()
    elsewhere = 0
    for seed in range(400):
        made = rebuilt(example, disguised(example, random.Random(seed)))
        [(label, words)] = marked(made)
        assert label == "PERSON"
        assert made.text.startswith(words)
        forms.add(words)
        elsewhere += not made.text.endswith("came out as gay; her manager left the rota on the printer again")
    assert {"R.o.s.a.l.i.n.d F.i.n.c.h", "rOsAlInD FiNcH"} & forms
    assert len(forms) > 40
    assert 20 < elsewhere < 300


def test_one_person_stays_one_person(people: People) -> None:
    example = parse("[[PERSON|Ada Obi]] rang. [[PERSON|OBI]] again. [[PERSON|ada]]!", "note", "f")
    seen = {
        tuple(words for _, words in marked(Variant(people, random.Random(n), noise=0).of(example))) for n in range(40)
    }
    swapped = [s for s in seen if "obi" not in s[0].lower()]
    assert swapped
    for whole, last, first in swapped:
        assert whole.lower().endswith(last.lower())
        assert whole.lower().startswith(first.lower())


def test_what_is_made_by_rule_is_marked_and_never_a_place(people: People) -> None:
    inventor = Inventor(people, ["Lenham", "Headcorn"], random.Random(3))
    made = list(inventor.many(300))
    assert any(e.spans for e in made)
    assert any(not e.spans for e in made)
    assert not any(words in ("Lenham", "Headcorn") for e in made for _, words in marked(e))
    assert not any("{" in e.text and "}" in e.text and "street" not in e.text for e in made)


def test_codes_are_marked_whole_and_what_only_looks_so_is_not(people: People) -> None:
    made = list(Codes(people, ["Lenham", "Headcorn"], random.Random(3)).many(600))
    labels = {s.label for e in made for s in e.spans}
    assert labels == {"SECRET", "USERNAME", "CASE_REF"}
    assert sum(not e.spans for e in made) > 120
    for example in made:
        assert not any(mark in example.text for mark in ("[[", "{key}", "{word}", "{u}", "{ref}"))
        for label, words in marked(example):
            assert words == words.strip()
            assert label != "CASE_REF" or any(c.isdigit() for c in words)
    plain = {e.text for e in made if not e.spans}
    assert not any("svc" in text and "USERNAME" in text for text in plain)


def test_figures_are_marked_and_what_only_looks_so_is_not(people: People) -> None:
    made = list(Figures(people, random.Random(3)).many(900))
    labels = {s.label for e in made for s in e.spans}
    assert labels == {*IDENTIFIERS, "PERSON", "PHONE", "EMAIL", "POSTCODE", "DATE_OF_BIRTH"} - {
        "IP_ADDRESS",
        "MAC_ADDRESS",
    }
    assert sum(not e.spans for e in made) > 150
    for example in made:
        assert not any(mark in example.text for mark in ("[[", "]]", "{v", "{w", "{k", "{P", "{n", "{a"))
        assert all(words == words.strip() for _, words in marked(example))
    assert any("\n" in e.text and sum(s.label == "NINO" for s in e.spans) > 1 for e in made), "some are in two parts"


def test_sheets_are_marked_by_column_and_every_third_holds_nobody(people: People) -> None:
    chance = random.Random(3)
    codes, figures = Codes(people, ["Lenham", "Headcorn"], chance), Figures(people, chance)
    made = Sheets(people, codes, figures, [("on insulin", "HEALTH")], chance).many(240)
    assert sum(not e.spans for e in made) == 80
    assert any("\t" in e.text for e in made)
    assert {"PERSON", "CASE_REF", "ADDRESS", "HEALTH", "PHONE", "USERNAME"} <= {s.label for e in made for s in e.spans}
    for example in made:
        assert "\n" in example.text
        assert not any(mark in example.text for mark in ("[[", "]]", "{")), example.text
        assert not any("\t" in words for _, words in marked(example))


def test_references_of_one_form_differ_in_their_figures(people: People) -> None:
    for seed in range(30):
        form = Codes(people, ["Lenham"], random.Random(seed)).form()
        one, other = form(), form()
        assert len(one) == len(other)
        assert re.sub(r"\d", "9", one) == re.sub(r"\d", "9", other)


def test_short_statements_stand_in_notes() -> None:
    some = [
        parse(
            "She [[HEALTH|has MS]]; [[PERSON|Ada]] [[HEALTH|had a very long stay in one ward after another there]]",
            "n",
            "f",
        )
    ]
    assert statements(some) == [("has MS", "HEALTH")]


def test_tables_are_parted_anew_and_marks_move() -> None:
    table = parse("who | ref\n[[PERSON|Ada Obi]] | [[CASE_REF|HB/22]]\n[[PERSON|Jo]] | ?\nthanks", "n", "f")
    seen = {parted_anew(table, random.Random(n)) for n in range(30)}
    assert any("Ada Obi\tHB/22" in e.text for e in seen)
    assert all(marked(e) == [("PERSON", "Ada Obi"), ("CASE_REF", "HB/22"), ("PERSON", "Jo")] for e in seen)
    inside = parse("a;b\n[[HEALTH|ill; very]];c\nd;e", "n", "f")
    assert parted_anew(inside, random.Random(1)) is inside, "a delimiter within a mark is none"
    assert parted_anew(parse("no; table", "n", "f"), random.Random(1)).text == "no; table"


def test_marks_move_with_what_is_made_readable() -> None:
    example = parse("her [[PHONE|oh seven seven double oh nine hundred one two three]] and [[PERSON|Ada]]", "n", "f")
    made = readable(example)
    assert [label for label, _ in marked(made)] == ["PHONE", "PERSON"]
    assert marked(made)[0][1].startswith("077")
    assert marked(made)[1][1] == "Ada"
    plain = parse("[[PERSON|Ada]] rang", "n", "f")
    assert readable(plain) is plain


def test_every_document_can_be_made_readable() -> None:
    for example in DOCUMENTS:
        made = readable(example)
        assert len(made.spans) >= len(example.spans) - 1
        assert all(made.text[s.start : s.end].strip() for s in made.spans)


def test_other_secrets_and_accounts_keep_their_form(people: People) -> None:
    variant = Variant(people, random.Random(5), noise=0)
    example = parse(
        "key [[SECRET|sk-Ab12Cd34Ef56Gh78]] of [[USERNAME|kpetrov7]], [[AGE|41]], born [[DATE_OF_BIRTH|3/9/1984]]",
        "n",
        "f",
    )
    seen = [dict(marked(variant.of(example))) for _ in range(60)]
    secrets = {s["SECRET"].lower() for s in seen}
    assert len(secrets) > 10
    assert all(s.startswith("sk-") and len(s) == len("sk-Ab12Cd34Ef56Gh78") for s in secrets)
    assert len({s["USERNAME"].lower() for s in seen}) > 3
    assert all(s["AGE"].isdigit() and 0 < int(s["AGE"]) < 100 for s in seen)
    assert all(len(s["DATE_OF_BIRTH"].split("/")) == 3 for s in seen)


def test_short_documents_are_joined_with_their_marks_in_place() -> None:
    pytest.importorskip("torch", reason="training needs torch (requirements/train.txt)")
    from detectors.names.training.passes import joined

    some = [parse(f"[[PERSON|Ada {n}]] rang.", "note", "f") for n in range(40)]
    made = joined(some, random.Random(1))
    assert len(made) < len(some)
    assert sorted(words for e in made for _, words in marked(e)) == sorted(f"Ada {n}" for n in range(40))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch and onnx warn of their own older ways
def test_what_a_model_is_sure_of_is_known_and_comes_seldom(tmp_path: Path, people: People) -> None:
    torch = pytest.importorskip("torch", reason="training needs torch (requirements/train.txt)")
    from detectors.names.files import SHIPPED
    from detectors.names.pieces import load_tokenizer
    from detectors.names.training import known
    from detectors.names.training.network import LAYERS, Network
    from detectors.names.training.passes import Source, Tools

    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "one.txt").write_text(
        "@@ note\nDear [[PERSON|Anita Patel]], thank you.\n@@ note\nDear Anita Patel, thank you.\n", encoding="utf-8"
    )
    assert known.main(["--corpus", str(corpus), "--out", str(tmp_path / "known.json"), "--workers", "1"]) == 0
    assert json.loads((tmp_path / "known.json").read_text()) == [0]
    torch.save(Network(len(LAYERS)).half().state_dict(), tmp_path / "network.pt")
    asked = ["--corpus", str(corpus), "--out", str(tmp_path / "none.json"), "--workers", "1"]
    assert known.main([*asked, "--model", str(tmp_path / "network.pt")]) == 0
    assert json.loads((tmp_path / "none.json").read_text()) == [], "a network that learnt nothing knows nothing"
    (tmp_path / "gazetteers").mkdir()
    for file in tmp_path.glob("*.tsv"):
        file.rename(tmp_path / "gazetteers" / file.name)
    source = Source(tmp_path, corpus, Path(), repeats=1, invented=0, known=frozenset([0]))
    tokenizer = load_tokenizer(SHIPPED / "tokenizer.json")
    own = list(ours(corpus))
    tools = Tools(source, tokenizer, own, [], ["Lenham"], [])
    read = [sum(len(window.ids) for window in tools.windows(turn, 0, 1)) for turn in range(3)]
    assert read[0] > max(read[1:])


def test_careful_documents_come_often_and_finish_a_course(tmp_path: Path, people: People) -> None:
    pytest.importorskip("torch", reason="training needs torch (requirements/train.txt)")
    from detectors.names.files import SHIPPED
    from detectors.names.training.batches import Window
    from detectors.names.training.passes import FOLD_OF_NONE, Source, fold, tools

    corpus = laid_out(tmp_path)
    for file in tmp_path.glob("*.tsv"):
        file.rename(tmp_path / "gazetteers" / file.name)
    (corpus / "council-1.txt").write_text("@@ note\nDear [[PERSON|Anita Patel]], thank you.\n")
    (corpus / "prompts-1.txt").write_text("@@ note\nmy knee hurts\n@@ note\nthe bus is late\n")
    source = Source(tmp_path, corpus, SHIPPED / "tokenizer.json", repeats=1, invented=0, folds=997)
    once, often = tools(source), tools(replace(source, often=4))
    folds = [fold(example, 997) for example in once.own]
    assert len(set(folds)) == 3, "each its own, or what follows shows little"

    def pieces(windows: list[Window], number: int) -> int:
        return sum(len(window.ids) for window in windows if window.fold == number)

    few, many = once.windows(0, 0, 1), often.windows(0, 0, 1)
    assert all(pieces(many, number) > 2 * pieces(few, number) for number in folds[1:])
    assert pieces(many, folds[0]) < 2 * pieces(few, folds[0])
    assert pieces(many, FOLD_OF_NONE)
    last = {window.fold for window in often.windows(0, 0, 1, finishing=True)}
    assert last - {FOLD_OF_NONE} == set(folds[1:])


def test_what_is_said_of_people_is_marked_with_few_words() -> None:
    """Whoever writes prompts marks 3.8 words in the mean; a model covers too much that learns from longer marks."""
    lengths = [
        len(example.text[span.start : span.end].split())
        for example in ours(CORPUS)
        for span in example.spans
        if span.label in SAID
    ]
    assert 3 < fmean(lengths) < 4.2


@pytest.mark.parametrize("seed", range(40))
def test_marks_move_with_the_signs_around_words(seed: int) -> None:
    text = "Ada Obi rang about the damp. It is asthma, says Jo Wu of 14 Mill Row"
    places = [(0, 7, "PERSON"), (35, 41, "HEALTH"), (48, 53, "PERSON"), (57, 68, "ADDRESS")]
    example = Example(text, tuple(Marked(*place) for place in places), "note")
    made = marked_up(example, random.Random(seed))
    assert marked(made) == marked(example)
    assert len(made.text) >= len(text)


def test_others_than_people_get_signs_too() -> None:
    example = Example("Please look at the drains near the school", (), "note")
    assert any(marked_up(example, random.Random(seed)).text != example.text for seed in range(9))


def test_open_sets_teach_persons_only(tmp_path: Path) -> None:
    text = "The Prime Minister met Ada Obi"
    spans = [{"start": 0, "end": 18, "label": "PER"}, {"start": 23, "end": 30, "label": "PER"}]
    (tmp_path / "set.jsonl").write_text(json.dumps({"text": text, "spans": spans}))
    (example,) = persons_only(tmp_path / "set.jsonl", ["PER"])
    assert marked(example) == [("?", "The Prime Minister"), ("PERSON", "Ada Obi")]
    assert not example.whole


def test_judgments_are_cut_into_paragraphs(tmp_path: Path) -> None:
    text = "Case no. 12/34.\n" + "The applicant, Ada Obi, lives there. " * 20 + "\nThe end.\n"
    person = text.index("Ada")
    spans = [
        {"start": 9, "end": 14, "label": "CODE", "identifier_type": "DIRECT"},
        {"start": person, "end": person + 7, "label": "PERSON", "identifier_type": "DIRECT"},
    ]
    (tmp_path / "tab.jsonl").write_text(json.dumps({"text": text, "spans": spans}))
    made = list(judgments(tmp_path / "tab.jsonl"))
    assert "".join(e.text for e in made) == text
    assert [m for e in made for m in marked(e)] == [("CASE_REF", "12/34"), ("PERSON", "Ada Obi")]
