"""Coarser values."""

from datetime import date

import pytest

from gateway.stages.generalise import generalise

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("label", "value", "coarser"),
    [
        ("POSTCODE", "ME15 6YL", "ME15"),
        ("POSTCODE", "me156yl", "ME15"),
        ("POSTCODE", "SW1A 1AA", "SW1A"),
        ("POSTCODE", "ME15", None),
        ("DATE_OF_BIRTH", "30 April 1990", "[aged 30 to 39]"),
        ("DATE_OF_BIRTH", "born 25/11/1996", "[aged 20 to 29]"),
        ("DATE_OF_BIRTH", "24/11/1996", "[aged 30 to 39]"),
        ("DATE_OF_BIRTH", "2015-01-02", "[aged under 18]"),
        ("DATE_OF_BIRTH", "1 May 2008", "[aged 18 or 19]"),
        ("DATE_OF_BIRTH", "3 May 1931", "[aged 90 or over]"),
        ("DATE_OF_BIRTH", "1 January 2027", None),
        ("DATE_OF_BIRTH", "1 January 1850", None),
        ("DATE_OF_BIRTH", "last spring", None),
        ("AGE", "aged 76", "[aged 70 to 79]"),
        ("AGE", "seventy-six", None),
        ("NINO", "QQ123456C", None),
    ],
)
def test_coarser(label: str, value: str, coarser: str | None) -> None:
    assert generalise(label, value, TODAY) == coarser
