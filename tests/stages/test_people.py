"""Which names are one person."""

import itertools

import pytest

from gateway.stages.people import Mention, mention, resolve, trim


def keys(*names: str) -> list[str]:
    """The keys of names written with their titles."""
    found = [mention(n, *trim(n, 0, len(n))) for n in names]
    resolved = resolve(found)
    for order in itertools.islice(itertools.permutations(found), 24):
        assert resolve(order) == resolved
    return [resolved[m] for m in found]


@pytest.mark.parametrize(
    "names",
    [
        ("John Smith", "Mr Smith", "John", "Smith", "J. Smith", "Mr J Smith", "JOHN SMITH", "Smith, John"),
        ("Mrs Ekaterina Holub", "Ms Holub", "Ekaterina"),
        ("Imogen Vaux-Trelissick", "Vaux-Trelissick", "Imogen"),
        ("John Andrew Smith", "John Smith", "J A Smith", "Mr Smith"),
        ("Maria de Souza", "de Souza", "Ms de Souza"),
        ("Siobhán O’Connor", "Siobhan O'Connor", "O'Connor's"),
        ("Mr Smith", "Smith"),
    ],
)
def test_one_person(names: tuple[str, ...]) -> None:
    assert len(set(keys(*names))) == 1


@pytest.mark.parametrize(
    ("names", "people"),
    [
        (("John Smith", "Jane Smith"), 2),
        (("John Smith", "Jane Smith", "Smith"), 3),
        (("John Smith", "John Taylor", "John"), 3),
        (("Mr John Smith", "Mrs Jane Smith", "Mr Smith", "Mrs Smith"), 2),
        (("Mr Smith", "Mrs Smith"), 2),
        (("Mr Smith", "Mrs Smith", "Smith"), 3),
        (("John Smith", "Mr Smith", "Mrs Smith"), 3),
        (("John Smith", "Mr Smith", "Mrs Smith", "Smith"), 4),
        (("Mr Sam Taylor", "Ms Sam Taylor"), 2),
        (("Mr Sam Taylor", "Sam Taylor"), 1),
        (("John Smith", "Peter Jones"), 2),
        (("Andrew Smith", "John Andrew Smith"), 1),
        (("Ann Smith", "Anna Smith"), 2),
        (("Mr John", "John Smith"), 2),
    ],
)
def test_people_apart(names: tuple[str, ...], people: int) -> None:
    assert len(set(keys(*names))) == people


def test_the_key_of_a_full_name_does_not_depend_on_its_short_forms() -> None:
    assert keys("John Smith") == keys("John Smith", "Mr Smith", "Peter Jones")[:1]
    assert keys("Mr John Smith") == keys("John Smith")


def test_a_title_and_a_possessive_are_left_outside() -> None:
    text = "Dear Mr. Smith's neighbour"
    assert text[slice(*trim(text, 5, 16))] == "Smith"
    assert mention(text, 9, 14) == Mention(("smith",), "m")
    assert trim("Mr", 0, 2) == (0, 2)
    assert trim("Prince", 0, 6) == (0, 6)


def test_many_people_are_resolved_quickly() -> None:
    import time

    crowd = [Mention((f"given{n}", f"family{n % 300}")) for n in range(1200)]
    start = time.perf_counter()
    assert len(set(resolve(crowd).values())) == 1200
    assert time.perf_counter() - start < 2
