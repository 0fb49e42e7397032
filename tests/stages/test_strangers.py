"""Pseudonyms of other calls: taken out of a reply, however it is cut."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.stages.strangers import Strangers

OWN = "PERSON_K7QD2M8X"
STRANGE = "NHS_NUMBER_ABCDEFGH"
SENT = "EMAIL_01234567"
TEXT = (
    f"Ask {OWN}, not {STRANGE}. ({STRANGE}) x{STRANGE} {STRANGE}x CHILD_ CASE_REF_12 PERSON_ABCDEFG {SENT} "
    f"_{STRANGE} NHS_NUMBER_ABCDEFGI PERSON_ABCDEFGH"
)


def strangers() -> Strangers:
    return Strangers({OWN}, lambda: f"write to {SENT.casefold()}")


def test_only_strangers_go() -> None:
    rule = strangers()
    said = rule.whole(TEXT)
    assert said.startswith(
        f"Ask {OWN}, not [removed: NHS number]. ([removed: NHS number]) x{STRANGE} {STRANGE}x CHILD_ "
    )
    assert said.endswith(f"{SENT} _{STRANGE} NHS_NUMBER_ABCDEFGI [removed: person's name]")
    assert rule.masked == 3


@given(st.lists(st.integers(0, len(TEXT)), max_size=12))
def test_any_cut_gives_the_same(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(TEXT)]
    running = strangers().text()
    pieces = [running.push(TEXT[start:end]) for start, end in pairwise(places)]
    assert "".join(pieces) + running.finish() == strangers().whole(TEXT)


def test_ordinary_text_is_not_held() -> None:
    running = strangers().text()
    for word in ("The ", "council ", "COUNCIL ", "wrote to ", "Mr X. ", "é"):
        assert running.push(word) == word
    assert running.push("PERSON") == ""
    assert running.push("AL") == "PERSONAL"
