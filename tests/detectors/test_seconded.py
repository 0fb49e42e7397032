"""What the model of names thinks of the patterns' findings: doubtful labels count only where it is of their mind."""

from detectors.config import load_config
from detectors.names.classes import TAUGHT
from detectors.names.encoder import Encoder
from detectors.suite import compile_suite
from detectors.view import Hit, Opinion, View
from tests.detectors.fakes import plain_suite


def test_only_asked_labels_are_denied_and_only_where_the_model_read() -> None:
    opinion = Opinion({"AGE": "AGE", "HEALTH": "said", "CRIMINAL": "said"}, {"said": [(4, 9)]}, [(0, 40)])
    assert opinion.denies(Hit(10, 12, "AGE", 0.85))
    assert not opinion.denies(Hit(10, 12, "NINO", 0.85)), "it is not asked about numbers with a form of their own"
    assert not opinion.denies(Hit(50, 52, "AGE", 0.85)), "it has not read this"
    assert not opinion.denies(Hit(5, 8, "CRIMINAL", 0.8)), "what is said of somebody is one kind to it"
    assert opinion.denies(Hit(20, 28, "HEALTH", 0.8))


def test_numbers_second_one_another_and_what_words_confirm_needs_nobody() -> None:
    asked, sure = {"NINO": "number", "NHS_NUMBER": "number"}, {"NINO": 0.9}
    opinion = Opinion(asked, {"number": [(4, 9)]}, [(0, 40)], sure).moved(10)
    assert not opinion.denies(Hit(14, 19, "NINO", 0.85))
    assert not opinion.denies(Hit(14, 19, "NHS_NUMBER", 0.85))
    assert opinion.denies(Hit(30, 39, "NINO", 0.85))
    assert not opinion.denies(Hit(30, 39, "NINO", 0.97)), "its label stands beside it"
    assert opinion.denies(Hit(30, 39, "NHS_NUMBER", 0.97)), "nothing was said of these"


def test_seconded_labels_are_taught_and_their_points_lie_below_the_operating_points() -> None:
    encoder = Encoder()
    assert encoder.seconded
    for label, least in encoder.seconded.items():
        assert label in TAUGHT
        assert 0 < least <= encoder.operating_points[label]


def test_a_word_list_alone_says_nothing_of_anybody() -> None:
    text = "Explain what happens if a tenant with depression is evicted by her landlord."
    assert any(f.label == "HEALTH" for f in plain_suite(load_config()).inspect(text))
    assert not any(f.label == "HEALTH" for f in compile_suite(load_config()).inspect(text))


def test_a_part_of_a_name_is_somebody_again_only_where_the_model_can_believe_it() -> None:
    suite = compile_suite(load_config())

    def people(text: str) -> list[str]:
        return [text[f.start : f.end] for f in suite.inspect(text) if f.label == "PERSON"]

    text = "Nelson Achieng has the keys, ring him. The Guy Fawkes event and the Nelson column need a permit."
    assert people(text) == ["Nelson Achieng"]
    assert people("Bernard Ducasse came about the roof. Then Bernard left.") == ["Bernard Ducasse", "Bernard"]


def test_a_child_is_none_where_the_age_is_none() -> None:
    text = "I should be pleased if you would use font size aged 12, thank you."
    suite = compile_suite(load_config())
    labels = {f.label for f in suite.inspect(text)}
    assert ("CHILD" in labels) == ("AGE" in labels)


def test_a_view_without_an_opinion_denies_nothing() -> None:
    assert View("She is 12.").opinion is None
