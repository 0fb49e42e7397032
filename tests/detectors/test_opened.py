"""Secrets that the encoder saw: what a key is cut from, and what is none."""

import pytest

from detectors.names.decode import Seen
from detectors.names.tidy import tidied
from tests.detectors.tidying import kept, seen_in


@pytest.mark.parametrize("part", [slice(0, 36), slice(24, 36), slice(9, 36)])
def test_a_uuid_that_nothing_calls_a_key_is_no_secret(part: slice) -> None:
    number = "cd6e3100-2f9f-4ce0-a9ce-0cb6ca4b7850"
    for said, kept_too in (('resource-id="', False), ("client_secret: ", True), ("the API key is ", True)):
        text = f'<source {said}{number}">'
        start = text.index(number) + part.start
        found = list(tidied(text, Seen(start, start + part.stop - part.start, "SECRET", 0.9)))
        assert bool(found) is kept_too, said


@pytest.mark.parametrize(
    ("marked", "made"),
    [
        ("Laptop asset «22871». She", []),
        ("with cost code «4471». Where", []),
        ('"postgres://${DB_USER}:${DB_PASS}@db:«5432/app»"', []),
        ("pin 8834 username «comfort1962». my", [("comfort1962", "USERNAME")]),
        (
            "break-glass: «bg_jwolny / !Rochester*Keep*1127»",
            [("bg_jwolny", "USERNAME"), ("!Rochester*Keep*1127", "SECRET")],
        ),
        ("alarm «7731», thanks", [("7731", "SECRET")]),
        ("SAMPLE_PW: «Y2hhbmdlbWU=   #» old", [("Y2hhbmdlbWU=", "SECRET")]),
        ("C1357#: «C1357#» works", [("C1357#", "SECRET")]),
        ('his password is "«same as always but with the year»"', []),
    ],
)
def test_a_secret_is_what_opens(marked: str, made: list[tuple[str, str]]) -> None:
    assert seen_in(marked, "SECRET") == made


@pytest.mark.parametrize(
    ("seen", "secret"),
    [
        ("agw_90m5y3mxvp_lEYr1fJy69aqs2 for it", "agw_90m5y3mxvp_lEYr1fJy69aqs2"),
        ("correct horse battery", "correct horse battery"),
        ("Blue7 pelican", "Blue7 pelican"),
    ],
)
def test_a_key_ends_before_plain_words(seen: str, secret: str) -> None:
    assert kept(seen, "SECRET") == [secret]


def test_the_rest_of_a_number_is_no_secret() -> None:
    assert seen_in("the code is 60«-83-71»", "SECRET") == []
