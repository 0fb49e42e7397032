import time

from hypothesis import given
from hypothesis import strategies as st

from detectors.segments import LONGEST, SHORTEST, Segmenter, segments

PIECES = st.lists(
    st.sampled_from(
        ["a", "word ", "Mr. ", "St. ", ".", "!", "?", " ", "\n", "\n\n", '"', ")", "0", "…", "long " * 30, "x" * 90]
    ),
    max_size=60,
).map("".join)


@given(PIECES, st.lists(st.integers(1, 40), min_size=1, max_size=50))
def test_any_chunking_gives_the_same_segments(text: str, sizes: list[int]) -> None:
    cutter = Segmenter()
    made: list[str] = []
    position = 0
    index = 0
    while position < len(text):
        size = sizes[index % len(sizes)]
        made += cutter.push(text[position : position + size])
        position += size
        index += 1
    made += cutter.flush()
    assert made == segments(text)
    assert "".join(made) == text


@given(PIECES)
def test_segments_are_bounded(text: str) -> None:
    cut = segments(text)
    assert all(0 < len(segment) <= LONGEST for segment in cut)
    assert all(len(segment) >= min(SHORTEST, LONGEST) for segment in cut[:-1])


def test_a_title_does_not_end_a_segment() -> None:
    text = "This letter concerns the matter raised in May by Mr. Patel. The council has replied to him since then."
    assert segments(text)[0].endswith("Patel. ")


def test_a_label_stays_with_its_value() -> None:
    assert segments("Tel:\n07700 900123\n") == ["Tel:\n07700 900123\n"]


def test_a_segmenter_can_be_used_again_after_flush() -> None:
    cutter = Segmenter()
    cutter.push("One.")
    assert cutter.flush() == ["One."]
    assert cutter.held == 0
    cutter.push("Two.")
    assert cutter.flush() == ["Two."]


def test_long_text_is_cut_in_linear_time() -> None:
    start = time.process_time()
    assert "".join(segments("abc def. " * 100_000)) == "abc def. " * 100_000
    assert time.process_time() - start < 5
