import pytest

from detectors import tables
from detectors.names.rules import certain, tabled
from detectors.names.spacy_model import SpacyModel
from detectors.names.units import recased, units
from detectors.suite import Suite
from detectors.view import View


def people(suite: Suite, text: str) -> list[str]:
    return [text[f.start : f.end] for f in suite.inspect(text) if f.label == "PERSON"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Mrs Patel rang again.", "Patel"),
        ("I spoke to Siobhan O'Connor about it.", "Siobhan O'Connor"),
        ("Dear Mr van der Berg,", "van der Berg"),
        ("My name is Oluwaseun Bankole-Pratt and I live here.", "Oluwaseun Bankole-Pratt"),
        ("Name: Wanda Kisielewicz        Title: Mrs", "Wanda Kisielewicz"),
        ("Yours sincerely,\n\nDaphne Quested\n", "Daphne Quested"),
        ("| FA2-1187 | LUSCOMBE, Ivor | signature |", "LUSCOMBE, Ivor"),
        ('{"claimant":{"name":"Roderick Tullett"}}', "Roderick Tullett"),
        ("the gentleman is mr boniface agyemang his email", "boniface agyemang"),
        ("From: Sunniva Haldane\nTo: DPO mailbox", "Sunniva Haldane"),
    ],
)
def test_names_are_found_to_the_letter(suite: Suite, text: str, name: str) -> None:
    assert name in people(suite, text)


@pytest.mark.parametrize(
    "text",
    [
        "The bin in Stockett Lane is full.",
        "Maidstone Borough Council met on Tuesday.",
        "Holland & Barrett and Ann Summers are open.",
        "OFFICER CONFLICT of interest",
        "Head of Housing and Head of Finance",
        "Sittingbourne, Faversham and Sheerness",
    ],
)
def test_what_is_nobodys_name_is_left_alone(suite: Suite, text: str) -> None:
    assert people(suite, text) == []


def test_a_name_is_found_again_by_one_part_of_it(suite: Suite) -> None:
    text = "Mr Bernard Ducasse came in. Later, we told bernard nothing, but Bernard's wife knew."
    assert people(suite, text) == ["Bernard Ducasse", "bernard", "Bernard"]


def test_units_cover_a_text_and_stay_as_it_grows() -> None:
    text = "One sentence here. Another one follows it.\n\nA new paragraph, with more. " * 30
    spans = units(text, 0, len(text))
    assert "".join(text[s:e] for s, e in spans) == text
    assert all(e - s <= 400 for s, e in spans)
    grown = units(text + "And some more at the end.", 0, len(text) + 25)
    assert grown[: len(spans) - 1] == spans[:-1]
    assert units("x" * 1000, 0, 1000)[-1][1] == 1000


def test_capitals_are_recased_to_the_same_length() -> None:
    line = "COMPLAINT FROM SIOBHAN O'CONNOR"
    assert recased(line) == "Complaint From Siobhan O'connor"
    assert recased("Normal line, NHS and DWP named") == "Normal line, NHS and DWP named"


@pytest.mark.slow
def test_memory_stays_flat_over_endless_unique_words() -> None:
    """The vocabulary of the stock pipeline would grow by each new word; ours must not."""
    model = SpacyModel()
    model.find(["Warm up with Mrs Patel of Swale."])
    before = model.vocabulary
    for batch in range(12):
        model.find([f"Mr Xq{batch}z{n} met Zyx{batch}w{n} by Qv{n}k{batch}." for n in range(200)])
    assert model.vocabulary == before


def test_a_table_of_people_gives_names_whatever_words_they_are() -> None:
    text = "Empl\tName\tNI\n70918\tBRIGHT, MAY\tGE409912B\n70919\tGATES, FORD\tGH409913A\n70920\tVacant\t\n"
    found = tabled(View(text, cells=tables.cells(text)))
    assert [text[hit.start : hit.end] for hit in found] == ["BRIGHT, MAY", "GATES, FORD"]


def test_the_occupiers_of_properties_are_people() -> None:
    text = "uprn\toccupier\tstatus\n100072262824\tMargery Fitch\tsingle\n100095212772\tIgwe\t2 adults\n"
    found = tabled(View(text, cells=tables.cells(text)))
    assert [text[hit.start : hit.end] for hit in found] == ["Margery Fitch", "Igwe"]


def test_a_table_of_places_gives_none() -> None:
    text = "Name\tWard\tCost\nMay Bright Field\tFant\t410\n"
    assert list(tabled(View(text, cells=tables.cells(text)))) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('with a man called "Uncle" in Calais', ["Uncle"]),
        ("Passenger is C., 19, a student", ["C."]),
        ("FOR OFFICE USE: rec'd 4/3 by pjh\n", ["pjh"]),
        ("FOR OFFICE USE: rec'd 4/3 by post\n", []),
        ('a scheme called "Uncle" in Kent', []),
    ],
)
def test_what_the_writing_gives_as_a_name(text: str, name: list[str]) -> None:
    assert [text[hit.start : hit.end] for hit in certain(View(text))] == name
