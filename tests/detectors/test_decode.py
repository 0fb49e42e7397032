"""From probabilities to spans."""

import numpy as np
import pytest

from detectors.names.classes import CLASSES, number
from detectors.names.decode import Probabilities, spans
from detectors.names.pieces import Pieces


def pieces(*words: str) -> Pieces:
    """One piece a word, with a space between."""
    starts, position = [], 0
    for word in words:
        starts.append(position)
        position += len(word) + 1
    ends = [s + len(w) for s, w in zip(starts, words, strict=True)]
    return Pieces([0] * len(words), starts, ends, list(range(len(words))), [0] * len(words))


def seen(*labels: tuple[str, float] | None, begins: frozenset[int] = frozenset()) -> Probabilities:
    """A label and its probability for each piece; inside unless it begins."""
    made = np.zeros((len(labels), CLASSES), dtype=np.float32)
    for index, label in enumerate(labels):
        if label is None:
            made[index, 0] = 1
        else:
            made[index, 2 + 2 * number(label[0]) - (index in begins)] = label[1]
    return made


def test_neighbouring_words_of_one_label_are_one_span() -> None:
    (span,) = spans(pieces("ask", "Ada", "Obi", "now"), seen(None, ("PERSON", 0.6), ("PERSON", 0.9), None))
    assert (span.start, span.end, span.label) == (4, 11, "PERSON")
    assert span.score > 0.89


def test_a_new_beginning_is_a_new_person() -> None:
    found = spans(pieces("Ada", "Obi"), seen(("PERSON", 0.9), ("PERSON", 0.9), begins=frozenset({0, 1})))
    assert [(s.start, s.end) for s in found] == [(0, 3), (4, 7)]


def test_a_phrase_is_not_broken_by_a_new_beginning() -> None:
    found = spans(pieces("bad", "knees"), seen(("HEALTH", 0.9), ("HEALTH", 0.9), begins=frozenset({0, 1})))
    assert [(s.start, s.end) for s in found] == [(0, 9)]


def test_other_labels_are_other_spans() -> None:
    found = spans(pieces("Ada", "deaf"), seen(("PERSON", 0.9), ("HEALTH", 0.9)))
    assert [s.label for s in found] == ["PERSON", "HEALTH"]


def test_a_weak_word_joins_and_is_as_weak_alone() -> None:
    assert spans(pieces("Ada"), seen(("PERSON", 0.12))) == []
    (alone,) = spans(pieces("Ada"), seen(("PERSON", 0.28)))
    assert alone.score == pytest.approx(0.28, abs=0.001)
    (span,) = spans(pieces("Ada", "Obi"), seen(("PERSON", 0.9), ("PERSON", 0.28)))
    assert (span.start, span.end) == (0, 7)


def test_a_hesitant_word_between_two_is_bridged() -> None:
    labels = seen(("HEALTH", 0.9), ("HEALTH", 0.1), ("HEALTH", 0.9))
    (span,) = spans(pieces("asthma", "and", "eczema"), labels)
    assert (span.start, span.end) == (0, 17)
    labels = seen(("HEALTH", 0.9), None, ("HEALTH", 0.9))
    assert len(spans(pieces("asthma", "then", "eczema"), labels)) == 2


def test_nothing_in_nothing() -> None:
    assert spans(Pieces([], [], [], [], []), np.zeros((0, CLASSES), dtype=np.float32)) == []


def test_a_doubtful_first_name_goes_with_the_sure_ones_after_it() -> None:
    labels = seen(("PERSON", 0.5), ("PERSON", 1.0), ("PERSON", 1.0), begins=frozenset({0, 1}))
    (span,) = spans(pieces("Do", "Kim", "Oanh"), labels)
    assert (span.start, span.end) == (0, 11)


def test_a_number_is_seen_before_it_is_known_which() -> None:
    labels = seen(("UTR", 0.3), ("UTR", 0.3))
    labels[:, 2 + 2 * number("NHS_NUMBER")] = 0.4
    (span,) = spans(pieces("659", "2345"), labels)
    assert (span.start, span.end, span.label) == (0, 8, "NHS_NUMBER")
    assert span.score > 0.69


def test_a_new_beginning_is_a_new_number() -> None:
    labels = seen(("SORT_CODE", 0.9), ("BANK_ACCOUNT", 0.9), begins=frozenset({0, 1}))
    assert [s.label for s in spans(pieces("309634", "20418877"), labels)] == ["SORT_CODE", "BANK_ACCOUNT"]


def test_a_statement_ends_where_its_words_are_far_less_sure_than_its_surest() -> None:
    words = pieces("with", "asthma", "and", "eczema", "at", "home")
    labels = seen(("HEALTH", 0.2), ("HEALTH", 0.9), ("HEALTH", 0.2), ("HEALTH", 0.8), ("HEALTH", 0.2), None)
    (span,) = spans(words, labels)
    assert (span.start, span.end) == (5, 22), "what is unsure inside stays"


def test_a_statement_is_as_sure_as_its_three_surest_words() -> None:
    (one,) = spans(pieces("deaf"), seen(("HEALTH", 0.9)))
    (several,) = spans(pieces("hears", "very", "little", "now"), seen(*[("HEALTH", p) for p in (0.9, 0.6, 0.6, 0.5)]))
    (name,) = spans(pieces("Ada", "Obi"), seen(("PERSON", 0.9), ("PERSON", 0.5)))
    assert [round(float(s.score), 2) for s in (one, several, name)] == [0.9, 0.7, 0.9]
