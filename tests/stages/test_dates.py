"""Dates as people write them."""

from datetime import date

import pytest

from gateway.model.dates import parse_date


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3 May 1971", date(1971, 5, 3)),
        ("3rd of May, 1971", date(1971, 5, 3)),
        ("May 3rd, 1971", date(1971, 5, 3)),
        ("03.05.71", date(1971, 5, 3)),
        ("3/5/04", date(2004, 5, 3)),
        ("31/02/1990", None),
        ("12345", None),
    ],
)
def test_dates_are_read_the_british_way(text: str, day: date | None) -> None:
    assert parse_date(text) == day
