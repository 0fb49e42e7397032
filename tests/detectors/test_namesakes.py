"""Who shares a name with animals, vessels, machines and the famous, and who does not."""

import pytest

from tests.detectors.tidying import seen_in


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("the African grey called Winston", "Winston"),
        ("Lost dog, also called Isla.", "Isla"),
        ("our chatbot is called Archie", "Archie"),
        ("his greyhound Lorca lives in it", "Lorca"),
        ('Vessel .......... "Dulcinea"', "Dulcinea"),
        ("pets: one rat, Susan\n", "Susan"),
        ("there was Winston, a parrot", "Winston"),
        ("Dog's name: Jeremy Paxton", "Jeremy Paxton"),
        ("Bruno is a three-legged lurcher", "Bruno"),
        ("Capability Brown laid it out", "Capability Brown"),
        ("Hedda Gabler opens on Friday", "Hedda Gabler"),
        ("Can Oracle talk to it", "Oracle"),
        ("Named storms this year: Babet (2 nights), Isha (1)", "Isha"),
        ("Our chatbot is called Penny. Penny told a user off.", "Penny"),
    ],
)
def test_animals_vessels_machines_and_the_famous_are_nobody(text: str, name: str) -> None:
    assert seen_in(text.replace(name, f"«{name}»", 1)) == []


def test_a_machine_is_called_so_throughout_and_an_animal_only_there() -> None:
    assert seen_in("Our chatbot is called Penny. «Penny» told a user off.") == []
    assert seen_in("Lost child, «Isla», found. Lost dog, also called Isla.") == [("Isla", "PERSON")]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("the dog owner called Susan", "Susan"),
        ("a dog. Nigel was banned", "Nigel"),
        ("Basil, a dog warden", "Basil"),
        ("ask for Bridie, mind the greyhound", "Bridie"),
        ("cats, Lois", "Lois"),
        ("se llama Rosa Tandazo", "Rosa Tandazo"),
        ("Robert Owen owes rent", "Robert Owen"),
    ],
)
def test_whoever_is_beside_an_animal_or_shares_a_common_name_stays_somebody(text: str, name: str) -> None:
    assert seen_in(text.replace(name, f"«{name}»", 1)) == [(name, "PERSON")]
