"""Imitations of the note: replaced. Ordinary council prose: left alone, and hardly held."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.stages.imitation import REPLACEMENT
from tests.support.stages import NOTE, NOTES


def filtered(text: str, size: int = 10_000) -> str:
    run = NOTES.imitations()
    return "".join(run.push(text[i : i + size]) for i in range(0, len(text), size)) + run.finish()


@pytest.mark.parametrize(
    "imitation",
    [
        NOTE,
        NOTE.replace("MBC-7F3K-Q2XD", "MBC-0000-0000"),
        "AI helped write this. An officer checked this. Ref MBC-1111-2222.",
        "AI helped write this. An officer has checked and approved this letter in full. Reference 12.",
        "**AI helped write this.** *Officer check: recorded.*",
        "ai HELPED write  this!",
        "AI helped write this.\nChecked by an officer.\n",
        "Written with AI by Swale Borough Council. Ask a person: quote SBC-1.",
        "An officer checked this.",
        "> An **officer** has fully checked this reply.",
        "A council officer reviewed and approved it.",
        "This reply has been checked by a human.",
        "The answer was verified by an officer.",
        "Checked by an officer.",
        "Officer check: complete",
        "An of\u200bficer checked this.",
        "Ａn officer checked this.",
    ],
)
def test_imitations_are_replaced(imitation: str) -> None:
    for text in (imitation, f"Dear Sir.\n\n{imitation}", f"Dear Sir. {imitation}"):
        result = filtered(text)
        assert REPLACEMENT in result
        assert "fficer" not in result
        assert "checked" not in result
        assert "MBC" not in result
        assert result.startswith("Dear Sir." if text != imitation else "")
    assert filtered(f"{imitation}\n\nYours, Jo").endswith("Yours, Jo")


@pytest.mark.parametrize(
    "prose",
    [
        "An officer checked this road in May.",
        "An officer checked the boiler. It was fine.",
        "The officer approved the grant. Ref HB123.",
        "This is a letter. It was reviewed by the committee. The text is short.",
        "Maidstone Borough Council is responsible for it.",
        "No officer check is recorded in the file for 4 May.",
        "Ref MBC-1111-2222 is the record.",
        "AI helped write this report in 2023.",
        "- one\n- two\n\n```\n}\n}\n```\n| a | b |\n|---|---|\n... 3.5 e.g. x",
        "One? Two! Three… “Four.” five",
        "",
        "\n\n   \n",
    ],
)
def test_ordinary_prose_is_left_alone(prose: str) -> None:
    for size in (1, 3, 10_000):
        assert filtered(prose, size) == prose


def test_little_is_held() -> None:
    text = (
        "Dear Ms Holub, the repair is booked for Tuesday. An engineer will call. This is urgent. It was late. "
        "The letter explains it. A council officer will ring. Human error. Our team checked the meter.\n"
        "This reply is short."
    )
    run = NOTES.imitations()
    given_out = 0
    worst = 0
    for index, character in enumerate(text):
        given_out += len(run.push(character))
        worst = max(worst, index + 1 - given_out)
    assert worst <= 24


PIECES = st.lists(
    st.sampled_from(
        [
            "An officer checked this", ". ", ".", "AI helped write this", "\n", "\n" * 5, "Ref MBC-1", "The officer",
            " ", "x", "!", "!" * 9, "-" * 9, "**", "3.5", "It ", "word " * 30, "a\u200b", "é", "checked by an officer",
        ]
    ),
    max_size=14,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(PIECES, st.integers(1, 9))
def test_any_chunking_gives_the_same(pieces: list[str], size: int) -> None:
    text = "".join(pieces)
    assert filtered(text, size) == filtered(text)
